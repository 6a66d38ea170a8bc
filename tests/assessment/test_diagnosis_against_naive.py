"""Diagnoses counted in DuckDB are those that plain Python counts, over random days of some shops."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.assessment.diagnosed import diagnoses, rostered
from engine.assessment.standing import live_files
from engine.calendar.cycles import cycle_of
from engine.evidence.duck import connect
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.people import PersonRow, register_people
from engine.ledger.subjects import ShopRow, register_shops
from engine.measure.figures import Workshop
from engine.measure.tallies import TallyCache
from engine.progress import silent
from engine.rulebook.book import load_or_refuse
from tests.measure.naive import SCORES, SHANGHAI, waits

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
SHOPS = [f"s{n}" for n in range(8)]  # each a small world of its own
AGENTS = ["a1", "a2", None]
WORKS = {"a1": SHOPS[:5], "a2": SHOPS[3:]}  # at which shops, by the register of people


# Few and coarse instants, so that many fall together: around the ends of days, shifts and the ten minutes of talk.
def some_time(dice):
    return MONDAY + 5 * dice.randrange(2 * 24 * 12) * MINUTE


def shift(dice):
    begins = some_time(dice)
    return {
        "shop": dice.choice([*SHOPS, None, None]),
        "agent": dice.choice(["a1", "a2"]),
        "starts_at": begins,
        "ends_at": begins + dice.choice([0, 4, 8, 20]) * 60 * MINUTE,
        "state": dice.choice(["on_duty", "on_duty", "online", "break", "offline"]),
        "limit": dice.choice([None, None, 1, 2]),
    }


def at_each_shop(shifts):
    """Those that name no shop, once for each at which the agent works."""
    return [one | {"shop": shop} for one in shifts for shop in ([one["shop"]] if one["shop"] else WORKS[one["agent"]])]


def conversation(dice):
    opened = some_time(dice)
    replied, closed = (opened + 5 * dice.randrange(25) * MINUTE if dice.random() < 0.6 else None for _ in "12")
    return {
        "shop": dice.choice(SHOPS),
        "agent": dice.choice(AGENTS),
        "opened_by": dice.choice(["buyer", "buyer", "agent"]),
        "opened_at": opened,
        "first_human_reply_at": replied,
        "closed_at": closed,
    }


def message(dice):
    sender = dice.choice(["buyer", "buyer", "agent", "bot"])
    return {
        "shop": dice.choice(SHOPS),
        "session": None,
        "buyer": dice.choice(["b1", "b2", "b3"]),
        "agent": dice.choice(AGENTS) if sender == "agent" else None,
        "sender": sender,
        "sent_at": some_time(dice) + dice.choice([0, 1, 3]) * MINUTE,
    }


def rating(dice):
    return {
        "shop": dice.choice(SHOPS),
        "session": dice.choice([None, *(f"c{n}" for n in range(40))]),
        "agent": dice.choice(AGENTS),
        "agent_kind": dice.choice([None, "human", "bot"]),
        "rated_at": some_time(dice),
        "score": dice.choice(["满意", "一般", "失望", None]),
        "reasons": dice.choice([None, "slow", "other", "bad_attitude;slow", "slow;other"]),
        "origin": dice.choice([None, "buyer", "invited", "system"]),
    }


def several(dice, make, most):
    return [make(dice) for _ in range(dice.randrange(most))]


class World:
    """A ledger and a lake that are used once: rows go in, diagnoses come out."""

    def __init__(self, home, rules):
        self.home, self.rules = home, rules
        self.ledger = open_ledger(f"sqlite:///{home}/ledger.sqlite")
        self.lake = Lake(home / "lake")

    def take(self, kind, rows):
        if not rows:
            return
        platform = next(iter(self.rules.values())).platform
        if kind == "shifts":
            self.register(platform)
        file = self.home / f"{kind}.ndjson"
        lines = (
            {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items() if v is not None}
            for row in rows
        )
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        summary = import_evidence(
            self.ledger,
            self.lake,
            bytes(32),
            ImportRequest(KINDS[kind], (file,), "tester", platform=platform),
            NOW,
            silent,
        )
        assert summary.refused == 0, summary.faults

    def register(self, platform):
        with transaction(self.ledger) as session:
            register_shops(session, [ShopRow(platform, shop) for shop in SHOPS], NOW, "tester")
        people = [PersonRow(f"p-{agent}", platform, shop, agent) for agent in WORKS for shop in WORKS[agent]]
        with transaction(self.ledger) as session:
            register_people(session, people, NOW, "tester")

    def diagnoses(self, rule, day):
        version = rule.version_for(day)
        cycle = cycle_of(version.cycle, day)
        with reading(self.ledger) as session:
            live, rosters = live_files(session), rostered(session, rule.platform, cycle)
        workshop = Workshop(self.lake, TallyCache(self.home / "cache"), live)
        with connect() as con:
            return diagnoses(con, workshop, rule, version, cycle, [*SHOPS, "nobody"], rosters)


@pytest.fixture
def world(tmp_path_factory, pytestconfig, one_duck_for_all):
    made = []

    def make(rule):
        platform = rule.partition(".")[0]
        rules = load_or_refuse([Path(pytestconfig.rootpath) / "rulesets" / platform])
        made.append(World(tmp_path_factory.mktemp("world"), rules))
        return made[-1], rules.rule(rule)

    yield make
    for one in made:
        one.ledger.dispose()


def local(at):
    return at.astimezone(SHANGHAI)


def portions(things, key):
    """{name: (misses, of)} over things, each (missed, row)."""
    found = defaultdict(lambda: [0, 0])
    for missed, row in things:
        for name in key(row) if isinstance(key(row), list) else [key(row)]:
            found[name][0] += missed
            found[name][1] += 1
    return {name: tuple(numbers) for name, numbers in found.items()}


def told(parts):
    return {name: (misses, of) for name, misses, of in parts}


def days_covered(shifts, shop):
    """The days from the file's first shift to its last, of a shop that is in it: by itself a file covers them."""
    days = [local(s["starts_at"]).date() for s in shifts]
    return (min(days), max(days)) if any(s["shop"] == shop for s in shifts) else None


