"""What was reported of messages: kept once, and the same in the end whatever the order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import col, delete, func, select, update

from engine.ledger.database import reading, transaction
from engine.ledger.tables import JournalEntry, Notice, Receipt
from notifier import receipts
from notifier.channels.contract import letter_digest
from notifier.channels.outcome import Outcome
from notifier.channels.report import Reported
from notifier.claims import claim, record
from notifier.receipt_polls import RESTS, poll, unasked
from notifier.receipts import join, undelivered_unanswered

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
NUMBER, NAME = "+8613800001234", "900619746936498440^0"
MINUTE = timedelta(minutes=1)


def notice(session, key="V-1", state="sent", recipient=NUMBER, sent_at=NOW, channel="aliyun-sms", **more):
    told = {"event": "violation.opened", "client": "acme", "language": "zh-CN", "template": "t", "subject": "s"}
    told |= {"body": "b", "due_at": NOW, "next_attempt_at": NOW, "created_at": NOW, "answer": "accepted: OK"}
    told |= {"sent_at": sent_at if state == "sent" else None, "tried_at": sent_at}
    row = Notice(key=key, state=state, recipient=recipient, channel=channel, **(told | more))
    session.add(row)
    session.flush()
    return row.id


def sent(ledger, **more):
    with transaction(ledger) as session:
        return notice(session, **({"provider_id": NAME} | more))


def queued_to_a_shop(office):
    office.violation("V-ABCDEFGH2345", office.shop())
    with transaction(office.ledger) as session:
        of_it = {"violation_id": "V-ABCDEFGH2345", "client": "default", "answer": None}
        return notice(session, "V-ABCDEFGH2345", "queued", "zhang@example.com", channel="email", **of_it)


def reported(state="delivered", at=NOW, name=NAME, recipient=NUMBER, channel="aliyun-sms", **more):
    return Reported(channel, name, recipient, state, f"{state.upper()} 码", at, **more)


def keep(ledger, *found, now=NOW):
    with transaction(ledger) as session:
        return receipts.record(session, found, now)


def known(ledger, number):
    with reading(ledger) as session:
        row = session.get_one(Notice, number)
        return row.receipt, row.receipt_at, row.receipt_answer


def kept(ledger):
    with reading(ledger) as session:
        return session.exec(select(func.count()).select_from(Receipt)).one()


def told(ledger):
    with reading(ledger) as session:
        rows = session.exec(select(JournalEntry).order_by(col(JournalEntry.id)))
        return [(row.event, row.payload) for row in rows]


def test_a_report_is_kept_once_changes_its_notice_once_and_is_told_once_with_a_masked_number(ledger):
    number = sent(ledger)
    assert keep(ledger, reported(), reported()) == [number]
    assert keep(ledger, reported()) == []
    assert known(ledger, number) == ("delivered", NOW, "DELIVERED 码")
    assert kept(ledger) == 1
    [(event, payload)] = told(ledger)
    assert event == "notice.delivered"
    assert payload["before"] == {"receipt": None}
    assert payload["after"]["recipient"] == "+86138****1234"
    assert NUMBER not in str(payload)


def test_the_latest_report_counts_by_the_providers_time_and_of_two_at_once_that_it_arrived(ledger):
    number = sent(ledger)
    keep(ledger, reported("undelivered", NOW + 2 * MINUTE))
    assert keep(ledger, reported("delivered", NOW + MINUTE)) == []
    assert known(ledger, number)[0] == "undelivered"
    assert keep(ledger, reported("delivered", NOW + 2 * MINUTE)) == [number]
    assert known(ledger, number)[:2] == ("delivered", NOW + 2 * MINUTE)
    assert keep(ledger, reported("delivered", NOW + 3 * MINUTE)) == []  # it arrived already, and nobody is told twice
    assert known(ledger, number)[1] == NOW + 3 * MINUTE
    assert [event for event, _ in told(ledger)] == ["notice.undelivered", "notice.delivered"]


def test_several_who_are_told_the_same_at_once_keep_it_once(ledger):
    number = sent(ledger)
    calls = [(reported(), reported("undelivered", NOW - MINUTE)), (reported("undelivered", NOW - MINUTE), reported())]
    with ThreadPoolExecutor(4) as threads:
        changed = list(threads.map(lambda found: keep(ledger, *found), calls * 4))
    assert sorted(changed, reverse=True)[:2] == [[number], []]
    assert known(ledger, number)[:2] == ("delivered", NOW)
    assert kept(ledger) == 2
    assert [event for event, _ in told(ledger)] == ["notice.delivered"]


REPORTS = st.lists(
    st.builds(
        lambda state, minutes, name: reported(state, NOW + minutes * MINUTE, name),
        st.sampled_from(["delivered", "undelivered"]),
        st.integers(0, 3),
        st.sampled_from([NAME, "another^0"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), found=REPORTS)
def test_any_order_any_repetition_and_any_division_into_calls_end_the_same(ledger, data, found):
    ends = []
    for _ in range(2):
        with transaction(ledger) as session:
            for table in (Receipt, Notice):
                session.exec(delete(table))
            first = notice(session, provider_id=None)
            second = notice(session, "V-2", provider_id="another^0")
        calls = data.draw(st.permutations(found + data.draw(st.lists(st.sampled_from(found), max_size=3))))
        cuts = sorted(data.draw(st.sets(st.integers(0, len(calls)))) | {0, len(calls)})
        answered = data.draw(st.integers(0, len(cuts) - 1))  # after which call our own answer is on record
        for place, (begin, end) in enumerate([*pairwise(cuts), (0, 0)]):
            if place == answered:
                with transaction(ledger) as session:
                    session.exec(update(Notice).where(col(Notice.id) == first).values(provider_id=NAME))
            keep(ledger, *calls[begin:end])
        with transaction(ledger) as session:
            join(session, NOW)
        ends.append((known(ledger, first), known(ledger, second), kept(ledger)))
    assert ends[0] == ends[1]
    of_first = [r for r in found if r.provider_id == NAME]
    last = max(of_first, key=lambda r: (r.reported_at, r.state == "delivered"), default=None)
    assert ends[0][0][:2] == ((last.state, last.reported_at) if last else (None, None))


def test_a_report_that_comes_before_our_own_answer_waits_for_it(office):
    ledger, number = office.ledger, queued_to_a_shop(office)
    taken = claim(ledger, number, NOW, "worker")
    assert keep(ledger, reported(channel="email", recipient="zhang@example.com")) == []
    assert known(ledger, number)[0] is None
    assert record(ledger, taken, Outcome("accepted", "OK", reference=NAME), NOW) == "sent"
    with transaction(ledger) as session:
        assert join(session, NOW) == [number]
        assert join(session, NOW) == []
    assert known(ledger, number)[0] == "delivered"


def test_a_report_that_repeats_our_own_word_needs_no_answer_of_the_provider(ledger):
    number = sent(ledger, provider_id=None, state="queued", answer="unknown: lost")
    own = letter_digest("V-1", "violation.opened", "aliyun-sms", NUMBER)
    assert keep(ledger, reported(own="of another letter", name="x^1")) == []
    assert keep(ledger, reported(own=own)) == [number]
    # Another attempt at the same letter has another name, and is known all the same.
    assert keep(ledger, reported("undelivered", NOW + MINUTE, "second^0", own=own)) == [number]
    assert known(ledger, number)[0] == "undelivered"


def test_reports_about_strangers_are_not_kept_and_those_that_wait_are_bounded(ledger, monkeypatch):
    sent(ledger)
    assert keep(ledger, reported(recipient="+8613900005678")) == []
    assert kept(ledger) == 0
    monkeypatch.setattr(receipts, "MOST_WAITING", 3)
    keep(ledger, *(reported(name=f"n^{n}") for n in range(10)))
    assert kept(ledger) == 3
    keep(ledger, reported(name="later^0"), now=NOW + receipts.WAITING + MINUTE)
    assert kept(ledger) == 1


def test_what_did_not_arrive_is_asked_for_until_another_notice_stands_in_its_place(ledger):
    first, second, _ = (sent(ledger, key=key, provider_id=f"{key}^0") for key in ("V-1", "V-2", "V-3"))
    keep(ledger, reported("undelivered", name="V-1^0"), reported("undelivered", name="V-2^0"), reported(name="V-3^0"))
    with transaction(ledger) as session:
        assert [n.id for n in undelivered_unanswered(session)] == [first, second]
        notice(session, "V-1", channel="email", recipient="z@example.com", instead_of_id=first)
        assert [n.id for n in undelivered_unanswered(session)] == [second]


class Provider:
    """A channel that answers as told to whoever asks about messages, and notes who was asked about."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def send(self, letter, now):
        return Outcome("accepted", "OK", reference="its name")

    def settle(self, letter, since):
        return None

    def receipts(self, recipient, asked, now):
        self.asked.append((recipient, [one.provider_id for one in asked]))
        return self.answers.pop(0) if self.answers else []


