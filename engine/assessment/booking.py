"""Booking corrections: what a judgement says otherwise of a cycle whose month is closed.

New evidence changes figure and verdict; what the platform or a person has decided about a breach is booked when it is
decided (see `engine.assessment.deciding`), and no judgement takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from engine.assessment.courses import DECIDED, NOT_LISTED, Change, Course, State, booking_month, courses, write
from engine.assessment.deciding import ours_to_change, withdrawn_by_evidence
from engine.assessment.judging import Judgement
from engine.assessment.outcome import Outcome, exposure_fen
from engine.assessment.recording import WHY, Recorded, subjects_of
from engine.assessment.rows import ends_of
from engine.assessment.standing import closed_as
from engine.calendar.zones import local_day
from engine.ledger import journal
from engine.ledger.periods import month_of
from engine.ledger.subject_keys import shop_key


def book(session: Session, run_id: int, judgement: Judgement, actor: str, now: datetime) -> Recorded:
    """Book what `judgement` changes, inside the caller's transaction, which has fenced the run already."""
    due = judgement.due
    rule, cycle = due.rule, due.cycle
    shops = {o.shop for o in judgement.outcomes} | courses(session, rule.id, cycle.key).keys()
    ids = subjects_of(session, [shop_key(rule.platform, shop) for shop in shops])
    found = courses(session, rule.id, cycle.key, lock=True)  # once the shops are: everybody locks in this order
    after = corrected(session, judgement, found)
    booked_in = booking_month(session, local_day(now, rule.zone), found.values())
    changes: list[Change] = []
    events: list[journal.Event] = []
    for shop, state in after.items():
        key, course = shop_key(rule.platform, shop), found.get(shop, Course())
        changes.append(Change(key, ids[key][0], course, state))
        payload = {"why": WHY[due.cause], "before": dict(course.now()), "after": {**state, "booked_in": booked_in}}
        events.append(journal.Event(actor, "period.correction", "cycle", f"{rule.id} {key} {cycle.key}", payload))
    write(session, run_id, rule.id, cycle.key, month_of(cycle.last), booked_in, changes, now)
    journal.append(session, now, events)
    return Recorded((), 0, len(events))


def corrected(session: Session, judgement: Judgement, found: Mapping[str, Course]) -> dict[str, State]:
    """Shop → what is to stand of it, of those of whom `judgement` says something else than what stands (`found`)."""
    judged = {o.shop: _state_of(o) for o in judgement.outcomes}
    after: dict[str, State] = {}
    # Who is waited for stays as it is.
    for shop in sorted((judged.keys() | found.keys()) - judgement.due.awaited.waiting.keys()):
        if judgement.concerned is not None and shop not in judgement.concerned:
            continue
        course, state = found.get(shop, Course()), judged.get(shop, NOT_LISTED)
        stands = course.now()
        if _is_decided(session, course):
            state = {**state, **{name: stands[name] for name in DECIDED if name in stands}}
        if state != stands:
            after[shop] = state
    return after


def _is_decided(session: Session, course: Course) -> bool:
    """Whether somebody has spoken about a breach, so that a judgement changes nothing but its figure.

    Of what is waived the judgement knows by itself; what evidence took back, evidence brings back.
    """
    violation = course.violation
    if violation is None or ours_to_change(violation) or closed_as(session, violation) == "waived":
        return False
    return not (violation.state == "withdrawn" and withdrawn_by_evidence(session, violation))


def _state_of(o: Outcome) -> State:
    return {
        "numerator": o.numerator,
        "denominator": o.denominator,
        **ends_of(o),
        "verdict": o.verdict,
        "severity": o.severity,
        "exposure_fen": list(exposure_fen(o.sanctions)),
    }
