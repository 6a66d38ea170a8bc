"""What waits to be sent is late since it should have gone out first, however often it was tried in between."""

from datetime import timedelta

import pytest

from engine.ledger.database import reading, transaction
from engine.ledger.tables import Notice
from notifier.claims import unsent
from notifier.events import LATE

MINUTE = timedelta(minutes=1)


@pytest.fixture
def waiting(office, now):
    def put(**said):
        written = {"violation_id": None, "event": LATE.event, "client": "default", "channel": "email", "language": "en"}
        written |= {
            "template": "",
            "subject": "",
            "body": "",
            "state": "queued",
            "key": "late:x",
            "recipient": "a@x.cn",
        }
        with transaction(office.ledger) as session:
            session.add(Notice(**(written | {"created_at": now, "next_attempt_at": now} | said)))

    return put


@pytest.mark.parametrize(("attempts", "pauses"), [(0, 0), (1, 1), (2, 4), (3, 13), (7, 1093)])
def test_a_digest_is_due_since_its_first_attempt(office, now, waiting, attempts, pauses):
    waiting(created_at=now - 600 * MINUTE, next_attempt_at=now + pauses * MINUTE, attempts=attempts)
    with reading(office.ledger) as session:
        assert unsent(session, now) is None
        assert unsent(session, now + MINUTE) == (1, now)


def test_a_notice_that_was_tried_is_due_since_it_was_written_and_one_that_was_sent_is_not(office, now, waiting):
    shop = office.shop()
    office.violation("V-1", shop)
    of_one = {"key": "V-1", "violation_id": "V-1", "event": "violation.opened", "attempts": 3}
    waiting(**of_one, next_attempt_at=now + 500 * MINUTE)
    waiting(**of_one, next_attempt_at=now, state="sent", recipient="b@x.cn")
    waiting(next_attempt_at=now + 10 * MINUTE)
    with reading(office.ledger) as session:
        assert unsent(session, now) is None
        assert unsent(session, now + MINUTE) == (1, now)
        assert unsent(session, now + 11 * MINUTE) == (2, now)


def test_a_notice_that_was_left_half_way_is_late_once_its_lease_is(office, now, waiting):
    waiting(next_attempt_at=now + 600 * MINUTE, state="sending", attempts=1, lease_until=now + 5 * MINUTE)
    with reading(office.ledger) as session:
        assert unsent(session, now + 5 * MINUTE) is None
        assert unsent(session, now + 6 * MINUTE) == (1, now + 599 * MINUTE)
