"""A violation and its recipients as notices: the finished texts, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Rule
from notifier.records import Record
from notifier.render import Templates
from notifier.routes import Recipient
from notifier.sheets import Sheets


@dataclass(frozen=True, slots=True)
class Drafter:
    """What texts are made of."""

    rulebook: Mapping[str, Rule]
    language: Language
    templates: Templates
    sheets: Sheets

    def notices(self, record: Record, event: str, recipients: Iterable[Recipient], now: datetime) -> list[Notice]:
        """One notice for each recipient; where an address cannot be used it is failed from the start."""
        made = []
        for recipient in recipients:
            facts = record.facts(self.rulebook, self.sheets, recipient.language)
            text = self.templates.render(event, recipient.channel, facts)
            notice = Notice(
                violation_id=record.violation.id,
                event=event,
                client=record.violation.client,
                recipient=recipient.address,
                channel=recipient.channel,
                language=recipient.language,
                template=text.template,
                subject=text.subject,
                body=text.body,
                state="failed" if recipient.fault else "queued",
                next_attempt_at=now,
                answer=f"misconfigured: {recipient.fault}" if recipient.fault else None,
                created_at=now,
            )
            made.append(notice)
        return made
