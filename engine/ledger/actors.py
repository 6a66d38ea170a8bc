"""Who does something, and what they may do: roles over all clients, one client or one shop.

Every use case takes the actor. What an actor may not read is not found (see `database.reading`), and what they may not
do is refused here, before anything is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from engine.errors import KaoheError
from engine.rulebook.model import Text

ITSELF = "kaohe"  # the actor, in the journal, of what follows by itself, whoever has started it
Role = Literal["viewer", "operator", "manager", "officer", "administrator"]


class Permission(StrEnum):
    """What a use case asks of its actor."""

    READ = "read"  # see figures, violations and notices
    IMPORT = "import"  # bring evidence, and what the platform decided
    HANDLE = "handle"  # acknowledge, fulfil duties, draft appeals, ask for waivers
    DECIDE = "decide"  # record a violation's outcome, appeal, match penalties, give duties to somebody
    REGISTER = "register"  # shops, people, expected evidence, standards of contracts
    APPROVE = "approve"  # as the second person: waivers, proofs of duties, months; withdraw and waive
    ADMINISTER = "administer"  # users, tokens, keys, lake


_ADDS: Mapping[Role, tuple[Permission, ...]] = MappingProxyType(  # each role may also do what those before it may
    {
        "viewer": (Permission.READ,),
        "operator": (Permission.IMPORT, Permission.HANDLE),
        "manager": (Permission.DECIDE, Permission.REGISTER),
        "officer": (Permission.APPROVE,),
        "administrator": (Permission.ADMINISTER,),
    }
)
ROLES: tuple[Role, ...] = tuple(_ADDS)
ROLE_WORDS: Mapping[Role, Text] = MappingProxyType(
    {
        "viewer": Text("查看者", "viewer"),
        "operator": Text("操作员", "operator"),
        "manager": Text("主管", "manager"),
        "officer": Text("合规专员", "officer"),
        "administrator": Text("管理员", "administrator"),
    }
)
PERMISSION_WORDS: Mapping[Permission, Text] = MappingProxyType(
    {
        Permission.READ: Text("查看", "read"),
        Permission.IMPORT: Text("导入", "import"),
        Permission.HANDLE: Text("处理", "handle"),
        Permission.DECIDE: Text("认定", "decide"),
        Permission.REGISTER: Text("登记", "register"),
        Permission.APPROVE: Text("批准", "approve"),
        Permission.ADMINISTER: Text("管理", "administer"),
    }
)


def allowed(role: Role) -> frozenset[Permission]:
    """All that a role may do.

    >>> Permission.DECIDE in allowed("officer"), Permission.APPROVE in allowed("manager")
    (True, False)
    """
    lower = ROLES[: ROLES.index(role) + 1]
    return frozenset(permission for one in lower for permission in _ADDS[one])


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over one shop (its key), else over one client, else over everything."""

    role: Role
    client: str | None = None
    shop: str | None = None

    def covers(self, client: str | None, shop: str | None) -> bool:
        """Whether the role holds for this shop of this client; for None, which is every client, only without bounds."""
        if self.shop is not None:
            return shop == self.shop
        return self.client is None or client == self.client


class NotAllowedError(KaoheError):
    """The actor's role does not reach so far. `where` is what it is about: a client, or a shop; None for everything."""

    def __init__(self, actor: str, permission: Permission, where: str | Text | None) -> None:
        has = [role for role in ROLES if permission in allowed(role)]
        word = PERMISSION_WORDS[permission]
        named = Text(where, where) if isinstance(where, str) else where
        place = Text(f" {named.zh} ", named.en) if named else Text("全部客户", "all clients")
        zh, en = "、".join(f"{ROLE_WORDS[role].zh} {role}" for role in has), ", ".join(has)
        super().__init__(
            f"{actor} may not {word.en} for {place.en}: the roles that may are {en}; "
            "ask an administrator (`kaohe users grant`)",
            zh=f"{actor} 对{place.zh}没有“{word.zh}”权限：有此权限的角色是 {zh}；请找管理员授权（`kaohe users grant`）",
        )


class HouseOnlyError(KaoheError):
    """It is told to people of the house alone."""

    def __init__(self, actor: str) -> None:
        super().__init__(
            f"{actor} is not of the house, and this is for people of the house alone",
            zh=f"{actor} 不是内部人员，这项内容只供内部查看",
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows somebody may read: all, or those of these clients and of these shops (their keys).

    Whoever is not `internal` sees no agents and no people, wherever they may look (see `engine.ledger.veil`).
    """

    everything: bool = False
    clients: frozenset[str] = frozenset()
    shops: frozenset[str] = frozenset()
    internal: bool = True
    known: frozenset[str] = frozenset()  # the name of whoever is not internal: that one they know

    @property
    def unbounded(self) -> bool:
        """Whether it leaves out nothing."""
        return self.everything and self.internal

    def covers(self, client: str | None, shop: str | None) -> bool:
        """Whether it holds what concerns this shop (its key) of this client."""
        return self.everything or client in self.clients or shop in self.shops


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is answerable, by the name that the journal keeps.

    `internal`: of the house, and so allowed to see agents' names, points and deductions; a client's own people are not.
    `also` are the other names of the same person (in the operating system, among the people, as other users), `display`
    is what they are called.
    """

    name: str
    grants: tuple[Grant, ...]
    internal: bool = True
    also: frozenset[str] = frozenset()
    display: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """All names under which this person may have done something."""
        return self.also | {self.name}

    def is_among(self, people: Collection[str]) -> bool:
        """Whether this person is one of those, whom people may have written down in their own words.

        >>> wang = Actor("wm", (), display="王敏")
        >>> [wang.is_among([name]) for name in ("WM", " 王敏", "wang")]
        [True, True, False]
        """
        known = {one.strip().casefold() for one in (*self.names, self.display or self.name)}
        return any(one.strip().casefold() in known for one in people)

    @staticmethod
    def unbounded(name: str) -> Actor:
        """An administrator of everything: whoever works here before users are added, and kaohe's own work."""
        return Actor(name, (Grant("administrator"),))

    def may(self, permission: Permission, client: str | None, shop: str | None = None) -> bool:
        """Whether the actor may do this for a shop of a client; for every client, if `client` is None."""
        return any(permission in allowed(g.role) and g.covers(client, shop) for g in self.grants)

    def must(self, permission: Permission, client: str | None, shop: str | None = None) -> None:
        """Raise NotAllowedError unless the actor may."""
        if not self.may(permission, client, shop):
            raise NotAllowedError(self.name, permission, _place(client, shop))

    @property
    def reach(self) -> Text | None:
        """Where the actor has roles, in words; None where that is everywhere, or nowhere."""
        places = [_place(grant.client, grant.shop) for grant in self.grants]
        named = list(dict.fromkeys(place for place in places if place))
        return None if None in places or not named else Text("、".join(named), ", ".join(named))

    @property
    def scope(self) -> Scope:
        """What the actor may read."""
        known = frozenset() if self.internal else frozenset({self.name})
        if any(g.client is None and g.shop is None for g in self.grants):
            return Scope(everything=True, internal=self.internal, known=known)
        return Scope(
            clients=frozenset(g.client for g in self.grants if g.client is not None and g.shop is None),
            shops=frozenset(g.shop for g in self.grants if g.shop is not None),
            internal=self.internal,
            known=known,
        )


def _place(client: str | None, shop: str | None) -> str | None:
    """A shop, and whose it is, as far as it is known; else the client."""
    if shop is None:
        return client
    name = shop.partition(":")[2] or shop
    return f"{name} ({client})" if client else name
