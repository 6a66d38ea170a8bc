"""A ledger of an earlier version keeps what it holds, and what it had wrong is mended on the way."""

from datetime import date, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine
from sqlmodel import col, select

from engine.ledger.database import MIGRATIONS, VERSION_TABLE, open_ledger, reading
from engine.ledger.tables import Notice
from engine.ledger.violations import by

NOON = datetime(2026, 3, 10, 12)
DECIDED = {"state": "confirmed", "amount_fen": 30050, "reference": "X-7", "appeal_until": "2026-03-17"}


@pytest.fixture
def first_version(new_url):
    """The address of a ledger at version 0001: a decided violation, under a client that its shop has left."""
    engine = create_engine(new_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
        command.upgrade(config, "0001")
        known = MetaData()
        known.reflect(connection)

        def insert(table, **row):
            connection.execute(known.tables[table].insert().values(row))

        insert("subject", id=1, key="shop:xiaohongshu/s1", kind="shop", external_id="s1", client="b")
        days = {"cycle": "2026-W10", "cycle_start": date(2026, 3, 2), "cycle_end": date(2026, 3, 8), "occurrence": 1}
        figures = {"numerator": 79, "denominator": 100, "exposure_min_fen": 0, "exposure_max_fen": 0}
        found = {"rule": "r", "version": "x", "platform": "xiaohongshu", "assessed_on": date(2026, 3, 10)}
        said = {"state": "confirmed", "opened_at": NOON, "changed_at": NOON, "subject_id": 1, "client": "a"}
        insert("violation", id="V-1", **days, **figures, **found, **said)
        insert("journal_batch", seq=1, previous="", digest="", committed_at=NOON)
        told = {"state": "confirmed", "amount_fen": 1}, DECIDED, {"state": "appealed"}, None
        for position, after in enumerate(told):
            entry = {"actor": "zhang", "event": "violation.confirmed", "object_kind": "violation", "object_id": "V-1"}
            payload = {"why": "x", "after": after} if after else None
            insert("journal_entry", batch=1, position=position, at=NOON, payload_sha256="", payload=payload, **entry)
        words = {"event": "e", "channel": "email", "language": "en", "template": "t", "subject": "s", "body": "b"}
        words |= {"attempts": 0, "next_attempt_at": NOON, "created_at": NOON, "violation_id": "V-1", "client": "a"}
        for state in ("queued", "sent"):
            insert("notice", recipient=state, state=state, **words)
    engine.dispose()
    return new_url


def test_decisions_are_read_back_from_the_journal_and_clients_agree(first_version):
    engine = open_ledger(first_version)
    with reading(engine) as session:
        found = by(session, "V-1")
        assert (found.amount_fen, found.reference, found.appeal_until) == (30050, "X-7", date(2026, 3, 17))
        assert (found.client, found.state) == ("b", "confirmed")
        notices = session.exec(select(Notice).order_by(col(Notice.id)))
        assert [(n.state, n.client, n.key) for n in notices] == [("queued", "b", "V-1"), ("sent", "a", "V-1")]
    engine.dispose()
