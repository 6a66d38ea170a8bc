"""The same evidence in any order and any cutting, assessed in between or not, leads to the same verdicts.

Within what an import promises: equal rows stay in one file, and no key comes with other values.
"""

import csv
import shutil
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from engine.assessment.assess import assess_due
from engine.assessment.place import Place
from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import WEEK
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import Assessment, Subject, Violation
from engine.progress import silent
from engine.rulebook.book import load_or_refuse

SHANGHAI = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 3, 30, tzinfo=SHANGHAI)  # in its week March ends
IMPORTED = datetime(2026, 3, 20, tzinfo=UTC)
TIMES = [MONDAY + timedelta(days=days, hours=12) for days in (-7, 0, 1, 8, 15)]
DAYS = (-8, -1, 0, 0, 0, 1, 6, 7)
INSTANT = st.builds(
    lambda day, second: MONDAY + timedelta(days=day, seconds=second),
    st.sampled_from(DAYS),
    st.sampled_from([-1, 0, 0, 1, 36000, 36000, 36001, 36180, 36181, 86399]),
)
SHOP = st.sampled_from(["s1", "s1", "s2", "s3"])
MESSAGE = st.fixed_dictionaries(
    {
        "shop": SHOP,
        "session": st.sampled_from(["", "a", "b"]),
        "buyer": st.sampled_from(["b1", "b2"]),
        "agent": st.sampled_from(["", "x", "y"]),
        "sender": st.sampled_from(["buyer", "buyer", "agent", "agent", "bot"]),
        "sent_at": INSTANT,
    }
)
RATING = st.fixed_dictionaries(
    {
        "shop": SHOP,
        "rating": st.sampled_from(["", "r1", "r2", "r3"]),
        "rated_at": INSTANT,
        "score": st.sampled_from(["satisfied", "satisfied", "neutral", "disappointed", ""]),
        "reasons": st.sampled_from(["", "slow", "bad_attitude", "other;bad_attitude"]),
    }
)
SESSION = st.builds(
    lambda row, reply, close: (
        row | {"first_human_reply_at": later(row["opened_at"], reply), "closed_at": later(row["opened_at"], close)}
    ),
    st.fixed_dictionaries({"shop": SHOP, "session": st.sampled_from("abcdefgh"), "opened_at": INSTANT}),
    st.sampled_from([None, 0, 60, 86400 * 9]),
    st.sampled_from([None, 0, 60, 61]),
)
EVIDENCE = st.fixed_dictionaries(
    {
        "messages": st.lists(MESSAGE, max_size=10),
        "ratings": st.lists(RATING, max_size=8),
        "sessions": st.lists(SESSION, min_size=1, max_size=14),
    }
)
SAYS = ("version", "assessed_on", "numerator", "denominator", "verdict", "at_risk", "severity", "missing")
KEYS = {"sessions": "session", "ratings": "rating"}


def later(instant, seconds):
    return "" if seconds is None else instant + timedelta(seconds=seconds)


def told(row):
    return {"platform": "kuaishou"} | {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()
    }


def consistent(kind, rows):
    """The rows without those that repeat a key."""
    found, seen = [], set()
    for row in map(told, rows):
        key = (row["shop"], row.get(KEYS.get(kind, ""), ""))
        if kind in KEYS and key[1] and key in seen:
            continue
        seen.add(key)
        found.append(row)
    return found


