"""Duties: who owes what by when, the proof that it was done, and a second person who looks at that proof where asked.

Those that follow from a violation are opened by themselves (see `duty_opening`); here people give them to somebody,
prove them, check them, and add their own. A duty of an agent or a person is of the house: others do not find it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.tables import Duty, Subject
from engine.ledger.violation_lists import known_client
from engine.ledger.violations import by as violation_by
from engine.rulebook.model import Text
from engine.tracker.duty_states import HOLDERS, INTERNAL, STATES, DutyState, duty_name, step, told
from engine.tracker.second_person import must_be_another, reason

_NAME = re.compile(r"(?:[Dd]-?)?([0-9]{1,12})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class New:
    """A duty that a person gives: of a client, a shop or a violation. `due_at` is the first instant too late."""

    kind: str
    due_at: datetime
    what: str
    client: str | None = None
    shop: Subject | None = None
    violation: str | None = None
    holder: str | None = None
    holder_kind: str = "user"
    second_person: bool = False


def add(session: Session, kinds: Mapping[str, Text], new: New, actor: Actor, now: datetime) -> Duty:
    """Give somebody a duty; journal `duty.opened`. `kinds` are those that there are.

    Ends with the journal's lock, so commit next. Raises UnknownNameError, NotAllowedError, and KaoheError for one that
    belongs to nobody or is due already.
    """
    if new.kind not in kinds:
        known = "、".join(f"{name}（{title.zh}）" for name, title in kinds.items())
        raise UnknownNameError("duty", new.kind, kinds, zh=known)
    what = reason(new.what, Text("新增职责", "a duty"))
    if sum(given is not None for given in (new.client, new.shop, new.violation)) != 1:
        raise KaoheError(
            "a duty is of one client, one shop or one violation: give --client, --shop or --violation",
            zh="职责属于一个客户、一家店铺或一条违规：只写 --client、--shop、--violation 之一",
        )
    violation = violation_by(session, new.violation) if new.violation is not None else None
    shop = session.get_one(Subject, violation.subject_id) if violation else new.shop
    client = violation.client if violation else shop.client if shop else known_client(session, new.client or "")
    actor.must(Permission.DECIDE, client, shop.key if shop else None)
    if new.due_at <= now:
        raise KaoheError(
            f"a duty cannot be due before it is given: {new.due_at.isoformat()} is over",
            zh=f"职责的期限 {new.due_at.isoformat()} 已经过去",
        )
    duty = Duty(
        kind=new.kind,
        client=client,
        shop_id=shop.id if shop else None,
        violation_id=violation.id if violation else None,
        what=what,
        second_person=new.second_person,
        opened_at=now,
        due_at=new.due_at,
        due_by_hand=True,
        state="open",
        doers=[],
    )
    _hand_to(duty, new.holder, new.holder_kind)
    session.add(duty)
    session.flush()
    append(session, now, [event(duty, "duty.opened", actor.name, what, None)])
    return duty


def give(
    session: Session,
    name: str,
    actor: Actor,
    now: datetime,
    holder: str | None = None,
    holder_kind: str = "user",
    due_at: datetime | None = None,
    why: str | None = None,
) -> Duty:
    """Give an open duty to somebody, or set when it is due; journal `duty.given`. Ends with the journal's lock."""
    duty = _locked(session, name, actor)
    _may(session, duty, "open", actor)
    if holder is None and due_at is None:
        raise KaoheError("say to whom, or until when: --to or --due", zh="写明交给谁或何时到期：--to 或 --due")
    before = told(duty)
    if holder is not None:
        _hand_to(duty, holder, holder_kind)
    if due_at is not None:
        duty.due_at, duty.due_by_hand = due_at, True
        if due_at > now:
            duty.overdue_at = None  # it can become overdue once more
    return _changed(session, duty, "duty.given", actor, why, before, now)


def done(session: Session, name: str, proof: str | None, sha256: str | None, actor: Actor, now: datetime) -> Duty:
    """Report that a duty is done, with a proof: words, or the sha256 of a file; journal `duty.done`.

    Where a second person is asked for, it waits for them. Ends with the journal's lock.
    """
    duty = _locked(session, name, actor)
    _may(session, duty, "done", actor)
    if not (proof or "").strip() and sha256 is None:
        raise KaoheError(
            f"duty {duty_name(duty.id)} is done when it is proved: give --proof, or --file",
            zh=f"职责 {duty_name(duty.id)} 要有凭证才算完成：写 --proof 或 --file",
        )
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise KaoheError(f"{sha256!r} is no sha256", zh=f"{sha256!r} 不是 sha256")
    before = told(duty)
    duty.state, duty.done_by, duty.done_at = "done", actor.name, now
    duty.proof, duty.proof_sha256 = (proof or "").strip() or None, sha256
    if actor.name not in duty.doers:
        duty.doers = [*duty.doers, actor.name]
    return _changed(session, duty, "duty.done", actor, duty.proof, before, now, proof_sha256=sha256)


