"""A ledger of before the terms of sanctions were kept keeps its sanctions, and gets room for the terms."""

import pytest
from sqlalchemy import text
from sqlmodel import select

from engine.ledger import database
from engine.ledger.database import open_ledger, reading
from engine.ledger.tables import Sanction

pytestmark = pytest.mark.usefixtures("as_shipped")

SUBJECT = (
    """INSERT INTO subject (id, "key", kind, external_id, client) VALUES (1, 'shop:x/s1', 'shop', 's1', 'default')"""
)
VIOLATION = """
INSERT INTO violation (id, rule, version, subject_id, client, platform, cycle, cycle_start, cycle_end, occurrence,
    assessed_on, state, exposure_min_fen, exposure_max_fen, numerator, denominator, opened_at, changed_at)
VALUES ('V-1', 'x.r', '2021-01-01', 1, 'default', 'x', '2026-W10', '2026-03-02', '2026-03-08', 1,
    '2026-03-10', 'open', 0, 0, 7, 10, '2026-03-10 02:00:00+00:00', '2026-03-10 02:00:00+00:00')
"""
SANCTION = """
INSERT INTO sanction (violation_id, position, kind, scope, discretionary, starts, ends)
VALUES ('V-1', 0, 'traffic_limit', 'public_domain', false, '2026-03-10', '2026-03-12')
"""


@pytest.fixture
def old_url(new_url, monkeypatch):
    """A ledger as the first migration makes it, with one sanction."""
    from alembic import command

    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        engine = open_ledger(new_url)
    with engine.execution_options(ledger_begin=database.WRITING).begin() as connection:
        for statement in (SUBJECT, VIOLATION, SANCTION):
            connection.execute(text(statement))
    engine.dispose()
    return new_url


def test_an_older_ledger_keeps_its_sanctions(old_url):
    engine = open_ledger(old_url)
    with reading(engine) as session:
        (row,) = session.exec(select(Sanction)).all()
    engine.dispose()
    assert (row.kind, row.scope, row.starts.isoformat(), row.ends.isoformat()) == (
        "traffic_limit",
        "public_domain",
        "2026-03-10",
        "2026-03-12",
    )
    assert (row.days_min, row.points, row.share, row.accounts) == (None, None, None, None)
