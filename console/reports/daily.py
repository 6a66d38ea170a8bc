"""The daily report: what to do today, from what use cases found. A new section is a line in `daily`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.duty_words import Told
from console.reports.about import notes
from console.reports.look import Look
from console.reports.sections import contracts, deadlines, duties, evidence, penalties, sanctions, standings, violations
from console.reports.sheet import Report, Row
from engine.assessment.agenda import ShopLimit
from engine.assessment.evidence_calendar import Row as EvidenceRow
from engine.assessment.outcome import Outcome
from engine.assessment.outlook import Outlook
from engine.tracker.appealable import Appealable
from engine.tracker.standards import Checked


@dataclass(frozen=True, slots=True)
class DailyFacts:
    """What use cases found for a day, each in its own order."""

    outlooks: Sequence[Outlook] = ()
    violations: Sequence[violations.Found] = ()
    evidence: Sequence[EvidenceRow] = ()
    lacking: Sequence[Outcome] = ()
    limits: Sequence[ShopLimit] = ()
    penalties: Sequence[penalties.Noticed] = ()
    appealable: Sequence[Appealable] = ()
    duties: Sequence[Told] = ()
    checked: Sequence[Checked] = ()


def daily(look: Look, facts: DailyFacts) -> Report:
    """The report for the house, about all shops that are in the facts."""
    return Report(
        kind="daily",
        span=look.day.isoformat(),
        title=look.said("daily", span=look.day.isoformat()),
        as_of=look.now,
        language=look.language,
        sheets=(
            deadlines.deadlines(look, _deadlines(look, facts)),
            penalties.penalties(look, facts.penalties),
            violations.violated(look, facts.violations),
            standings.certain(look, facts.outlooks),
            standings.near(look, facts.outlooks),
            evidence.missing(look, facts.evidence, facts.lacking),
            duties.duties(look, facts.duties),
            sanctions.sanctions(look, facts.limits),
            contracts.missed(look, facts.checked),
        ),
        notes=notes(look),
    )


def _deadlines(look: Look, facts: DailyFacts) -> tuple[Row, ...]:
    """The deadlines of all subjects; a notice whose number stands with a violation is not told twice."""
    known = [f.listed.reference for f in facts.violations]
    return (
        *violations.appeals(look, facts.violations, facts.appealable),
        *penalties.appeals(look, facts.penalties, known),
        *duties.due(look, facts.duties),
    )
