"""Contacts and routes as people write them: a TOML file that is read as a whole.

Every fault is found in one go, and says where it is and what is expected there.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import PLATFORMS
from notifier.channels.registry import kinds, written_address
from notifier.events import ESCALATED, OPENED, ROUTED, Occasion
from notifier.routing.model import (
    ALWAYS,
    DAY_MINUTES,
    SHOP,
    SHOP_PREFIX,
    UNLIMITED,
    Address,
    Contact,
    Hours,
    Route,
    Routing,
    place,
)
from notifier.routing.recipients import FORM_LIMITS

LANGUAGES = ("zh-CN", "en")
LIMITS = ("hours", "per_hour", "per_day")
CONTACT = ("title", "client", "language", "addresses", *LIMITS)
ADDRESS = ("to", *LIMITS)
LISTS = ("clients", "platforms", "shops", "rules", "severities", "events", "channels")
WHOM = ("to", "escalate_to", "channels")  # the lists that must not be empty; another lets nothing pass
ROUTE = ("name", "to", *LISTS, "urgent", "escalate_after", "escalate_to")
NAME = re.compile(r"[\w][\w.-]{0,63}")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_AFTER = re.compile(r"(\d{1,6}) ?(m|h|d)")
MINUTES = {"m": 1, "h": 60, "d": DAY_MINUTES}
MOST = 1_000_000  # that a cap may allow
NO_CAP = "unlimited"  # for who does not want the cap that a channel has of itself
UNSEEN = ("Cc", "Cf", "Zl", "Zp")  # kinds of characters that no name has
_MASK = "***"


class RoutingError(KaoheError):
    """A file of contacts and routes that cannot be used: one line for each fault."""

    def __init__(self, path: str, faults: Sequence[Text]) -> None:
        en, zh = ("\n".join(f"{path}: {fault.in_language(one)}" for fault in faults) for one in ("en", "zh-CN"))
        super().__init__(en, zh=zh)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Known:
    """What the installation knows, so that a condition that could never be met is found; None: do not look.

    `shops`: keys, each with its client.
    """

    clients: Collection[str] | None = None
    shops: Mapping[str, str] | None = None
    rules: Collection[str] | None = None
    severities: Collection[str] | None = None


def read_routing(path: Path, known: Known | None = None) -> Routing:
    """The contacts and routes of a file. Raises RoutingError with every fault of it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
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
    unsure: set[str] = field(default_factory=set)  # contacts with a fault: what follows from it is not blamed too

    def _blame(self, where: str, zh: str, en: str) -> None:
        self.faults.append(Text(f"{where}：{zh}", f"{where}: {en}"))

    def routing(self, data: Mapping[str, Any]) -> Routing:
        self._keys("TOML", data, ("contact", "route"))
        written = self._tables(data.get("contact", {}))
        contacts = {name: self._contact(name, table) for name, table in written.items() if isinstance(table, dict)}
        self._mixed(contacts)
        listed = data.get("route", [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self._blame("route", "每条路线写一个 [[route]]", "must be written as [[route]], once for each")
            listed = []
        routes = [self._route(f"route {n}", table, contacts, written) for n, table in enumerate(listed, 1)]
        counted = Counter(route.name for route in routes)
        for name in sorted(name for name, times in counted.items() if times > 1):
            self._blame(f"route {name}", f"有 {counted[name]} 条同名的路线", f"there are {counted[name]} of this name")
        return Routing(MappingProxyType(contacts), tuple(routes))

    def _tables(self, value: object) -> Mapping[str, object]:
        bad = [""] if not isinstance(value, dict) else [n for n, one in value.items() if not isinstance(one, dict)]
        for name in bad:
            where = f"contact {name}".strip()
            self._blame(where, "每位联系人写一个 [contact.名字]", "must be written as [contact.NAME], once for each")
        return value if isinstance(value, dict) else {}

    def _mixed(self, contacts: Mapping[str, Contact]) -> None:
        """One address of the house and of a client, or of two clients: one would read news of the other."""
        of: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        for contact in contacts.values():
            for address in contact.addresses:
                of[place(address.channel, address.address)].append(contact)
        for sharing in of.values():
            first = next((contact for contact in sharing if contact.internal), sharing[0])
            for contact in sharing:
                if contact.client == first.client or contact.internal:
                    continue
                zh = "内部联系人" if first.internal else f"客户 {first.client!r} 的联系人"
                en = "of the house" if first.internal else f"of {first.client!r}"
                self._blame(
                    f"contact {contact.name}: addresses",
                    f"{zh} {first.name!r} 也用这个地址，那样客户会看到别的客户的消息；请各用各的地址",
                    f"{first.name!r}, who is {en}, has the same one: the client would read news of others; "
                    "give each an address of their own",
                )

    def _contact(self, name: str, table: Mapping[str, Any]) -> Contact:
        where, before = f"contact {name}", len(self.faults)
        self._keys(where, table, CONTACT)
        if not NAME.fullmatch(name):
            self._blame(
                where,
                "名字只用文字、数字、`.`、`-`、`_`，以文字或数字开头，最多 64 个",
                "a name is letters, digits, `.`, `-` and `_`, at most 64, and begins with a letter or digit",
            )
        client = self._text(where, table, "client")
        self._among(f"{where}: client", [client] if client else [], self.known.clients, "kaohe shops list")
        language = self._text(where, table, "language") or LANGUAGES[0]
        if language not in LANGUAGES:
            self._blame(
                f"{where}: language",
                f"{language!r} 不是 {'、'.join(LANGUAGES)} 之一",
                f"{language!r} is none of {', '.join(LANGUAGES)}",
            )
        addresses = self._addresses(where, table, self._limits(where, table))
        contact = Contact(name, addresses, cast("Language", language), client, self._text(where, table, "title"))
        if len(self.faults) > before:
            self.unsure.add(name)
        return contact

    def _addresses(self, where: str, table: Mapping[str, Any], usual: Mapping[str, Any]) -> tuple[Address, ...]:
        written = table.get("addresses", [])
        if not isinstance(written, list) or not written:
            self._blame(
                f"{where}: addresses",
                '至少写一个地址，如 ["li@example.com"]；没有地址的联系人收不到通知',
                'must be a list of at least one address, like ["li@example.com"]; without one nobody is reached',
            )
            return ()
        found: dict[tuple[str, str], Address] = {}
        for number, each in enumerate(written, 1):
            where_one = f"{where}: addresses[{number}]"
            one = {"to": each} if isinstance(each, str) else each
            if not isinstance(one, dict) or not isinstance(one.get("to"), str):
                self._blame(
                    where_one,
                    '应为地址，或 { to = "地址", hours = "08:00-22:00" }',
                    'must be an address, or { to = "address", hours = "08:00-22:00" }',
                )
                continue
            self._keys(where_one, one, ADDRESS)
            limits = {**usual, **self._limits(where_one, one)}
            if _MASK in one["to"]:
                self._blame(
                    where_one,
                    f"{one['to']!r} 打了码；写出完整地址，或用 `kaohe routes show --full` 重新导出",
                    f"{one['to']!r} is masked; write it in full, or export anew with `kaohe routes show --full`",
                )
                continue
            channel, address = written_address(one["to"])
            if address.fault:
                self._blame(where_one, f"{one['to']!r}：{address.fault.zh}", f"{one['to']!r} {address.fault.en}")
                continue
            if place(channel, address.text) in found:
                self._blame(where_one, f"{one['to']!r} 写了两次", f"{one['to']!r} stands there twice")
            made = replace(FORM_LIMITS.get(kinds()[channel].form, UNLIMITED), **limits)
            found[place(channel, address.text)] = Address(channel, address.text, made)
        return tuple(found.values())

    def _limits(self, where: str, table: Mapping[str, Any]) -> dict[str, Any]:
        """What a table says of hours and caps; what it leaves out is not there."""
        found: dict[str, Any] = {"hours": self._hours(where, table["hours"])} if "hours" in table else {}
        return found | {key: self._most(where, table[key], key) for key in ("per_hour", "per_day") if key in table}

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

    def _most(self, where: str, value: object, key: str) -> int | None:
        if value == NO_CAP:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            self._blame(
                f"{where}: {key}",
                f'{value!r} 不是 1 到 {MOST} 的整数；不设上限写 "{NO_CAP}"',
                f'{value!r} is no whole number from 1 to {MOST}; for no cap write "{NO_CAP}"',
            )
            return None
        return value

    def _route(
        self, where: str, table: Mapping[str, Any], contacts: Mapping[str, Contact], written: Collection[str]
    ) -> Route:
        name = self._text(where, table, "name")
        if "name" not in table:
            self._blame(
                f"{where}: name",
                "缺少名字；预览和通知用它说明走的是哪条路线",
                "is missing; by it previews and notices say which route it was",
            )
        where = f"route {name}" if name else where
        self._keys(where, table, ROUTE)
        lists = {key: self._list(where, table, key) for key in LISTS}
        if lists["shops"] is not None:
            lists["shops"] = tuple(SHOP_PREFIX + shop.removeprefix(SHOP_PREFIX) for shop in lists["shops"])
        to, escalate_to = self._whom(where, table, written)
        self._conditions(where, lists)
        after = self._after(where, table.get("escalate_after"))
        told = _occasions(lists["events"])
        if "escalate_to" in table and told and OPENED not in told:
            self._blame(
                f"{where}: events",
                f"升级的只有 {OPENED.event}，而这条路线不发它",
                f"only {OPENED.event} is escalated, and this route does not take it",
            )
        for one in dict.fromkeys((*to, *escalate_to)):
            if one in contacts:
                self._reachable(where, contacts[one], lists, told)
        urgent = table.get("urgent", False)
        if not isinstance(urgent, bool):
            self._blame(f"{where}: urgent", "应为 true 或 false", "must be true or false")
        return Route(name or where, to, **lists, urgent=urgent is True, escalate_after=after, escalate_to=escalate_to)

    def _whom(
        self, where: str, table: Mapping[str, Any], written: Collection[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those whom a route names: for news, and for what nobody acknowledges."""
        to, escalate_to = self._list(where, table, "to") or (), self._list(where, table, "escalate_to") or ()
        if "to" not in table:
            self._blame(
                f"{where}: to",
                f'写联系人的名字，或用 "{SHOP}" 表示店铺登记的联系人',
                f'must name contacts, or "{SHOP}" for the shop\'s own',
            )
        if ("escalate_after" in table) != ("escalate_to" in table):
            self._blame(where, "escalate_after 和 escalate_to 要一起写", "escalate_after and escalate_to go together")
        for one in dict.fromkeys((*to, *escalate_to)):
            if one != SHOP and one not in written:
                self._blame(
                    where,
                    f"没有联系人 {one!r}{suggestion(one, written, 'zh-CN')}",
                    f"there is no contact {one!r}{suggestion(one, written)}",
                )
        return to, escalate_to

    def _conditions(self, where: str, lists: Mapping[str, tuple[str, ...] | None]) -> None:
        self._among(f"{where}: platforms", lists["platforms"], PLATFORMS)
        self._among(f"{where}: clients", lists["clients"], self.known.clients, "kaohe shops list")
        self._among(f"{where}: shops", lists["shops"], self.known.shops, "kaohe shops list", SHOP_PREFIX)
        self._among(f"{where}: rules", lists["rules"], self.known.rules, "kaohe rules list")
        self._among(f"{where}: severities", lists["severities"], self.known.severities)
        self._among(f"{where}: channels", lists["channels"], kinds(), "kaohe notices channels")
        for pattern in lists["events"] or ():
            found = _occasions((pattern,))
            if not found:
                self._blame(
                    f"{where}: events",
                    f"没有事件叫 {pattern!r}{suggestion(pattern, ROUTED, 'zh-CN')}",
                    f"nothing is called {pattern!r}{suggestion(pattern, ROUTED)}",
                )
            elif found == [ESCALATED]:
                self._blame(
                    f"{where}: events",
                    f"{pattern!r} 由 escalate_after 和 escalate_to 决定发给谁，不写在 events 里",
                    f"whom {pattern!r} goes to is said by escalate_after and escalate_to, and not by events",
                )

    def _reachable(
        self,
        where: str,
        contact: Contact,
        lists: Mapping[str, tuple[str, ...] | None],
        told: Collection[Occasion],
    ) -> None:
        """Blame a contact whom this route could never lead to, but for what is not known anyway."""
        name, channels, clients = contact.name, lists["channels"] or (), lists["clients"] or ()
        shops = {self.known.shops.get(shop) for shop in lists["shops"] or ()} if self.known.shops is not None else set()
        sides = [
            clients if set(clients) <= set(self.known.clients or clients) else (),
            shops if None not in shops else (),
        ]
        if contact.client and any(side and contact.client not in side for side in sides):
            self._blame(
                where,
                f"联系人 {name!r} 属于客户 {contact.client!r}，而这条路线是别的客户的；一个客户的消息不发给另一个客户",
                f"contact {name!r} is of client {contact.client!r}, and this route is of others; "
                "one message never tells a client of another",
            )
        known = name not in self.unsure and kinds().keys() >= set(channels)
        if channels and known and not any(a.channel in channels for a in contact.addresses):
            self._blame(
                where,
                f"联系人 {name!r} 没有 {'、'.join(channels)} 的地址",
                f"contact {name!r} has no address on {', '.join(channels)}",
            )
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
            return int(found[1]) * MINUTES[found[2]]
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
        if any(unicodedata.category(character) in UNSEEN for character in value):
            self._blame(f"{where}: {key}", f"{value!r} 含控制字符", f"{value!r} holds a control character")
            return None
        return value.strip()

    def _list(self, where: str, table: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._blame(f"{where}: {key}", '应为文字的列表，如 ["…"]', 'must be a list of texts, like ["…"]')
            return None
        if not value and key in WHOM:
            self._blame(f"{where}: {key}", "空的列表谁也不通知", "is empty: nobody is told")
        return tuple(value)

    def _among(
        self, where: str, values: Sequence[str] | None, known: Collection[str] | None, ask: str = "", prefix: str = ""
    ) -> None:
        """Blame what is not known; `prefix` is what people leave out of these names."""
        for value in dict.fromkeys(values or ()):
            if known is not None and value not in known:
                shown, names = value.removeprefix(prefix), [name.removeprefix(prefix) for name in known]
                zh = suggestion(shown, names, "zh-CN") or (f"；`{ask}` 列出全部" if ask else "")
                en = suggestion(shown, names) or (f"; `{ask}` shows them" if ask else "")
                self._blame(where, f"没有 {shown!r}{zh}", f"{shown!r} is not known{en}")

    def _keys(self, where: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                zh, en = suggestion(key, known, "zh-CN"), suggestion(key, known)
                self._blame(where, f"没有 {key!r} 这个键{zh}", f"unknown key {key!r}{en}")


def _occasions(events: Sequence[str] | None) -> list[Occasion]:
    """All that these patterns ask for."""
    return [occasion for event, occasion in ROUTED.items() if any(fnmatchcase(event, p) for p in events or ())]
