"""Waivers: somebody asks to let something off, somebody else agrees; both can be taken back, and it ends by itself.

Nobody who ever wrote to a waiver may approve it: neither who asked for it nor who changed it since. To withdraw a
request and ask again in another name makes another waiver, whose requester is that name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from engine.assessment.waiving import APPROVED, HOLDS, REVOKED, waiver_name
from engine.errors import UnknownNameError
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.tables import Subject, Waiver, WaiverShop
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Text
from engine.tracker.second_person import must_be_another, reason
from engine.tracker.waived import bring_back, in_scope, let_off, lock_shops, refuse_moved
from engine.tracker.waiver_scope import Asked, Cover, cover_of, refuse_chain
from engine.tracker.waiver_states import STATES, WaiverState, step

A_WAIVER = Text("申请豁免", "a waiver")
_NAME = re.compile(r"(?:[Ww]-?)?([0-9]{1,12})")


def request(session: Session, rulebook: RuleBook, asked: Asked, why: str, actor: Actor, now: datetime) -> Waiver:
    """Ask for a waiver; journal `waiver.requested`. Ends with the journal's lock, so commit next.

    Raises NotAllowedError, UnknownNameError, and KaoheError for what a waiver cannot be (see `waiver_scope`).
    """
    why = reason(why, A_WAIVER)
    cover = cover_of(session, rulebook, asked, actor, now)
    waiver = Waiver(
        client=cover.client,
        shop_id=cover.shop_id,
        violation_id=cover.violation_id,
        rules=sorted(cover.rules),
        first_day=cover.first,
        last_day=cover.last,
        why=why,
        state="requested",
        writers=[actor.name],
        requested_at=now,
    )
    session.add(waiver)
    session.flush()
    _cover_shops(session, waiver, cover)
    refuse_chain(session, waiver, ("requested", *HOLDS))
    append(session, now, [_event(waiver, "waiver.requested", actor, why, None)])
    return waiver


def edit(
    session: Session, rulebook: RuleBook, name: str, asked: Asked, why: str, actor: Actor, now: datetime
) -> Waiver:
    """Put another request in the place of one that waits; its editor may not approve it from now on.

    Journals `waiver.edited`, and ends with the journal's lock. Raises as `request` does, and KaoheError for a waiver
    that does not wait.
    """
    waiver = _locked(session, name)
    _may(session, waiver, "requested", actor)
    why = reason(why, A_WAIVER)
    cover = cover_of(session, rulebook, asked, actor, now)
    before = _told(waiver)
    waiver.client, waiver.shop_id, waiver.violation_id = cover.client, cover.shop_id, cover.violation_id
    waiver.rules, waiver.first_day, waiver.last_day, waiver.why = sorted(cover.rules), cover.first, cover.last, why
    if actor.name not in waiver.writers:
        waiver.writers = [*waiver.writers, actor.name]
    session.add(waiver)
    for row in session.exec(select(WaiverShop).where(WaiverShop.waiver_id == waiver.id)):
        session.delete(row)
    session.flush()
    _cover_shops(session, waiver, cover)
    refuse_chain(session, waiver, ("requested", *HOLDS))
    append(session, now, [_event(waiver, "waiver.edited", actor, why, before)])
    return waiver


def approve(
    session: Session, rulebook: RuleBook, names: Sequence[str], actor: Actor, now: datetime, why: str | None = None
) -> list[Waiver]:
    """Agree to waivers, all or none, and let off the violations in their scope; journal each (`waiver.approved`).

    Ends with the journal's lock. Raises SecondPersonError where the actor ever wrote to one of them, NotAllowedError,
    UnknownNameError, and KaoheError for one that does not wait, covers a shop that is another client's by now,
    or lets a shop off for too long together with others.
    """
    numbers = sorted(set(map(_number, names)))
    lock_shops(session, numbers)
    waivers = [_locked(session, number) for number in numbers]
    for waiver in waivers:
        _may(session, waiver, "approved", actor)
        refuse_moved(session, waiver)
        refuse_chain(session, waiver, HOLDS, numbers)
    # Every lock before the journal's: who holds that one waits for nobody.
    scopes = in_scope(session, waivers)
    events: list[Event] = []
    for waiver, violations in scopes:
        _decide(waiver, "approved", actor, why, now)
        session.add(waiver)
        events += let_off(session, rulebook, waiver, violations, actor, now)
    events += [_event(w, APPROVED, actor, why, {"state": "requested"}, violations=[v.id for v in f]) for w, f in scopes]
    append(session, now, events)
    return waivers


def reject(session: Session, name: str, why: str, actor: Actor, now: datetime) -> Waiver:
    """Refuse a waiver for a reason; journal `waiver.rejected`. Ends with the journal's lock."""
    waiver = _locked(session, name)
    _may(session, waiver, "rejected", actor)
    _decide(waiver, "rejected", actor, reason(why, Text("驳回", "a rejection")), now)
    session.add(waiver)
    append(session, now, [_event(waiver, "waiver.rejected", actor, waiver.decided_why, {"state": "requested"})])
    return waiver