def naive_causes(things, shifts, shop, at_once):
    """{cause: (misses, crowded, calm, by_limit, by hour, by agent)}; things are (missed, instant, agent)."""
    moments = [(missed, at, agent, at_once(at), *on_line_at(shifts, shop, at)) for missed, at, agent in things]
    each = middle(n / on for missed, _, _, n, on, _ in moments if not missed and on)
    together = middle(n for missed, _, _, n, _, _ in moments if not missed)
    covered = days_covered(shifts, shop)
    found = defaultdict(lambda: [0, 0, 0, 0, Counter(), Counter()])
    for _, at, agent, n, on, room in (moment for moment in moments if moment[0]):
        load, usual = (n / on, each) if on else (n, together)
        crowded = n > room if on and room is not None else None if usual is None else load > 2 * usual
        known = covered is not None and covered[0] <= local(at).date() <= covered[1]
        if on:
            cause = {True: "over_capacity", False: "slow", None: "untold"}[crowded]
        else:
            cause = "roster_gap" if known else "roster_unknown"
        for place, counts in enumerate((True, crowded is True, crowded is False, bool(on) and room is not None)):
            found[cause][place] += counts
        found[cause][4][local(at).hour] += 1
        found[cause][5][agent] += 1
    return {cause: tuple(numbers) for cause, numbers in found.items()}


def under_way(spans, at):
    """How many of the conversations are under way."""
    return sum(begin <= at < end for begin, end in spans)


def writing(said, at):
    """How many buyers have written within ten minutes."""
    return len({buyer for buyer, when in said if at - 10 * MINUTE < when <= at})


