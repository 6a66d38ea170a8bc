"""From a piece of news to those who get it, over which channel, and why: a pure function of contacts and routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language, Text
from notifier.channels.kind import Form
from notifier.channels.registry import kinds, written_address
from notifier.events import ESCALATED, OPENED, ROUTED, USUAL
from notifier.routing.model import SHOP, UNLIMITED, Contact, Hours, Limits, News, Route, Routing, place
from notifier.words.lines import cut

LONGEST_SHOWN = 120

# Of short messages to those who have not said otherwise: as Kuaishou reminds its own shops.
FORM_LIMITS: dict[Form, Limits] = {"sms": Limits(Hours(8 * 60, 24 * 60), per_hour=2, per_day=20)}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address on one channel. With a `fault` nothing may be sent there; the fault says how to mend it.

    `address` of a faulty recipient is made fit to be shown, and is not the text that was given. `contact` is by whose
    name it was routed, None for the shop's own contact; `why` by which route. `spares` stand in for it where it refuses
    for good. One that is `internal` may be told of several clients in one message.
    """

    address: str
    channel: str
    language: Language
    fault: str | None = None
    contact: str | None = None
    why: str | None = None
    urgent: bool = False
    internal: bool = False
    limits: Limits = UNLIMITED
    spares: tuple[Recipient, ...] = ()


