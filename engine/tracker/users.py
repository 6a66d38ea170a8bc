"""Users and what they may do where: only an administrator of everything adds, grants, revokes and disables.

Before the first user is added whoever works here may do everything, so the first one must be who adds it, and the last
administrator stays one: nobody locks everybody out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import ROLE_WORDS, ROLES, Actor, Grant, Permission, Role
from engine.ledger.dialects import Lock, take_lock
from engine.ledger.journal import Event, append
from engine.ledger.lookup import shop as known_shop
from engine.ledger.tables import AppUser, Subject, UserGrant

NAME = re.compile(r"[^\s/:\x00-\x1f\x7f]{1,64}")


@dataclass(frozen=True, slots=True)
class User:
    """A user as lists show them."""

    name: str
    display: str | None
    os_name: str | None
    internal: bool
    person: str | None
    disabled_at: datetime | None
    grants: tuple[Grant, ...]

    @property
    def administers(self) -> bool:
        """Whether they may do everything everywhere."""
        everywhere = any(g.role == "administrator" and g.client is None and g.shop is None for g in self.grants)
        return everywhere and self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role holds: over a shop (by any of its names), else over a client, else over everything."""

    client: str | None = None
    shop: str | None = None
    platform: str | None = None

    def __post_init__(self) -> None:
        if self.client is not None and self.shop is not None:
            raise KaoheError(
                "a role holds over a client or over a shop: give --client or --shop",
                zh="角色要么管一个客户，要么管一家店铺：--client 和 --shop 只写一个",
            )


EVERYWHERE = Place()


def role_of(text: str) -> Role:
    """The role of this name, which may be the Chinese one. Raises UnknownNameError."""
    for role in ROLES:
        if text in (role, ROLE_WORDS[role].zh):
            return role
    known = "、".join(f"{role}（{words.zh}）" for role, words in ROLE_WORDS.items())
    raise UnknownNameError("role", text, ROLES, zh=known)


def users(session: Session, actor: Actor) -> list[User]:
    """All users by name, the disabled ones too."""
    actor.must(Permission.ADMINISTER, None)
    return [user_of(session, row) for row in session.exec(select(AppUser).order_by(col(AppUser.name)))]


def add_user(
    session: Session,
    actor: Actor,
    name: str,
    role: Role,
    place: Place,
    now: datetime,
    *,
    display: str | None = None,
    os_name: str | None = None,
    internal: bool = True,
    person: str | None = None,
) -> User:
    """Add a user with a first role. Ends with the journal's lock, so commit next.

    `actor` is named as the operating system names them until there are users. Raises KaoheError for a name that is
    taken or none, and for a first user who is not `actor` as an administrator of everything.
    """
    actor.must(Permission.ADMINISTER, None)
    take_lock(session, Lock.CLAIM)  # two first users at once would be none of them
    if not NAME.fullmatch(name):
        raise KaoheError(
            f"{name[:40]!r} is no name of a user: up to 64 characters without spaces, `/` and `:`",
            zh=f"{name[:40]!r} 不能作用户名：最多 64 个字符，不含空格、`/`、`:`",
        )
    _refuse_lockout(session, actor, role, place, os_name, internal=internal)
    for column, taken, what, wen in (
        (AppUser.name, name, "name", "用户名"),
        (AppUser.os_name, os_name, "--os", "--os"),
    ):
        if taken is not None and session.exec(select(AppUser.id).where(column == taken)).first() is not None:
            raise KaoheError(
                f"there is a user with the {what} {taken!r} already; `kaohe users list` shows them",
                zh=f"{wen} {taken!r} 已有人用；`kaohe users list` 列出全部",
            )
    row = AppUser(name=name, display=display, os_name=os_name, internal=internal, created_at=now)
    if person is not None:
        row.person_id = _person(session, person)
    session.add(row)
    session.flush()
    granted = _granted(session, row, role, place, now)
    user = user_of(session, row)
    after = {"display": display, "os_name": os_name, "internal": internal, "person": user.person}
    append(session, now, [Event(actor.name, "user.added", "user", name, {"after": after | {"role": _told(granted)}})])
    return user


def grant(session: Session, actor: Actor, name: str, role: Role, place: Place, now: datetime) -> User:
    """Give a user a role over a place, in the stead of the one that they have there. Journalled last: commit next."""
    actor.must(Permission.ADMINISTER, None)
    take_lock(session, Lock.CLAIM)
    row = by_name(session, name)
    before = user_of(session, row)
    granted = _granted(session, row, role, place, now)
    after = user_of(session, row)
    if after.grants == before.grants:
        raise KaoheError(f"{name} has this role there already", zh=f"{name} 在那里已经是这个角色")
    _refuse_last(session, before, after)
    append(session, now, [Event(actor.name, "user.granted", "user", name, {"after": {"role": _told(granted)}})])
    return after


def revoke(session: Session, actor: Actor, name: str, place: Place, now: datetime) -> User:
    """Take a user's role over a place away. Raises KaoheError where they have none, and for the last administrator."""
    actor.must(Permission.ADMINISTER, None)
    take_lock(session, Lock.CLAIM)
    row = by_name(session, name)
    before = user_of(session, row)
    found = _at(session, row, place)
    if found is None:
        raise KaoheError(
            f"{name} has no role there; `kaohe users list` shows which they have",
            zh=f"{name} 在那里没有角色；`kaohe users list` 列出各人的角色",
        )
    gone = _grant(session, found)
    session.delete(found)
    session.flush()
    after = user_of(session, row)
    _refuse_last(session, before, after)
    append(session, now, [Event(actor.name, "user.revoked", "user", name, {"before": {"role": _told(gone)}})])
    return after