class Silent:
    """A channel whose provider cannot be asked."""

    def send(self, letter, now):
        return Outcome("accepted", "OK")

    def settle(self, letter, since):
        return None


def polled(ledger, provider, now, **more):
    return poll(ledger, {"aliyun-sms": provider, "email": Silent()}, now, **more)


def test_a_message_is_asked_after_less_and_less_often_and_no_more_once_it_is_known(ledger):
    number, provider = sent(ledger), Provider()
    times = [NOW + n * MINUTE for n in range(1, 60)]
    times += [NOW + timedelta(hours=n) for n in range(1, 100)]
    asked = []
    for now in times:
        before = len(provider.asked)
        polled(ledger, provider, now)
        asked += [now - NOW] if len(provider.asked) > before else []
    assert asked == list(RESTS)
    assert provider.asked[0] == (NUMBER, [NAME])
    assert known(ledger, number)[0] is None


def test_within_a_minute_one_of_several_workers_asks_and_everything_is_asked_at_once(ledger):
    number, provider = sent(ledger), Provider([], [], [reported()])
    now = NOW + MINUTE
    assert polled(ledger, provider, now).asked == 1
    assert polled(ledger, provider, now + timedelta(seconds=20)).asked == 0
    assert polled(ledger, provider, now + timedelta(seconds=30), everything=True).asked == 1
    found = polled(ledger, provider, now + timedelta(seconds=40), everything=True)
    assert (found.asked, found.changed, known(ledger, number)[0]) == (1, 1, "delivered")
    assert polled(ledger, provider, now + MINUTE, everything=True).asked == 0


