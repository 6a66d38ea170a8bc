from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlmodel import select

from engine.errors import KaoheError
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import GENESIS, Event, append, entries, head, redact, verify
from engine.ledger.tables import JournalBatch, JournalEntry

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
OPENED = Event("worker", "violation.opened", "violation", "V-1", {"why": "79/100 < 80%", "after": "open"})
CLOSED = Event("zhang", "violation.closed", "violation", "V-1", {"before": "open", "金额": 30000, "n": None})
IMPORTED = Event("zhang", "evidence.imported", "import", "7")

APPEND = """
from datetime import datetime, UTC
from engine.ledger.database import open_ledger, transaction
from engine.ledger.journal import Event, append

def work(number, url, times):
    engine = open_ledger(url)
    batches = []
    for turn in range(times):
        with transaction(engine) as session:
            event = Event(f"p{number}", "test.happened", "turn", str(turn), {"n": number})
            events = [event] * (turn % 3 + 1)
            batches.append(append(session, datetime.now(UTC), events))
    engine.dispose()
    return batches
"""


def write(engine, *batches):
    for events in batches:
        with transaction(engine) as session:
            append(session, NOW, events)


def findings(engine, expect=None):
    with reading(engine) as session:
        return verify(session, expect)


def test_an_empty_journal_is_sound(ledger):
    with reading(ledger) as session:
        assert head(session) == (0, GENESIS)
        assert verify(session) == []
        assert verify(session, (0, GENESIS)) == []
        assert entries(session) == []


def test_what_is_appended_is_read_back_in_its_order(ledger):
    write(ledger, [OPENED, IMPORTED], [CLOSED])
    with reading(ledger) as session:
        found = entries(session)
        assert [(e.batch, e.position) for e in found] == [(1, 0), (1, 1), (2, 0)]
        assert [Event(e.actor, e.event, e.object_kind, e.object_id, e.payload) for e in found] == [
            OPENED,
            IMPORTED,
            CLOSED,
        ]
        assert {e.at for e in found} == {NOW}
        assert [e.event for e in entries(session, after_batch=1)] == ["violation.closed"]
        assert [e.event for e in entries(session, object_id="7")] == ["evidence.imported"]
        assert [e.batch for e in entries(session, batches=1)] == [1, 1]
        assert verify(session) == []
        assert str(head(session)).startswith("2:")


def test_nothing_is_written_where_nothing_happened(ledger):
    with transaction(ledger) as session:
        assert append(session, NOW, []) is None
        assert head(session) == (0, GENESIS)


def test_an_instant_of_another_zone_is_the_same_instant_in_the_chain(ledger):
    shanghai = timezone(timedelta(hours=8))
    with transaction(ledger) as session:
        append(session, NOW.astimezone(shanghai), [OPENED])
    with reading(ledger) as session:
        assert entries(session)[0].at == NOW
        assert verify(session) == []


def test_a_transaction_that_fails_leaves_no_gap(ledger):
    def fail():
        with transaction(ledger) as session:
            append(session, NOW, [OPENED])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    write(ledger, [CLOSED])
    with reading(ledger) as session:
        assert head(session).seq == 1
        assert verify(session) == []


def test_two_appends_in_one_transaction_are_two_links(ledger):
    with transaction(ledger) as session:
        assert append(session, NOW, [OPENED]) == 1
        assert append(session, NOW, [CLOSED]) == 2
    assert findings(ledger) == []


def test_any_text_comes_through_with_its_digest(ledger):
    odd = {
        "why": "\x00 \n \"'\\ \u2028 😀 é é",
        "n": 2**80,
        "m": -(2**63),
        "list": [True, False, None, [], {}],
    }
    write(ledger, [Event("王", "x.y", "k", "o'\"\\", odd)])
    with reading(ledger) as session:
        assert entries(session)[0].payload == odd
        assert verify(session) == []


def test_a_payload_with_a_float_is_refused_before_anything_is_written(ledger):
    def write_float():
        with transaction(ledger) as session:
            append(session, NOW, [Event("worker", "x.y", "k", "1", {"share": 0.8})])

    with pytest.raises(TypeError, match=r"share is a float"):
        write_float()
    with reading(ledger) as session:
        assert head(session).seq == 0


def test_a_redacted_payload_is_gone_and_the_chain_still_fits(ledger):
    write(ledger, [OPENED, CLOSED], [IMPORTED])
    with reading(ledger) as session:
        noted = head(session)
        wanted = entries(session)[1].id
    with transaction(ledger) as session:
        assert redact(session, wanted, "names a buyer", "zhang", NOW) == 3
    with reading(ledger) as session:
        gone, told = entries(session)[1], entries(session)[-1]
        assert gone.payload is None
        assert gone.redacted_why == "names a buyer"
        assert session.get(JournalEntry, wanted).payload_sha256 != ""
        assert (told.actor, told.event, told.object_id) == ("zhang", "journal.redacted", "1.1")
        assert told.payload == {"why": "names a buyer"}
        assert verify(session, noted) == []


@pytest.mark.parametrize(
    ("place", "why", "message"),
    [
        (99, "x", "the journal has no entry"),
        (0, "  ", "cannot be redacted without a reason"),
        (1, "x", "has no payload that could be redacted"),
        (2, "x", "has no payload that could be redacted"),
        (3, "x", "tells of a redaction and stays as it is"),
    ],
)
def test_a_redaction_that_makes_no_sense_is_refused(sqlite_ledger, place, why, message):
    write(sqlite_ledger, [OPENED, IMPORTED, CLOSED])
    with transaction(sqlite_ledger) as session:
        ids = [entry.id for entry in entries(session)]
        ids.append(redact(session, ids[2], "names a buyer", "zhang", NOW))
        ids[3] = entries(session)[3].id
        wanted = ids[place] if place < len(ids) else place
        with pytest.raises(KaoheError, match=message):
            redact(session, wanted, why, "zhang", NOW)


def test_an_end_that_is_missing_is_found_by_the_noted_head(ledger):
    write(ledger, [OPENED], [CLOSED], [IMPORTED])
    with transaction(ledger) as session:
        noted = head(session)
        for row in session.exec(select(JournalEntry).where(JournalEntry.batch == 3)):
            session.delete(row)
        session.flush()
        session.delete(session.get(JournalBatch, 3))
    assert findings(ledger) == []  # nobody else could know
    assert findings(ledger, noted) == ["the journal ends with batch 2, but 3 was noted: its end is missing"]
    write(ledger, [OPENED])  # and written over
    assert findings(ledger) == []
    assert findings(ledger, noted) == [f"batch 3 is not the one that was noted ({noted.digest})"]


def test_appends_of_several_processes_make_one_unbroken_chain(ledger, ledger_url, race):
    done = race(APPEND, 4, ledger_url, 12)
    assert sorted(batch for batches in done for batch in batches) == list(range(1, 49))
    assert all(batches == sorted(batches) for batches in done)
    engine = open_ledger(ledger_url)
    assert findings(engine) == []
    engine.dispose()
