"""What a notice about a violation would say, without sending anything and without anybody to send it to."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from engine.ledger.actors import Scope
from engine.ledger.database import EVERYTHING, reading
from engine.ledger.violations import by
from engine.rulebook.model import Language, Rule
from notifier.events import OPENED
from notifier.readers import reader_of
from notifier.records import records_of
from notifier.render import Rendered, Templates
from notifier.sheets import Sheets


def preview(
    ledger: Engine,
    rulebook: Mapping[str, Rule],
    violation: str,
    channel: str = "email",
    language: Language = "zh-CN",
    templates: Templates | None = None,
    sheets: Sheets | None = None,
    scope: Scope = EVERYTHING,
) -> Rendered:
    """The subject and body that this violation's notice to its shop's contact has, whatever its age and state.

    Raises UnknownNameError for a violation (in `scope`), channel or language that there is not.
    """
    with reading(ledger, scope) as session:
        name = by(session, violation).id
        record = records_of(session, [name])[name]
    reader = reader_of(record.violation.client, internal=False)
    facts = record.facts(rulebook, sheets or Sheets(), language, reader)
    return (templates or Templates()).render(OPENED.event, channel, facts)