def revoke(session: Session, rulebook: RuleBook, name: str, why: str, actor: Actor, now: datetime) -> Waiver:
    """Take back a request or an approval; what it alone has let off stands again. Journals `waiver.revoked`.

    Ends with the journal's lock. A request is taken back by those who wrote it.
    """
    waiver = _locked(session, name)
    _may(session, waiver, "revoked", actor)
    why = reason(why, Text("撤销", "a revocation"))
    before = waiver.state
    waiver.state, waiver.revoked_by, waiver.revoked_at, waiver.revoked_why = "revoked", actor.name, now, why
    session.add(waiver)
    events = bring_back(session, rulebook, waiver, actor.name, now) if before != "requested" else []
    append(session, now, [*events, _event(waiver, REVOKED, actor, why, {"state": before})])
    return waiver


def find(session: Session, client: str | None = None, state: str | None = None, on: date | None = None) -> list[Waiver]:
    """The waivers that fit all that is given, oldest first; `on` is a day that lies within theirs."""
    wanted = select(Waiver)
    if client is not None:
        wanted = wanted.where(Waiver.client == client)
    if state is not None:
        if state not in STATES:
            raise UnknownNameError("state", state, STATES, zh="、".join(f"{k}（{t.zh}）" for k, t in STATES.items()))
        wanted = wanted.where(Waiver.state == state)
    if on is not None:
        wanted = wanted.where(col(Waiver.first_day) <= on, col(Waiver.last_day) >= on)
    return list(session.exec(wanted.order_by(col(Waiver.id))))


def by(session: Session, name: str) -> Waiver:
    """The waiver with this name (W-3, or 3). Raises UnknownNameError."""
    found = session.get(Waiver, _number(name))
    if found is None:
        raise _unknown(name)
    return found


def _locked(session: Session, name: str | int) -> Waiver:
    number = name if isinstance(name, int) else _number(name)
    found = session.get(Waiver, number, with_for_update=True, populate_existing=True)
    if found is None:
        raise _unknown(waiver_name(number))
    return found


def _number(name: str) -> int:
    found = _NAME.fullmatch(name.strip())
    if found is None:
        raise _unknown(name)
    return int(found[1])


def _unknown(name: str) -> UnknownNameError:
    return UnknownNameError("waiver", name, (), "`kaohe waivers list` shows them", "`kaohe waivers list` 列出全部")


def _may(session: Session, waiver: Waiver, to: WaiverState, actor: Actor) -> None:
    """Raise unless this actor may take this waiver into that state."""
    name = waiver_name(waiver.id)
    way = step(waiver, name, to)
    assert way.permission is not None
    shop = session.get_one(Subject, waiver.shop_id).key if waiver.shop_id is not None else None
    if way.second:
        actor.must(way.permission, waiver.client, shop)
        must_be_another(actor, waiver.writers, Text(f"豁免 {name}", f"waiver {name}"))
    elif way.writer and not actor.names & set(waiver.writers):
        actor.must(Permission.APPROVE, waiver.client, shop)
    else:
        actor.must(way.permission, waiver.client, shop)


def _decide(waiver: Waiver, state: WaiverState, actor: Actor, why: str | None, now: datetime) -> None:
    waiver.state, waiver.decided_by, waiver.decided_at, waiver.decided_why = state, actor.name, now, why


def _cover_shops(session: Session, waiver: Waiver, cover: Cover) -> None:
    assert waiver.id is not None
    session.add_all([WaiverShop(waiver_id=waiver.id, shop_id=shop) for shop in cover.shops])


def _event(
    waiver: Waiver, event: str, actor: Actor, why: str | None, before: dict[str, Any] | None, **more: Any
) -> Event:
    payload = {"why": why, "before": before, "after": _told(waiver) | more}
    return Event(actor.name, event, "waiver", waiver_name(waiver.id), payload)


def _told(waiver: Waiver) -> dict[str, Any]:
    """What the journal keeps of a waiver."""
    return {
        "state": waiver.state,
        "client": waiver.client,
        "violation": waiver.violation_id,
        "rules": list(waiver.rules),
        "first_day": waiver.first_day.isoformat(),
        "last_day": waiver.last_day.isoformat(),
        "writers": list(waiver.writers),
    }
