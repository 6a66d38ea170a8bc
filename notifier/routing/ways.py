"""Where news goes at one moment: by contacts, routes and mutes as they stand then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar.zones import zone_named
from engine.ledger.tables import Mute, Notice, Subject
from engine.rulebook.model import Language
from notifier.events import OPENED
from notifier.routing.limits import ZONE
from notifier.routing.model import News, Routing
from notifier.routing.mutes import muted
from notifier.routing.recipients import Recipient, recipients_of
from notifier.words.lines import one_line

if TYPE_CHECKING:
    from notifier.records import Record


@dataclass(frozen=True, slots=True)
class Ways:
    """Who is told of what now. `language` is that of shops' own contacts."""

    routing: Routing
    mutes: Sequence[Mute]
    language: Language

    def to(self, record: Record) -> list[Recipient]:
        """Everybody who is told that this violation was opened, muted or not."""
        return self.of(record.news(OPENED.event), record.shop)

    def of(self, news: News, shop: Subject | None) -> list[Recipient]:
        """Everybody who is told of this news."""
        return recipients_of(news, shop, self.routing, self.language)

    def parted(self, record: Record) -> tuple[list[Recipient], list[Recipient]]:
        """Those who are told that this violation was opened, and those who are not because a mute holds."""
        news = record.news(OPENED.event)
        told: list[Recipient] = []
        silenced: list[Recipient] = []
        for recipient in self.to(record):
            # An address that cannot be used is told of as such.
            held = not recipient.fault and muted(news, recipient.contact, self.mutes)
            (silenced if held else told).append(recipient)
        return told, silenced

    def kept(self, made: list[Notice], news: News) -> list[Notice]:
        """These notices of this news; those that are not to be sent now say why."""
        for notice in made:
            mute = muted(news, notice.contact, self.mutes)
            if mute is not None and notice.state == "queued":
                notice.state, notice.answer = "muted", why_muted(mute)
        return made


def why_muted(mute: Mute) -> str:
    """What a notice says that was muted."""
    return f"muted until {mute.ends_at.astimezone(zone_named(ZONE)):%Y-%m-%d %H:%M}: {one_line(mute.why)}"
