"""Booking corrections: what a judgement says otherwise of a cycle whose month is closed.

Nothing that stands is touched. A correction is the difference to what stood before the month in which it is booked, so
that what each month owes is the sum of what was recorded for it and what was booked in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select, update

from engine.assessment.judging import Judgement
from engine.assessment.outcome import Outcome, exposure_fen
from engine.assessment.recording import WHY, Recorded, subjects_of
from engine.assessment.rows import ends_of
from engine.calendar.zones import local_day
from engine.judge.facts import Fact
from engine.ledger import journal
from engine.ledger.dialects import insert_rows
from engine.ledger.periods import is_closed, month_of
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Assessment, Correction, Situation, Subject
from engine.ledger.violation_ids import violation_id

State = Mapping[str, Any]
ENDS = ("numerator_low", "numerator_high", "denominator_low", "denominator_high")
FIGURE = ("numerator", "denominator", *ENDS)
NOT_LISTED: State = MappingProxyType(dict.fromkeys((*FIGURE, "verdict", "severity")) | {"exposure_fen": [0, 0]})


@dataclass(slots=True)
class _Course:
    """What stood of a shop in a cycle: when its month was closed, and after each correction since, by month."""

    recorded: State = field(default_factory=lambda: NOT_LISTED)
    booked: dict[str, State] = field(default_factory=dict)

    def until(self, month: str) -> State:
        """What stood before anything was booked in `month`."""
        earlier = [at for at in self.booked if at < month]
        return self.booked[max(earlier)] if earlier else self.recorded

    def now(self) -> State:
        """What stands."""
        return self.booked[max(self.booked)] if self.booked else self.recorded


def book(session: Session, run_id: int, judgement: Judgement, actor: str, now: datetime) -> Recorded:
    """Book what `judgement` changes, inside the caller's transaction, which has fenced the run already."""
    due = judgement.due
    rule, cycle = due.rule, due.cycle
    found = {o.shop: _state_of(o) for o in judgement.outcomes}
    courses = _courses(session, rule.id, cycle.key)
    booked_in = max([_open_month(session, local_day(now, rule.zone)), *(m for c in courses.values() for m in c.booked)])
    shops = sorted((found.keys() | courses.keys()) - due.awaited.waiting.keys() - _let_off(judgement))
    if judgement.concerned is not None:
        shops = [shop for shop in shops if shop in judgement.concerned]
    ids = subjects_of(session, [shop_key(rule.platform, shop) for shop in shops])
    gone: list[int] = []
    new: list[dict[str, Any]] = []
    events: list[journal.Event] = []
    for shop in shops:
        key, course, after = shop_key(rule.platform, shop), courses.get(shop, _Course()), found.get(shop, NOT_LISTED)
        before = course.until(booked_in)
        if after == course.now():
            continue
        subject_id = ids[key][0]
        if booked_in in course.booked:
            gone.append(subject_id)
        if after != before:
            breach = "violation" in (before["verdict"], after["verdict"])
            new.append(
                {
                    "run_id": run_id,
                    "rule": rule.id,
                    "subject_id": subject_id,
                    "cycle": cycle.key,
                    "month": month_of(cycle.last),
                    "booked_in": booked_in,
                    "violation_id": violation_id(rule.id, key, cycle.key) if breach else None,
                    "before": dict(before),
                    "after": dict(after),
                    "recorded_at": now,
                    "superseded_at": None,
                }
            )
        payload = {"why": WHY[due.cause], "before": dict(course.now()), "after": {**after, "booked_in": booked_in}}
        events.append(journal.Event(actor, "period.correction", "cycle", f"{rule.id} {key} {cycle.key}", payload))
    _supersede(session, rule.id, cycle.key, now, booked_in, gone)
    insert_rows(session, Correction, new)
    journal.append(session, now, events)
    return Recorded((), 0, len(events))


def _let_off(judgement: Judgement) -> set[str]:
    """The shops whose violation was waived by itself: that was done where it stands, and brings nothing any more."""
    rule, cycle = judgement.due.rule, judgement.due.cycle
    own = {shop: violation_id(rule.id, shop_key(rule.platform, shop), cycle.key) for shop in judgement.situations}
    return {
        shop
        for shop, situation in judgement.situations.items()
        if Fact.of("waiver", reference=own[shop]) in situation.facts
    }


def take_back(session: Session, rule: str, cycle: str, now: datetime) -> None:
    """Let no correction of this cycle stand: its month is open again, and it is judged anew."""
    _supersede(session, rule, cycle, now)


def _supersede(
    session: Session, rule: str, cycle: str, now: datetime, month: str | None = None, subjects: list[int] | None = None
) -> None:
    stands = update(Correction).where(
        col(Correction.rule) == rule, col(Correction.cycle) == cycle, col(Correction.superseded_at).is_(None)
    )
    if month is not None:
        stands = stands.where(col(Correction.booked_in) == month, col(Correction.subject_id).in_(subjects or []))
    session.exec(stands.values(superseded_at=now))


def _open_month(session: Session, today: date) -> str:
    """The month of `today`, or the first one after it that is open."""
    while is_closed(session, month := month_of(today)):
        today = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return month


def _courses(session: Session, rule: str, cycle: str) -> dict[str, _Course]:
    recorded = session.exec(
        select(Subject.external_id, Assessment, Situation)
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .outerjoin(Situation, col(Situation.id) == col(Assessment.situation_id))
        .where(Assessment.rule == rule, Assessment.cycle == cycle, col(Assessment.superseded_at).is_(None))
    )
    found = {shop: _Course(_recorded_state(assessment, situation)) for shop, assessment, situation in recorded}
    booked = session.exec(
        select(Subject.external_id, Correction.booked_in, Correction.after)
        .join(Subject, col(Subject.id) == col(Correction.subject_id))
        .where(Correction.rule == rule, Correction.cycle == cycle, col(Correction.superseded_at).is_(None))
    )
    for shop, month, after in booked:
        found.setdefault(shop, _Course()).booked[month] = after
    return found


def _state_of(o: Outcome) -> State:
    return {
        "numerator": o.numerator,
        "denominator": o.denominator,
        **ends_of(o),
        "verdict": o.verdict,
        "severity": o.severity,
        "exposure_fen": list(exposure_fen(o.sanctions)),
    }


def _recorded_state(assessment: Assessment, situation: Situation | None) -> State:
    # As it was reckoned: what the platform decided about it is no correction of ours.
    exposure = situation.decision["exposure_fen"] if situation else [0, 0]
    return {name: getattr(assessment, name) for name in (*FIGURE, "verdict", "severity")} | {"exposure_fen": exposure}
