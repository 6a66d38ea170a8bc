"""A violation and its recipients as notices, and several as a digest: the finished texts, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Rule
from notifier.brief import brief_of
from notifier.digest_facts import digest_facts
from notifier.events import LATE, OPENED
from notifier.readers import OUTSIDER, Reader, reader_of
from notifier.records import Record
from notifier.render import Rendered, Templates
from notifier.routing.limits import next_opening
from notifier.routing.recipients import Recipient
from notifier.sheets import Sheets
from notifier.sms.binding import BindingError
from notifier.tales import Tale


@dataclass(frozen=True, slots=True)
class Drafter:
    """What texts are made of."""

    rulebook: Mapping[str, Rule]
    language: Language
    templates: Templates = field(default_factory=Templates)
    sheets: Sheets = field(default_factory=Sheets)

    def notices(self, record: Record, event: str, recipients: Iterable[Recipient], now: datetime) -> list[Notice]:
        """One notice about a violation for each recipient."""
        name, client = record.violation.id, record.violation.client
        return self.told(Tale(event, record=record, shop=record.shop), name, client, recipients, now)

    def told(self, tale: Tale, key: str, client: str, recipients: Iterable[Recipient], now: datetime) -> list[Notice]:
        """One notice of this news for each recipient; where an address cannot be used it is failed from the start."""
        about: dict[str, Any] = {"key": key, "event": tale.event, "client": client, "news": dict(tale.told) or None}
        about["violation_id"] = tale.record.violation.id if tale.record else None
        return [
            notice_to(one, self._draft(replace(tale, reader=reader), one, now), now, **about)
            for one in recipients
            for reader in [reader_of(client, internal=one.internal)]
        ]

    def text(self, tale: Tale, channel: str, language: Language, now: datetime) -> Rendered:
        """The text of one piece of news, on this channel. Raises what `Templates.render` and sheets raise."""
        if tale.event == OPENED.event:
            assert tale.record is not None  # it is about a violation
            opened = tale.record.facts(self.rulebook, self.sheets, language, tale.reader)
            return self.templates.render(tale.event, channel, opened)
        facts = brief_of(
            tale.event,
            tale.told,
            tale.record,
            self.rulebook,
            self.sheets,
            language,
            now,
            shop=tale.shop,
            about=tale.object,
            reader=tale.reader,
            records=tale.records,
        )
        return self.templates.render(tale.event, channel, facts)

    def _draft(self, tale: Tale, recipient: Recipient, now: datetime) -> Rendered:
        """The text by now. One without a sound binding is written when it goes out, and holds up no other till then."""
        try:
            return self.text(tale, recipient.channel, recipient.language, now)
        except BindingError:
            return Rendered("", "", "")

    def digest(self, notice: Notice, records: Iterable[Record], older: int, reader: Reader = OUTSIDER) -> Rendered:
        """The text of a digest of these violations, at least one; `older` were found too late for any notice."""
        language = cast("Language", notice.language)
        facts = digest_facts(records, self.rulebook, self.sheets, language, older, reader)
        return self.templates.render(LATE.event, notice.channel, facts)


def notice_to(recipient: Recipient, text: Rendered, now: datetime, **about: Any) -> Notice:
    """A notice to this recipient, due when messages may next come there; failed where the address cannot be used."""
    due = now if recipient.urgent else next_opening(recipient.limits.hours, now)
    return Notice(
        **about,
        recipient=recipient.address,
        channel=recipient.channel,
        language=recipient.language,
        contact=recipient.contact,
        why=recipient.why,
        internal=recipient.internal,
        urgent=recipient.urgent,
        template=text.template,
        template_sha256=text.sha256,
        subject=text.subject,
        body=text.body,
        variables=dict(text.variables) or None,
        state="failed" if recipient.fault else "queued",
        due_at=due,
        next_attempt_at=due,
        answer=f"misconfigured: {recipient.fault}" if recipient.fault else None,
        created_at=now,
    )
