"""Whatever anybody changes in the journal afterwards is found."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from engine.ledger.canonical import sha256_of
from engine.ledger.chain import batch_digest
from engine.ledger.database import open_ledger, reading
from engine.ledger.journal import Event, append, entries, head, redact, verify
from engine.ledger.tables import JournalBatch, JournalEntry

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
NAMES = st.text("abc", min_size=1, max_size=3)
PAYLOADS = st.none() | st.dictionaries(NAMES, st.integers(0, 3) | NAMES, max_size=2)
EVENTS = st.builds(Event, NAMES, NAMES, NAMES, NAMES, PAYLOADS)
JOURNALS = st.lists(st.lists(EVENTS, min_size=1, max_size=3), min_size=2, max_size=5)
COLUMNS = {
    "journal_batch": ["seq", "previous", "digest", "committed_at"],
    "journal_entry": [
        *("batch", "position", "at", "actor", "event", "object_kind", "object_id"),
        *("payload", "payload_sha256", "redacted_why"),
    ],
}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    engine = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('chain')}/ledger.sqlite")
    yield engine
    engine.dispose()


@contextmanager
def journal_of(scratch, batches):
    """A session in a journal that holds `batches`, and that is given up at the end."""
    with reading(scratch) as session:
        session.connection().exec_driver_sql("PRAGMA query_only = OFF")
        # What tampers with a file is not held up by its checks.
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for events in batches:
            append(session, NOW, events)
        assert verify(session) == []
        yield session


def run(session, statement, **values):
    return session.connection().execute(text(statement), values)


def different(value, of):
    """Another value that the same column could hold."""
    if of in ("seq", "batch"):
        return value + 1000
    if of == "position":
        return value + 3
    if of in ("at", "committed_at"):
        return "2026-03-10 02:00:00.000001"
    if of == "payload":
        return '{"a": 999}'
    return f"{value or ''}0"


@settings(max_examples=150, deadline=None)
@given(JOURNALS, st.data())
def test_any_edit_is_found(scratch, batches, data):
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    column = data.draw(st.sampled_from(COLUMNS[table]))
    with journal_of(scratch, batches) as session:
        rows = run(session, f'SELECT rowid, "{column}" FROM {table} ORDER BY rowid').all()
        rowid, value = data.draw(st.sampled_from(rows))
        if table == "journal_batch" and rowid == len(batches):
            return  # the end is the business of the noted head
        changed = run(
            session,
            f'UPDATE {table} SET "{column}" = :v WHERE rowid = :r',
            v=different(value, column),
            r=rowid,
        )
        assert changed.rowcount == 1
        assert verify(session) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_any_edit_of_the_end_is_found_by_the_noted_head(scratch, batches, data):
    column = data.draw(st.sampled_from(COLUMNS["journal_batch"]))
    with journal_of(scratch, batches) as session:
        seq = len(batches)
        value, digest = run(session, f"SELECT {column}, digest FROM journal_batch WHERE seq = :s", s=seq).one()
        run(
            session,
            f"UPDATE journal_batch SET {column} = :v WHERE seq = :s",
            v=different(value, column),
            s=seq,
        )
        assert verify(session, (seq, digest)) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_an_edit_by_somebody_who_reckons_digests_anew_is_found(scratch, batches, data):
    """Those of the entry, its batch, and what the next batch says of it: the rest of the chain still knows."""
    seq = data.draw(st.integers(1, len(batches) - 1))
    next_one_too = data.draw(st.booleans())
    with journal_of(scratch, batches) as session:
        noted = head(session)
        batch = session.get(JournalBatch, seq)
        rows = session.exec(select(JournalEntry).where(JournalEntry.batch == seq).order_by(JournalEntry.position)).all()
        rows[0].payload = {"why": "something else"}
        rows[0].payload_sha256 = sha256_of(rows[0].payload)
        batch.digest = batch_digest(batch, rows)
        if next_one_too:
            session.get(JournalBatch, seq + 1).previous = batch.digest
        session.flush()
        assert verify(session, noted) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_a_removed_entry_is_found(scratch, batches, data):
    with journal_of(scratch, batches) as session:
        rowid = data.draw(st.sampled_from(run(session, "SELECT rowid FROM journal_entry").scalars().all()))
        run(session, "DELETE FROM journal_entry WHERE rowid = :r", r=rowid)
        assert verify(session) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_a_batch_removed_before_the_end_is_found_however_its_place_is_filled(scratch, batches, data):
    seq = data.draw(st.integers(1, len(batches) - 1))
    close_the_gap = data.draw(st.booleans())
    with journal_of(scratch, batches) as session:
        run(session, "DELETE FROM journal_entry WHERE batch = :s", s=seq)
        run(session, "DELETE FROM journal_batch WHERE seq = :s", s=seq)
        if close_the_gap:
            for later in range(seq + 1, len(batches) + 1):
                run(session, "UPDATE journal_entry SET batch = batch - 1 WHERE batch = :s", s=later)
                run(session, "UPDATE journal_batch SET seq = seq - 1 WHERE seq = :s", s=later)
        assert verify(session) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_two_entries_that_change_places_are_found(scratch, batches, data):
    with journal_of(scratch, batches) as session:
        rows = run(
            session,
            "SELECT rowid, batch, position, actor, event, object_kind, object_id, payload_sha256 FROM journal_entry",
        ).all()
        one, other = data.draw(st.lists(st.sampled_from(rows), min_size=2, max_size=2, unique=True))
        same = one[3:] == other[3:]  # then nothing that anybody could tell has changed
        for row, (batch, position) in ((one, (-1, -1)), (other, one[1:3]), (one, other[1:3])):
            run(
                session,
                "UPDATE journal_entry SET batch = :b, position = :p WHERE rowid = :r",
                b=batch,
                p=position,
                r=row[0],
            )
        assert (verify(session) == []) == same


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_an_inserted_entry_is_found(scratch, batches, data):
    batch = data.draw(st.integers(1, len(batches)))
    with journal_of(scratch, batches) as session:
        run(
            session,
            "INSERT INTO journal_entry (batch, position, at, actor, event, object_kind, object_id, "
            "payload, payload_sha256) SELECT batch, 7, at, actor, event, object_kind, object_id, "
            "payload, payload_sha256 FROM journal_entry WHERE batch = :b LIMIT 1",
            b=batch,
        )
        assert verify(session) != []


@settings(max_examples=60, deadline=None)
@given(JOURNALS, st.data())
def test_redacting_keeps_the_chain_and_erasing_by_hand_does_not(scratch, batches, data):
    with journal_of(scratch, batches) as session:
        with_payload = [entry for entry in entries(session) if entry.payload is not None]
        for entry in with_payload[:2]:
            redact(session, entry.id, "names a buyer", "zhang", NOW)
        assert verify(session) == []
        if len(with_payload) > 2:
            erased = data.draw(st.sampled_from(with_payload[2:]))
            why = data.draw(st.sampled_from([None, "names a buyer"]))
            run(
                session,
                "UPDATE journal_entry SET payload = NULL, redacted_why = :w WHERE id = :i",
                w=why,
                i=erased.id,
            )
            assert verify(session) != []
