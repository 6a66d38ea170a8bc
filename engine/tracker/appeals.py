"""Appeals against what the platform decided: drafted, handed in within the deadline, answered.

An appeal belongs to a violation. Handing it in moves the violation to `appealed`, its outcome moves it on; both are one
journal entry, that of the violation's step, which tells of the appeal too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from engine.assessment.archive import VersionShelf
from engine.assessment.deciding import decided, held, version_used
from engine.assessment.forfeiting import appeal_until, shown
from engine.calendar.zones import day_bounds
from engine.errors import KaoheError
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import NoSuchStepError, step
from engine.ledger.subject_keys import agent_key
from engine.ledger.tables import Appeal, Attachment, JournalEntry, Subject, Violation
from engine.ledger.violations import Statement, shop_of
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Appeal as Granted
from engine.rulebook.model import Version
from engine.rulebook.platforms import zone_of
from engine.tracker.attachments import Stored

Outcome = Literal["upheld", "overturned", "partly"]
FOLLOWS: dict[Outcome, str] = {"upheld": "confirmed", "partly": "confirmed", "overturned": "overturned"}
HANDED_IN = "violation.appealed"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an appeal says. Where a draft is there already, None leaves what it says, and files are added to it."""

    text: str | None = None
    account: str | None = None
    files: Sequence[Stored] = ()


def draft(session: Session, rulebook: RuleBook, violation_id: str, said: Draft, actor: Actor, now: datetime) -> Appeal:
    """Begin an appeal, or go on with the one that was begun. Ends with the journal's lock, so commit next.

    Raises UnknownNameError, NotAllowedError, and KaoheError where nothing can be appealed against (any more), or where
    the draft breaks a limit of the platform.
    """
    violation = _of(session, violation_id, actor, Permission.HANDLE)
    step(violation.id, violation.state, "appealed")
    version = _version(session, rulebook, violation)
    _refuse_another(session, violation, version)
    found = drafted(session, violation.id)
    appeal = found or Appeal(violation_id=violation.id, drafted_at=now, drafted_by=actor.name)
    appeal.text = said.text if said.text is not None else appeal.text
    appeal.account = said.account or appeal.account
    session.add(appeal)
    session.flush()
    assert appeal.id is not None
    there = {file.sha256 for file in attachments(session, appeal)}
    for file in said.files:
        if file.sha256 not in there:
            session.add(_row(appeal.id, file, actor, now))
            there.add(file.sha256)
    session.flush()
    _refuse_beyond_limits(session, violation, appeal, version)
    told = {"made_with": appeal.account, "characters": len(appeal.text or ""), "attachments": sorted(there)}
    event = "appeal.redrafted" if found else "appeal.drafted"
    payload = {"why": "", "before": None, "after": told}
    append(session, now, [Event(actor.name, event, "violation", violation.id, payload)])
    return appeal


def submit(
    session: Session,
    rulebook: RuleBook,
    violation_id: str,
    actor: Actor,
    why: str,
    now: datetime,
    late_why: str | None = None,
    at: datetime | None = None,
) -> Appeal:
    """Record that the draft was handed in, `at` then (by default now). Ends with the journal's lock, so commit next.

    Raises as `draft` does; KaoheError where there is no draft, and, without `late_why`, after the deadline.
    """
    violation = _of(session, violation_id, actor, Permission.DECIDE)
    version, handed_in = _version(session, rulebook, violation), at or now
    _refuse_later(handed_in, now)
    _refuse_before_notice(violation, handed_in)
    step(violation.id, violation.state, "appealed")
    appeal = drafted(session, violation.id)
    if appeal is None:
        raise KaoheError(
            f"no appeal against {violation.id} was drafted; begin with `kaohe appeals open {violation.id}`",
            zh=f"{violation.id} 还没有申诉草稿；先用 `kaohe appeals open {violation.id}` 起草",
        )
    _refuse_another(session, violation, version)
    _refuse_beyond_limits(session, violation, appeal, version)
    until = appeal_until(violation, version)
    late = until.over(handed_in)
    if late and not (late_why or "").strip():
        assert until.at is not None
        end = shown(until.at, zone_of(violation.platform))
        raise KaoheError(
            f"the appeal against {violation.id} could be made until {end}; "
            "if the platform takes it all the same, say why with --late",
            zh=f"{violation.id} 的申诉已于 {end} 截止；平台若仍受理，请用 --late 写明理由",
        )
    appeal.attempt = attempts(session, violation.id) + 1
    appeal.submitted_at, appeal.submitted_by = handed_in, actor.name
    appeal.late_why = late_why if late else None
    session.add(appeal)
    more = {"attempt": appeal.attempt, "submitted_at": handed_in.isoformat(), "made_with": appeal.account}
    more |= {"attachments": sorted(file.sha256 for file in attachments(session, appeal))}
    more |= {"late_why": late_why} if late else {}
    _, event = decided(session, rulebook, violation.id, Statement("appealed", actor, why, now, more=more))
    append(session, now, [event])
    return appeal