def disable(session: Session, actor: Actor, name: str, now: datetime) -> User:
    """Let a user in no more, nor their tokens. Their name stays theirs: the journal speaks of them."""
    actor.must(Permission.ADMINISTER, None)
    take_lock(session, Lock.CLAIM)
    row = by_name(session, name)
    before = user_of(session, row)
    if row.disabled_at is not None:
        raise KaoheError(f"{name} is disabled already", zh=f"{name} 已停用")
    row.disabled_at = now
    session.add(row)
    session.flush()
    after = user_of(session, row)
    _refuse_last(session, before, after)
    append(session, now, [Event(actor.name, "user.disabled", "user", name)])
    return after


def by_name(session: Session, name: str) -> AppUser:
    """The user with this name. Raises UnknownNameError."""
    row = session.exec(select(AppUser).where(AppUser.name == name)).first()
    if row is None:
        raise UnknownNameError("user", name, session.exec(select(AppUser.name)).all())
    return row


def user_of(session: Session, row: AppUser) -> User:
    """A user with their grants, those over everything first."""
    rows = session.exec(select(UserGrant).where(UserGrant.user_id == row.id)).all()
    grants = sorted((_grant(session, one) for one in rows), key=lambda g: (g.client or "", g.shop or ""))
    person = session.get(Subject, row.person_id) if row.person_id is not None else None
    whose = person.external_id if person else None
    return User(row.name, row.display, row.os_name, row.internal, whose, row.disabled_at, tuple(grants))


def shop_id_of(session: Session, place: Place) -> int | None:
    """The id of the shop of a place, if it is one. Raises UnknownNameError for a shop or a client that is not there."""
    if place.shop is not None:
        return known_shop(session, place.shop, place.platform).id
    if place.client is not None:
        clients = session.exec(select(Subject.client).where(Subject.kind == "shop").distinct()).all()
        if place.client not in clients:
            hint, zh = "register a shop of it first", "请先登记它的店铺"
            raise UnknownNameError("client", place.client, clients, hint, zh)
    return None


def _refuse_lockout(
    session: Session, actor: Actor, role: Role, place: Place, os_name: str | None, *, internal: bool
) -> None:
    if session.exec(select(AppUser.id).limit(1)).first() is not None:
        return
    if role != "administrator" or place != EVERYWHERE or os_name != actor.name or not internal:
        raise KaoheError(
            "the first user is who adds it, as an administrator of everything; otherwise nobody could go on: "
            f"`kaohe users add NAME --os {actor.name} --role administrator`",
            zh="第一个用户必须是添加者本人，且为全局管理员，否则谁也进不来："
            f"`kaohe users add 名字 --os {actor.name} --role administrator`",
        )


def _refuse_last(session: Session, before: User, after: User) -> None:
    """Raise KaoheError where the last administrator of everything would be gone, or could not come in by name."""
    if not before.administers or after.administers:
        return
    everybody = [user_of(session, row) for row in session.exec(select(AppUser))]
    if not any(user.administers and user.os_name for user in everybody):
        raise KaoheError(
            f"{before.name} is the last administrator of everything; make somebody else one first "
            "(`kaohe users grant NAME --role administrator`)",
            zh=f"{before.name} 是最后一位全局管理员；请先另立一位（`kaohe users grant 名字 --role administrator`）",
        )


def _granted(session: Session, row: AppUser, role: Role, place: Place, now: datetime) -> Grant:
    if not row.internal and (role == "administrator" or place == EVERYWHERE):
        raise KaoheError(
            f"{row.name} is not of the house: give a role below administrator over a client or a shop",
            zh=f"{row.name} 不是内部人员：只能授予某个客户或店铺上、管理员以下的角色",
        )
    if role == "administrator" and place != EVERYWHERE:
        raise KaoheError(
            "an administrator is one of everything; over a client or a shop `officer` is the highest role",
            zh="管理员只能是全局的；在客户或店铺上最高的角色是 officer",
        )
    shop = shop_id_of(session, place)
    found = _at(session, row, place) or UserGrant(
        user_id=row.id or 0, role=role, client=place.client, shop_id=shop, granted_at=now
    )
    if found.role != role:
        found.role, found.granted_at = role, now
    session.add(found)
    session.flush()
    return _grant(session, found)


def _at(session: Session, row: AppUser, place: Place) -> UserGrant | None:
    shop = known_shop(session, place.shop, place.platform).id if place.shop is not None else None
    same: Sequence[Any] = (
        UserGrant.user_id == row.id,
        col(UserGrant.client).is_(None) if place.client is None else UserGrant.client == place.client,
        col(UserGrant.shop_id).is_(None) if shop is None else UserGrant.shop_id == shop,
    )
    return session.exec(select(UserGrant).where(*same)).first()


def _grant(session: Session, row: UserGrant) -> Grant:
    shop = session.get_one(Subject, row.shop_id).key if row.shop_id is not None else None
    return Grant(role_of(row.role), row.client, shop)


def _person(session: Session, name: str) -> int | None:
    people = session.exec(select(Subject).where(Subject.kind == "person")).all()
    for found in people:
        if found.external_id == name:
            return found.id
    raise UnknownNameError("person", name, [p.external_id for p in people])


def _told(of: Grant) -> dict[str, str | None]:
    return {"role": of.role, "client": of.client, "shop": of.shop}
