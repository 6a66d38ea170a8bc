"""Violations on record: how they go from state to state, and what the platform said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import or_
from sqlmodel import Session, col, select

from engine.calendar.zones import day_bounds
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor
from engine.ledger.journal import Event, append
from engine.ledger.periods import Booked, corrections
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import AMEND, both, known_state, step
from engine.ledger.tables import Subject, Violation
from engine.rulebook.platforms import zone_of


class BookedAloneError(KaoheError):
    """A breach that was found once its month was closed: corrections tell of it, and nobody can act on it."""

    def __init__(self, violation: str, booked: Sequence[Booked]) -> None:
        self.booked = booked
        month = booked[0].correction.month
        super().__init__(
            f"{violation} was found once {month} was closed: it is booked as a correction "
            f"(`kaohe period show {month}`); to act on it, open {month} again (`kaohe period reopen {month}`)",
            zh=f"{violation} 是 {month} 关账之后发现的，已记为更正（`kaohe period show {month}`）；"
            f"要处理它，须先重开 {month}（`kaohe period reopen {month}`）",
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """Into which state somebody puts a violation, and what they say of it.

    What `notice` says replaces what is on record. `asked_by` are those who asked for the step, `more` what else the
    journal is to tell; `follows`: the step follows from something else that was done. `appeal`: what is said of one
    that can still be made, where the step would give it up; `over` says that there is none any more.
    """

    state: str
    actor: Actor
    why: str
    now: datetime
    notice: PlatformNotice = NOTHING_SAID
    asked_by: Collection[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    follows: bool = False
    appeal: Literal["kept", "given up", "over"] = "kept"


def record(
    session: Session,
    violation_id: str,
    new_state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    asked_by: Collection[str] = (),
) -> Violation:
    """Do what `change` does, and journal it: ends with the journal's lock, so commit next."""
    violation, event = change(session, violation_id, Statement(new_state, actor, why, now, notice, asked_by))
    append(session, now, [event])
    return violation


def change(session: Session, violation_id: str, stated: Statement) -> tuple[Violation, Event]:
    """Put a violation into another state, and give the `violation.<state>` that is to be journalled with it.

    Given the state that the violation has, it corrects the record (`violation.amended`), or tells for the first time
    that a notice has come (`violation.notified`). What follows from the step is not reckoned here (see
    `engine.assessment.deciding`). Raises UnknownNameError for an unknown violation or state, NotAllowedError,
    NoSuchStepError, naming the states that may follow, and KaoheError without a reason, if nothing would change, or if
    who grants it is who asked for it.
    """
    new_state, actor, notice, asked_by = stated.state, stated.actor, stated.notice, stated.asked_by
    violation = by(session, violation_id, for_change=True)
    known_state(new_state)
    said = notice.said()
    amends = new_state == violation.state and bool(said)
    shop = shop_of(session, violation)
    if amends:
        actor.must(AMEND, violation.client, shop)
    else:
        taken = step(violation.id, violation.state, new_state, follows=stated.follows)
        actor.must(taken.permission, violation.client, shop)
        if taken.not_by_asker and actor.is_among(asked_by):
            raise KaoheError(
                f"{actor.name} asked that violation {violation.id} become {new_state}; somebody else has to grant it",
                zh=f"违规 {violation.id} 变为 {both(new_state)} 是 {actor.name} 申请的，须由另一个人批准",
            )
    if not stated.why.strip():
        raise KaoheError(
            f"violation {violation.id} cannot become {new_state} without a reason; say why",
            zh=f"违规 {violation.id} 变为 {both(new_state)} 要写明理由（--why）",
        )
    if amends and _on_record(violation, said) == said:
        raise KaoheError(
            f"violation {violation.id} is {new_state}, and all of this is on record already",
            zh=f"违规 {violation.id} 已是 {both(new_state)}，这些内容也都已记录",
        )
    _refuse_impossible(violation, notice, stated.now)
    first_notice = amends and notice.noticed_at is not None and violation.noticed_at is None
    before = {"state": violation.state, "severity": violation.severity} | _told(violation, said)
    violation.state, violation.changed_at = new_state, stated.now
    for name, value in said.items():
        setattr(violation, "decided_severity" if name == "severity" else name, value)
    if notice.severity is not None:
        violation.severity = notice.severity
    session.add(violation)
    after = {"state": new_state, "severity": violation.severity} | _told(violation, said) | dict(stated.more)
    event = "notified" if first_notice else "amended" if amends else new_state
    payload = {"why": stated.why, "before": before, "after": after}
    return violation, Event(actor.name, f"violation.{event}", "violation", violation.id, payload)


def _refuse_impossible(violation: Violation, notice: PlatformNotice, now: datetime) -> None:
    """Raise KaoheError where a notice would have come before the cycle that it is about began, or after now."""
    came = notice.noticed_at
    if came is None:
        return
    zone = zone_of(violation.platform)
    begins = day_bounds(violation.cycle_start, zone)[0]
    if came > now or came < begins:
        told = f"{came.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        why, wen = ("that is yet to come", "这个时间还没到")
        if came < begins:
            why = f"its cycle, {violation.cycle}, had not begun"
            wen = f"那时它的周期 {violation.cycle} 还没开始"
        raise KaoheError(
            f"the notice about {violation.id} cannot have come at {told}: {why}; say when with --noticed-at",
            zh=f"{violation.id} 的通知不可能在 {told} 到达：{wen}；请用 --noticed-at 写明",
        )


def shop_of(session: Session, violation: Violation) -> str | None:
    """The key of the shop that a violation is about; None for people and teams, who belong to no single shop."""
    subject = session.get_one(Subject, violation.subject_id)
    if subject.kind != "shop" and subject.parent_id is not None:
        subject = session.get_one(Subject, subject.parent_id)
    return subject.key if subject.kind == "shop" else None


def _on_record(violation: Violation, names: Iterable[str]) -> dict[str, Any]:
    """What was recorded under these names. To say what we forecast is news, too: the severity is decided then."""
    return {n: violation.decided_severity if n == "severity" else getattr(violation, n) for n in names}


def _told(violation: Violation, names: Iterable[str]) -> dict[str, str | int]:
    """What is on record under these names, as the journal keeps it: times as ISO text, nothing where there is none."""
    values = {name: getattr(violation, name) for name in names}
    said = {name: value for name, value in values.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def by(session: Session, violation_id: str, for_change: bool = False) -> Violation:
    """The violation with this id (in capitals or not), locked for the transaction if it is to be changed.

    Raises UnknownNameError with ids near it, and BookedAloneError for one that stands in corrections alone.
    """
    given = violation_id.strip().upper()  # ids are read out and typed in
    found = session.get(Violation, given, with_for_update=for_change, populate_existing=for_change)
    if found is None:
        if booked := corrections(session, violation=given):
            raise BookedAloneError(given, booked)
        raise UnknownNameError(
            "violation",
            violation_id,
            _near(session, given),
            "`kaohe violations list` shows those there are",
            "`kaohe violations list` 列出全部",
        )
    return found


def _near(session: Session, violation_id: str) -> list[str]:
    """Ids that begin or end like `violation_id`: to compare it with all of them would take too long."""
    letters = violation_id.removeprefix("V-")
    if not letters:
        return []
    likely = or_(
        col(Violation.id).startswith(f"V-{letters[:4]}", autoescape=True),
        col(Violation.id).endswith(letters[-4:], autoescape=True),
    )
    return list(session.exec(select(Violation.id).where(likely).limit(100)))
