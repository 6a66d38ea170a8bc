"""What stood of a shop in a cycle of a closed month, and how a difference to it is written.

Nothing that stands is touched. A correction is the difference to what stood before the month in which it is booked, so
that what each month owes is the sum of what was recorded for it and what was booked in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select, update

from engine.assessment.standing import closed_as
from engine.errors import KaoheError
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import Event
from engine.ledger.periods import is_closed, month_of
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Assessment, Correction, Subject, Violation
from engine.ledger.violation_ids import violation_id

State = Mapping[str, Any]
DECIDED = ("severity", "exposure_fen", "let_off")  # what no judgement changes once it is decided
FIGURE = ("numerator", "denominator", "numerator_low", "numerator_high", "denominator_low", "denominator_high")
NOTHING: State = MappingProxyType({"severity": None, "exposure_fen": [0, 0]})  # of a shop that owes nothing
NOT_LISTED: State = MappingProxyType({**dict.fromkeys((*FIGURE, "verdict")), **NOTHING})


@dataclass(slots=True)
class Course:
    """What stood of a shop in a cycle: when its month was closed, and after each correction since, by month."""

    recorded: State = field(default_factory=lambda: NOT_LISTED)
    booked: dict[str, State] = field(default_factory=dict)
    violation: Violation | None = None

    def until(self, month: str) -> State:
        """What stood before anything was booked in `month`."""
        earlier = [at for at in self.booked if at < month]
        return self.booked[max(earlier)] if earlier else self.recorded

    def now(self) -> State:
        """What stands."""
        return self.booked[max(self.booked)] if self.booked else self.recorded


@dataclass(frozen=True, slots=True)
class Change:
    """What stands of a shop from now on, and what stood."""

    key: str  # of the shop
    subject_id: int
    course: Course
    after: State


def courses(
    session: Session, rule: str, cycle: str, *, subject_id: int | None = None, lock: bool = False
) -> dict[str, Course]:
    """Shop → its course in a cycle, of all shops or of one; with `lock` nobody decides about them meanwhile."""
    found: dict[str, Course] = {}
    violations = {v.subject_id: (shop, v) for shop, v in _violations(session, rule, cycle, subject_id, lock)}
    assessed = (
        select(Subject.external_id, Assessment)
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .where(Assessment.rule == rule, Assessment.cycle == cycle, col(Assessment.superseded_at).is_(None))
    )
    booked = (
        select(Subject.external_id, Correction)
        .join(Subject, col(Subject.id) == col(Correction.subject_id))
        .where(Correction.rule == rule, Correction.cycle == cycle, col(Correction.superseded_at).is_(None))
        .order_by(col(Correction.booked_in))
    )
    if subject_id is not None:
        assessed = assessed.where(Assessment.subject_id == subject_id)
        booked = booked.where(Correction.subject_id == subject_id)
    for shop, violation in violations.values():  # of one whose assessment is gone this alone is left
        found[shop] = Course({**NOT_LISTED, "exposure_fen": _exposure(violation)}, violation=violation)
    for shop, row in session.exec(assessed):
        _, mine = violations.get(row.subject_id, (shop, None))
        found[shop] = Course(_recorded(session, row, mine), violation=mine)
    for shop, correction in session.exec(booked):
        course = found.setdefault(shop, Course())
        if not course.booked:  # decided about since: what stood at first, the first correction tells
            course.recorded = correction.before
        course.booked[correction.booked_in] = correction.after
    return found


def _violations(
    session: Session, rule: str, cycle: str, subject_id: int | None, lock: bool
) -> Iterable[tuple[str, Violation]]:
    wanted = (
        select(Subject.external_id, Violation)
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule, Violation.cycle == cycle)
        .order_by(col(Violation.id))
    )
    if subject_id is not None:
        wanted = wanted.where(Violation.subject_id == subject_id)
    if lock:
        return session.exec(wanted.with_for_update(of=Violation), execution_options={"populate_existing": True}).all()
    return session.exec(wanted).all()


def _recorded(session: Session, row: Assessment, violation: Violation | None) -> State:
    """What was paid: the verdict as it was reckoned, and for a breach what was decided about it by then."""
    state = {name: getattr(row, name) for name in (*FIGURE, "verdict", "severity")}
    if violation is None:
        return state | {"exposure_fen": [0, 0]}
    if row.violation_id is not None:
        state["severity"] = violation.severity
        stood = closed_as(session, violation)
        state |= waived() if stood == "waived" else let_off(stood)
    return state | {"exposure_fen": _exposure(violation)}


def waived() -> dict[str, Any]:
    """What a breach is once it is waived, but for its figure: as the next assessment says it."""
    return {"verdict": "exempt", **NOTHING}


def let_off(state: str) -> dict[str, Any]:
    """What tells that a breach in this state was let off, whether it had cost anything or not; else nothing."""
    return {"let_off": state} if state in LET_OFF else {}


def _exposure(violation: Violation) -> list[int]:
    return [violation.exposure_min_fen, violation.exposure_max_fen]


def booking_month(session: Session, today: date, found: Iterable[Course]) -> str:
    """The month of `today`, or the first one after it that is open; never before one in which something is booked."""
    month = max([month_of(today), *(month for course in found for month in course.booked)])
    while is_closed(session, month):
        month = month_of(date.fromisoformat(f"{month}-01") + timedelta(days=32))
    return month


def write(
    session: Session,
    run_id: int,
    rule: str,
    cycle: str,
    month: str,
    booked_in: str,
    changes: Sequence[Change],
    now: datetime,
) -> None:
    """Book changes of a cycle that belongs to `month`; what becomes what it was before `booked_in` leaves nothing."""
    again = [change.subject_id for change in changes]
    _supersede(
        session, now, _standing(rule, cycle), Correction.booked_in == booked_in, col(Correction.subject_id).in_(again)
    )
    rows = [
        {
            "run_id": run_id,
            "rule": rule,
            "subject_id": change.subject_id,
            "cycle": cycle,
            "month": month,
            "booked_in": booked_in,
            "violation_id": _breach(rule, cycle, change, before),
            "before": dict(before),
            "after": dict(change.after),
            "recorded_at": now,
            "superseded_at": None,
        }
        for change in changes
        if change.after != (before := change.course.until(booked_in))
    ]
    insert_rows(session, Correction, rows)


def _breach(rule: str, cycle: str, change: Change, before: State) -> str | None:
    """What the breach is called that the correction is about, if it is about one."""
    known = change.course.violation is not None
    breach = known or "violation" in (before["verdict"], change.after["verdict"])
    return violation_id(rule, change.key, cycle) if breach else None


def take_back(session: Session, rule: str, cycle: str, actor: str, now: datetime) -> tuple[list[Event], list[str]]:
    """Let no correction of this cycle stand: its month is open again. What to journal; the breaches it was about.

    Raises KaoheError where one is booked in a month that is closed: it is paid.
    """
    wanted = (
        select(Correction, Subject.key)
        .join(Subject, col(Subject.id) == col(Correction.subject_id))
        .where(*_standing(rule, cycle))
        .order_by(col(Correction.id))
    )
    events: list[Event] = []
    breaches: list[str] = []
    for row, key in session.exec(wanted).all():
        if is_closed(session, row.booked_in):
            raise KaoheError(
                f"a correction of {rule} {cycle} is booked in {row.booked_in}, which is closed; "
                "open that one again first",
                zh=f"{rule} {cycle} 有更正记在 {row.booked_in}，而它已关账；请先重开 {row.booked_in}",
            )
        booked = {"booked_in": row.booked_in}
        payload = {"why": "the month is open again", "before": {**row.after, **booked}, "after": dict(row.before)}
        events.append(Event(actor, "period.correction_taken_back", "cycle", f"{rule} {key} {cycle}", payload))
        breaches += [row.violation_id] if row.violation_id else []
    if events:
        _supersede(session, now, _standing(rule, cycle))
    return events, breaches


def _standing(rule: str, cycle: str) -> tuple[Any, ...]:
    return Correction.rule == rule, Correction.cycle == cycle, col(Correction.superseded_at).is_(None)


def _supersede(session: Session, now: datetime, which: Sequence[Any], *more: Any) -> None:
    session.exec(update(Correction).where(*which, *more).values(superseded_at=now))
