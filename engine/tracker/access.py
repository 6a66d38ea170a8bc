"""Who is at work: the actor of a user of the operating system, or of a token; refused with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from engine.errors import KaoheError
from engine.ledger.actors import ROLES, Actor, Grant
from engine.ledger.tables import ApiToken, AppUser, Subject
from engine.tracker.tokens import digest_of
from engine.tracker.users import User, role_of, user_of

COARSE = timedelta(hours=1)  # how exactly it is known when a token was used last


class NotLetInError(KaoheError):
    """Nobody may work here under this name or token."""


def actor_of(session: Session, os_name: str, token: str | None, now: datetime) -> Actor:
    """Who works here as this user of the operating system, or with this token, which stands before them.

    While there are no users whoever works here is an administrator of everything. Raises NotLetInError for a token that
    is unknown, has ended or was revoked, and for a user who is unknown or disabled.
    """
    if token:
        return _of_token(session, token, now)
    if session.exec(select(AppUser.id).limit(1)).first() is None:
        return Actor.unbounded(os_name)
    row = session.exec(select(AppUser).where(AppUser.os_name == os_name)).first()
    if row is None:
        raise NotLetInError(
            f"{os_name} is no user here; ask an administrator: `kaohe users add NAME --os {os_name} --role …`",
            zh=f"{os_name} 不是这里的用户；请管理员运行 `kaohe users add 名字 --os {os_name} --role …`",
        )
    return _actor(session, _enabled(session, row))


def note_use(session: Session, token: str, now: datetime) -> None:
    """Note, to the hour, that a token was used: one that nobody uses any more can be revoked."""
    session.exec(
        update(ApiToken)
        .where(col(ApiToken.sha256) == digest_of(token))
        .where(col(ApiToken.last_used_at).is_(None) | (col(ApiToken.last_used_at) <= now - COARSE))
        .values(last_used_at=now)
    )


def is_stale(session: Session, token: str, now: datetime) -> bool:
    """Whether it is worth writing that a token was used."""
    last = session.exec(select(ApiToken.last_used_at).where(ApiToken.sha256 == digest_of(token))).first()
    return last is None or last <= now - COARSE


def _of_token(session: Session, token: str, now: datetime) -> Actor:
    # Found by its digest: how long that takes tells nothing about the secret.
    row = session.exec(select(ApiToken).where(ApiToken.sha256 == digest_of(token))).first()
    if row is None:
        raise NotLetInError(
            "the token in KAOHE_TOKEN is none of ours; an administrator makes one with `kaohe tokens create`",
            zh="KAOHE_TOKEN 里的令牌无效；请管理员用 `kaohe tokens create` 新建",
        )
    if row.revoked_at is not None or row.expires_at <= now:
        ended = row.revoked_at is None
        raise NotLetInError(
            f"the token {row.name} {'has expired' if ended else 'was revoked'}; "
            "an administrator makes another with `kaohe tokens create`",
            zh=f"令牌 {row.name} {'已过期' if ended else '已吊销'}；请管理员用 `kaohe tokens create` 另建",
        )
    actor = _actor(session, _enabled(session, session.get_one(AppUser, row.user_id)))
    return replace(actor, grants=tuple(_narrowed(session, actor.grants, row)))


def _enabled(session: Session, row: AppUser) -> User:
    if row.disabled_at is not None:
        raise NotLetInError(
            f"the user {row.name} is disabled; ask an administrator", zh=f"用户 {row.name} 已停用；请找管理员"
        )
    return user_of(session, row)


def _actor(session: Session, user: User) -> Actor:
    """The user with all names of the person: what takes two people is not done by one under two names."""
    also = {user.os_name, user.person}
    if user.person is not None:
        mine = select(AppUser.person_id).where(AppUser.name == user.name)
        for same in session.exec(select(AppUser).where(col(AppUser.person_id).in_(mine))):
            also |= {same.name, same.os_name}
    return Actor(
        user.name,
        user.grants,
        user.internal,
        frozenset(name for name in also if name and name != user.name),
        user.display,
    )


def _narrowed(session: Session, grants: Sequence[Grant], token: ApiToken) -> Iterator[Grant]:
    """What is left of the user's grants: the lower role, where both hold."""
    for one in grants:
        role = one.role if token.role is None else min(one.role, role_of(token.role), key=ROLES.index)
        if token.shop_id is not None:
            shop = session.get_one(Subject, token.shop_id)
            if one.covers(shop.client, shop.key):
                yield Grant(role, shop=shop.key)
        elif token.client is None:
            yield Grant(role, one.client, one.shop)
        elif one.shop is None:
            if one.covers(token.client, None):
                yield Grant(role, token.client)
        elif session.exec(select(Subject.client).where(Subject.key == one.shop)).first() == token.client:
            yield Grant(role, shop=one.shop)
