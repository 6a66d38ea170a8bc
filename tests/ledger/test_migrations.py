"""A ledger of an earlier version keeps what it holds, and what it had wrong is mended on the way."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.tables import Attempt, Notice, NoticeItem, Sanction, Violation
from engine.ledger.violations import by
from tests.old_ledgers import old_ledger

pytestmark = pytest.mark.usefixtures("as_shipped")

NOON = datetime(2026, 3, 10, 12)
DECIDED = {"state": "confirmed", "amount_fen": 30050, "reference": "X-7", "appeal_until": "2026-03-17"}


@pytest.fixture
def first_version(new_url):
    """The address of a ledger at version 0001: a decided violation, under a client that its shop has left."""
    with old_ledger(new_url, "0001") as insert:
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
    return new_url


def test_decisions_are_read_back_from_the_journal_and_clients_agree(first_version):
    engine = open_ledger(first_version)
    with reading(engine) as session:
        found = by(session, "V-1")
        assert (found.amount_fen, found.reference, found.appeal_until) == (
            30050,
            "X-7",
            datetime(2026, 3, 17, 16, tzinfo=UTC),
        )
        assert (found.client, found.state) == ("b", "confirmed")
        notices = session.exec(select(Notice).order_by(col(Notice.id)))
        assert [(n.state, n.client, n.key) for n in notices] == [("queued", "b", "V-1"), ("sent", "a", "V-1")]
    engine.dispose()


@pytest.fixture
def eighth_version(new_url):
    """The address of a ledger at version 0008: violations that were decided while their forecast stood for them."""
    with old_ledger(new_url, "0008") as insert:
        insert("subject", id=1, key="shop:kuaishou/k1", kind="shop", external_id="k1", client="a")
        insert("run", id=1, rule="r", cycle="c", cycle_start=date(2026, 3, 1), due_at=NOON, state="done", attempts=1)
        forecast = {"outcome": "violation", "severity": "minor", "sanctions": ["warning"], "exposure_fen": [0, 0]}
        insert("situation", id=1, run_id=1, digest="d", facts=[], decision=forecast, trace=[], decided_by="x")
        days = {"cycle_start": date(2026, 3, 2), "cycle_end": date(2026, 3, 8), "assessed_on": date(2026, 3, 10)}
        found = {"rule": "r", "version": "x", "platform": "kuaishou", "occurrence": 1, "client": "a", "subject_id": 1}
        found |= {"numerator": 7, "denominator": 10, "situation_id": 1, "opened_at": NOON, "changed_at": NOON}
        found |= {"exposure_min_fen": 10_000, "exposure_max_fen": 30_000}
        for name, state, severity, amount in (
            ("V-charged", "confirmed", "grave", 80_000),
            ("V-off", "waived", "minor", 80_000),
            ("V-open", "open", "minor", None),
        ):
            insert("violation", id=name, cycle=name, state=state, severity=severity, amount_fen=amount, **found, **days)
            insert("sanction", violation_id=name, position=0, kind="warning", discretionary=False)
    return new_url


def test_what_was_decided_takes_the_place_of_the_forecast_in_an_earlier_ledger(eighth_version):
    engine = open_ledger(eighth_version)
    with reading(engine) as session:
        told = {
            v.id: (v.decided_severity, v.exposure_min_fen, v.exposure_max_fen) for v in session.exec(select(Violation))
        }
        measures = [row.violation_id for row in session.exec(select(Sanction).order_by(col(Sanction.id)))]
    engine.dispose()
    assert told == {"V-charged": ("grave", 80_000, 80_000), "V-off": (None, 0, 0), "V-open": (None, 10_000, 30_000)}
    assert measures == ["V-charged", "V-open"]


def test_what_refers_to_a_table_that_is_made_anew_is_kept(new_url):
    with old_ledger(new_url, "0017") as insert:
        insert("subject", id=1, key="shop:xiaohongshu/s1", kind="shop", external_id="s1", client="b", platform="x")
        days = {"cycle": "2026-W10", "cycle_start": date(2026, 3, 2), "cycle_end": date(2026, 3, 8), "occurrence": 1}
        figures = {"numerator": 79, "denominator": 100, "exposure_min_fen": 0, "exposure_max_fen": 0}
        found = {"rule": "r", "version": "x", "platform": "xiaohongshu", "assessed_on": date(2026, 3, 10)}
        said = {"state": "open", "opened_at": NOON, "changed_at": NOON, "subject_id": 1, "client": "b"}
        insert("violation", id="V-1", **days, **figures, **found, **said)
        words = {"event": "violations.late", "channel": "email", "language": "en", "template": "t", "subject": "s"}
        words |= {"attempts": 0, "next_attempt_at": NOON, "due_at": NOON, "created_at": NOON, "client": "b"}
        insert("notice", id=7, key="late:1", recipient="li", state="queued", body="b", **words)
        insert("notice_item", notice_id=7, violation_id="V-1")
    engine = open_ledger(new_url)
    with reading(engine) as session:
        [item] = session.exec(select(NoticeItem)).all()
        assert (item.notice_id, item.violation_id) == (7, "V-1")
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.add(NoticeItem(notice_id=8, violation_id="V-1"))
    engine.dispose()


def test_of_each_notice_of_an_earlier_ledger_the_last_attempt_counts_unless_it_was_refused(new_url):
    with old_ledger(new_url, "0018") as insert:
        words = {"key": "k", "event": "e", "language": "en", "template": "t", "subject": "s", "body": "b"}
        words |= {"attempts": 1, "next_attempt_at": NOON, "due_at": NOON, "created_at": NOON, "client": "a"}
        for recipient, state, answer, tried_at in (
            ("sent", "sent", "accepted: OK", NOON),
            ("on its way", "sending", None, NOON),
            ("open", "queued", "unknown: lost", NOON),
            ("given up", "failed", "unknown: lost", NOON),
            ("refused", "queued", "temporary: unknown: 450", NOON),
            ("refused for good", "failed", "permanent: 550", NOON),
            ("never tried", "queued", None, None),
            ("dropped", "dropped", "not sent: settled", NOON),
        ):
            row = {"state": state, "answer": answer, "tried_at": tried_at, "recipient": recipient, "urgent": False}
            insert("notice", channel="email", **row, **words)
    engine = open_ledger(new_url)
    with reading(engine) as session:
        found = {n.id: n.recipient for n in session.exec(select(Notice))}
        told = list(session.exec(select(Attempt).order_by(col(Attempt.id))))
    engine.dispose()
    assert [a.recipient for a in told] == ["sent", "on its way", "open", "given up"]
    assert all(found[a.notice_id] == a.recipient for a in told)
    assert {(a.channel, a.tried_at.replace(tzinfo=None)) for a in told} == {("email", NOON)}


def test_what_was_told_to_somebody_who_is_was_or_may_have_been_of_the_house_is_the_houses_in_an_earlier_ledger(new_url):
    with old_ledger(new_url, "0019") as insert:
        for name, client in (("house", None), ("boss", "a"), ("moved", "b"), ("taken", "a"), ("erased", "a")):
            insert("contact", name=name, client=client, language="en")
        insert("journal_batch", seq=1, previous="", digest="", committed_at=NOON)
        entry = {"batch": 1, "at": NOON, "actor": "zhang", "event": "contact.changed", "object_kind": "contact"}
        told = [
            ("boss", {"before": None, "after": {"client": "a"}}),
            ("moved", {"before": {"client": "a"}, "after": {"client": "b"}}),
            ("taken", {"before": {"client": None}, "after": {"client": "a"}}),
            ("erased", None),
        ]
        for position, (name, payload) in enumerate(told):
            insert("journal_entry", position=position, object_id=name, payload=payload, payload_sha256="", **entry)
        words = {"key": "k", "event": "e", "language": "en", "template": "t", "subject": "s", "body": "b"}
        words |= {"attempts": 1, "next_attempt_at": NOON, "due_at": NOON, "created_at": NOON, "client": "a"}
        words |= {"channel": "email", "state": "sent", "urgent": False}
        for contact in ("house", "boss", "moved", "taken", "erased", "removed", None):
            insert("notice", recipient=f"to {contact}", contact=contact, **words)
        sent = {"notice_id": 1, "channel": "email", "recipient": "to house", "tried_at": NOON}
        insert("attempt", **sent)  # what refers to a notice does not keep it from being changed
    engine = open_ledger(new_url)
    with reading(engine) as session:
        found = {n.contact: n.internal for n in session.exec(select(Notice))}
    engine.dispose()
    assert found == {
        **dict.fromkeys(("house", "taken", "erased", "removed"), True),
        **dict.fromkeys(("boss", "moved", None), False),
    }
