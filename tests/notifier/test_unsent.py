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
            schedule = {"created_at": now, "due_at": now, "next_attempt_at": now}
            session.add(Notice(**(written | schedule | said)))

    return put


def test_what_was_put_off_is_due_since_it_should_first_have_gone_out_and_what_was_sent_is_not(office, now, waiting):
    waiting(created_at=now - 600 * MINUTE, next_attempt_at=now + 500 * MINUTE, attempts=3)
    waiting(next_attempt_at=now, state="sent", recipient="b@x.cn")
    waiting(due_at=now + 10 * MINUTE, next_attempt_at=now + 10 * MINUTE, recipient="c@x.cn")
    with reading(office.ledger) as session:
        assert unsent(session, now) is None
        assert unsent(session, now + MINUTE) == (1, now)
        assert unsent(session, now + 11 * MINUTE) == (2, now)


def test_a_notice_that_was_left_half_way_is_late_once_its_lease_is(office, now, waiting):
    waiting(due_at=now + 600 * MINUTE, state="sending", attempts=1, lease_until=now + 5 * MINUTE)
    with reading(office.ledger) as session:
        assert unsent(session, now + 5 * MINUTE) is None
        assert unsent(session, now + 6 * MINUTE) == (1, now + 600 * MINUTE)