def correct_time(
    session: Session, rulebook: RuleBook, violation_id: str, actor: Actor, at: datetime, why: str, now: datetime
) -> Appeal:
    """Put right when the appeal that waits for its outcome was handed in. Ends with the journal's lock.

    Raises as `submit` does for the time, KaoheError where no appeal waits, without a reason, or if it is after the
    deadline: then the appeal was late, and why the platform took it is to be told.
    """
    violation = _of(session, violation_id, actor, Permission.DECIDE)
    version = _version(session, rulebook, violation)
    waiting = select(Appeal).where(
        Appeal.violation_id == violation.id, col(Appeal.submitted_at).is_not(None), col(Appeal.outcome).is_(None)
    )
    appeal = session.exec(waiting.order_by(col(Appeal.attempt).desc())).first()
    if appeal is None or appeal.submitted_at is None:
        raise KaoheError(
            f"no appeal against {violation.id} waits for its outcome", zh=f"{violation.id} 没有等待结果的申诉"
        )
    if not why.strip():
        raise KaoheError("say why, with --why", zh="请用 --why 写明理由")
    _refuse_later(at, now)
    _refuse_before_notice(violation, at)
    until = appeal_until(violation, version)
    if until.over(at) and not appeal.late_why:
        assert until.at is not None
        end = shown(until.at, zone_of(violation.platform))
        raise KaoheError(
            f"the appeal against {violation.id} could be made until {end}; it was not recorded as late",
            zh=f"{violation.id} 的申诉截止 {end}；当初没有记为逾期提交",
        )
    before, appeal.submitted_at = appeal.submitted_at, at
    session.add(appeal)
    told = {"before": {"submitted_at": before.isoformat()}, "after": {"submitted_at": at.isoformat()}}
    append(session, now, [Event(actor.name, "appeal.corrected", "violation", violation.id, {"why": why} | told)])
    return appeal


def _refuse_later(at: datetime, now: datetime) -> None:
    if at > now:
        raise KaoheError(
            f"an appeal cannot have been handed in later than now: {at.isoformat()}",
            zh=f"申诉的提交时间不能晚于现在：{at.isoformat()}",
        )


def _refuse_before_notice(violation: Violation, at: datetime) -> None:
    """Nothing can be appealed against before the notice came, or else before the day on which it was assessed."""
    zone = zone_of(violation.platform)
    first = violation.noticed_at or day_bounds(violation.assessed_on, zone)[0]
    if at < first:
        local = [f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for moment in (at, first)]
        raise KaoheError(
            f"the appeal against {violation.id} cannot have been handed in at {local[0]}: there was nothing to appeal "
            f"against before {local[1]}; say when with --at",
            zh=f"{violation.id} 的申诉不可能在 {local[0]} 提交：{local[1]} 之前还没有可申诉的通知；请用 --at 写明",
        )


def conclude(
    session: Session,
    rulebook: RuleBook,
    violation_id: str,
    outcome: Outcome,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
) -> Violation:
    """Record what became of the platform's decision, with what its answer says. Ends with the journal's lock.

    `partly` wants what is decided instead in `notice`: a severity, an amount. Raises as `draft` does.
    """
    violation = _of(session, violation_id, actor, Permission.DECIDE)
    if outcome not in FOLLOWS:
        raise ValueError(outcome)
    if violation.state != "appealed":
        raise NoSuchStepError(violation.id, violation.state, FOLLOWS[outcome])
    if outcome == "partly" and notice.severity is None and notice.amount_fen is None:
        raise KaoheError(
            f"the decision about {violation.id} was changed in part: say to what, with --severity or --amount",
            zh=f"{violation.id} 部分改判：请用 --severity 或 --amount 写明改成什么",
        )
    waiting = select(Appeal).where(
        Appeal.violation_id == violation.id, col(Appeal.submitted_at).is_not(None), col(Appeal.outcome).is_(None)
    )
    for appeal in session.exec(waiting):
        appeal.outcome, appeal.outcome_at, appeal.outcome_by, appeal.outcome_why = outcome, now, actor.name, why
        session.add(appeal)
    more = {"outcome": outcome, "attempt": attempts(session, violation.id)}
    stated = Statement(FOLLOWS[outcome], actor, why, now, notice, more=more)
    changed, event = decided(session, rulebook, violation.id, stated)
    append(session, now, [event])
    return changed


