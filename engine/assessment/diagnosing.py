"""Diagnoses of the violations that somebody has to deal with, kept in the ledger.

What comes of it depends on the evidence alone, so it does not matter how many workers do it, or how often. Where the
evidence cannot be read there is no diagnosis, and no error: a notice without one says what it says anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import duckdb
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, or_, select

from engine.assessment.archive import VersionShelf
from engine.assessment.diagnosed import diagnoses, roster_of, rostered
from engine.assessment.diagnosis import Diagnosis, Margin
from engine.assessment.outlook import Outlook, outlook
from engine.assessment.place import Place
from engine.assessment.standing import live_files
from engine.calendar.cycles import Cycle
from engine.errors import KaoheError
from engine.evidence.kinds import SHIFTS
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.states import SETTLED
from engine.ledger.tables import DayFile, Run, Situation, Subject, Violation
from engine.ledger.tables import Diagnosis as Kept
from engine.measure.figures import Workshop
from engine.measure.tallies import TallyCache
from engine.progress import silent
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Rule, Version

AT_ONCE = 8  # so many cycles of a rule are diagnosed in one unit of work; the others come with the next

_log = logging.getLogger(__name__)


class _Wanted(NamedTuple):
    """One cycle under one version of a rule: what is diagnosed together. `shops`: shop → (violation, situation)."""

    rule: Rule
    version: Version
    cycle: Cycle
    shops: dict[str, tuple[str, int | None]]


def diagnose_new(
    place: Place,
    book: RuleBook,
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
    most: int | None = AT_ONCE,
) -> int:
    """Diagnose violations that are not settled and have no diagnosis of what stands, or one from another roster.

    At most `most` cycles are done, the newest first; how many violations got a diagnosis.
    """
    with reading(place.ledger) as session:
        wanted = _wanted(session, book)
        live = live_files(session) if wanted else {}
    workshop = Workshop(place.lake, TallyCache(place.cache), live)
    margins: dict[str, Mapping[str, Outlook]] = {}
    done = cycles = 0
    for one in wanted:
        if stop() or cycles == most:
            break
        found = _found(place, workshop, one)
        if not found:
            continue
        if one.rule.id not in margins:
            margins[one.rule.id] = _margins(place, one.rule, now)
        mine = margins[one.rule.id]
        done += _keep(place.ledger, one, {shop: with_margin(d, mine.get(shop), now) for shop, d in found.items()}, now)
        cycles += 1
    return done


def _found(place: Place, workshop: Workshop, wanted: _Wanted) -> dict[str, Diagnosis]:
    with reading(place.ledger) as session:
        rosters = rostered(session, wanted.rule.platform, wanted.cycle)
    try:
        with workshop.connection() as con:
            return diagnoses(con, workshop, wanted.rule, wanted.version, wanted.cycle, wanted.shops, rosters)
    except (KaoheError, duckdb.Error) as why:
        _log.debug("no diagnosis of %s %s: %s", wanted.rule.id, wanted.cycle.key, why)
        return {}


def _wanted(session: Session, book: RuleBook) -> list[_Wanted]:
    """What is to be diagnosed, the newest cycle first; violations whose rule cannot be read any more are left out."""
    lacks = or_(
        col(Kept.violation_id).is_(None),
        col(Kept.situation_id).is_distinct_from(col(Violation.situation_id)),
        # There is or was a roster: whether it is the one that was read is told below.
        col(Violation.platform).in_(select(DayFile.platform).where(DayFile.kind == SHIFTS.name)),
    )
    rows = session.exec(
        select(Violation, col(Subject.external_id), col(Run.rule_sha256))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .join(Situation, col(Situation.id) == col(Violation.situation_id))
        .join(Run, col(Run.id) == col(Situation.run_id))
        .outerjoin(Kept, col(Kept.violation_id) == col(Violation.id))
        .where(col(Violation.state).not_in(sorted(SETTLED)), col(Subject.kind) == "shop", lacks)
    ).all()
    if not rows:
        return []
    read = (
        select(col(Kept.violation_id), col(Kept.situation_id), col(Kept.document)["roster"].as_string())
        .join(Violation, col(Violation.id) == col(Kept.violation_id))
        .where(col(Violation.state).not_in(sorted(SETTLED)))
    )
    kept = {name: (situation, roster) for name, situation, roster in session.exec(read)}
    live = live_files(session)
    shelf = VersionShelf(session, book)
    groups: dict[tuple[str, str, str, str], _Wanted] = {}
    rosters: dict[tuple[str, date, date], str] = {}
    for violation, shop, sha256 in rows:
        assert sha256 is not None
        days = violation.platform, violation.cycle_start, violation.cycle_end
        situation, roster = kept.get(violation.id, (None, None))
        if violation.id in kept and situation == violation.situation_id:
            if days not in rosters:
                rosters[days] = roster_of(live, *days)
            if roster in {None, rosters[days]}:
                continue
        key = (violation.rule, violation.version, sha256, violation.cycle)
        if key not in groups:
            try:
                rule, version = shelf.get(*key[:3])
            except KaoheError:
                continue
            assert version.cycle is not None
            cycle = Cycle(version.cycle, violation.cycle, violation.cycle_start, violation.cycle_end)
            groups[key] = _Wanted(rule, version, cycle, {})
        groups[key].shops[shop] = (violation.id, violation.situation_id)
    return sorted(groups.values(), key=lambda one: (one.cycle.last, one.rule.id), reverse=True)


def _margins(place: Place, rule: Rule, now: datetime) -> Mapping[str, Outlook]:
    """Shop → how it stands in the cycle that began last and is not assessed yet; nothing where that cannot be told."""
    try:
        with reading(place.ledger) as session:
            rows = outlook(session, place.lake, TallyCache(place.cache), [rule], now, silent)
    except (KaoheError, duckdb.Error) as why:
        _log.debug("no outlook of %s: %s", rule.id, why)
        return {}
    return {row.shop: row for row in sorted(rows, key=lambda row: row.cycle.first)}


def with_margin(found: Diagnosis, row: Outlook | None, now: datetime) -> Diagnosis:
    """The diagnosis with what it takes in the cycle that is open `now`."""
    if row is None:
        return found
    cycle = row.cycle
    return replace(
        found,
        margin=Margin(
            cycle=cycle.key,
            cycle_start=cycle.first.isoformat(),
            cycle_end=cycle.last.isoformat(),
            at=now.isoformat(),
            standing=row.standing,
            numerator=row.numerator,
            denominator=row.denominator,
            mends=row.mends,
            breaks=row.breaks,
            dilutes=row.dilutes,
        ),
    )


def _keep(ledger: Engine, wanted: _Wanted, found: Mapping[str, Diagnosis], now: datetime) -> int:
    """Write the diagnoses of those violations that still stand as they were read; how many are new or differ."""
    by_violation = {wanted.shops[shop][0]: (wanted.shops[shop][1], one.as_json()) for shop, one in found.items()}
    with transaction(ledger) as session:
        names = sorted(by_violation)
        stands = session.exec(
            select(Violation.id, col(Violation.situation_id)).where(col(Violation.id).in_(names))
        ).all()
        kept = {row.violation_id: row for row in session.exec(select(Kept).where(col(Kept.violation_id).in_(names)))}
        fresh, again = [], 0
        for name, situation in stands:
            read, document = by_violation[name]
            if read != situation:
                continue
            row = kept.get(name)
            if row is None:
                fresh.append(
                    {"violation_id": name, "situation_id": situation, "document": document, "reckoned_at": now}
                )
            else:
                row.situation_id, row.document, row.reckoned_at = situation, document, now
                session.add(row)
                again += 1
        return insert_missing(session, Kept, fresh) + again