def on_line_at(shifts, shop, at):
    """How many agents are on line, and how many conversations they take at once; None where one has no limit."""
    states = defaultdict(list)
    for s in shifts:
        if s["shop"] == shop and s["starts_at"] <= at < s["ends_at"]:
            states[s["agent"]].append(s)
    serving = [ss for ss in states.values() if all(s["state"] in {"on_duty", "online"} for s in ss)]
    limits = [max((s["limit"] for s in ss if s["limit"]), default=None) for ss in serving]
    return len(serving), None if None in limits else sum(limits)


def middle(values):
    found = sorted(values)
    return found[(len(found) + 1) // 2 - 1] if found else None


def caused(diagnosis):
    return {c.cause: (c.misses, c.crowded, c.calm, c.by_limit, *where(c)) for c in diagnosis.causes}


def where(cause):
    """By hour and by agent, how many were missed for this cause."""
    return tuple(Counter({name: misses for name, misses, _ in parts}) for parts in (cause.hours, cause.agents))


def check(diagnosis, things, at):
    assert (diagnosis.misses, diagnosis.of) == (sum(m for m, _ in things), len(things))
    assert told(diagnosis.hours) == portions(things, lambda r: local(at(r)).hour)
    assert told(diagnosis.weekdays) == portions(things, lambda r: local(at(r)).isoweekday())
    assert told(diagnosis.agents) == portions(things, lambda r: r["agent"])
    for cause in diagnosis.causes:
        for parts, whole in ((cause.hours, diagnosis.hours), (cause.agents, diagnosis.agents)):
            assert {name: of for name, _, of in parts}.items() <= {name: of for name, _, of in whole}.items()
            assert list(parts) == sorted(parts, key=lambda p: (-p[1], p[0] is None, p[0])), "the most misses first"


SEEDS = st.integers(0, 2**32)
PATIENT = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PATIENT
@given(SEEDS)
def test_sessions_are_diagnosed_as_python_does(world, seed):
    dice = Random(seed)
    rows, shifts = several(dice, conversation, 200), several(dice, shift, 40)
    place, rule = world("xiaohongshu.reply-rate")
    rows = [row | {"session": f"c{n}"} for n, row in enumerate(rows)]
    place.take("sessions", rows)
    place.take("shifts", shifts)
    found = place.diagnoses(rule, date(2026, 3, 2))
    mine = defaultdict(list)
    for row in rows:
        if row["opened_by"] == "buyer":
            reply, close = row["first_human_reply_at"], row["closed_at"]
            mine[row["shop"]].append((reply is None or (close is not None and reply > close), row))
    assert set(found) == set(mine)
    for shop, things in mine.items():
        check(found[shop], things, lambda r: r["opened_at"])
        assert found[shop].unanswered == sum(m and r["first_human_reply_at"] is None for m, r in things)
        spans = [(r["opened_at"], r["closed_at"] or r["opened_at"] + 30 * MINUTE) for r in rows if r["shop"] == shop]
        moments = [(m, r["opened_at"], r["agent"]) for m, r in things]
        assert caused(found[shop]) == naive_causes(moments, at_each_shop(shifts), shop, partial(under_way, spans))


@PATIENT
@given(SEEDS)
def test_people_are_diagnosed_by_the_message_that_waited_longest(world, seed):
    dice = Random(seed)
    rows, shifts = several(dice, message, 250), several(dice, shift, 40)
    place, rule = world("kuaishou.reply-rate-3min")
    place.take("messages", rows)
    place.take("shifts", shifts)
    found = place.diagnoses(rule, date(2026, 3, 2))
    people = defaultdict(list)
    for row in waits(rows):
        if row["second"] >= 8 * 3600:
            people[row["shop"], row["buyer"], row["day"]].append(row)
    mine = defaultdict(list)
    for (shop, _, _), messages in people.items():
        worst = sorted(
            messages,
            key=lambda r: (r["wait"] is not None, -(r["wait"] or timedelta()), r["sent_at"], r["agent"] is None),
        )
        missed = any(r["wait"] is None or r["wait"] > 3 * MINUTE for r in messages)
        mine[shop].append((missed, worst[0]))
    assert set(found) == set(mine)
    for shop, things in mine.items():
        check(found[shop], things, lambda r: r["sent_at"])
        assert found[shop].unanswered == sum(m and r["wait"] is None for m, r in things)
        said = [(r["buyer"], r["sent_at"]) for r in rows if r["shop"] == shop and r["sender"] == "buyer"]
        moments = [(m, r["sent_at"], r["agent"]) for m, r in things]
        assert caused(found[shop]) == naive_causes(moments, at_each_shop(shifts), shop, partial(writing, said))


@PATIENT
@given(SEEDS)
def test_ratings_are_diagnosed_by_reason_origin_and_whether_a_bot_handed_over(world, seed):
    dice = Random(seed)
    rows, talks = several(dice, rating, 200), several(dice, conversation, 40)
    place, rule = world("kuaishou.good-rating")
    place.take("ratings", rows)
    place.take("sessions", [talk | {"session": f"c{n}"} for n, talk in enumerate(talks)])
    found = place.diagnoses(rule, date(2026, 3, 2))
    replied = {(t["shop"], f"c{n}"): t["first_human_reply_at"] is not None for n, t in enumerate(talks)}
    mine = defaultdict(list)
    for row in rows:
        if row["score"] is not None:
            mine[row["shop"]].append((SCORES[row["score"]] != "satisfied", row))

    def served(r):
        known = replied.get((r["shop"], r["session"])) if r["agent_kind"] == "bot" else None
        return None if known is None else "handed_over" if known else "bot"

    assert set(found) == set(mine)
    for shop, things in mine.items():
        one = found[shop]
        check(one, things, lambda r: r["rated_at"])
        assert told(one.reasons) == portions(
            things, lambda r: (r["reasons"] or "").split(";") if r["reasons"] else None
        )
        assert told(one.kinds) == portions(things, lambda r: r["agent_kind"])
        assert told(one.origins) == portions(things, lambda r: r["origin"])
        assert told(one.served) == portions(things, served)
        bots = Counter(served(r) == "handed_over" for m, r in things if m and r["agent_kind"] == "bot")
        by_cause = {c.cause: c.misses for c in one.causes}
        assert by_cause.get("unread", 0) == sum(m and r["reasons"] in (None, "other") for m, r in things)
        assert (by_cause.get("hand_over", 0), by_cause.get("bot", 0)) == (bots[True], bots[False])
        assert {c.cause: where(c) for c in one.causes} == rating_causes(things, served)


def test_what_buyers_name_leads_even_where_they_all_name_something_else_besides(world):
    place, rule = world("kuaishou.good-rating")
    dice = Random(1)
    poor = {"shop": SHOPS[0], "score": "失望", "agent_kind": "human"}
    place.take("ratings", [rating(dice) | poor | {"reasons": "slow;other", "session": f"c{n}"} for n in range(6)])
    one = place.diagnoses(rule, date(2026, 3, 2))[SHOPS[0]]
    assert [(cause.cause, cause.misses) for cause in one.causes] == [("slow", 6)]
    assert one.lead == "slow"


def rating_causes(things, served):
    """{cause: (by hour, by agent)} of poor ratings: each reason that was named, and the bots' apart."""
    found = defaultdict(lambda: (Counter(), Counter()))
    for row in (row for missed, row in things if missed):
        named = [reason for reason in (row["reasons"] or "other").split(";") if reason != "other"]
        for reason in named or ["unread"]:
            _lay(found[reason], row)
        if row["agent_kind"] == "bot":
            _lay(found["hand_over" if served(row) == "handed_over" else "bot"], row)
    return dict(found)


def _lay(cause, row):
    hours, agents = cause
    hours[local(row["rated_at"]).hour] += 1
    agents[row["agent"]] += 1