class Ledger:
    """An installation of its own; `numbers` give every one another directory."""

    numbers = count(1)

    def __init__(self, home, template, rules):
        self.home, self.rules = home / f"any-order-{next(self.numbers)}", rules
        self.home.mkdir()
        shutil.copy(template, self.home / "ledger.sqlite")
        self.ledger = open_ledger(f"sqlite:///{self.home / 'ledger.sqlite'}")
        self.place = Place(self.ledger, Lake(self.home / "lake"), self.home / "cache", "office", "officer")
        with transaction(self.ledger) as session:
            rows = [ShopRow("kuaishou", "s1", opened_on=MONDAY.date()), ShopRow("kuaishou", "s2")]
            register_shops(session, rows, IMPORTED, "officer")

    def take(self, kind, files):
        paths = []
        for rows in files:
            paths.append(self.home / f"{next(self.numbers)}.csv")
            with paths[-1].open("w", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        request = ImportRequest(KINDS[kind], tuple(paths), "officer")
        summary = import_evidence(self.ledger, self.place.lake, bytes(32), request, IMPORTED, silent)
        assert summary.refused == 0, summary.faults

    def assess(self, now):
        return assess_due(self.place, self.rules, now, silent)

    def standing(self):
        """The current assessments and the violations that stand, without what tells when they were recorded."""
        with reading(self.ledger) as session:
            shops = {s.id: s.external_id for s in session.exec(select(Subject))}
            rows = session.exec(select(Assessment).where(col(Assessment.superseded_at).is_(None)))
            current = {(a.rule, shops[a.subject_id], a.cycle): [getattr(a, name) for name in SAYS] for a in rows}
            standing = {
                v.id: (v.state, v.numerator, v.denominator, v.severity)
                for v in session.exec(select(Violation))
                if v.state != "withdrawn"
            }
        return current, standing

    def close(self):
        self.ledger.dispose()
        shutil.rmtree(self.home)


@pytest.fixture(scope="session")
def rules_of_one_platform(pytestconfig, x1):
    """All that kuaishou has, with the people's replies week by week; and the rule about sessions, moved there."""
    book = load_or_refuse([pytestconfig.rootpath / "rulesets" / "kuaishou"])
    people = book.rule("kuaishou.reply-rate-3min")
    (version,) = people.versions
    people = replace(people, versions=(replace(version, cycle=WEEK, assessed=AssessedOn(time(10), weekday=1)),))
    rest = [rule for name, rule in book.items() if name != people.id]
    return [*rest, people, replace(x1, id="kuaishou.sessions", platform="kuaishou")]


@pytest.fixture
def empty(tmp_path, sqlite_template, rules_of_one_platform):
    return lambda: Ledger(tmp_path, sqlite_template, rules_of_one_platform)


def cut(data, evidence, most):
    """Commands, in a random order: [(kind, files)], each file a list of rows; equal rows are in one file together."""
    commands = []
    for kind, rows in evidence.items():
        place = {}
        for row in rows:
            name = tuple(row.items())
            if name not in place:
                place[name] = (data.draw(st.integers(0, most - 1)), data.draw(st.integers(0, 1)))
        for command in range(most):
            files = []
            for number in range(2):
                mine = [row for row in rows if place[tuple(row.items())] == (command, number)]
                if mine:
                    files.append(data.draw(st.permutations(mine)))
            if files:
                commands.append((kind, files))
    return data.draw(st.permutations(commands))


def check(empty, evidence, data, most):
    evidence = {kind: consistent(kind, rows) for kind, rows in evidence.items()}
    at_once, bit_by_bit = empty(), empty()
    try:
        for kind, rows in evidence.items():
            if rows:
                at_once.take(kind, [rows])
        at_once.assess(TIMES[-1])
        now = 0
        for kind, files in cut(data, evidence, most):
            bit_by_bit.take(kind, files)
            if data.draw(st.booleans()):
                now = data.draw(st.integers(now, len(TIMES) - 1))
                bit_by_bit.assess(TIMES[now])
        bit_by_bit.assess(TIMES[-1])
        assert bit_by_bit.standing() == at_once.standing()
        assert at_once.standing()[0]
        assert bit_by_bit.assess(TIMES[-1]).runs == 0
    finally:
        at_once.close()
        bit_by_bit.close()


ANYHOW = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=3, phases=[Phase.generate], **ANYHOW)
@given(EVIDENCE, st.data())
def test_any_order_and_any_cutting_lead_to_the_same_verdicts(empty, evidence, data):
    check(empty, evidence, data, most=2)


@pytest.mark.slow
@settings(max_examples=40, **ANYHOW)
@given(EVIDENCE, st.data())
def test_many_orders_and_cuttings_lead_to_the_same_verdicts(empty, evidence, data):
    check(empty, evidence, data, most=3)
