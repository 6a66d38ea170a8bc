"""Reading outcomes back from the ledger, each under the very version of the rule that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from sqlmodel import Session, col, select

from engine.assessment.outcome import DatedSanction, Outcome, exposure_fen
from engine.errors import KaoheError
from engine.judge.subjects import interval_of
from engine.ledger.tables import Assessment, RuleVersion, Sanction, Subject, Violation
from engine.rulebook.book import RuleBook
from engine.rulebook.loader import load
from engine.rulebook.model import Rule, SanctionSpec, Version

CHUNK = 500
# Whether today's rule file says the same in all that decides, something else, or is not there (or not sound).
FileToday = Literal["same", "changed", "gone"]


@dataclass(slots=True)
class VersionShelf:
    """Finds the version that was used: in today's rulebook, or in the text that the ledger kept."""

    session: Session
    rulebook: RuleBook
    _found: dict[tuple[str, str, str], tuple[Rule, Version]] = field(default_factory=dict)

    def get(self, rule: str, version: str, sha256: str) -> tuple[Rule, Version]:
        """The rule and version with this digest. Raises KaoheError if the kept text no longer says the same."""
        key = (rule, version, sha256)
        if key not in self._found:
            self._found[key] = self._look(*key)
        return self._found[key]

    def _look(self, rule: str, version: str, sha256: str) -> tuple[Rule, Version]:
        kept = self.session.get(RuleVersion, sha256)
        found = version_as_used(self.rulebook, rule, version, sha256, kept.source_text if kept else None)
        if found is None:
            raise KaoheError(
                f"rule {rule} version {version} ({sha256[:12]}) can no longer be read; restore its file",
                zh=f"规则 {rule} 的版本 {version}（{sha256[:12]}）已读不出来；请恢复它的文件",
            )
        return found


def version_as_used(
    rulebook: Mapping[str, Rule], rule: str, version: str, sha256: str, kept: str | None
) -> tuple[Rule, Version] | None:
    """The version with this digest and its rule: today's where it still decides alike, else that of the kept text.

    `kept` is the text of the file that the ledger kept when the version was first used. None if neither has it.
    """
    for candidate in _readings(rulebook, rule, kept):
        for found in candidate.versions if candidate else ():
            if (found.key, found.sha256) == (version, sha256):
                assert candidate
                return candidate, found
    return None


def _readings(rulebook: Mapping[str, Rule], rule: str, kept: str | None) -> Iterator[Rule | None]:
    # Today's rule comes first: it need not be read again, and its words may have been corrected since.
    yield rulebook.get(rule)
    if kept is not None:
        yield _from_text(rule, kept)


@lru_cache(maxsize=64)
def _from_text(rule: str, text: str) -> Rule | None:
    return load(f"ledger:{rule}", text.encode()).rule


def file_today(rulebook: Mapping[str, Rule], rule: str, version: Version) -> FileToday:
    """What became of the file of a version that was used."""
    today = rulebook.get(rule)
    if today is None:
        return "gone"
    alike = any((v.key, v.sha256) == (version.key, version.sha256) for v in today.versions)
    return "same" if alike else "changed"


def current_outcomes(
    session: Session,
    rulebook: RuleBook,
    rules: Sequence[str] | None,
    first: date | None,
    last: date | None,
    violations: Sequence[str] | None = None,
) -> list[Outcome]:
    """The current outcomes with an assessment day in [first, last], in the order of every list.

    Of a breach that was decided, severity, measures and exposure are those that were decided.
    """
    wanted = (
        select(Assessment, Subject, Violation)
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .outerjoin(Violation, col(Violation.id) == col(Assessment.violation_id))
        .where(col(Assessment.superseded_at).is_(None))
    )
    if rules is not None:
        wanted = wanted.where(col(Assessment.rule).in_(rules))
    if first is not None:
        wanted = wanted.where(col(Assessment.assessed_on) >= first)
    if last is not None:
        wanted = wanted.where(col(Assessment.assessed_on) <= last)
    if violations is not None:
        wanted = wanted.where(col(Assessment.violation_id).in_(violations))
    rows = session.exec(wanted).all()
    sanctions = sanctions_of(session, [a.violation_id for a, _, _ in rows if a.violation_id])
    shelf = VersionShelf(session, rulebook)
    return sorted((_outcome(shelf, a, s, v, sanctions) for a, s, v in rows), key=Outcome.sort_key)