def test_the_messages_to_ask_after_are_found_by_an_index_and_without_their_texts(sqlite_ledger):
    plans = []

    @event.listens_for(sqlite_ledger, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT notice."):
            plans.extend(row[-1] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            assert "notice.body" not in statement

    sent(sqlite_ledger)
    assert polled(sqlite_ledger, Provider(), NOW + MINUTE).asked == 1
    assert any("ix_notice_channel_state_tried_at (channel=? AND state=? AND tried_at>?)" in plan for plan in plans), (
        plans
    )


def test_a_clock_that_was_once_a_day_ahead_keeps_nobody_from_asking(ledger):
    provider = Provider()
    polled(ledger, provider, NOW + timedelta(days=1))
    sent(ledger)
    sent(ledger, key="V-2", sent_at=NOW - 10 * MINUTE, provider_id="2^0")
    assert polled(ledger, provider, NOW + MINUTE).asked == 2
    assert polled(ledger, provider, NOW + MINUTE + timedelta(seconds=30)).asked == 0
    assert polled(ledger, provider, NOW + 5 * MINUTE).asked == 1


def test_the_clock_of_another_worker_that_is_seconds_ahead_lets_nothing_be_asked_twice(ledger):
    sent(ledger)
    provider = Provider()
    assert polled(ledger, provider, NOW + MINUTE + timedelta(seconds=30)).asked == 1
    assert polled(ledger, provider, NOW + MINUTE).asked == 0


@pytest.mark.parametrize("kind", ["temporary", "unknown", "misconfigured", "throttled"])
def test_what_could_not_be_asked_is_asked_the_next_time(ledger, kind):
    sent(ledger)
    sent(ledger, key="V-2", recipient="+8613900005678", provider_id="2^0")
    provider = Provider(Outcome(kind, "no"))
    assert polled(ledger, provider, NOW + MINUTE).faults["aliyun-sms"].answer == "no"
    assert len(provider.asked) == 1
    assert polled(ledger, provider, NOW + 2 * MINUTE).asked == 2


def late(ledger, now, patience=15 * MINUTE):
    with reading(ledger) as session:
        return unasked(session, now, now - patience)


@pytest.mark.parametrize("kind", ["temporary", "unknown", "misconfigured", "throttled"])
def test_what_could_not_be_asked_for_longer_than_it_may_is_late_until_it_was_asked(ledger, kind):
    sent(ledger)
    sent(ledger, key="V-2", recipient="+8613900005678", provider_id="2^0", sent_at=NOW + 4 * MINUTE)
    sent(ledger, key="V-3", channel="email")
    provider = Provider(*[Outcome(kind, "no")] * 30)
    for minute in range(1, 31):
        now = NOW + minute * MINUTE
        polled(ledger, provider, now)
        expected = {"aliyun-sms": (1 + (minute >= 20), NOW)} if minute >= 16 else {}
        assert late(ledger, now) == expected
    polled(ledger, provider, NOW + 31 * MINUTE)
    assert late(ledger, NOW + 31 * MINUTE) == {}


def test_what_was_reported_or_is_not_asked_after_any_more_is_not_late(ledger):
    sent(ledger, receipt="delivered", receipt_at=NOW)
    sent(ledger, key="V-2", sent_at=NOW - timedelta(days=7))
    assert late(ledger, NOW + timedelta(hours=1)) == {}
    sent(ledger, key="V-3")
    assert late(ledger, NOW + timedelta(hours=1)) == {"aliyun-sms": (1, NOW)}


def test_a_number_that_the_provider_refuses_holds_up_no_other(ledger):
    sent(ledger)
    sent(ledger, key="V-2", recipient="+8613900005678", provider_id="2^0")
    assert polled(ledger, Provider(Outcome("permanent", "no such number")), NOW + MINUTE).asked == 1


def test_the_answer_to_an_attempt_leaves_the_providers_name_with_the_notice(office):
    taken = claim(office.ledger, queued_to_a_shop(office), NOW, "worker")
    assert record(office.ledger, taken, Outcome("accepted", "OK", reference="<1@x>"), NOW) == "sent"
    assert office.notices()[0].provider_id == "<1@x>"
