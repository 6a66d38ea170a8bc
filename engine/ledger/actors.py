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
    """The actor's role does not reach so far."""

    def __init__(self, actor: str, permission: Permission, where: str | None) -> None:
        least = next(role for role, adds in _ADDS.items() if permission in adds)
        super().__init__(
            f"{actor} may not do this ({permission}) for {where or 'all clients'}: "
            f"it needs the role {least} or a higher one there; ask an administrator (`kaohe users grant`)",
            zh=f"{actor} 没有权限这样做（{permission}，{where or '全部客户'}）："
            f"需要 {least} 或更高的角色；请找管理员授权（`kaohe users grant`）",
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows somebody may read: all, or those of these clients and of these shops (their keys).

    Whoever is not `internal` sees no agents and no people, wherever they may look.
    """

    everything: bool = False
    clients: frozenset[str] = frozenset()
    shops: frozenset[str] = frozenset()
    internal: bool = True

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
            raise NotAllowedError(self.name, permission, shop or client)

    @property
    def scope(self) -> Scope:
        """What the actor may read."""
        if any(g.client is None and g.shop is None for g in self.grants):
            return Scope(everything=True, internal=self.internal)
        return Scope(
            clients=frozenset(g.client for g in self.grants if g.client is not None and g.shop is None),
            shops=frozenset(g.shop for g in self.grants if g.shop is not None),
            internal=self.internal,
        )
