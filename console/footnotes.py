"""What stands below a table of verdicts: which numbers are missing, and which rules may not be in force any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.lacking_words import why_no_data
from console.sentences import sentence
from engine.assessment.outcome import Outcome
from engine.rulebook.model import Language, Rule, Version

MOST = 10


def missing_words(outcomes: Iterable[Outcome], language: Language) -> list[str]:
    """Why there is no verdict, for the first ten without data: what is missing, and what would serve."""
    lacking = [o for o in outcomes if o.verdict == "no_data"]
    lines = [
        sentence(
            "missing numbers",
            language,
            shop=f"{o.rule.platform}/{o.shop}",
            cycle=o.cycle,
            rule=o.rule.title.in_language(language),
            why=why_no_data(o, language),
        )
        for o in lacking[:MOST]
    ]
    return lines + ([sentence("missing more", language, n=len(lacking) - MOST)] if len(lacking) > MOST else [])


def dispute_words(used: Sequence[tuple[Rule, Version]], language: Language) -> list[str]:
    """A line for each version of a rule whose being in force another source disputes."""
    versions = {(rule.id, version.key): (rule, version) for rule, version in used}
    return [
        sentence(
            "rule disputed",
            language,
            rule=rule.title.in_language(language),
            why=claim.dispute.in_language(language) if claim.dispute else ", ".join(claim.disputed_by),
        )
        for _, (rule, version) in sorted(versions.items())
        for claim in version.provenance
        if claim.name == "effective" and claim.disputed_by
    ]
