"""Penalties in the lake and violations in the ledger: read, compared, decided about, recorded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from engine.assessment.due import input_digest
from engine.assessment.forfeiting import ForfeitsAppealError
from engine.assessment.standing import live_files, registrations
from engine.calendar.cycles import parse_cycle
from engine.calendar.deadlines import Term, last_day
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor, Grant, NotAllowedError
from engine.ledger.database import reading
from engine.ledger.journal import entries
from engine.ledger.tables import PenaltyMatch
from engine.ledger.violation_ids import violation_id
from engine.measure.counting import UncountableError
from engine.rulebook.model import Appeal
from engine.tracker.charged import charged
from engine.tracker.matches import link, ours_none, unlink
from tests.tracker.conftest import LATER, Tracker

RULE = "xiaohongshu.reply-rate"
NAMED = {"rule": RULE, "cycle": "2026-W10"}


def breach(week="2026-W10", shop="s1"):
    return violation_id(RULE, f"shop:xiaohongshu/{shop}", week)


@pytest.fixture
def breached(week_of, at):
    """Lets shops breach the rule in these weeks."""

    def let(tracker, *weeks, shops=("s1",)):
        tracker.office.take(*(row for week in weeks for shop in shops for row in week_of(shop, week, 1, 10)))
        tracker.office.assess(at("2026-03-31T10:00"))
        return tracker

    return let


def test_penalties_are_read_with_instants_in_utc_and_by_the_time_of_their_notices(tracker):
    tracker.penalise(
        {"reference": "B", "noticed_at": "2026-03-12T09:00", "appeal_until": "2026-03-19", "amount_fen": "30000"},
        {"reference": "A", "noticed_at": "2026-03-11T09:00", "status": "已执行", "account": "保证金"},
    )
    first, second = tracker.seen()
    assert (first.reference, first.status, first.account) == ("A", "executed", "deposit")
    assert (second.noticed_at, second.amount_fen) == (datetime(2026, 3, 12, 1, tzinfo=UTC), 30000)
    assert second.appeal_until == datetime(2026, 3, 19, 16, tzinfo=UTC)
    assert last_day(second.appeal_until, "Asia/Shanghai") == date(2026, 3, 19)


def test_penalties_are_found_by_client_shop_and_day(tracker):
    tracker.office.register({"shop": "s2", "client": "b"})
    tracker.penalise({"reference": "A"}, {"reference": "B", "shop": "s2", "noticed_at": "2026-03-11T00:00"})
    assert [p.reference for p in tracker.seen(client="b")] == ["B"]
    assert [p.reference for p in tracker.seen(client="default")] == ["A"]
    assert [p.reference for p in tracker.seen(shop="s2", platform="xiaohongshu")] == ["B"]
    assert [p.reference for p in tracker.seen(platform="kuaishou")] == []
    assert [p.reference for p in tracker.seen(first=date(2026, 3, 11))] == ["B"]
    assert [p.reference for p in tracker.seen(last=date(2026, 3, 10))] == ["A"]
    assert [line.client for line in tracker.lines()] == ["default", "b"]


def test_a_day_file_that_is_gone_is_told(small_tracker):
    small_tracker.penalise({"reference": "A"})
    next(small_tracker.office.lake.root.rglob("penalties/**/*.parquet")).unlink()
    with pytest.raises(UncountableError, match="restore it"):
        small_tracker.seen()


def test_a_penalty_asks_for_no_new_assessment(small_tracker, breached, at, graded):
    tracker = breached(small_tracker, "2026-W10")
    tracker.office.register({"shop": "s2"})
    tracker.office.assess(at("2026-03-31T10:00"))

    def known():
        with reading(tracker.office.ledger) as session:
            live, registered = live_files(session), registrations(session, "xiaohongshu", "Asia/Shanghai")
            week = parse_cycle("2026-W10")
            return input_digest(graded, graded.versions[0], week, live, registered), registered

    before = known()
    tracker.penalise({"reference": "A", **NAMED}, {"reference": "B", "shop": "s2", "noticed_at": "2025-01-01T10:00"})
    assert known() == before
    assert tracker.office.assess(at("2026-03-31T10:01")).runs == 0


def test_matching_changes_nothing(tracker, breached):
    breached(tracker, "2026-W10", "2026-W11")
    tracker.penalise({"reference": "A", "severity": "serious", **NAMED}, {"reference": "B", "shop": "s9"})
    head = tracker.office.head
    assert tracker.told() == [
        ("A", breach(), "differing"),
        ("B", None, "theirs_only"),
        (None, breach("2026-W11"), "ours_only"),
    ]
    assert tracker.office.head == head
    assert tracker.office.violation(breach()).state == "open"


def test_what_may_still_come_is_not_ours_alone(small_tracker, breached):
    tracker = breached(small_tracker, "2026-W10")
    day = datetime(2026, 3, 10, tzinfo=UTC)
    assert tracker.told(day + timedelta(days=30)) == []
    assert tracker.told(day + timedelta(days=31)) == [(None, breach(), "ours_only")]


def test_a_person_links_takes_back_and_says_that_it_is_none_of_ours(tracker, breached):
    breached(tracker, "2026-W10", "2026-W11")
    tracker.penalise({"reference": "A", **NAMED})
    tracker.do(link, "A", breach("2026-W11"))
    assert tracker.told()[0] == ("A", breach("2026-W11"), "matched")
    tracker.do(ours_none, "A")
    assert tracker.told()[0] == ("A", None, "theirs_only")
    tracker.do(unlink, "A")
    assert tracker.told()[0] == ("A", breach(), "matched")
    with reading(tracker.office.ledger) as session:
        rows = session.exec(select(PenaltyMatch).order_by(PenaltyMatch.id)).all()
        told = [(e.event, e.object_id, e.payload) for e in entries(session) if e.object_kind == "penalty"]
    assert [(r.violation_id, r.decided_by, r.why, r.superseded_at) for r in rows] == [
        (breach("2026-W11"), "boss", "told so", LATER),
        (None, "boss", "told so", LATER),
    ]
    linked = {"violation": breach("2026-W11")}
    assert told == [
        ("penalty.linked", "shop:xiaohongshu/s1#A", {"why": "told so", "before": {}, "after": linked}),
        (
            "penalty.unmatched",
            "shop:xiaohongshu/s1#A",
            {"why": "told so", "before": linked, "after": {"violation": None}},
        ),
        ("penalty.unlinked", "shop:xiaohongshu/s1#A", {"why": "told so", "before": {"violation": None}, "after": {}}),
    ]


def test_what_a_person_may_not_decide_is_refused_and_nothing_changes(tracker, breached):
    breached(tracker, "2026-W10", shops=("s1", "s2"))
    tracker.penalise({"reference": "A"}, {"reference": "B"}, {"reference": "C", "shop": "s2"}, {"reference": "C"})
    tracker.do(link, "A", breach())
    head = tracker.office.head
    for what, reference, more, said in (
        (link, "B", (breach(),), "has penalty A already"),
        (link, "B", (breach(shop="s2"),), "is not of xiaohongshu/s1"),
        (link, "A", (breach(),), "decided about penalty A already"),
        (unlink, "B", (), "nothing to take back"),
        (ours_none, "C", (), "several shops"),
    ):
        with pytest.raises(KaoheError, match=said):
            tracker.do(what, reference, *more)
    for what, reference in ((unlink, "A"), (ours_none, "B")):
        with pytest.raises(KaoheError, match="needs a reason"):
            tracker.do(what, reference, why=" ")
    with pytest.raises(UnknownNameError, match="unknown penalty 'a'; known: A, B, C"):
        tracker.do(link, "a", breach())
    with pytest.raises(UnknownNameError, match="unknown violation"):
        tracker.do(link, "B", "V-AAAA")
    assert tracker.office.head == head


@pytest.mark.parametrize(
    "grant", [Grant("viewer"), Grant("operator", "default"), Grant("administrator", "another client")]
)
def test_only_who_may_decide_for_the_shop_decides_about_its_penalties(small_tracker, breached, grant):
    tracker = breached(small_tracker, "2026-W10")
    tracker.penalise({"reference": "A", **NAMED})
    somebody = Actor("somebody", (grant,))
    for what, more in ((link, (breach(),)), (unlink, ()), (ours_none, ())):
        with pytest.raises(NotAllowedError):
            tracker.do(what, "A", *more, actor=somebody)
    with pytest.raises(NotAllowedError):
        tracker.confirm("A", actor=somebody)


def test_what_is_confirmed_is_what_the_notice_says(tracker, breached):
    breached(tracker, "2026-W10")
    tracker.penalise(
        {"reference": "A", "severity": "serious", "amount_fen": "20000", "appeal_until": "2026-03-17", **NAMED}
    )
    tracker.confirm("A")
    found = tracker.office.violation(breach())
    assert (found.state, found.severity, found.amount_fen, found.reference) == ("confirmed", "serious", 20000, "A")
    assert found.appeal_until == datetime(2026, 3, 17, 16, tzinfo=UTC)  # the end of that day
    assert tracker.told() == [("A", breach(), "matched")]  # the record says what the platform says
    assert [line.match.basis for line in tracker.lines()] == ["reference"]


@pytest.mark.parametrize(
    ("before", "status", "states"),
    [
        ((), "executed", ["confirmed"]),
        ((), "expired", ["confirmed"]),
        ((), "appealed", ["appealed"]),
        ((), "overturned", ["appealed", "overturned"]),
        (("acknowledged",), "upheld", ["confirmed"]),
        (("confirmed",), "overturned", ["appealed", "overturned"]),
        (("appealed",), "upheld", ["confirmed"]),
        (("appealed",), "overturned", ["overturned"]),
    ],
)
def test_the_status_of_a_penalty_leads_to_its_state(small_tracker, breached, before, status, states):
    tracker = breached(small_tracker, "2026-W10")
    for state in before:
        tracker.office.say(breach(), state)
    tracker.penalise({"reference": "A", "status": status, **NAMED})
    tracker.confirm("A")
    events = [event for event, *_ in tracker.office.events(breach())]
    assert events[1 + len(before) :] == [f"violation.{state}" for state in states]
    assert tracker.office.violation(breach()).reference == "A"


@pytest.mark.parametrize(
    ("status", "asks"),
    [
        ("open", True),
        ("confirmed", True),
        ("executed", True),
        ("appealed", False),
        ("upheld", False),
        ("expired", False),
    ],
)
def test_a_penalty_gives_an_appeal_up_only_if_somebody_says_so(
    sqlite_ledger, open_office, like_x1, breached, status, asks
):
    appeal = Appeal(Term(7, "days"), "notice", attempts=1, confirming_forfeits=True)
    tracker = breached(Tracker(open_office(sqlite_ledger, [like_x1(appeal=appeal)])), "2026-W10")
    tracker.penalise({"reference": "A", "status": status, **NAMED})
    soon = datetime(2026, 3, 12, tzinfo=UTC)
    if asks:
        with pytest.raises(ForfeitsAppealError):
            tracker.confirm("A", now=soon)
        assert tracker.office.violation(breach()).state == "open"
        tracker.confirm("A", now=soon, forfeits_appeal=True)
    else:
        tracker.confirm("A", now=soon)
    with reading(sqlite_ledger) as session:
        after = entries(session, object_id=breach())[-1].payload["after"]
    assert (after["state"] != "open", after.get("appeal_forfeited", False)) == (True, asks)


def test_a_later_notice_corrects_what_an_earlier_one_said(small_tracker, breached):
    tracker = breached(small_tracker, "2026-W10")
    tracker.penalise({"reference": "A", **NAMED})
    tracker.confirm("A")
    with pytest.raises(KaoheError, match="on record already"):
        tracker.confirm("A")
    tracker.penalise({"reference": "A", "amount_fen": "30000", **NAMED})
    tracker.confirm("A")
    assert tracker.office.events(breach())[-1][0] == "violation.amended"
    assert tracker.office.violation(breach()).amount_fen == 30000


@pytest.mark.parametrize("said", [{"shop": "s9"}, {}, {"rule": RULE, "noticed_at": "2026-03-20T10:00"}])
def test_nothing_is_confirmed_that_is_not_certain(small_tracker, breached, said):
    tracker = breached(small_tracker, "2026-W10")
    tracker.penalise({"reference": "A", **said})
    with pytest.raises(KaoheError, match="not certain"):
        tracker.confirm("A")
    assert tracker.office.violation(breach()).state == "open"


def test_the_platform_s_severity_counts_in_the_next_cycle_s_assessment(tracker, week_of, at):
    office = tracker.office
    office.take(*week_of("s1", "2026-W10", 1, 10), *week_of("s1", "2026-W11", 1, 10))
    office.assess(at("2026-03-10T10:00"))
    assert office.outcome(cycle="2026-W10").severity == "minor"
    tracker.penalise({"reference": "A", "severity": "严重", "amount_fen": "20000", **NAMED})
    office.assess(at("2026-03-10T13:00"))
    assert office.outcome(cycle="2026-W10").severity == "minor"  # matching alone is no decision
    tracker.confirm("A", now=at("2026-03-10T14:00"))
    assert office.outcome(cycle="2026-W10").severity == "serious"
    assert office.violation(breach()).exposure_max_fen == 20000
    office.assess(at("2026-03-17T10:00"))
    assert office.outcome(cycle="2026-W11").severity == "serious"  # the second within 180 days
    tracker.penalise({"reference": "A", "status": "overturned", **NAMED})
    tracker.confirm("A", now=at("2026-03-17T12:00"))
    assert office.violation(breach()).state == "overturned"


def test_practice_tells_what_came_of_our_verdicts(tracker, breached, week_of):
    tracker.office.take(*week_of("s3", "2026-W10", 10, 10))  # complies
    breached(tracker, "2026-W10", "2026-W11", shops=("s1", "s2"))
    tracker.penalise(
        {"reference": "A", "severity": "serious", "amount_fen": "40000", **NAMED},
        {"reference": "B", "shop": "s2", "status": "overturned", **NAMED},
        {"reference": "C", "shop": "s3", **NAMED},
        {"reference": "D", "shop": "s3"},  # of which rule?
    )
    tracker.office.say(breach("2026-W11"), "confirmed", severity="minor")
    (found,) = tracker.practice(RULE)
    assert tracker.practice() == [found]
    assert (found.confirmed, found.overturned, found.ours_only, found.missed) == (2, 1, 1, 1)
    assert (found.severities, found.amounts) == ((1, 2), (1, 1))
    assert (str(found.borne_out), str(found.foreseen)) == ("1/2", "2/3")
    assert [(c.claim, c.basis, c.by) for c in found.contradicted] == [
        ("cut_off", "assumed", ("C",)),
        ("cut_off", "disputed", ("B",)),
    ]


def test_what_was_confirmed_and_closed_still_speaks_for_the_rule(small_tracker, breached):
    tracker = breached(small_tracker, "2026-W10", "2026-W11")
    for state in ("confirmed", "closed"):
        tracker.office.say(breach(), state)
    for state in ("appealed", "overturned", "closed"):
        tracker.office.say(breach("2026-W11"), state)
    (found,) = tracker.practice()
    assert (found.confirmed, found.overturned, found.judged) == (1, 1, 2)


@pytest.mark.parametrize("said", [{"status": "appealed", **NAMED}, {"rule": RULE, "noticed_at": "2026-03-25T10:00"}])
def test_what_is_under_appeal_or_doubtful_says_nothing_yet(small_tracker, breached, said):
    tracker = breached(small_tracker, "2026-W10")
    tracker.penalise({"reference": "A", **said})
    assert tracker.practice() == []


@pytest.mark.parametrize(("ended", "fen"), [("confirmed", 20_000), ("overturned", 0)])
def test_what_was_let_off_is_charged_nothing_once_its_case_is_closed(tracker, breached, ended, fen):
    breached(tracker, "2026-W10")
    tracker.office.say(breach(), "confirmed", amount_fen=20_000, reference="A")
    if ended == "overturned":
        tracker.office.say(breach(), "appealed")
        tracker.office.say(breach(), "overturned")
    tracker.office.say(breach(), "closed")
    with reading(tracker.office.ledger) as session:
        (line,) = charged(session, tracker.office.lake)
    assert line.sums.charged_fen == fen
