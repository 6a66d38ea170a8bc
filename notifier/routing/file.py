"""Contacts and routes as people write them: a TOML file that is read as a whole, and written as it would be read.

Every fault is found in one go, and says where it is and what is expected there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import PLATFORMS
from notifier.channels.registry import kinds, written_address
from notifier.events import ROUTED
from notifier.routing.model import ALWAYS, DAY_MINUTES, SHOP, Address, Contact, Hours, Limits, Route, Routing
from notifier.routing.recipients import FORM_LIMITS

LANGUAGES = ("zh-CN", "en")
LIMITS = ("hours", "per_hour", "per_day")
CONTACT = ("title", "client", "language", "addresses", *LIMITS)
ADDRESS = ("to", *LIMITS)
LISTS = ("clients", "platforms", "shops", "rules", "severities", "events", "channels")
ROUTE = ("name", "to", *LISTS, "urgent", "escalate_after", "escalate_to")
NAME = re.compile(r"[\w][\w.-]{0,63}")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_AFTER = re.compile(r"(\d{1,6}) ?(m|h|d)")
_PREFIX = "shop:"  # of a shop's key, which people leave out
_MINUTES = {"m": 1, "h": 60, "d": DAY_MINUTES}


class RoutingError(KaoheError):
    """A file of contacts and routes that cannot be used: one line for each fault."""

    def __init__(self, path: str, faults: Sequence[Text]) -> None:
        en, zh = ("\n".join(f"{path}: {fault.in_language(one)}" for fault in faults) for one in ("en", "zh-CN"))
        super().__init__(en, zh=zh)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Known:
    """What the installation knows, so that a condition that could never be met is found; None: do not look."""

    clients: frozenset[str] | None = None
    shops: frozenset[str] | None = None
    rules: frozenset[str] | None = None


def read_routing(path: Path, known: Known | None = None) -> Routing:
    """The contacts and routes of a file. Raises RoutingError with every fault of it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RoutingError(
            str(path), [Text(f"读不了：{os_words(error)}", f"cannot be read: {error.strerror}")]
        ) from error
    except UnicodeDecodeError as error:
        raise RoutingError(str(path), [Text("不是 UTF-8 编码", "is not UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise RoutingError(str(path), [Text(f"不是 TOML：{error}", f"is not TOML: {error}")]) from error
    reader = _Reader(known or Known())
    routing = reader.routing(data)
    if reader.faults:
        raise RoutingError(str(path), reader.faults)
    return routing


@dataclass
class _Reader:
    """Reads one file; what is wrong anywhere in it is kept in `faults`."""

    known: Known
    faults: list[Text] = field(default_factory=list)

    def _blame(self, where: str, zh: str, en: str) -> None:
        self.faults.append(Text(f"{where}：{zh}", f"{where}: {en}"))

    def routing(self, data: Mapping[str, Any]) -> Routing:
        self._keys("TOML", data, ("contact", "route"))
        contacts: dict[str, Contact] = {}
        for name, table in self._tables(data.get("contact", {}), "contact").items():
            contacts[name] = self._contact(name, table)
        listed = data.get("route", [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self._blame("route", "每条路线写一个 [[route]]", "must be written as [[route]], once for each")
            listed = []
        routes = [self._route(f"route {n}", table, contacts) for n, table in enumerate(listed, 1)]
        for name in sorted({r.name for r in routes if [o.name for o in routes].count(r.name) > 1}):
            self._blame(f"route {name}", "有两条同名的路线", "there are two of this name")
        return Routing(MappingProxyType(contacts), tuple(routes))

    def _tables(self, value: object, where: str) -> Mapping[str, Mapping[str, Any]]:
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            self._blame(where, f"每位联系人写一个 [{where}.名字]", f"must be written as [{where}.NAME], once for each")
            return {}
        return value

    def _contact(self, name: str, table: Mapping[str, Any]) -> Contact:
        where = f"contact {name}"
        self._keys(where, table, CONTACT)
        if not NAME.fullmatch(name):
            self._blame(
                where,
                "名字只用文字、数字、`.`、`-`、`_`，最多 64 个",
                "a name is letters, digits, `.`, `-` and `_`, at most 64",
            )
        client = self._text(where, table, "client")
        self._among(where, "client", [client] if client else [], self.known.clients, "kaohe shops list")
        language = self._text(where, table, "language") or LANGUAGES[0]
        if language not in LANGUAGES:
            self._blame(
                f"{where}: language",
                f"{language!r} 不是 {'、'.join(LANGUAGES)} 之一",
                f"{language!r} is neither of {', '.join(LANGUAGES)}",
            )
        return Contact(
            name,
            self._addresses(where, table),
            cast("Language", language),
            client,
            self._text(where, table, "title"),
        )

    def _addresses(self, where: str, table: Mapping[str, Any]) -> tuple[Address, ...]:
        written = table.get("addresses", [])
        if not isinstance(written, list) or not written:
            self._blame(
                f"{where}: addresses",
                '至少写一个地址，如 ["li@example.com"]；没有地址的联系人收不到通知',
                'must be a list of at least one address, like ["li@example.com"]; without one nobody is reached',
            )
            return ()
        found: list[Address] = []
        for number, one in enumerate(written, 1):
            place = f"{where}: addresses[{number}]"
            if isinstance(one, str):
                one = {"to": one}  # noqa: PLW2901  the short way to write it
            if not isinstance(one, dict) or not isinstance(one.get("to"), str):
                self._blame(
                    place,
                    '应为地址，或 { to = "地址", hours = "08:00-22:00" }',
                    'must be an address, or { to = "address", hours = "08:00-22:00" }',
                )
                continue
            self._keys(place, one, ADDRESS)
            channel, address = written_address(one["to"])
            if address.fault:
                self._blame(place, f"{one['to']!r}：{address.fault.zh}", f"{one['to']!r} {address.fault.en}")
                continue
            made = Address(channel, address.text, self._limits(place, {**table, **one}, channel))
            if any((a.channel, a.address) == (made.channel, made.address) for a in found):
                self._blame(place, f"{one['to']!r} 写了两次", f"{one['to']!r} stands there twice")
            found.append(made)
        return tuple(found)

    def _limits(self, where: str, table: Mapping[str, Any], channel: str) -> Limits:
        usual = FORM_LIMITS.get(kinds()[channel].form)
        if usual is not None and not set(LIMITS) & set(table):
            return usual
        hours = self._hours(where, table["hours"]) if "hours" in table else ALWAYS
        return Limits(hours, self._most(where, table, "per_hour"), self._most(where, table, "per_day"))

    def _hours(self, where: str, text: object) -> Hours:
        found = _HOURS.fullmatch(text) if isinstance(text, str) else None
        if found:
            opens, closes = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
            minutes = int(found[2]) < 60 > int(found[4])
            if minutes and opens < DAY_MINUTES and 0 < closes <= DAY_MINUTES and opens != closes:
                return Hours(opens, closes)
        self._blame(
            f"{where}: hours",
            f'{text!r} 不是时段；写作 "08:00-24:00" 或 "22:00-06:00"',
            f'{text!r} is no span of hours, like "08:00-24:00" or "22:00-06:00"',
        )
        return ALWAYS

    def _most(self, where: str, table: Mapping[str, Any], key: str) -> int | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._blame(f"{where}: {key}", f"{value!r} 不是 1 以上的整数", f"{value!r} is no whole number from 1 on")
            return None
        return value

    def _route(self, where: str, table: Mapping[str, Any], contacts: Mapping[str, Contact]) -> Route:
        name = self._text(where, table, "name")
        if name is None:
            self._blame(
                f"{where}: name",
                "缺少名字；预览和通知用它说明走的是哪条路线",
                "is missing; by it previews and notices say which route it was",
            )
        else:
            where = f"route {name}"
        self._keys(where, table, ROUTE)
        lists = {key: self._list(where, table, key) for key in LISTS}
        if lists["shops"] is not None:
            lists["shops"] = tuple(_PREFIX + shop.removeprefix(_PREFIX) for shop in lists["shops"])
        to, escalate_to = self._list(where, table, "to") or (), self._list(where, table, "escalate_to") or ()
        if not to:
            self._blame(
                f"{where}: to",
                f'写联系人的名字，或用 "{SHOP}" 表示店铺登记的联系人',
                f'must name contacts, or "{SHOP}" for the shop\'s own',
            )
        for one in (*to, *escalate_to):
            if one != SHOP and one not in contacts:
                self._blame(
                    where,
                    f"没有联系人 {one!r}{suggestion(one, contacts, 'zh-CN')}",
                    f"there is no contact {one!r}{suggestion(one, contacts)}",
                )
        self._conditions(where, lists)
        after = self._after(where, table.get("escalate_after"))
        if (after is None) != (not escalate_to):
            self._blame(where, "escalate_after 和 escalate_to 要一起写", "escalate_after and escalate_to go together")
        for one in to:
            self._reachable(where, one, lists, contacts)
        urgent = table.get("urgent", False)
        if not isinstance(urgent, bool):
            self._blame(f"{where}: urgent", "应为 true 或 false", "must be true or false")
        return Route(name or where, to, **lists, urgent=urgent is True, escalate_after=after, escalate_to=escalate_to)

    def _conditions(self, where: str, lists: Mapping[str, tuple[str, ...] | None]) -> None:
        self._among(where, "platforms", lists["platforms"], frozenset(PLATFORMS))
        self._among(where, "clients", lists["clients"], self.known.clients, "kaohe shops list")
        self._among(where, "shops", lists["shops"], self.known.shops, "kaohe shops list")
        self._among(where, "rules", lists["rules"], self.known.rules, "kaohe rules list")
        self._among(where, "channels", lists["channels"], frozenset(kinds()), "kaohe notices channels")
        for pattern in lists["events"] or ():
            if not any(fnmatchcase(event, pattern) for event in ROUTED):
                self._blame(
                    f"{where}: events",
                    f"没有事件叫 {pattern!r}{suggestion(pattern, ROUTED, 'zh-CN')}",
                    f"nothing is called {pattern!r}{suggestion(pattern, ROUTED)}",
                )

    def _reachable(
        self, where: str, name: str, lists: Mapping[str, tuple[str, ...] | None], contacts: Mapping[str, Contact]
    ) -> None:
        """A contact that this route could never lead to."""
        contact = contacts.get(name)
        if contact is None:
            return
        clients, channels, events = lists["clients"], lists["channels"], lists["events"]
        if contact.client and clients is not None and contact.client not in clients:
            self._blame(
                where,
                f"联系人 {name!r} 属于客户 {contact.client!r}，而这条路线是别的客户的；一个客户的消息不发给另一个客户",
                f"contact {name!r} is of client {contact.client!r}, and this route is of others; "
                "one message never tells a client of another",
            )
        if channels is not None and not any(a.channel in channels for a in contact.addresses):
            self._blame(
                where,
                f"联系人 {name!r} 没有 {'、'.join(channels)} 的地址",
                f"contact {name!r} has no address on {', '.join(channels)}",
            )
        told = [ROUTED[e] for e in ROUTED if events and any(fnmatchcase(e, p) for p in events)]
        if contact.client and told and all(occasion.of_house for occasion in told):
            self._blame(
                where,
                f"联系人 {name!r} 属于客户；这些事件只发给内部联系人",
                f"contact {name!r} is of a client; these events are for the house alone",
            )

    def _after(self, where: str, value: object) -> int | None:
        if value is None:
            return None
        found = _AFTER.fullmatch(value) if isinstance(value, str) else None
        if found and int(found[1]):
            return int(found[1]) * _MINUTES[found[2]]
        self._blame(
            f"{where}: escalate_after",
            f'{value!r} 不是时长；写作 "30m"、"4h" 或 "1d"',
            f'{value!r} is no span of time, like "30m", "4h" or "1d"',
        )
        return None

    def _text(self, where: str, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self._blame(f"{where}: {key}", "应为文字", "must be a text")
            return None
        return value.strip()

    def _list(self, where: str, table: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._blame(f"{where}: {key}", '应为文字的列表，如 ["…"]', 'must be a list of texts, like ["…"]')
            return None
        return tuple(value)

    def _among(
        self, where: str, key: str, values: Sequence[str] | None, known: frozenset[str] | None, ask: str = ""
    ) -> None:
        for value in values or ():
            if known is not None and value not in known:
                zh = suggestion(value, known, "zh-CN") or (f"；`{ask}` 列出全部" if ask else "")
                en = suggestion(value, known) or (f"; `{ask}` shows them" if ask else "")
                self._blame(f"{where}: {key}", f"没有 {value!r}{zh}", f"{value!r} is not known{en}")

    def _keys(self, where: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                zh, en = suggestion(key, known, "zh-CN"), suggestion(key, known)
                self._blame(where, f"没有 {key!r} 这个键{zh}", f"unknown key {key!r}{en}")


def written_routing(routing: Routing, shown: Callable[[str], str] = str) -> str:
    """The file that says the same; addresses as `shown` makes them.

    >>> print(written_routing(Routing({}, (Route("all", ("li",), events=("violation.*",)),))))
    [[route]]
    name = "all"
    to = ["li"]
    events = ["violation.*"]
    <BLANKLINE>
    """
    parts = [_contact_lines(contact, shown) for contact in routing.contacts.values()]
    parts += [_route_lines(route) for route in routing.routes]
    return "\n".join("\n".join(lines) + "\n" for lines in parts)


def _contact_lines(contact: Contact, shown: Callable[[str], str]) -> list[str]:
    lines = [
        f"[contact.{_quoted(contact.name) if not contact.name.isascii() or '.' in contact.name else contact.name}]"
    ]
    lines += [f"{k} = {_quoted(v)}" for k, v in (("title", contact.title), ("client", contact.client)) if v]
    lines.append(f"language = {_quoted(contact.language)}")
    lines.append("addresses = [")
    for one in contact.addresses:
        parts = [f"to = {_quoted(shown(str(one)))}"]
        if one.limits != FORM_LIMITS.get(kinds()[one.channel].form, Limits()):
            parts.append(f"hours = {_quoted(str(one.limits.hours))}")
            parts += [f"{k} = {v}" for k in ("per_hour", "per_day") if (v := getattr(one.limits, k)) is not None]
        lines.append(f"    {{ {', '.join(parts)} }},")
    return [*lines, "]"]


def _route_lines(route: Route) -> list[str]:
    lines = ["[[route]]", f"name = {_quoted(route.name)}", f"to = {_array(route.to)}"]
    for key in LISTS:
        values: tuple[str, ...] | None = getattr(route, key)
        if values is not None:
            lines.append(f"{key} = {_array([value.removeprefix(_PREFIX) for value in values])}")
    if route.urgent:
        lines.append("urgent = true")
    if route.escalate_after is not None:
        unit = next(unit for unit in "dhm" if route.escalate_after % _MINUTES[unit] == 0)
        lines.append(f'escalate_after = "{route.escalate_after // _MINUTES[unit]}{unit}"')
        lines.append(f"escalate_to = {_array(route.escalate_to)}")
    return lines


def _array(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
