"""Contacts and routes as values: what is routed, and to whom it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from fnmatch import fnmatchcase
from types import MappingProxyType

from engine.rulebook.model import Language

SHOP = "@shop"  # in a route: the shop's own contact
SHOP_PREFIX = "shop:"  # of a shop's key, which people leave out
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class News:
    """What a piece of news is about, as far as routes ask. `shop` is the key of one; None: of none, or of several."""

    event: str
    client: str | None = None
    platform: str | None = None
    shop: str | None = None
    rule: str | None = None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When messages may come, [`opens`, `closes`) in minutes of the local day; `closes` may be after midnight.

    >>> str(Hours(8 * 60, 24 * 60)), str(Hours(22 * 60, 6 * 60)), str(Hours())
    ('08:00-24:00', '22:00-06:00', '00:00-24:00')
    """

    opens: int = 0
    closes: int = DAY_MINUTES

    @property
    def always(self) -> bool:
        """Whether they never end."""
        return self.closes - self.opens == DAY_MINUTES

    def open_at(self, at: time) -> bool:
        """Whether a message may come at this time of the day.

        >>> Hours(22 * 60, 6 * 60).open_at(time(23)), Hours(8 * 60, 24 * 60).open_at(time(7, 59))
        (True, False)
        """
        minute = at.hour * 60 + at.minute
        if self.opens < self.closes:
            return self.opens <= minute < self.closes
        return minute >= self.opens or minute < self.closes

    def __str__(self) -> str:
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.opens, self.closes))


ALWAYS = Hours()


@dataclass(frozen=True, slots=True)
class Limits:
    """When and how often messages may come to one address: the most in a natural hour and in a natural day."""

    hours: Hours = ALWAYS
    per_hour: int | None = None
    per_day: int | None = None

    @property
    def capped(self) -> bool:
        """Whether only so many messages may come."""
        return self.per_hour is not None or self.per_day is not None


UNLIMITED = Limits()


def place(channel: str, address: str) -> tuple[str, str]:
    """By what two addresses are known to be the same: mail servers do not tell capitals from small letters.

    >>> place("email", "Li@example.com") == place("email", "li@example.com")
    True
    """
    return channel, address.lower()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a contact can be reached."""

    channel: str
    address: str
    limits: Limits = UNLIMITED

    def __str__(self) -> str:
        return f"{self.channel}:{self.address}"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be told: of one client, or, without one, of the house. The first address is used.

    The others stand in for it where it refuses for good, and are used where a route asks for their channel.
    """

    name: str
    addresses: tuple[Address, ...]
    language: Language
    client: str | None = None
    title: str | None = None

    @property
    def internal(self) -> bool:
        """Whether they are of the house, and may be told of every client."""
        return self.client is None


@dataclass(frozen=True, slots=True)
class Route:
    """A way from news to people. A condition that is None lets everything pass; `events` may hold patterns.

    Without `events` it takes what is usual (see `notifier.events`). What is `urgent` waits for nobody's hours. What is
    not acknowledged `escalate_after` minutes after it was told goes to `escalate_to`.
    """

    name: str
    to: tuple[str, ...]
    clients: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    shops: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    urgent: bool = False
    escalate_after: int | None = None
    escalate_to: tuple[str, ...] = ()

    def refuses(self, news: News, usual: frozenset[str]) -> str | None:
        """The condition that does not let this news pass; None where all do.

        >>> route = Route("night", ("boss",), platforms=("kuaishou",), events=("violation.*",))
        >>> usual = frozenset({"violation.opened"})
        >>> route.refuses(News("violation.opened", platform="kuaishou"), usual)
        >>> route.refuses(News("violation.opened", platform="pinduoduo"), usual)
        'platforms'
        """
        for name, allowed, value in (
            ("clients", self.clients, news.client),
            ("platforms", self.platforms, news.platform),
            ("shops", self.shops, news.shop),
            ("rules", self.rules, news.rule),
            ("severities", self.severities, news.severity),
        ):
            if allowed is not None and value not in allowed:
                return name
        if self.events is None:
            return None if news.event in usual else "events"
        asked = news.event in self.events or any(fnmatchcase(news.event, pattern) for pattern in self.events)
        return None if asked else "events"


@dataclass(frozen=True, slots=True)
class Routing:
    """All contacts by name, and all routes in their order."""

    contacts: Mapping[str, Contact] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[Route, ...] = ()

    @property
    def names_shops(self) -> bool:
        """Whether some route says what goes to shops' own contacts; if none does, what is usual goes there."""
        return any(SHOP in route.to or SHOP in route.escalate_to for route in self.routes)

    def limits(self, contact: str | None, channel: str, address: str) -> Limits | None:
        """The limits of this address of a contact; None where it has no such address, or is the shop's own."""
        known, here = self.contacts.get(contact or ""), place(channel, address)
        found = (a.limits for a in known.addresses if place(a.channel, a.address) == here) if known else ()
        return next(iter(found), None)

    def internal(self, contact: str | None) -> bool:
        """Whether this is a contact of the house."""
        known = self.contacts.get(contact or "")
        return known is not None and known.internal
