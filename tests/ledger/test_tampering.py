"""Whoever tampers with the journal need not keep to its types: each such row is named, and the check goes on."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import Event, append, head, redact, verify
from engine.ledger.tables import JournalEntry

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
BREACH = Event("kaohe", "violation.opened", "violation", "V-1", {"why": "a breach"})


@pytest.fixture
def written(ledger):
    """A journal of three batches with two entries each."""
    with transaction(ledger) as session:
        for _ in range(3):
            append(session, NOW, [BREACH, BREACH])
    return ledger


@pytest.fixture
def sqlite_written(sqlite_ledger):
    """The same on SQLite, where a column holds whatever somebody puts there."""
    with transaction(sqlite_ledger) as session:
        for _ in range(3):
            append(session, NOW, [BREACH, BREACH])
    return sqlite_ledger


def tampered(ledger, statement, **values):
    """The findings after somebody ran `statement` on the tables."""
    with ledger.begin() as connection:
        connection.execute(text(statement), values)
    with reading(ledger) as session:
        return verify(session)


@pytest.mark.parametrize(
    "payload",
    ['{"x": 1.5}', '"\\ud800"', "[1]", "5", '{"why": 1e999}', "[" * 5000 + "]" * 5000, f'{{"x": {"9" * 5000}}}'],
)
def test_a_payload_that_is_none_of_ours_is_a_finding(written, payload):
    findings = tampered(written, "UPDATE journal_entry SET payload = :p WHERE batch = 2 AND position = 1", p=payload)
    assert "the payload of entry 2.1 was changed" in findings
    assert all("2.1" in finding for finding in findings)


@pytest.mark.parametrize("payload", ["not JSON", b"{}", b"\xff", ""])
def test_a_payload_that_is_no_json_is_a_finding(sqlite_written, payload):
    findings = tampered(sqlite_written, "UPDATE journal_entry SET payload = :p WHERE id = 3", p=payload)
    assert findings[0].startswith("entry 2.0: its payload cannot be read: ")
    assert "the payload of entry 2.0 was changed" in findings


@pytest.mark.parametrize("payload", ["[1]", "{}", "5", '{"why": ["x"]}'])
def test_a_redaction_that_says_no_reason_is_a_finding(written, payload):
    with transaction(written) as session:
        first = session.exec(text("SELECT min(id) FROM journal_entry")).scalar()
        redact(session, first, "names a buyer", "zhang", NOW)
    findings = tampered(written, "UPDATE journal_entry SET payload = :p WHERE event = 'journal.redacted'", p=payload)
    assert "entry 1.0 is marked as redacted, but the journal does not say so" in findings
    assert "the payload of entry 4.0 was changed" in findings


@pytest.mark.parametrize("column", ["at", "actor", "event", "object_kind", "object_id", "payload_sha256", "position"])
@pytest.mark.parametrize("value", [b"\xff\x00", "x\ud800".encode("utf-8", "surrogatepass"), 1.5, "9" * 5000])
def test_a_value_of_another_type_is_a_finding_that_names_the_entry(sqlite_written, column, value):
    statement = f'UPDATE journal_entry SET "{column}" = :v WHERE id = 4'
    findings = tampered(sqlite_written, statement, v=value)
    assert findings
    assert all("2" in finding for finding in findings)


@pytest.mark.parametrize("at", ["garbage", "0001-01-01 00:00:00+01:00", "", b"\x00", 12])
def test_garbage_for_an_instant_is_a_finding(sqlite_written, at):
    of_entry = tampered(sqlite_written, "UPDATE journal_entry SET at = :v WHERE id = 1", v=at)
    assert any(finding.startswith("entry 1.0: its at cannot be read: ") for finding in of_entry)
    of_batch = tampered(sqlite_written, "UPDATE journal_batch SET committed_at = :v WHERE seq = 3", v=at)
    assert any(finding.startswith("batch 3: its committed_at cannot be read: ") for finding in of_batch)


@pytest.mark.parametrize("at", ["infinity", "-infinity", "0044-03-15 00:00:00 BC", "12026-01-01"])
def test_an_instant_that_python_does_not_know_is_a_finding(postgres_ledger_url, at):
    ledger = open_ledger(postgres_ledger_url)
    with transaction(ledger) as session:
        append(session, NOW, [BREACH])
    assert tampered(ledger, "UPDATE journal_entry SET at = CAST(:v AS timestamptz)", v=at)
    assert tampered(ledger, "UPDATE journal_batch SET committed_at = CAST(:v AS timestamptz)", v=at)
    ledger.dispose()


def test_text_that_is_not_utf8_is_a_finding(sqlite_written):
    findings = tampered(sqlite_written, "UPDATE journal_entry SET actor = CAST(x'ff' AS TEXT) WHERE id = 2")
    assert findings[0] == r"entry 1.1: its actor cannot be read: '\udcff'"


@pytest.mark.parametrize("batch", ["elsewhere", b"\x01", 1.5, None])
def test_an_entry_whose_batch_is_no_number_is_a_finding(sqlite_written, batch):
    with sqlite_written.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_schema SET sql = replace(sql, 'batch INTEGER NOT NULL', 'batch INTEGER') "
            "WHERE name = 'journal_entry'"
        )
    sqlite_written.dispose()
    with sqlite_written.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")  # within a transaction the next line would do nothing
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.connection.execute("UPDATE journal_entry SET batch = ? WHERE id = 5", [batch])
    with reading(sqlite_written) as session:
        findings = verify(session)
    assert any(f.startswith("the entry with the id 5 belongs to no batch: its batch cannot be read") for f in findings)


def test_a_gap_is_told_as_a_range_however_wide(written):
    insert = "INSERT INTO journal_batch SELECT 1000000000000, previous, digest, committed_at FROM journal_batch LIMIT 1"
    findings = tampered(written, insert)
    assert findings[0] == "batches 4 to 999999999999 are missing"
    assert len(findings) < 6


@pytest.mark.parametrize("table", ["journal_entry", "journal_batch"])
def test_a_dropped_table_is_a_finding(new_ledger, table):
    findings = tampered(new_ledger, f"ALTER TABLE {table} RENAME TO elsewhere")
    assert findings == [f"the table {table} is missing"]


def test_a_renamed_column_is_a_finding(new_ledger):
    findings = tampered(new_ledger, "ALTER TABLE journal_entry RENAME COLUMN payload TO other")
    assert findings == ["the column payload of the table journal_entry is missing"]


def test_the_check_leaves_the_session_as_it_was(sqlite_written):
    with reading(sqlite_written) as session:
        assert verify(session) == []
        connection = session.connection().connection.driver_connection
        assert connection.text_factory is str
        assert session.get(JournalEntry, 1).payload == {"why": "a breach"}
        assert head(session).seq == 3
