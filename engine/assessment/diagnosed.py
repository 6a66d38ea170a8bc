"""From evidence to diagnoses: what caused the figures of many shops in one cycle, in one pass."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date

import duckdb
from sqlmodel import Session, col, select

from engine.assessment.diagnosis import Diagnosis, Family, of_breakdown, of_numbers
from engine.calendar.cycles import Cycle
from engine.calendar.spans import Spans
from engine.evidence.duck import interruptible
from engine.evidence.kinds import SHIFTS
from engine.judge.headroom import more_is_better
from engine.ledger.coverage import covered_on
from engine.ledger.day_files import Live
from engine.ledger.tables import Subject
from engine.measure.breakdown import breakdowns, counted_elsewhere
from engine.measure.counts import files_of_counts
from engine.measure.duty import causes, shift_files
from engine.measure.figures import Workshop, cut_off, measure
from engine.measure.misses import RATINGS, REPLIES, misses, relation_of, takes_apart
from engine.measure.needs import Need
from engine.progress import silent
from engine.rulebook.model import Rule, Version


def rostered(session: Session, platform: str, cycle: Cycle) -> dict[str, Spans]:
    """Shop → the days of the cycle of which imports of shifts have told all there was."""
    covered = covered_on(session, platform, cycle.first, cycle.last)
    spans = {subject: kinds[SHIFTS.name] for subject, kinds in covered.items() if SHIFTS.name in kinds}
    if not spans:
        return {}
    shops = session.exec(select(Subject).where(Subject.platform == platform, col(Subject.kind) == "shop"))
    return {shop.external_id: spans[shop.id] for shop in shops if shop.id in spans}


def diagnoses(
    con: duckdb.DuckDBPyConnection,
    workshop: Workshop,
    rule: Rule,
    version: Version,
    cycle: Cycle,
    shops: Iterable[str],
    rosters: Mapping[str, Spans],
) -> dict[str, Diagnosis]:
    """Shop → what caused its figure of this cycle; shops of which there is no evidence at all are left out.

    `rosters`: see `rostered`. Raises UncountableError, and duckdb.Error for a damaged day file.
    """
    assert version.standard is not None
    names = sorted(shops)
    until = cut_off(rule, version, cycle)
    needs = [Need(rule.platform, day, until) for day in cycle.days()]
    relation = relation_of(version)
    family: Family = "reply" if relation in REPLIES else "rating" if relation in RATINGS else "other"
    roster = roster_of(workshop.live, rule.platform, cycle.first, cycle.last) if family == "reply" else None
    found: dict[str, Diagnosis] = {}
    with interruptible():
        if files_of_counts(rule.platform, [cycle], workshop.live):
            measure(con, workshop, rule, version, [cycle], silent)
            few = more_is_better(version.standard.complies)
            for shop, numbers in counted_elsewhere(con, version, cycle, names, few=few).items():
                found[shop] = of_numbers(numbers, family, relation, roster)
        here = [shop for shop in names if shop not in found]
        if here and takes_apart(version) and misses(con, workshop, version, needs, here):
            if family == "reply":
                causes(con, workshop, relation, needs, rosters)
            for shop, apart in breakdowns(con, ratings=family == "rating").items():
                found[shop] = of_breakdown(apart, family, relation, roster)
    return found


def roster_of(live: Live, platform: str, first: date, last: date) -> str:
    """Names the shifts that a diagnosis of these days reads; empty where there are none."""
    files = shift_files(live, platform, [first, last])
    return hashlib.sha256(json.dumps([str(file) for file in files]).encode()).hexdigest()[:24] if files else ""
