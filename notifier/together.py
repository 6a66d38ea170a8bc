"""The text of a gathered message: what of it is shown is read from the ledger, put into words, and fitted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from notifier.brief import brief_of
from notifier.channels.chat import size
from notifier.channels.registry import USUAL, kind
from notifier.drafts import Drafter
from notifier.events import GATHERED
from notifier.gathered import CHAT, MAIL, MOST_LINES, SMS, Room, gathered_facts
from notifier.gathered_rows import Row, violation_row, warning_row
from notifier.members import Holding, Item, members_in, spread, weigh
from notifier.readers import Reader, reader_of
from notifier.records import Record, records_of
from notifier.render import Rendered
from notifier.routing.recipients import limits_of
from notifier.routing.rows import routing_of
from notifier.tales import Tale, tale_of

CHAT_BYTES = 4096  # what the chat takes that takes the least; others get the same
_ROOMS: Mapping[str, tuple[Room, ...]] = {"email": MAIL, "chat": CHAT, "sms": SMS}


@dataclass(frozen=True, slots=True)
class Together:
    """What a message holds, and of that what may be shown: `records` by violation, `tales` by the notice's number."""

    holding: Holding
    records: Mapping[str, Record]
    tales: Mapping[int, Tale]
    reader: Reader


def read_together(session: Session, notice: Notice, drafter: Drafter, now: datetime) -> Together | None:
    """What this message tells, and the rows of as much of it as may be shown; None where it tells nothing.

    Raises UnknownNameError or BindingError where it has no template.
    """
    routing, room = routing_of(session), _rooms(notice)[0]
    members = members_in(session, notice.id or 0, limits_of(notice, routing).hours)
    holding = weigh(members, notice.client, now)
    if not holding.count:
        return None
    reader = reader_of(notice.client, internal=all(routing.internal(contact) for contact in holding.contacts))
    tabled = [item for group in spread(holding.matters, room.groups, room.rows) for item in group]
    # The one that is told last may be any of those that there is room for.
    told = [*(i for i in tabled if not i.violation), *holding.others[: room.others], *_listed(notice, drafter, holding)]
    records = records_of(session, [item.violation for item in tabled if item.violation])
    wanted = select(Notice).where(col(Notice.id).in_({item.number for item in told}))
    return Together(holding, records, {n.id or 0: tale_of(session, n) for n in session.exec(wanted)}, reader)


def text_together(drafter: Drafter, notice: Notice, together: Together, now: datetime) -> Rendered:
    """The message, with as much of it in words as the channel has room for. Raises what `Drafter.text` raises."""
    language, holding = cast("Language", notice.language), together.holding
    rooms = _rooms(notice)
    tabled = [item for group in spread(holding.matters, rooms[0].groups, rooms[0].rows) for item in group]
    rows = {item.number: row for item in tabled if (row := _row(drafter, item, together, language, now)) is not None}
    subjects = {
        item.number: _subject(drafter, notice, together.tales[item.number], now)
        for item in [*holding.others[: rooms[0].others], *_listed(notice, drafter, holding)]
        if item.number in together.tales
    }
    for room in rooms:
        facts = gathered_facts(
            holding,
            rows,
            subjects,
            language,
            room,
            now,
            client=notice.client,
            at_cap=bool((notice.news or {}).get("capped")),
            command=_command(notice) if together.reader.commands else None,
        )
        text = drafter.templates.render(GATHERED.event, notice.channel, facts)
        if kind(notice.channel).form != "chat" or size(text.body.strip("\n")) <= CHAT_BYTES:
            break
    return text


def _command(notice: Notice) -> str:
    return f"kaohe notices list --within {notice.id}" if notice.id else "kaohe notices list"


def _rooms(notice: Notice) -> tuple[Room, ...]:
    return _ROOMS[kind(notice.channel).form]


def _listed(notice: Notice, drafter: Drafter, holding: Holding) -> tuple[Item, ...]:
    """What stands among the lines: where the template mentions them; else the first alone."""
    known = drafter.templates.names(GATHERED.event, notice.channel, cast("Language", notice.language))
    return holding.in_order[: 1 if known.isdisjoint({"lines", "unlisted"}) else MOST_LINES]


def _row(drafter: Drafter, item: Item, together: Together, language: Language, now: datetime) -> Row | None:
    if item.violation is not None:
        record = together.records[item.violation]
        facts = record.facts(drafter.rulebook, drafter.sheets, language, together.reader)
        return violation_row(item, record, facts, now)
    tale = together.tales.get(item.number)
    if tale is None:
        return None
    known = (drafter.rulebook, drafter.sheets, language, now)
    brief = brief_of(tale.event, tale.told, None, *known, shop=tale.shop, about=tale.object, reader=together.reader)
    return warning_row(item, tale.told, brief)


def _subject(drafter: Drafter, notice: Notice, tale: Tale, now: datetime) -> str:
    # The subject of a short message is its provider's template: its news is told by a mail's.
    channel = USUAL if kind(notice.channel).form == "sms" else notice.channel
    return drafter.text(tale, channel, cast("Language", notice.language), now).subject
