"""The evidence of a month as a calendar: per shop and kind, which days are there, and which are missing or may come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import duckdb
from sqlmodel import Session

from engine.assessment.deadlines import due_by
from engine.assessment.standing import live_files
from engine.assessment.waiting import MESSAGES, SESSIONS, Expects
from engine.calendar.cycles import Cycle
from engine.calendar.spans import Spans, holds, within
from engine.calendar.zones import local_day
from engine.evidence.duck import connect
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.coverage import covered_on
from engine.ledger.expectations import expected_on
from engine.ledger.lookup import shops
from engine.ledger.tables import Subject
from engine.measure.presence import days_with_evidence
from engine.rulebook.model import Rule
from engine.rulebook.platforms import platform as known_platform

# there; covered, and nothing was; its deadline has passed; it may still come; nobody waits for it; not over yet.
State = Literal["there", "empty", "missing", "waiting", "not_expected", "future"]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one kind of a shop's evidence; `due_by` is the deadline of what is missing or may come."""

    day: date
    state: State
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A month of one kind of evidence of one shop; `expected`: it is, on any day of the month."""

    shop: Subject
    kind: str
    days: tuple[Day, ...]
    expected: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one platform in a month; sets of days are by subject and kind."""

    expected: Mapping[int, Mapping[str, Spans]]
    covered: Mapping[int, Mapping[str, Spans]]
    there: Mapping[str, Mapping[str, Set[date]]]  # kind → shop → days with any row


def evidence_calendar(
    session: Session,
    lake: Lake,
    rules: Sequence[Rule],
    month: Cycle,
    now: datetime,
    patience: timedelta,
    platform: str | None = None,
) -> list[Row]:
    """The rows of all shops of which anything is expected, covered or there, by client, owner, platform and shop."""
    found = shops(session, platform)
    rows: list[Row] = []
    con = connect()
    try:
        for name in sorted({s.platform for s in found if s.platform}):
            known = _known(session, con, lake, name, month)
            of_platform = [rule for rule in rules if rule.platform == name]
            for shop in found:
                if shop.platform == name:
                    rows += _rows(shop, known, of_platform, month, now, patience)
    finally:
        con.close()
    return sorted(rows, key=lambda r: (r.shop.client, r.shop.owner or "", r.shop.platform or "", r.shop.external_id))


def _known(session: Session, con: duckdb.DuckDBPyConnection, lake: Lake, platform: str, month: Cycle) -> _Known:
    live = live_files(session)
    return _Known(
        expected_on(session, platform),
        covered_on(session, platform, month.first, month.last),
        {
            kind: _by_shop(days_with_evidence(con, lake, live, platform, kind, month.first, month.last))
            for kind in KINDS
        },
    )


def _by_shop(found: Iterable[tuple[str, date]]) -> Mapping[str, Set[date]]:
    days: dict[str, set[date]] = {}
    for shop, day in found:
        days.setdefault(shop, set()).add(day)
    return days


def _rows(
    shop: Subject, known: _Known, rules: Sequence[Rule], month: Cycle, now: datetime, patience: timedelta
) -> Iterator[Row]:
    assert shop.id is not None
    # Of a shop that is not registered any more nothing is waited for, as in a run.
    expected = known.expected.get(shop.id, {}) if shop.registered_at else {}
    covered = known.covered.get(shop.id, {})
    expects = Expects.of(expected, covered)
    there = {kind: known.there[kind].get(shop.external_id, frozenset()) for kind in KINDS}
    today = local_day(now, known_platform(shop.platform or "").zone)
    for kind in KINDS:
        wanted = within(expected.get(kind, ()), month.first, month.last)
        derived = kind == SESSIONS and (there[MESSAGES] or MESSAGES in covered)
        if not (wanted or kind in covered or (there[kind] and not derived)):
            continue
        whole = dict(expects.covered).get(kind, ())
        days = []
        for day in month.days():
            if day > today:
                days.append(Day(day, "future"))
            elif holds(wanted, day) and not holds(whole, day):
                by = due_by(rules, expects, kind, day, patience)
                late = day < today if by is None else by <= now  # where no rule waits for it, its day is the deadline
                days.append(Day(day, "missing" if late else "waiting", by))
            elif day in there[kind]:
                days.append(Day(day, "there"))
            else:
                days.append(Day(day, "empty" if holds(whole, day) else "not_expected"))
        yield Row(shop, kind, tuple(days), bool(wanted))
