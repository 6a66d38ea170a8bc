"""Recording what was decided about a violation, and what follows from it: its severity, its measures, what it costs.

What we reckoned is a forecast. Once the platform has named a severity, the measures are those of that rung, under the
version that was used and by the same ladder; once it has charged an amount, that is the exposure; and what was let off
brings nothing. The forecast is not lost: it stands in the situation that the assessment decided.

Decisions come weeks after the month may have been closed. Then measures and exposure stay as they were paid, and the
difference is booked as a correction in the month in which it is recorded; the state, and what was said, is on record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from engine.assessment import rows
from engine.assessment.archive import VersionShelf
from engine.assessment.courses import Change, Course, State, booking_month, courses, waived, write
from engine.assessment.forfeiting import forfeited
from engine.assessment.outcome import DatedSanction, dated, exposure_fen
from engine.assessment.standing import closed_as
from engine.assessment.waiving import asked_to_waive
from engine.calendar.zones import local_day
from engine.judge.decide import Decision, decided_again
from engine.judge.facts import Fact
from engine.judge.ladder import situation_as_decided
from engine.ledger.actors import Actor
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import Event, append
from engine.ledger.periods import is_closed, keep_months, month_of
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Assessment, JournalEntry, Run, Sanction, Situation, Subject, Violation
from engine.ledger.violations import Statement, by, change
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Rule, Version
from engine.rulebook.platforms import zone_of

WITHDRAWN = "violation.withdrawn"


def decide(
    session: Session,
    rulebook: RuleBook,
    violation_id: str,
    state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    *,
    forfeits_appeal: bool = False,
    appeal_is_over: bool = False,
) -> Violation:
    """Do what `decided` does, and journal it: ends with the journal's lock, so commit next.

    To let off what somebody asked to waive takes another one, by this way too.
    """
    appeal: Literal["kept", "given up", "over"] = (
        "over" if appeal_is_over else "given up" if forfeits_appeal else "kept"
    )
    asked_by = asked_to_waive(session, by(session, violation_id)) if state == "waived" else frozenset()
    stated = Statement(state, actor, why, now, notice, asked_by, appeal=appeal)
    violation, event = decided(session, rulebook, violation_id, stated)
    append(session, now, [event])
    return violation


def decided(session: Session, rulebook: RuleBook, violation_id: str, stated: Statement) -> tuple[Violation, Event]:
    """Put a violation into a state, with what the platform's notice says, and let its measures and exposure follow.

    Gives the event that is to be journalled with it. Where the rule says that confirming gives an appeal up, and one is
    still possible, it is confirmed only if the statement says that it is given up, or is over. A severity for which
    the version that was used has no rung changes no measures. Raises what `engine.ledger.violations.change` raises,
    and ForfeitsAppealError.
    """
    violation = held(session, violation_id)
    found = version_used(session, VersionShelf(session, rulebook), violation)
    version = found[1] if found else None
    if stated.appeal != "over" and (lost := forfeited(violation, stated.state, stated.notice, version, stated.now)):
        if stated.appeal == "kept":
            raise lost
        stated = replace(stated, more=dict(stated.more) | {"appeal_forfeited": True})
    stood, course = closed_as(session, violation), _course(session, violation)
    changed, event = change(session, violation.id, stated)
    if course is None:
        settle(session, version, changed)
    elif (after := _after(session, version, changed, course.now(), stood)) != course.now():
        event = _booked(session, changed, course, after, event, stated.now)
    return changed, event


def held(session: Session, violation_id: str) -> Violation:
    """The violation with this id, locked; where its month is closed, its shop before it.

    A correction points at the shop, and who registers it locks it before its violations. Raises as `by` does.
    """
    found = by(session, violation_id)
    if is_closed(session, month_of(found.cycle_end)):
        shop = select(Subject.id).where(Subject.id == found.subject_id)
        session.exec(shop.with_for_update(read=True, key_share=True)).one()
    return by(session, found.id, for_change=True)


def _course(session: Session, violation: Violation) -> Course | None:
    """What stands of a violation whose month is closed, None where it is open: it stays so for this transaction."""
    keep_months(session)
    if not is_closed(session, month_of(violation.cycle_end)):
        return None
    (course,) = courses(session, violation.rule, violation.cycle, subject_id=violation.subject_id).values()
    return course


def _after(session: Session, version: Version | None, violation: Violation, stands: State, stood: str) -> State:
    """What is to stand of a violation that was in the state `stood`, where `stands` tells what did."""
    state = closed_as(session, violation)
    if state == "waived":
        return {**stands, **waived()}
    if state in LET_OFF:
        return {**stands, "exposure_fen": [0, 0], "let_off": state}
    decided = violation.decided_severity is not None or violation.amount_fen is not None
    if not decided and stood not in LET_OFF:
        return stands
    severity = violation.severity if stands["verdict"] == "violation" else stands["severity"]
    held_to = {name: value for name, value in stands.items() if name != "let_off"}
    return {**held_to, "severity": severity, "exposure_fen": list(_follows(session, version, violation)[1])}


def _booked(session: Session, violation: Violation, course: Course, after: State, event: Event, now: datetime) -> Event:
    """Book what stands from now on; the event that tells it, too."""
    before = course.now()
    booked_in = booking_month(session, local_day(now, zone_of(violation.platform)), [course])
    judged = select(Assessment.run_id).where(Assessment.violation_id == violation.id)
    run_id = session.exec(judged.order_by(col(Assessment.id).desc()).limit(1)).one()
    change_ = Change(session.get_one(Subject, violation.subject_id).key, violation.subject_id, course, after)
    month = month_of(violation.cycle_end)
    write(session, run_id, violation.rule, violation.cycle, month, booked_in, [change_], now)
    told: Any = event.payload
    payload = told | {
        "before": told["before"] | {"exposure_fen": before["exposure_fen"]},
        "after": told["after"] | {"exposure_fen": after["exposure_fen"], "booked_in": booked_in},
    }
    return replace(event, payload=payload)


def ours_to_change(violation: Violation) -> bool:
    """Whether nobody but we have spoken about it, so that new evidence may change what follows from it."""
    spoken = violation.decided_severity, violation.amount_fen, violation.noticed_at
    return violation.state in {"open", "acknowledged"} and not any(said is not None for said in spoken)


def settle(session: Session, version: Version | None, violation: Violation) -> None:
    """Let measures and exposure of a violation follow from its state and from what was decided about it.

    Without `version` (nothing of it is left) the measures stay as they are, unless they are none.
    """
    sanctions, exposure = _follows(session, version, violation)
    if sanctions is not None:
        remove_sanctions(session, violation)
        insert_rows(session, Sanction, rows.sanction_rows(violation.id, sanctions))
    violation.exposure_min_fen, violation.exposure_max_fen = exposure
    session.add(violation)


def _follows(
    session: Session, version: Version | None, violation: Violation
) -> tuple[tuple[DatedSanction, ...] | None, tuple[int, int]]:
    """The measures that follow from a violation as it stands, None where they stay, and its exposure."""
    if closed_as(session, violation) in LET_OFF:
        return (), (0, 0)
    sanctions, exposure = None, (violation.exposure_min_fen, violation.exposure_max_fen)
    decision = _decision(session, version, violation) if version else None
    if decision is not None:
        sanctions = dated(decision.sanctions, violation.assessed_on)
        exposure = exposure_fen(sanctions)
    if violation.amount_fen is not None:
        exposure = violation.amount_fen, violation.amount_fen
    return sanctions, exposure


def let_off(session: Session, violation: Violation) -> None:
    """Leave no measures and no exposure of a violation."""
    remove_sanctions(session, violation)
    violation.exposure_min_fen = violation.exposure_max_fen = 0
    session.add(violation)


def remove_sanctions(session: Session, violation: Violation) -> None:
    """Take the measures of a violation away."""
    for row in session.exec(select(Sanction).where(Sanction.violation_id == violation.id)):
        session.delete(row)
    session.flush()


def withdrawn_by_evidence(session: Session, known: Violation) -> bool:
    """Whether new evidence took a violation back, and so may bring it back; what a person withdrew stays so."""
    withdrawals = (
        select(JournalEntry.payload)
        .where(
            JournalEntry.object_kind == "violation",
            JournalEntry.object_id == known.id,
            JournalEntry.event == WITHDRAWN,
        )
        .order_by(col(JournalEntry.batch).desc(), col(JournalEntry.position).desc())
    )
    last = session.exec(withdrawals.limit(1)).first()
    # Only evidence has a figure to tell; what was redacted was a person's words.
    return last is not None and "numerator" in (last.get("before") or {})


def _decision(session: Session, version: Version, violation: Violation) -> Decision | None:
    """What the ladder says of the severity that was decided; where it has no rung for it, what it said of the facts."""
    decided = violation.decided_severity
    if version.severity is not None and decided is not None and decided in version.ladder:
        return decided_again(version, situation_as_decided(decided).facts)
    facts: Any = session.get_one(Situation, violation.situation_id).facts
    return decided_again(version, [Fact.from_data(fact) for fact in facts])


def version_used(session: Session, shelf: VersionShelf, violation: Violation) -> tuple[Rule, Version] | None:
    """The rule and the version that decided; None where no situation tells it."""
    situation = session.get(Situation, violation.situation_id) if violation.situation_id is not None else None
    run = session.get(Run, situation.run_id) if situation else None
    if run is None or run.rule_sha256 is None:
        return None
    return shelf.get(violation.rule, violation.version, run.rule_sha256)
