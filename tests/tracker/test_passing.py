"""What only time brings about, told once: deadlines, measures, penalties, rules, weeks, whoever looks, and how late."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from engine.calendar.deadlines import Term
from engine.ledger.actors import Scope
from engine.ledger.chain import verify
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import Event, append, entries
from engine.ledger.tables import Cursor, Duty, Sanction, Subject, Violation
from engine.rulebook.model import Announcement, Appeal, Text
from engine.tracker import passing
from engine.tracker.deadlines_near import STAGES
from engine.tracker.lookout import look_after
from engine.tracker.passing import READER, tell_passing

NOW = datetime.fromisoformat("2026-03-10T10:00+08:00")  # a Tuesday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEWS = ("penalty.", "deadline.", "duty.near", "sanction.", "rule.", "week.")


def violation(name="V-1", state="confirmed", client="acme", subject=1, **more):
    row = {
        "rule": "xiaohongshu.reply-rate",
        "version": "2021-01-01",
        "platform": "xiaohongshu",
        "cycle": name,
        "cycle_start": date(2026, 3, 2),
        "cycle_end": date(2026, 3, 8),
        "assessed_on": date(2026, 3, 10),
        "exposure_min_fen": 0,
        "exposure_max_fen": 0,
        "numerator": 1,
        "denominator": 2,
        "opened_at": NOW,
        "changed_at": NOW,
    }
    return Violation(id=name, state=state, client=client, subject_id=subject, **row | more)


def duty(due_at, **more):
    return Duty(kind="coaching", client="acme", shop_id=1, opened_at=NOW, due_at=due_at, state="open", doers=[], **more)


class Watch:
    """A ledger with a shop, somebody who changes it, and a worker that looks."""

    def __init__(self, ledger, rules=None, lake=None):
        self.ledger, self.rules, self.lake = ledger, rules or {}, lake

    def put(self, *rows):
        """Put these rows in, as one does: the journal names what is changed."""
        kinds = {Violation: "violation", Duty: "duty"}
        with transaction(self.ledger) as session:
            for row in rows:
                session.merge(row)
            session.flush()
            named = [Event("li", "it.changed", kinds[type(r)], self.name(r), {}) for r in rows if type(r) in kinds]
            append(session, NOW, named)

    @staticmethod
    def name(row):
        return f"D-{row.id}" if isinstance(row, Duty) else row.id

    def look(self, now=NOW):
        look_after(self.ledger, self.rules, now, "worker", lake=self.lake)
        return self

    def told(self):
        """(event, object, what stage or day it was) of all news, in their order."""
        found = []
        for e in self.entries():
            after = e.payload["after"]
            found.append((e.event, e.object_id, after.get("left") or after.get("kind") or after.get("week")))
        return found

    def entries(self):
        with reading(self.ledger) as session:
            assert verify(session) == []
            return [e for e in entries(session) if e.event.startswith(NEWS)]


@pytest.fixture
def watch(ledger):
    return with_a_shop(Watch(ledger))


@pytest.fixture
def small_watch(sqlite_ledger):
    return with_a_shop(Watch(sqlite_ledger))


def with_a_shop(watch):
    shop = Subject(
        id=1, key="shop:xiaohongshu/s1", kind="shop", platform="xiaohongshu", external_id="s1", client="acme"
    )
    watch.put(shop)
    return watch


def test_each_stage_of_an_appeals_deadline_is_told_when_it_comes_and_once(watch):
    until = NOW + 6 * DAY
    watch.put(violation(appeal_until=until))
    assert watch.look().told() == []
    for left in STAGES.values():
        before = watch.told()
        assert watch.look(until - left - timedelta(microseconds=1)).told() == before
        watch.look(until - left).look(until - left + HOUR)
    watch.look(until).look(until + 9 * DAY)
    assert [left for event, _, left in watch.told() if event == "deadline.near"] == ["5d", "3d", "1d", "4h"]
    (first, *_) = watch.entries()
    assert (first.object_kind, first.object_id) == ("violation", "V-1")
    assert first.payload == {
        "why": None,
        "after": {
            "client": "acme",
            "platform": "xiaohongshu",
            "shop": "shop:xiaohongshu/s1",
            "rule": "xiaohongshu.reply-rate",
            "what": "appeal",
            "until": until.astimezone(UTC).isoformat(),
            "left": "5d",
        },
    }


def test_who_looks_late_is_told_of_the_nearest_stage_alone_and_of_none_after_the_end(watch):
    watch.put(violation(appeal_until=NOW + 20 * HOUR), violation("V-2", appeal_until=NOW - 4 * DAY))
    assert watch.look().look(NOW - 3 * DAY).look(NOW + HOUR).told() == [("deadline.near", "V-1", "1d")]


def test_a_deadline_that_is_moved_is_told_anew(small_watch):
    small_watch.put(violation(appeal_until=NOW + DAY))
    small_watch.look().put(violation(appeal_until=NOW + 2 * DAY))
    small_watch.look(NOW + HOUR)
    assert [left for *_, left in small_watch.told()] == ["1d", "3d"]


def test_a_deadline_that_is_no_more_is_not_told(small_watch):
    small_watch.put(
        violation(state="appealed", appeal_until=NOW + DAY), violation("V-2", "waived", appeal_until=NOW + DAY)
    )
    assert small_watch.look().told() == []


def test_where_the_rule_grants_the_time_the_deadline_is_reckoned_from_the_notice(small_watch, x1, like_x1):
    rule = like_x1(appeal=Appeal(Term(7, "days"), "notice", attempts=1))
    small_watch.rules = {rule.id: rule}
    small_watch.put(violation(noticed_at=NOW))
    until = datetime.fromisoformat("2026-03-18T00:00+08:00")
    small_watch.look().look(until - 5 * DAY)
    assert [left for _, name, left in small_watch.told() if name == "V-1"] == ["5d"]


def test_a_duty_that_is_due_is_told_before_and_one_to_appeal_only_beside_another_deadline(watch):
    until = NOW + DAY
    watch.put(violation(appeal_until=until))
    watch.put(duty(until, id=1), replace_kind(duty(until, id=2, violation_id="V-1"), "appeal"))
    watch.put(replace_kind(duty(until + HOUR, id=3, violation_id="V-1", occasion="x"), "appeal"), duty(NOW, id=4))
    watch.look()
    assert [(name, left) for _, name, left in watch.told()] == [("V-1", "1d"), ("D-1", "1d"), ("D-3", "3d")]
    assert {e.payload["after"]["what"] for e in watch.entries()} == {"appeal", "duty"}


def replace_kind(row, kind):
    row.kind = kind
    return row


def test_a_measure_begins_and_ends_at_the_platforms_midnight(watch):
    watch.put(violation())
    days = {"kind": "traffic_limit", "starts": date(2026, 3, 12), "ends": date(2026, 3, 14)}
    watch.put(Sanction(id=1, violation_id="V-1", position=0, **days))
    begins, ends = (datetime.fromisoformat(f"2026-03-{day}T00:00+08:00") for day in (12, 15))
    microsecond = timedelta(microseconds=1)
    assert watch.look(begins - microsecond).told() == []
    watch.look(begins).look(begins + HOUR)
    assert [event for event, *_ in watch.told()] == ["sanction.begins"]
    watch.look(ends - microsecond).look(ends).look(ends + DAY)
    assert [event for event, *_ in watch.told()] == ["sanction.begins", "sanction.ends"]
    assert watch.entries()[1].payload["after"] == {
        "client": "acme",
        "platform": "xiaohongshu",
        "shop": "shop:xiaohongshu/s1",
        "rule": "xiaohongshu.reply-rate",
        "position": 0,
        "kind": "traffic_limit",
        "starts": "2026-03-12",
        "ends": "2026-03-14",
    }


@pytest.mark.parametrize(
    ("state", "starts", "ends", "told"),
    [
        ("open", 10, 10, []),  # it was found on the day on which it begins, and that day is not over
        ("open", 9, 9, ["sanction.ends"]),
        ("open", 8, 8, []),  # more than a day ago
        ("closed", 9, 9, []),
        ("overturned", 9, 9, []),
        ("open", 9, None, []),
    ],
)
def test_a_measure_is_told_only_while_it_is_news(small_watch, state, starts, ends, told):
    small_watch.put(violation(state=state))
    days = {"starts": date(2026, 3, starts), "ends": ends and date(2026, 3, ends)}
    small_watch.put(Sanction(id=1, violation_id="V-1", position=0, kind="traffic_limit", **days))
    assert [event for event, *_ in small_watch.look().told()] == told


def test_a_penalty_that_an_import_brings_is_told_once_with_its_deadline(tracker):
    watch = Watch(tracker.office.ledger, tracker.office.book, lambda: tracker.office.lake)
    tracker.office.register({"shop": "s1", "client": "acme"})
    watch.look()
    old = {"reference": "B", "noticed_at": "2026-02-01T10:00"}
    new = {"reference": "A", "noticed_at": "2026-03-09T10:00", "appeal_until": "2026-03-12", "amount_fen": "30000"}
    tracker.penalise(old, new)
    watch.look().look(NOW + timedelta(seconds=5))
    name = "shop:xiaohongshu/s1#A"
    assert watch.told() == [("penalty.recorded", name, None), ("deadline.near", name, "3d")]
    said = watch.entries()[0].payload["after"]
    assert said == {
        "client": "acme",
        "platform": "xiaohongshu",
        "shop": "shop:xiaohongshu/s1",
        "reference": "A",
        "kind": None,
        "rule": None,
        "amount_fen": 30000,
        "severity": None,
        "measure": None,
        "appeal_until": "2026-03-12T16:00:00+00:00",
        "status": "open",
        "noticed_at": "2026-03-09T02:00:00+00:00",
    }
    tracker.penalise(new | {"status": "upheld"}, old)
    watch.look(NOW + 2 * DAY)  # what it says by now is no other penalty, and its appeal is over
    assert len(watch.told()) == 2
    scopes = {"acme": Scope(clients=frozenset({"acme"})), "other": Scope(clients=frozenset({"other"}))}
    for client, scope in scopes.items():
        with reading(watch.ledger, scope) as session:
            seen = {e.object_id for e in entries(session) if e.object_kind == "penalty"}
        assert seen == ({name} if client == "acme" else set())


def test_the_deadline_of_a_penalty_that_is_a_violations_is_told_of_that_one(small_tracker):
    watch = with_a_shop(Watch(small_tracker.office.ledger, lake=lambda: small_tracker.office.lake))
    said = {"reference": "A", "noticed_at": "2026-03-01T10:00", "appeal_until": "2026-03-12"}
    until = datetime.fromisoformat("2026-03-13T00:00+08:00")
    watch.put(violation(reference="A", appeal_until=until))
    small_tracker.penalise(said)
    watch.look()
    assert ("deadline.near", "V-1", "3d") in watch.told()
    assert [name for event, name, _ in watch.told() if event == "deadline.near"] == ["V-1"]


def test_a_stage_that_was_told_of_a_penalty_is_not_told_again_of_its_violation(small_tracker):
    watch = with_a_shop(Watch(small_tracker.office.ledger, lake=lambda: small_tracker.office.lake))
    small_tracker.penalise({"reference": "A", "noticed_at": "2026-03-01T10:00", "appeal_until": "2026-03-12"})
    watch.look()
    watch.put(violation(reference="A", appeal_until=datetime.fromisoformat("2026-03-13T00:00+08:00")))
    watch.look(NOW + HOUR).look(NOW + 2 * DAY)
    near = [(name, left) for event, name, left in watch.told() if event == "deadline.near"]
    assert near == [("shop:xiaohongshu/s1#A", "3d"), ("V-1", "1d")]


def test_a_lake_that_cannot_be_read_holds_nothing_else_up_and_is_read_within_the_hour(small_tracker, caplog):
    watch = with_a_shop(Watch(small_tracker.office.ledger, lake=lambda: small_tracker.office.lake))
    small_tracker.penalise({"reference": "A", "noticed_at": "2026-03-09T10:00"})
    (file,) = small_tracker.office.lake.root.rglob("penalties/**/*.parquet")
    hidden = file.rename(file.with_suffix(".away"))
    watch.put(duty(NOW + DAY, id=1))
    assert watch.look().told() == [("duty.near", "D-1", "1d")]
    assert "penalties are not looked at" in caplog.text
    hidden.rename(file)
    assert [event for event, *_ in watch.look(NOW + HOUR).told()] == ["duty.near", "penalty.recorded"]


def test_the_first_look_at_rules_is_silent_and_what_is_new_later_is_told_once(watch, x1):
    watch.rules = {x1.id: x1}
    assert watch.look().told() == []
    soon = Announcement(date(2026, 4, 1), (next(iter(x1.sources)),), Text("四月起", "from April on"))
    past = Announcement(date(2026, 3, 1), (), Text("三月起", "from March on"))
    since = {"from April": date(2026, 4, 1), "replaced": date(2021, 2, 1), "in force": date(2026, 2, 1)}
    versions = tuple(replace(x1.versions[0], since=day) for day in sorted([x1.versions[0].since, *since.values()]))
    watch.rules = {x1.id: replace(x1, announced=(past, soon), versions=versions)}
    watch.look().look(NOW + HOUR)
    said = [e.payload["after"] for e in watch.entries()]
    assert sorted((s["since"], s["version"]) for s in said) == [
        ("2026-02-01", True),
        ("2026-04-01", False),
        ("2026-04-01", True),
    ]
    (announced,) = [s for s in said if not s["version"]]
    assert announced["says"] == {"zh-CN": "四月起", "en": "from April on"}
    assert announced["sources"][0].keys() == {"zh-CN", "en"}
    assert announced["rule"] == x1.id


@pytest.mark.parametrize(("hours", "told"), [(-1, []), (0, ["acme"]), (23, ["acme"]), (24, [])])
def test_a_week_is_listed_on_monday_at_nine_within_a_day(watch, hours, told):
    days = {"V-1": ("acme", 10), "V-2": ("acme", 9), "V-3": ("before", 8), "V-4": ("after", 16)}
    watch.put(*(violation(n, "closed", client=c, assessed_on=date(2026, 3, day)) for n, (c, day) in days.items()))
    monday = datetime.fromisoformat("2026-03-16T09:00+08:00")
    watch.look(monday - 3 * DAY)
    watch.look(monday + hours * HOUR).look(monday + hours * HOUR + timedelta(seconds=5))
    assert [e.object_id for e in watch.entries()] == told
    for entry in watch.entries():
        week = {"client": "acme", "week": "2026-W11", "first": "2026-03-09", "last": "2026-03-15"}
        assert entry.payload["after"] == week


def test_a_look_when_nothing_is_due_only_asks_for_its_place(small_watch, monkeypatch):
    small_watch.put(violation(appeal_until=NOW + 3 * DAY))
    small_watch.look().look()
    asked = []
    monkeypatch.setattr(passing, "_gathered", lambda *_: asked.append(1) or [])
    small_watch.look(NOW + timedelta(minutes=59))
    assert asked == []
    small_watch.look(NOW + HOUR)
    assert asked != []


def test_a_clock_that_was_far_ahead_silences_nothing(small_watch):
    small_watch.put(violation(appeal_until=NOW + DAY))
    small_watch.look(NOW + 900 * DAY)
    assert small_watch.look().told() == [("deadline.near", "V-1", "1d")]


def test_more_than_one_transaction_tells_is_told_whole(small_watch):
    small_watch.put(*(duty(NOW + DAY, id=number) for number in range(1, passing.AT_ONCE + 8)))
    assert len(small_watch.look().told()) == passing.AT_ONCE + 7


def test_workers_that_look_at_once_tell_everything_once(watch):
    number = passing.AT_ONCE + 7
    watch.put(*(duty(NOW + DAY, id=n) for n in range(1, number + 1)), violation(appeal_until=NOW + DAY))
    url = watch.ledger.url.render_as_string(hide_password=False)
    together = threading.Barrier(3)
    failed = []

    def work():
        engine = open_ledger(url)
        try:
            together.wait()
            look_after(engine, {}, NOW, "worker")
        except Exception as error:  # noqa: BLE001  told by the test
            failed.append(error)
        finally:
            engine.dispose()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert failed == []
    told = watch.look().told()
    assert len(told) == len(set(told)) == number + 1


@pytest.mark.parametrize("number", [1, 2])
def test_wherever_a_look_dies_the_next_one_tells_the_rest_once(watch, monkeypatch, number):
    watch.put(*(duty(NOW + DAY, id=n) for n in range(1, passing.AT_ONCE + 8)), violation(appeal_until=NOW + DAY))
    calls = []

    def dying(session, at, events):
        calls.append(1)
        append(session, at, events)
        if len(calls) == number:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(passing, "append", dying)
        with pytest.raises(KeyboardInterrupt):
            tell_passing(watch.ledger, {}, "worker", NOW, None)
    assert len(watch.told()) == (number - 1) * passing.AT_ONCE
    told = watch.look().told()
    assert len(told) == len(set(told)) == passing.AT_ONCE + 8


NUMBERS = count(1)
HOURS = st.integers(0, 24 * 8)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), HOURS),
        st.tuples(st.just("move"), HOURS),
        st.tuples(st.just("settle"), st.sampled_from(["waived", "confirmed"])),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(STEPS)
def test_however_a_deadline_moves_and_whenever_one_looks_each_stage_is_told_once_and_the_nearest(ledger, steps):
    watch, name = with_a_shop(Watch(ledger)), f"V-{next(NUMBERS)}"
    now, until, state = NOW, NOW + 6 * DAY, "confirmed"
    expected = []
    said = set()

    def put():
        watch.put(violation(name, state, appeal_until=until))

    put()
    for what, value in steps:
        if what == "wait":
            now += value * HOUR
        elif what == "move":
            until = now + value * HOUR
            put()
        else:
            state = value
            put()
        while tell_passing(ledger, {}, "worker", now, None) is not None:
            pass
        near = [left for left, before in STAGES.items() if until - before <= now < until]
        if state == "confirmed" and near and (until, near[-1]) not in said:
            said.add((until, near[-1]))
            expected.append(near[-1])
    assert [left for event, of, left in watch.told() if (event, of) == ("deadline.near", name)] == expected


def test_the_journal_is_followed_to_its_end(small_watch):
    small_watch.look()
    small_watch.put(duty(NOW + 9 * DAY, id=1))
    small_watch.look().look()
    with reading(small_watch.ledger) as session:
        assert session.exec(select(Cursor.batch).where(Cursor.reader == READER)).one() == 1