def check(session: Session, name: str, actor: Actor, now: datetime, why: str | None = None) -> Duty:
    """Agree to the proof of a duty, as the second person; journal `duty.checked`. Ends with the journal's lock.

    Raises SecondPersonError for its holder, and for whoever ever gave a proof of it.
    """
    duty = _locked(session, name, actor)
    _may(session, duty, "checked", actor)
    before = told(duty)
    duty.state, duty.checked_by, duty.checked_at = "checked", actor.name, now
    return _changed(session, duty, "duty.checked", actor, why, before, now)


def reject(session: Session, name: str, why: str, actor: Actor, now: datetime) -> Duty:
    """Refuse the proof of a duty for a reason, which opens it again; journal `duty.rejected`."""
    duty = _locked(session, name, actor)
    _may(session, duty, "open", actor)
    if duty.state != "done":
        raise KaoheError(
            f"duty {duty_name(duty.id)} is {duty.state}: there is no proof to refuse",
            zh=f"职责 {duty_name(duty.id)} 现在是 {STATES[duty.state].zh}：没有要驳回的凭证",
        )
    before = told(duty)
    duty.state, duty.done_by, duty.done_at = "open", None, None
    return _changed(session, duty, "duty.rejected", actor, reason(why, Text("驳回", "a rejection")), before, now)


def cancel(session: Session, name: str, why: str, actor: Actor, now: datetime) -> Duty:
    """Say that a duty need not be done, for a reason; journal `duty.cancelled`. It stays so.

    One that asks for a second person is cancelled by such a one.
    """
    duty = _locked(session, name, actor)
    _may(session, duty, "cancelled", actor)
    before = told(duty)
    duty.state, duty.lapsed = "cancelled", False
    return _changed(session, duty, "duty.cancelled", actor, reason(why, Text("取消", "a cancellation")), before, now)


def find(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    state: str | None = None,
    overdue: bool = False,
    holder: str | None = None,
    client: str | None = None,
    violation: str | None = None,
) -> list[Duty]:
    """The duties that fit all that is given, by the instant at which they are due."""
    wanted = select(Duty)
    if not actor.internal:
        wanted = wanted.where(col(Duty.internal).is_(False))
    if state is not None:
        if state not in STATES:
            raise UnknownNameError("state", state, STATES, zh="、".join(f"{k}（{t.zh}）" for k, t in STATES.items()))
        wanted = wanted.where(Duty.state == state)
    if overdue:
        wanted = wanted.where(Duty.state == "open", col(Duty.due_at) <= now)
    for column, value in ((Duty.holder, holder), (Duty.client, client), (Duty.violation_id, violation)):
        if value is not None:
            wanted = wanted.where(column == value)
    return list(session.exec(wanted.order_by(col(Duty.due_at), col(Duty.id))))


def by(session: Session, name: str, actor: Actor, *, for_change: bool = False) -> Duty:
    """The duty with this name (D-7, or 7). Raises UnknownNameError, also for one that the actor may not see."""
    number = _NAME.fullmatch(name.strip())
    found = None
    if number is not None:
        found = session.get(Duty, int(number[1]), with_for_update=for_change, populate_existing=for_change)
    if found is None or (found.internal and not actor.internal):
        raise UnknownNameError("duty", name, (), "`kaohe duties list` shows them", "`kaohe duties list` 列出全部")
    return found


def event(duty: Duty, name: str, actor: str, why: str | None, before: dict[str, Any] | None, **more: Any) -> Event:
    """What the journal says of a change."""
    return Event(actor, name, "duty", duty_name(duty.id), {"why": why, "before": before, "after": told(duty) | more})


def _locked(session: Session, name: str, actor: Actor) -> Duty:
    return by(session, name, actor, for_change=True)


def _may(session: Session, duty: Duty, to: DutyState, actor: Actor) -> None:
    """Raise unless this actor may take this duty into that state."""
    way = step(duty, to)
    shop = session.get_one(Subject, duty.shop_id).key if duty.shop_id is not None else None
    second = way.checked or (to == "cancelled" and duty.second_person)
    actor.must(Permission.APPROVE if second else way.permission, duty.client, shop)
    if second and to != "open":
        involved = {*duty.doers, *([duty.holder] if duty.holder else [])}
        name = duty_name(duty.id)
        must_be_another(actor, involved, Text(f"职责 {name}", f"duty {name}"))


def _hand_to(duty: Duty, holder: str | None, kind: str) -> None:
    if holder is None:
        return
    if kind not in HOLDERS:
        raise UnknownNameError("holder", kind, HOLDERS)
    if not holder.strip():
        raise KaoheError("the holder of a duty needs a name", zh="要写明职责交给谁")
    duty.holder, duty.holder_kind, duty.internal = holder.strip(), kind, kind in INTERNAL


def _changed(
    session: Session,
    duty: Duty,
    name: str,
    actor: Actor,
    why: str | None,
    before: dict[str, Any],
    now: datetime,
    **more: Any,
) -> Duty:
    session.add(duty)
    append(session, now, [event(duty, name, actor.name, why, before, **more)])
    return duty
