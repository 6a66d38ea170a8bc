"""Contacts and routes written as the file that would be read as the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from notifier.channels.registry import kinds
from notifier.routing.file import LISTS, MINUTES, NO_CAP
from notifier.routing.model import SHOP_PREFIX, UNLIMITED, Contact, Route, Routing
from notifier.routing.recipients import FORM_LIMITS

_BARE = re.compile(r"[A-Za-z0-9_-]+")  # a key of TOML that needs no quotes


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
    lines = [f"[contact.{contact.name if _BARE.fullmatch(contact.name) else _quoted(contact.name)}]"]
    lines += [f"{k} = {_quoted(v)}" for k, v in (("title", contact.title), ("client", contact.client)) if v]
    lines.append(f"language = {_quoted(contact.language)}")
    lines.append("addresses = [")
    for one in contact.addresses:
        parts = [f"to = {_quoted(shown(str(one)))}"]
        usual = FORM_LIMITS.get(kinds()[one.channel].form, UNLIMITED)
        if one.limits.hours != usual.hours:
            parts.append(f"hours = {_quoted(str(one.limits.hours))}")
        for key in ("per_hour", "per_day"):
            most = getattr(one.limits, key)
            if most != getattr(usual, key):
                parts.append(f"{key} = {_quoted(NO_CAP) if most is None else most}")
        lines.append(f"    {{ {', '.join(parts)} }},")
    return [*lines, "]"]


def _route_lines(route: Route) -> list[str]:
    lines = ["[[route]]", f"name = {_quoted(route.name)}", f"to = {_array(route.to)}"]
    for key in LISTS:
        values: tuple[str, ...] | None = getattr(route, key)
        if values is not None:
            lines.append(f"{key} = {_array([value.removeprefix(SHOP_PREFIX) for value in values])}")
    if route.urgent:
        lines.append("urgent = true")
    if route.escalate_after is not None:
        unit = next(unit for unit in "dhm" if route.escalate_after % MINUTES[unit] == 0)
        lines.append(f'escalate_after = "{route.escalate_after // MINUTES[unit]}{unit}"')
        lines.append(f"escalate_to = {_array(route.escalate_to)}")
    return lines


def _array(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
