"""A violation and its recipients as notices, and several as a digest: the finished texts, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Rule
from notifier.digest_facts import digest_facts
from notifier.events import LATE
from notifier.facts import NoticeFacts
from notifier.records import Record
from notifier.render import Rendered, Templates
from notifier.routing.limits import next_opening
from notifier.routing.recipients import Recipient
from notifier.sheets import Sheets
from notifier.sms.binding import BindingError


@dataclass(frozen=True, slots=True)
class Drafter:
    """What texts are made of."""

    rulebook: Mapping[str, Rule]
    language: Language
    templates: Templates = field(default_factory=Templates)
    sheets: Sheets = field(default_factory=Sheets)

    def notices(self, record: Record, event: str, recipients: Iterable[Recipient], now: datetime) -> list[Notice]:
        """One notice for each recipient; where an address cannot be used it is failed from the start."""
        made = []
        for recipient in recipients:
            facts = record.facts(self.rulebook, self.sheets, recipient.language)
            text = self._text(event, recipient.channel, facts)
            about = {"key": record.violation.id, "violation_id": record.violation.id, "event": event}
            made.append(notice_to(recipient, text, now, **about, client=record.violation.client))
        return made

    def _text(self, event: str, channel: str, facts: NoticeFacts) -> Rendered:
        """The text by now. One without a sound binding is written when it goes out, and holds up no other till then."""
        try:
            return self.templates.render(event, channel, facts)
        except BindingError:
            return Rendered("", "", "")

    def digest(self, notice: Notice, records: Iterable[Record], older: int) -> Rendered:
        """The text of a digest of these violations, at least one; `older` were found too late for any notice."""
        facts = digest_facts(records, self.rulebook, self.sheets, cast("Language", notice.language), older)
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
        urgent=recipient.urgent,
        template=text.template,
        subject=text.subject,
        body=text.body,
        variables=dict(text.variables) or None,
        state="failed" if recipient.fault else "queued",
        due_at=due,
        next_attempt_at=due,
        answer=f"misconfigured: {recipient.fault}" if recipient.fault else None,
        created_at=now,
    )
