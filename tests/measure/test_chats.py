"""Every figure of every rule equals a second, naive reckoning, on chats made to lie on all edges at once."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar.cycles import DAY, MONTH, WEEK, cycle_of
from engine.rulebook.book import load_or_refuse
from engine.rulebook.model import Counter, Figure
from tests.measure import naive

DAYS = [date(2026, 3, 29) + timedelta(days=n) for n in range(4)]  # Sunday to Wednesday, over the end of a month
EDGES = [0, 1, 8 * 3600 - 1, 8 * 3600, 12 * 3600, 23 * 3600 - 1, 23 * 3600, 86_220, 86_399]
WAITS = [0, 1, 179, 180, 181, 3599, 3600, 3601, 86_400, 100_000]
SHOPS = 30
PLATFORMS = ("kuaishou", "pinduoduo", "xiaohongshu")


@pytest.fixture(scope="session")
def rules(pytestconfig):
    return load_or_refuse([Path(pytestconfig.rootpath) / "rulesets"])


def chats(seed):
    """Messages of some shops, with waits of exactly the limits and a microsecond beside them."""
    chance = random.Random(seed)
    found = []
    for number in range(SHOPS):
        shop = f"s{number}"
        for talk in range(chance.randint(1, 5)):
            session = None if chance.random() < 0.25 else f"{shop}c{talk}"
            buyer = f"b{chance.randint(1, 3)}"
            start = naive.at(chance.choice(DAYS), chance.choice(EDGES))
            for _ in range(chance.randint(1, 7)):
                sender = chance.choices(["buyer", "agent", "bot", "system"], [5, 4, 1, 1])[0]
                found.append(
                    {
                        "shop": shop,
                        "session": session,
                        "buyer": buyer if chance.random() < 0.9 else "b9",
                        "agent": chance.choice([None, "a1", "a2"]) if sender != "agent" or chance.random() < 0.1
                        else chance.choice(["a1", "a2", "a3"]),
                        "sender": sender,
                        "sent_at": start,
                    }
                )  # fmt: skip
                start += timedelta(seconds=chance.choice(WAITS), microseconds=chance.choice([0, 0, 0, 1, -1]))
                if chance.random() < 0.1:
                    found.append(dict(found[-1]))  # two messages in one second, and equal
    return found


def ratings(seed):
    """Ratings of the same shops: keyed and not, with and without a score, at the edges of days."""
    chance = random.Random(seed + 1)
    return [
        {
            "platform": "kuaishou",
            "shop": f"s{chance.randrange(SHOPS)}",
            "rating": f"r{number}" if chance.random() < 0.6 else None,
            "agent": chance.choice([None, "a1", "a2"]),
            "score": chance.choice(["satisfied", "neutral", "disappointed", "满意", "一般", "失望", None]),
            "stars": chance.choice([None, 1, 5]),
            "reasons": chance.choice([None, "bad_attitude", "slow;bad_attitude", "服务态度差", "no such word", ""]),
            "rated_at": naive.at(chance.choice(DAYS), chance.choice([0, 1, 43_200, 86_399])),
        }
        for number in range(4 * SHOPS)
    ]


def same(measured, reckoned):
    """Whether subjects have these figures; those with nothing to count may be absent."""
    return {k: v for k, v in measured.items() if any(v)} == {k: v for k, v in reckoned.items() if any(v)}


def swapped(figures):
    """(counted whole, counted part), as the rules name them, the other way round."""
    return {subject: counters[::-1] for subject, counters in figures.items()}


def overlapping(bench, kind, rows, instant):
    """Import the rows in two files that overlap; equal rows stay in one file."""
    told = [json.dumps(row | {instant: row[instant].isoformat()}) for row in rows]
    some = set(told[::2])
    bench.take_lines(kind, [line for line in told if line in some])
    bench.take_lines(kind, told)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "examples", [pytest.param(2, id="60 shops"), pytest.param(10, id="300 shops", marks=pytest.mark.slow)]
)
def test_every_figure_of_every_rule_is_that_of_a_naive_reckoning(make_bench, rules, like_x1, examples):
    @settings(max_examples=examples, deadline=None)
    @given(seed=st.integers(0, 2**32))
    def check(seed):
        check_all(make_bench(), rules, like_x1, seed)

    check()


def check_all(bench, rules, like_x1, seed):
    spoken, rated = chats(seed), ratings(seed)
    random.Random(seed).shuffle(spoken)
    rows = [row | {"platform": platform} for platform in PLATFORMS for row in spoken]
    overlapping(bench, "messages", rows, "sent_at")
    overlapping(bench, "ratings", rated, "rated_at")
    for day in (DAYS[0], DAYS[-1]):
        check_people(bench, rules.rule("kuaishou.reply-rate-3min"), spoken, (8, 24), 180, cycle_of(MONTH, day))
        check_ratings(bench, rules, rated, cycle_of(WEEK, day), cycle_of(MONTH, day))
        check_sessions(bench, rules.rule("xiaohongshu.reply-rate"), spoken, cycle_of(WEEK, day))
    for day in DAYS:
        check_people(bench, rules.rule("pinduoduo.effective-reply-rate"), spoken, (8, 23), 3600, cycle_of(DAY, day))
    check_rounds(bench, rules.rule("xiaohongshu.reply-rate"), like_x1, spoken, cycle_of(WEEK, DAYS[0]))
    check_waits(bench, rules.rule("xiaohongshu.reply-rate"), like_x1, spoken, cycle_of(MONTH, DAYS[0]))


def check_people(bench, rule, spoken, hours, limit, cycle):
    span = cycle.first, cycle.last
    assert same(swapped(bench.figures(rule, cycle)), naive.person_days(spoken, hours, limit, *span))
    by_agent = bench.rows(rule, [cycle], None, "agent")
    reckoned = naive.person_days(spoken, hours, limit, *span, agents=True)
    assert same({(shop, agent): c[::-1] for (_, shop, agent), c in by_agent.items()}, reckoned)


def check_ratings(bench, rules, rated, week, month):
    good, attitude = rules.rule("kuaishou.good-rating"), rules.rule("kuaishou.service-attitude")
    assert same(swapped(bench.figures(good, week)), naive.good_ratings(rated, week.first, week.last))
    assert same(swapped(bench.figures(attitude, month)), naive.bad_attitude(rated, month.first, month.last))


def check_sessions(bench, rule, spoken, week):
    tuesday = datetime(week.last.year, week.last.month, week.last.day, 2, tzinfo=UTC) + timedelta(days=2)
    assert same(swapped(bench.figures(rule, week)), naive.sessions(spoken, week.first, week.last, tuesday))


def check_rounds(bench, rule, like_x1, spoken, week):
    counters = (Counter("rounds", "rounds"), Counter("quick", "rounds", "wait <= 180"))
    version = like_x1(counters=counters, figure=Figure("quick", "rounds"), gate=())
    assert same(swapped(bench.figures(rule, week, version)), naive.rounds(spoken, week.first, week.last))


def check_waits(bench, rule, like_x1, spoken, month):
    limits = {"answered": "wait >= 0", "quick": "wait <= 180"}
    counters = (Counter("messages", "waits"), *(Counter(name, "waits", where) for name, where in limits.items()))
    version = like_x1(counters=counters, figure=Figure("quick", "messages"), gate=(), cut_off="bounded")
    reckoned = naive.answered(spoken, 180, month.first, month.last)
    assert same(bench.figures(rule, month, version), reckoned)


@pytest.mark.parametrize(
    ("opened", "counted"), [("2026-03-01", (2, 3)), ("2026-01-31", (2, 3)), ("2026-01-30", (2, 2))]
)
def test_a_message_that_nobody_answers_is_laid_to_the_agent_who_served_its_conversation(bench, rules, opened, counted):
    def said(sender, at, session="c1", **more):
        row = {"platform": "kuaishou", "shop": "s1", "session": session, "buyer": "b1", "sender": sender, "sent_at": at}
        return json.dumps(row | more)

    lines = [said("buyer", f"{opened}T10:00:00"), said("agent", f"{opened}T10:01:00", agent="x")]
    for day in ("2026-03-01", "2026-03-02"):
        lines += [said("buyer", f"{day}T12:00:00", "c2"), said("agent", f"{day}T12:01:00", "c2", agent="x")]
    bench.take_lines("messages", lines)
    # Weeks later, and the buyer names somebody else: it is the conversation's agent who counts.
    bench.take_lines(
        "messages", [said("buyer", "2026-03-03T10:00:00", agent="y"), said("buyer", "2026-03-03T10:00:00", None)]
    )
    rule = rules.rule("kuaishou.reply-rate-3min")
    found = bench.rows(rule, [cycle_of(MONTH, date(2026, 3, 1))], None, "agent")
    assert {agent: (in_time, people) for (_, _, agent), (people, in_time) in found.items()} == {"x": counted}


@pytest.mark.parametrize(
    ("day", "counted"), [("2022-01-24", True), ("2022-01-25", False), ("2022-02-08", False), ("2022-02-09", True)]
)
def test_around_new_year_2022_the_monthly_reply_rate_leaves_the_announced_days_out(bench, rules, day, counted):
    def said(buyer, sender, at):
        row = {"platform": "kuaishou", "shop": "s1", "session": buyer, "buyer": buyer, "sender": sender, "sent_at": at}
        return json.dumps(row | ({"agent": "a1"} if sender == "agent" else {}))

    lines = [said("b1", "buyer", f"{day}T10:00:00"), said("b2", "buyer", f"{day}T10:00:00")]
    bench.take_lines("messages", [*lines, said("b2", "agent", f"{day}T10:03:00")])
    cycle = cycle_of(MONTH, date.fromisoformat(day))
    assert bench.figures(rules.rule("kuaishou.reply-rate-3min"), cycle) == {"s1": (2, 1) if counted else (0, 0)}
    # Only the monthly reply rate: what is assessed day by day goes on.
    daily = [row | {"platform": "pinduoduo"} for row in map(json.loads, lines)]
    bench.take_lines("messages", [json.dumps(row) for row in daily])
    effective = rules.rule("pinduoduo.effective-reply-rate")
    assert bench.figures(effective, cycle_of(DAY, date.fromisoformat(day))) == {"s1": (2, 0)}