def drafted(session: Session, violation_id: str) -> Appeal | None:
    """The appeal that was begun and not handed in."""
    wanted = select(Appeal).where(Appeal.violation_id == violation_id, col(Appeal.submitted_at).is_(None))
    return session.exec(wanted.order_by(col(Appeal.id).desc()).limit(1)).first()


def appeals_of(session: Session, violation_id: str) -> list[Appeal]:
    """All appeals of a violation, in the order in which they were begun."""
    return list(session.exec(select(Appeal).where(Appeal.violation_id == violation_id).order_by(col(Appeal.id))))


def attachments(session: Session, appeal: Appeal) -> list[Attachment]:
    """The files of an appeal, in the order in which they were added."""
    return list(session.exec(select(Attachment).where(Attachment.appeal_id == appeal.id).order_by(col(Attachment.id))))


def attempts(session: Session, violation_id: str) -> int:
    """How many appeals were handed in: those that were recorded without a draft count too."""
    told = select(func.count(col(JournalEntry.id))).where(
        JournalEntry.object_kind == "violation", JournalEntry.object_id == violation_id, JournalEntry.event == HANDED_IN
    )
    return session.exec(told).one()


def _of(session: Session, violation_id: str, actor: Actor, permission: Permission) -> Violation:
    violation = held(session, violation_id)
    actor.must(permission, violation.client, shop_of(session, violation))
    return violation


def _version(session: Session, rulebook: RuleBook, violation: Violation) -> Version | None:
    used = version_used(session, VersionShelf(session, rulebook), violation)
    return used[1] if used else None


def _refuse_another(session: Session, violation: Violation, version: Version | None) -> None:
    """Refuse an appeal that the platform would not take: one too many, or one that was given up."""
    granted, made = version.appeal if version else None, attempts(session, violation.id)
    if granted is None:
        return
    if granted.attempts is not None and made >= granted.attempts:
        raise KaoheError(
            f"{violation.id} was appealed against {made} times, and the platform grants no more than "
            f"{granted.attempts}; record what is done all the same with `kaohe violations record`",
            zh=f"{violation.id} 已申诉 {made} 次，平台最多允许 {granted.attempts} 次；"
            "若平台仍受理，请用 `kaohe violations record` 记录",
        )
    if granted.confirming_forfeits and violation.state == "confirmed" and not made:
        raise KaoheError(
            f"the appeal against {violation.id} was given up when it was confirmed",
            zh=f"{violation.id} 已确认，申诉权已放弃",
        )


def _refuse_beyond_limits(session: Session, violation: Violation, appeal: Appeal, version: Version | None) -> None:
    granted = version.appeal if version else None
    if granted is None:
        return
    pictures = sum(1 for file in attachments(session, appeal) if file.media_type.startswith("image/"))
    for found, most, what, zh in (
        (len(appeal.text or ""), granted.most_characters, "characters of text", "正文字数"),
        (pictures, granted.most_pictures, "pictures", "图片张数"),
    ):
        if most is not None and found > most:
            raise KaoheError(
                f"the appeal against {violation.id} has {found} {what}, and the platform takes {most}; shorten it",
                zh=f"{violation.id} 的申诉{zh}为 {found}，平台最多 {most}；请精简",
            )
    _refuse_sub_account(session, violation, appeal, granted)


def _refuse_sub_account(session: Session, violation: Violation, appeal: Appeal, granted: Granted) -> None:
    shop = session.get_one(Subject, violation.subject_id)
    if granted.by != "main_account" or appeal.account is None or shop.kind != "shop":
        return
    key = agent_key(violation.platform, shop.external_id, appeal.account)
    if session.exec(select(Subject.id).where(Subject.key == key)).first() is not None:
        raise KaoheError(
            f"{appeal.account} is a sub-account of {shop.external_id}, and only its main account may appeal",
            zh=f"{appeal.account} 是 {shop.external_id} 的子账号，只有主账号可以申诉",
        )


def _row(appeal_id: int, file: Stored, actor: Actor, now: datetime) -> Attachment:
    return Attachment(
        appeal_id=appeal_id,
        sha256=file.sha256,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        added_at=now,
        added_by=actor.name,
    )