# Why a contact on a route is left out.
Left = Literal["client", "house", "channel", "empty"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one route comes to for one piece of news: whom it leads to, and what kept it from others.

    `refused`: the condition that did not let the news pass. `left_out`: contacts on it who get nothing, and why.
    """

    route: str
    refused: str | None = None
    to: tuple[Recipient, ...] = ()
    left_out: tuple[tuple[str, Left], ...] = ()


def recipients_of(news: News, shop: Subject | None, routing: Routing, language: Language) -> list[Recipient]:
    """Everybody who gets this news, each address once, in the order of the routes.

    `shop` is the shop that it is about, if it is about one; `language` that of its own contact. Empty where nobody is
    routed to. An address that cannot be used is there too, with its fault.
    """
    return list(in_all(steps(news, shop, routing, language)).values())


def in_all(found_steps: Iterable[Step]) -> dict[tuple[str, str], Recipient]:
    """The recipients of these steps by their `place`: each where it comes first, and urgent if it is so once."""
    found: dict[tuple[str, str], Recipient] = {}
    for step in found_steps:
        for recipient in step.to:
            key = place(recipient.channel, recipient.address)
            known = found.get(key)
            if known is None:
                found[key] = recipient
            elif recipient.urgent and not known.urgent:
                found[key] = replace(known, urgent=True)
    return found


def steps(news: News, shop: Subject | None, routing: Routing, language: Language) -> Iterator[Step]:
    """What each route comes to, in their order; last the way that none has to name: to the shop's own contact."""
    occasion = ROUTED.get(news.event)
    of_house = occasion is not None and occasion.of_house
    escalated = news.event == ESCALATED.event  # told along the routes by which the violation was told
    asked = replace(news, event=OPENED.event) if escalated else news
    for route in routing.routes:
        refused = route.refuses(asked, USUAL)
        if escalated and not refused and not route.escalate_to:
            refused = "escalate_to"
        if refused:
            yield Step(route.name, refused=refused)
            continue
        to: list[Recipient] = []
        left: list[tuple[str, Left]] = []
        for name in route.escalate_to if escalated else route.to:
            contact = routing.contacts.get(name)
            if name == SHOP:
                why_not = _why_not_own(shop, news, of_house=of_house)
                own = [] if why_not else _own(shop, language)
                made = [replace(r, why=route.name, urgent=route.urgent) for r in own]
            elif contact is not None:
                why_not = _why_not(contact, news, of_house=of_house)
                made = [] if why_not else _of_contact(contact, route)
            else:
                continue
            if made:
                to += made
            else:
                left.append((name, why_not or ("empty" if contact is None else "channel")))
        yield Step(route.name, to=tuple(to), left_out=tuple(left))
    if not routing.names_shops and news.event in USUAL:
        why_not = _why_not_own(shop, news, of_house=of_house)
        own = [] if why_not else _own(shop, language)
        yield Step(SHOP, to=tuple(own), left_out=() if own else ((SHOP, why_not or "empty"),))


def _why_not(contact: Contact, news: News, *, of_house: bool) -> Left | None:
    """Why this contact must not be told. One message is of one client: others' contacts never see it."""
    if contact.internal:
        return None
    if of_house:
        return "house"
    return None if _is_for(contact.client, news) else "client"


def _why_not_own(shop: Subject | None, news: News, *, of_house: bool) -> Left | None:
    """Why the shop's own contact must not be told: what was found for one client is not for who has the shop by now."""
    if of_house:
        return "house"
    return None if shop is None or _is_for(shop.client, news) else "client"


def _is_for(client: str | None, news: News) -> bool:
    """Whether news may be told to this client: its own, and what is said to concern all. Whose is unknown, is not."""
    return news.client == client if news.client is not None else ROUTED[news.event].of_all


def _of_contact(contact: Contact, route: Route) -> list[Recipient]:
    """The addresses of a contact that a route uses: the first, or those on the channels that it names."""
    all_ = [
        Recipient(
            a.address,
            a.channel,
            contact.language,
            contact=contact.name,
            why=route.name,
            urgent=route.urgent,
            internal=contact.internal,
            limits=a.limits,
        )
        for a in contact.addresses
    ]
    if route.channels is not None:
        return [r for r in all_ if r.channel in route.channels]
    return [replace(all_[0], spares=tuple(all_[1:]))] if all_ else []


def _own(shop: Subject | None, language: Language) -> list[Recipient]:
    """The addresses in the shop's own contact, whose column may hold several, separated by `;`."""
    found: list[Recipient] = []
    for text in _addresses((shop.contact if shop else None) or ""):
        channel, address = written_address(text)
        if address.fault:
            assert shop is not None  # it has a contact
            mend = f"mend the contact of {shop.key} with `kaohe shops import`, then `kaohe notices retry`"
            found.append(Recipient(_shown(text), channel, language, f"{address.fault.en}; {mend}"))
        else:
            limits = FORM_LIMITS.get(kinds()[channel].form, UNLIMITED)
            found.append(Recipient(address.text, channel, language, limits=limits))
    return found


def contact_faults(contact: str) -> list[tuple[str, Text]]:
    """The parts of a shop's contact that are no addresses to write to, each with what is wrong with it.

    >>> [(text, fault.en) for text, fault in contact_faults("zhang@example.com; 13800001234")]
    [('13800001234', 'is not an e-mail address: it has no @')]
    """
    return [(text, fault) for text in _addresses(contact) if (fault := written_address(text)[1].fault)]


def own_addresses(contact: str) -> list[tuple[str, str]]:
    """The channels and addresses in a shop's contact, without those that are none."""
    found = (written_address(text) for text in _addresses(contact))
    return [(channel, address.text) for channel, address in found if not address.fault]


def misdirected(notice: Notice, news: News, shop: Subject | None, routing: Routing) -> str | None:
    """Why this notice must not go where it was to go, or None: nobody is routed there by now."""
    here = place(notice.channel, notice.recipient)
    for step in steps(news, shop, routing, "zh-CN"):
        for recipient in step.to:
            if any(place(one.channel, one.address) == here for one in (recipient, *recipient.spares)):
                return None
    if notice.contact is None:
        return f"{notice.recipient} is not in the contact of the shop any more"
    return f"no route leads to {notice.recipient} any more"


def limits_of(notice: Notice, routing: Routing) -> Limits:
    """When and how often messages may come to where this notice goes."""
    found = routing.limits(notice.contact, notice.channel, notice.recipient)
    if found is None and notice.channel in kinds():
        found = FORM_LIMITS.get(kinds()[notice.channel].form)
    return found or UNLIMITED


def capped_places(routing: Routing) -> frozenset[tuple[str, str]]:
    """Where only so many messages may come, by `place`, as contacts say."""
    everywhere = (a for contact in routing.contacts.values() for a in contact.addresses)
    return frozenset(place(a.channel, a.address) for a in everywhere if a.limits.capped)


def capped_channel(channel: str) -> bool:
    """Whether only so many messages may come over this channel to whoever does not say otherwise."""
    return channel in kinds() and FORM_LIMITS.get(kinds()[channel].form, UNLIMITED).capped


def _addresses(contact: str) -> Sequence[str]:
    return [part.strip() for part in re.split("[;；]", contact) if part.strip()]


def _shown(text: str) -> str:
    """The text with what cannot be seen written out, so that it is never mistaken for a usable address."""
    return cut("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), LONGEST_SHOWN)
