"""What we had found of a penalty that is none of our violations: the verdict that the platform did not share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select

from engine.ledger.parts import in_parts
from engine.ledger.tables import Assessment
from engine.tracker.matches import Compared, OwnVerdict, Sides


def with_verdicts(session: Session, of: Sides, lines: Iterable[Compared]) -> list[Compared]:
    """These lines, with what we had found of those that the platform has alone, where the rule is named or guessed."""
    found = list(lines)
    alone = [line for line in found if line.match.result == "theirs_only" and len(line.match.means) == 1]
    verdicts = _verdicts(session, of, alone)
    return [replace(line, verdict=_of(line, of, verdicts)) for line in found]


def _of(line: Compared, of: Sides, verdicts: Mapping[tuple[str, int | None], list[Assessment]]) -> OwnVerdict | None:
    penalty = line.penalty
    if penalty is None or line.match.result != "theirs_only" or len(line.match.means) != 1:
        return None
    rows = verdicts.get((line.match.means[0], of.shops[line.platform, line.shop].id), [])
    if penalty.cycle is not None:
        rows = [row for row in rows if row.cycle == penalty.cycle]
    told = [row for row in rows if row.assessed_on <= line.day]
    last = max(told, key=lambda row: row.assessed_on, default=None)
    return OwnVerdict(last.rule, last.cycle, last.verdict, last.numerator, last.denominator) if last else None


def _verdicts(session: Session, of: Sides, alone: list[Compared]) -> dict[tuple[str, int | None], list[Assessment]]:
    rules = sorted({rule for line in alone for rule in line.match.means})
    ids = sorted({of.shops[line.platform, line.shop].id or 0 for line in alone})
    latest: date | None = max((line.day for line in alone), default=None)
    found: dict[tuple[str, int | None], list[Assessment]] = {}
    for part in in_parts(ids):
        wanted = select(Assessment).where(
            col(Assessment.subject_id).in_(part),
            col(Assessment.rule).in_(rules),
            col(Assessment.superseded_at).is_(None),
            col(Assessment.assessed_on) <= latest,
        )
        for row in session.exec(wanted):
            found.setdefault((row.rule, row.subject_id), []).append(row)
    return found
