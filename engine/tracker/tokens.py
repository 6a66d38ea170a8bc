"""Tokens for programs: a secret that is shown once and kept as its digest, narrower than its user, with an end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor, Permission, Role
from engine.ledger.journal import Event, append
from engine.ledger.tables import ApiToken, AppUser, Subject
from engine.tracker.users import EVERYWHERE, NAME, Place, by_name, role_of, shop_id_of

LONGEST = timedelta(days=366)
PREFIX = "kaohe_"  # by which those who search files for lost secrets know one


@dataclass(frozen=True, slots=True)
class Token:
    """A token as lists show it; the secret is not known any more."""

    user: str
    name: str
    role: Role | None
    client: str | None
    shop: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def tokens(session: Session, actor: Actor) -> list[Token]:
    """All tokens, by user and name."""
    actor.must(Permission.ADMINISTER, None)
    found = session.exec(
        select(ApiToken, AppUser.name)
        .join(AppUser, col(AppUser.id) == col(ApiToken.user_id))
        .order_by(col(AppUser.name), col(ApiToken.name))
    )
    return [_token(session, row, user) for row, user in found]


def create_token(
    session: Session,
    actor: Actor,
    user: str,
    name: str,
    expires_at: datetime,
    now: datetime,
    role: Role | None = None,
    place: Place = EVERYWHERE,
) -> tuple[Token, str]:
    """A token of a user, and its secret, which nobody can be told again. Journalled last, so commit next.

    `role` and `place` narrow what the user may, and never widen it. Raises KaoheError for an end that has passed or
    lies more than a year ahead, a name that is taken, and a user who is disabled.
    """
    actor.must(Permission.ADMINISTER, None)
    row = by_name(session, user)
    if row.disabled_at is not None:
        raise KaoheError(f"{user} is disabled and gets no token", zh=f"{user} 已停用，不能再发令牌")
    if not NAME.fullmatch(name):
        raise KaoheError(
            f"{name[:40]!r} is no name of a token: up to 64 characters without spaces, `/` and `:`",
            zh=f"{name[:40]!r} 不能作令牌名：最多 64 个字符，不含空格、`/`、`:`",
        )
    if expires_at <= now:
        raise KaoheError(
            f"--until {expires_at:%Y-%m-%d} has passed; a token ends after now",
            zh=f"--until {expires_at:%Y-%m-%d} 已经过去；有效期要晚于现在",
        )
    if expires_at > now + LONGEST:
        raise KaoheError(
            f"a token ends within {LONGEST.days} days; --until {expires_at:%Y-%m-%d} is later",
            zh=f"令牌的有效期从现在起最多 {LONGEST.days} 天；--until {expires_at:%Y-%m-%d} 太晚",
        )
    if session.exec(select(ApiToken.id).where(ApiToken.user_id == row.id, ApiToken.name == name)).first() is not None:
        raise KaoheError(
            f"{user} has or had a token {name!r}; choose another name", zh=f"{user} 已有过令牌 {name!r}；请换个名字"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        user_id=row.id or 0,
        name=name,
        sha256=digest_of(secret),
        role=role,
        client=place.client,
        shop_id=shop_id_of(session, place),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(made)
    session.flush()
    token = _token(session, made, user)
    after = {"role": role, "client": place.client, "shop": token.shop, "expires_at": expires_at.isoformat()}
    append(session, now, [Event(actor.name, "token.created", "token", f"{user}/{name}", {"after": after})])
    return token, secret


def revoke_token(session: Session, actor: Actor, user: str, name: str, now: datetime) -> Token:
    """Let a token open nothing any more. Journalled last, so commit next."""
    actor.must(Permission.ADMINISTER, None)
    row = by_name(session, user)
    theirs = session.exec(select(ApiToken).where(ApiToken.user_id == row.id)).all()
    for found in theirs:
        if found.name == name:
            break
    else:
        raise UnknownNameError("token", name, [one.name for one in theirs])
    if found.revoked_at is not None:
        raise KaoheError(f"the token {user}/{name} is revoked already", zh=f"令牌 {user}/{name} 已吊销")
    found.revoked_at = now
    session.add(found)
    append(session, now, [Event(actor.name, "token.revoked", "token", f"{user}/{name}")])
    return _token(session, found, user)


def digest_of(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so nobody guesses it from its digest, salted or not."""
    return sha256(secret.encode()).hexdigest()


def _token(session: Session, row: ApiToken, user: str) -> Token:
    shop = session.get_one(Subject, row.shop_id).key if row.shop_id is not None else None
    role = role_of(row.role) if row.role is not None else None
    times = row.created_at, row.expires_at, row.last_used_at, row.revoked_at
    return Token(user, row.name, role, row.client, shop, *times)