def outcome_of(session: Session, rulebook: RuleBook, row: Assessment, violation: Violation | None) -> Outcome:
    """One assessment's outcome, and its violation as it stands."""
    sanctions = sanctions_of(session, [violation.id] if violation else [])
    subject = session.get_one(Subject, row.subject_id)
    return _outcome(VersionShelf(session, rulebook), row, subject, violation, sanctions)


def _outcome(
    shelf: VersionShelf,
    row: Assessment,
    subject: Subject,
    violation: Violation | None,
    sanctions: dict[str, list[DatedSanction]],
) -> Outcome:
    rule, version = shelf.get(row.rule, row.version, row.rule_sha256)
    outcome = Outcome(
        rule=rule,
        version=version,
        client=subject.client,
        shop=subject.external_id,
        agent=None,
        cycle=row.cycle,
        cycle_start=row.cycle_start,
        cycle_end=row.cycle_end,
        assessed_on=row.assessed_on,
        numerator=row.numerator,
        denominator=row.denominator,
        verdict=row.verdict,
        at_risk=row.at_risk,
        severity=row.severity,
        sanctions=(),
        missing=tuple(row.missing or ()),
        violation=row.violation_id,
        numerator_range=interval_of(row.numerator_low, row.numerator_high),
        denominator_range=interval_of(row.denominator_low, row.denominator_high),
    )
    return as_on_record(outcome, violation, sanctions.get(violation.id, ())) if violation else outcome


def as_on_record(outcome: Outcome, violation: Violation, sanctions: Sequence[DatedSanction]) -> Outcome:
    """A breach as its violation stands: with what was decided in the place of what we reckoned."""
    charged = violation.exposure_max_fen == violation.amount_fen
    # What was decided once its month was closed is booked elsewhere: here stands what was paid.
    paid = (violation.exposure_min_fen, violation.exposure_max_fen) != exposure_fen(tuple(sanctions))
    charge = violation.exposure_max_fen if charged or paid else None
    return replace(outcome, severity=violation.severity, sanctions=tuple(sanctions), charged_fen=charge)


def sanctions_of(session: Session, violations: Sequence[str]) -> dict[str, list[DatedSanction]]:
    """The measures of each of these violations, in the order of the ladder."""
    found: dict[str, list[DatedSanction]] = {}
    for ids in _chunks(violations):
        rows = session.exec(
            select(Sanction)
            .where(col(Sanction.violation_id).in_(ids))
            .order_by(col(Sanction.violation_id), col(Sanction.position))
        )
        for row in rows:
            found.setdefault(row.violation_id, []).append(dated_sanction(row))
    return found


def dated_sanction(row: Sanction) -> DatedSanction:
    """A row of the ledger as a value."""
    amount = None
    if row.amount_min_fen is not None and row.amount_max_fen is not None:
        amount = (row.amount_min_fen, row.amount_max_fen)
    days = None
    if row.starts and row.ends:
        longest = (row.ends - row.starts).days + 1
        days = (row.days_min or longest, longest)
    spec = SanctionSpec(
        row.kind,
        days,
        amount,
        row.scope,
        row.discretionary,
        tuple(row.accounts or ()),
        row.points,
        Fraction(row.share) if row.share is not None else None,
    )
    return DatedSanction(spec, row.starts, row.ends)


def _chunks(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[i : i + CHUNK]) for i in range(0, len(ids), CHUNK))
