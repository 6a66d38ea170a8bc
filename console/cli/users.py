"""`kaohe users`, `kaohe tokens`, `kaohe whoami`: who works here, where they may do what, and by which token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from console import streams
from console.access_words import grant_words, role_words, token_state
from console.cli.app import AsJson, command, current, group
from console.desk import LOCAL_ZONE, day
from console.listing import listing
from console.local_time import local_time
from console.output import json_lines, note, say
from console.phrases import heads, phrase
from console.sentences import sentence
from engine.calendar.zones import second_of_day
from engine.errors import KaoheError
from engine.ledger.actors import Grant
from engine.rulebook.platforms import platform as known_platform
from engine.tracker.tokens import Token, create_token, revoke_token, tokens
from engine.tracker.users import Place, User, add_user, disable, grant, revoke, role_of, users

user_commands = group("users")
token_commands = group("tokens")

Client = Annotated[str | None, typer.Option(help="The role holds for this client.")]
Shop = Annotated[str | None, typer.Option(help="The role holds for this shop: its id, alias or name.")]
Platform = Annotated[str | None, typer.Option(help="The shop's platform, where its name alone is not enough.")]
RoleName = Annotated[str, typer.Option(help="viewer, operator, manager, officer, administrator.")]


@user_commands.command()
def add(
    context: typer.Context,
    name: str,
    role: RoleName,
    client: Client = None,
    shop: Shop = None,
    platform: Platform = None,
    os_name: Annotated[
        str | None, typer.Option("--os", metavar="USER", help="The user of the operating system that they are.")
    ] = None,
    display: Annotated[str | None, typer.Option(help="What people call them.")] = None,
    external: Annotated[bool, typer.Option("--external", help="A client's own: sees no agents and no people.")] = False,
    person: Annotated[str | None, typer.Option(help="Whom they are in the register of people.")] = None,
) -> None:
    """Add a user with a first role. The first of all is you, as an administrator."""
    desk = current(context, makes_home=True)
    now = datetime.now(UTC)
    with desk.transaction() as session:
        added = add_user(
            session,
            desk.who,
            name,
            role_of(role),
            _place(client, shop, platform),
            now,
            display=display,
            os_name=os_name,
            internal=not external,
            person=person,
        )
    say(_told(added, desk.settings.language))


@user_commands.command("grant")
def grant_(
    context: typer.Context,
    name: str,
    role: RoleName,
    client: Client = None,
    shop: Shop = None,
    platform: Platform = None,
) -> None:
    """Give a user a role over everything, a client or a shop, in the stead of the one that they have there."""
    desk = current(context)
    with desk.transaction() as session:
        changed = grant(session, desk.who, name, role_of(role), _place(client, shop, platform), datetime.now(UTC))
    say(_told(changed, desk.settings.language))


@user_commands.command("revoke")
def revoke_(
    context: typer.Context, name: str, client: Client = None, shop: Shop = None, platform: Platform = None
) -> None:
    """Take away the role that a user has over everything, a client or a shop."""
    desk = current(context)
    with desk.transaction() as session:
        changed = revoke(session, desk.who, name, _place(client, shop, platform), datetime.now(UTC))
    say(_told(changed, desk.settings.language))


@user_commands.command("disable")
def disable_(context: typer.Context, name: str) -> None:
    """Let a user in no more, nor their tokens; what they did stays in the journal."""
    desk = current(context)
    with desk.transaction() as session:
        disable(session, desk.who, name, datetime.now(UTC))
    say(sentence("user disabled", desk.settings.language, who=name))


@user_commands.command("list")
def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """All users and their roles."""
    desk = current(context)
    with desk.reading() as session:
        found = users(session, desk.who)
    if as_json:
        json_lines(_user_json(user) for user in found)
        return
    language = desk.settings.language
    listing(
        heads("user display os_name internal person roles", language),
        [
            [
                user.name,
                user.display or "",
                user.os_name or "",
                phrase("yes" if user.internal else "no", language),
                user.person or "",
                _roles(user, language),
            ]
            for user in found
        ],
        sentence("no users", language),
    )


@token_commands.command()
def create(
    context: typer.Context,
    user: str,
    name: str,
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day on which it opens anything.")],
    role: Annotated[str | None, typer.Option(help="At most this role; the user's own by default.")] = None,
    client: Annotated[str | None, typer.Option(help="Only for this client.")] = None,
    shop: Annotated[str | None, typer.Option(help="Only for this shop.")] = None,
    platform: Platform = None,
) -> None:
    """Make a token for a program; its secret is printed once, alone on standard output, and known to nobody after."""
    desk = current(context)
    last = day(until, "--until")
    assert last is not None
    ends = second_of_day(last + timedelta(days=1), 0, LOCAL_ZONE)
    with desk.transaction() as session:
        narrowed = role_of(role) if role is not None else None
        place = _place(client, shop, platform)
        made, secret = create_token(session, desk.who, user, name, ends, datetime.now(UTC), narrowed, place)
    streams.write(secret + "\n")
    note(sentence("token made", desk.settings.language, who=f"{user}/{made.name}", until=last.isoformat()))


@token_commands.command("revoke")
def revoke_a_token(context: typer.Context, user: str, name: str) -> None:
    """Let a token open nothing any more."""
    desk = current(context)
    with desk.transaction() as session:
        revoke_token(session, desk.who, user, name, datetime.now(UTC))
    say(sentence("token revoked", desk.settings.language, who=f"{user}/{name}"))


@token_commands.command("list")
def list_tokens(context: typer.Context, as_json: AsJson = False) -> None:
    """All tokens, without their secrets."""
    desk = current(context)
    now = datetime.now(UTC)
    with desk.reading() as session:
        found = tokens(session, desk.who)
    if as_json:
        json_lines(_token_json(token, now) for token in found)
        return
    language = desk.settings.language
    listing(
        heads("user token role client shop expires_at last_used_at state", language),
        [
            [
                token.user,
                token.name,
                role_words(token.role, language) if token.role else "-",
                token.client or "-",
                token.shop or "-",
                local_time(token.expires_at),
                local_time(token.last_used_at) if token.last_used_at else "-",
                phrase(f"token {token_state(token, now)}", language),
            ]
            for token in found
        ],
        sentence("no tokens", language),
    )


@command("whoami")
def whoami(context: typer.Context, as_json: AsJson = False) -> None:
    """Who you are here, and what you may do where."""
    desk = current(context)
    who, language = desk.who, desk.settings.language
    if as_json:
        json_lines([{"user": who.name, "internal": who.internal, "roles": [_grant_json(g) for g in who.grants]}])
        return
    joint = "；" if language == "zh-CN" else "; "
    roles = joint.join(grant_words(g, language) for g in who.grants) or sentence("no roles", language)
    say(f"{who.name}{'：' if language == 'zh-CN' else ': '}{roles}")


def _place(client: str | None, shop: str | None, platform: str | None) -> Place:
    if platform is not None and shop is None:
        raise KaoheError("--platform goes with --shop", zh="--platform 要和 --shop 一起用")
    return Place(client, shop, known_platform(platform).id if platform else None)


def _told(user: User, language: str) -> str:
    return sentence("user has", language, who=user.name, roles=_roles(user, language) or sentence("no roles", language))


def _roles(user: User, language: str) -> str:
    if user.disabled_at is not None:
        return phrase("disabled", language)
    return ("；" if language == "zh-CN" else "; ").join(grant_words(g, language) for g in user.grants)


def _user_json(user: User) -> dict[str, Any]:
    return {
        "user": user.name,
        "display": user.display,
        "os": user.os_name,
        "internal": user.internal,
        "person": user.person,
        "disabled_at": user.disabled_at.isoformat() if user.disabled_at else None,
        "roles": [_grant_json(g) for g in user.grants],
    }


def _grant_json(of: Grant) -> dict[str, str | None]:
    return {"role": of.role, "client": of.client, "shop": of.shop}


def _token_json(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "user": token.user,
        "token": token.name,
        "role": token.role,
        "client": token.client,
        "shop": token.shop,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
        "state": token_state(token, now),
    }
