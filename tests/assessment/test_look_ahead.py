"""Warnings in the journal: told once, however many workers look, wherever one dies, and only when there is reason."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from signal import SIGKILL

import pytest
from sqlmodel import select

import engine.assessment.look_ahead as module
from engine.assessment.look_ahead import LookAhead, look_ahead, tell, warned
from engine.assessment.warnings import warnings_of
from engine.ledger.chain import verify
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.expectations import Wish
from engine.ledger.journal import Event, append, entries
from engine.ledger.tables import Subject, Waiver, WaiverShop
from engine.measure.tallies import TallyCache
from engine.progress import silent

FRIDAY, MONDAY, TUESDAY = "2026-03-06T12:00", "2026-03-09T12:00", "2026-03-10T10:00"
LOOK = """
import os, signal, sys
from datetime import datetime
from itertools import count
from pathlib import Path
from sqlalchemy import event
from engine.assessment.look_ahead import look_ahead
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger
from engine.measure.tallies import TallyCache
from engine.progress import silent
from engine.rulebook.book import load_or_refuse
url, lake, cache, rules, now, die_at = sys.argv[1:]
(rule,) = load_or_refuse([Path(rules)]).values()
ledger, commits = open_ledger(url), count(1)
sys.stdin.readline()
event.listen(ledger, "commit", lambda _: next(commits) == int(die_at) and os.kill(os.getpid(), signal.SIGKILL))
print(len(look_ahead(ledger, Lake(Path(lake)), TallyCache(Path(cache)), rule, datetime.fromisoformat(now), "worker")))
ledger.dispose()
"""


def told(office):
    """(event, cycle) of each shop's warnings, in their order."""
    with reading(office.ledger) as session:
        assert verify(session) == []
        found = [e for e in entries(session) if e.event.startswith("warning.")]
    return [(e.object_id.rpartition("/")[2], e.event.partition(".")[2], e.payload["after"]["cycle"]) for e in found]


@pytest.fixture
def looking(at):
    """An office's own look ahead, with all that it remembers."""

    def made(office):
        ahead = LookAhead(office.ledger, lambda: office.lake, TallyCache(office.place.cache), "worker")
        return lambda now, **more: ahead(office.rules, at(now), **more)

    return made


def test_a_week_that_goes_wrong_is_told_from_bad_to_certain_each_once(office, looking, week_of, row):
    look = looking(office)
    office.take(*week_of("s1", "2026-W10", 14, 16))
    assert not look(FRIDAY)
    office.take(*(row(f"x{n}", "2026-03-06T11:00:00", None, "2026-03-06T11:30:00") for n in range(4)))
    assert look(FRIDAY).counts == {"warning.at_risk": 1}
    office.take(*(row(f"y{n}", "2026-03-07T11:00:00", None, "2026-03-07T11:30:00") for n in range(9)))
    assert not look("2026-03-07T13:00")
    assert look(MONDAY).counts == {"warning.certain": 1}
    assert not look(MONDAY)
    assert not look(TUESDAY)
    assert told(office) == [("s1", "at_risk", "2026-W10"), ("s1", "certain", "2026-W10")]


def test_the_journal_tells_what_the_figure_was_and_of_whom(office, looking, week_of):
    office.register({"shop": "s1", "client": "acme"})
    office.take(*week_of("s1", "2026-W10", 5, 10))
    looking(office)("2026-03-08T12:00")
    with reading(office.ledger) as session:
        (entry,) = [e for e in entries(session) if e.event == "warning.at_risk"]
    assert (entry.object_kind, entry.object_id) == ("shop", "shop:xiaohongshu/s1")
    assert entry.payload["why"] is None
    assert entry.payload["after"] == {
        "client": "acme",
        "platform": "xiaohongshu",
        "shop": "shop:xiaohongshu/s1",
        "rule": "xiaohongshu.reply-rate",
        "version": "2021-01-01",
        "cycle": "2026-W10",
        "cycle_start": "2026-03-02",
        "cycle_end": "2026-03-08",
        "due_at": "2026-03-10T02:00:00+00:00",
        "numerator": 5,
        "denominator": 10,
        "standing": "behind",
        "running": True,
        "mends": 3,
        "dilutes": None,
        "breaks": None,
        "pending": 5,
    }


def test_another_process_that_looks_again_tells_nothing_twice(office, looking, week_of):
    office.take(*week_of("s1", "2026-W10", 5, 10))
    for _ in range(3):
        looking(office)("2026-03-08T12:00")
    assert told(office) == [("s1", "at_risk", "2026-W10")]


def test_workers_that_tell_at_once_tell_each_warning_once(office, week_of, at, in_a_thread):
    office.take(*(row for n in range(20) for row in week_of(f"s{n:02}", "2026-W10", 5, 10)))
    now, cache = at("2026-03-08T12:00"), TallyCache(office.place.cache)
    with reading(office.ledger) as session:
        outlooks = module.outlook(session, office.lake, cache, office.rules, now, silent)
    warnings = warnings_of(outlooks, {}, now)
    tells = [in_a_thread(tell, office.ledger, warnings, now, f"w{n}") for n in range(4)]
    assert sorted(len(one.result()) for one in tells) == [0, 0, 0, 20]
    assert Counter(told(office)) == {(f"s{n:02}", "at_risk", "2026-W10"): 1 for n in range(20)}


def test_a_look_that_dies_as_it_tells_has_told_nothing_and_the_next_one_does(office, week_of, at, x1, looking):
    office.take(*week_of("s1", "2026-W10", 5, 10))
    url = office.ledger.url.render_as_string(hide_password=False)
    place = [url, str(office.lake.root), str(office.place.cache), x1.path, at("2026-03-08T12:00").isoformat()]
    command = [sys.executable, "-c", LOOK, *place, "1"]  # as it is about to commit for the first time
    assert subprocess.run(command, input="\n", text=True, check=False).returncode == -SIGKILL
    assert told(office) == []
    assert look_ahead(office.ledger, office.lake, TallyCache(office.place.cache), x1, at("2026-03-08T12:00"), "w")
    assert not looking(office)("2026-03-08T12:00")
    assert told(office) == [("s1", "at_risk", "2026-W10")]


@pytest.fixture
def looks_made(monkeypatch):
    """The rules that were really looked at, one after the other."""
    made = []
    real = module.look_ahead

    def look(*given, **more):
        made.append(given[3].id)
        return real(*given, **more)

    monkeypatch.setattr(module, "look_ahead", look)
    return made


def test_without_a_reason_nobody_looks_again(small_office, looking, week_of, looks_made, at):
    look = looking(small_office)
    small_office.take(*week_of("s1", "2026-W10", 5, 10))
    look("2026-03-08T12:00")
    looks_made.clear()
    look("2026-03-08T12:59")
    with transaction(small_office.ledger) as session:
        append(session, at(FRIDAY), [Event("li", "violation.acknowledged", "violation", "V-1", {"after": {}})])
    look("2026-03-08T12:59")
    assert looks_made == []
    look("2026-03-08T13:00")
    assert len(looks_made) == 1
    small_office.take(*week_of("s2", "2026-W10", 5, 10))
    look("2026-03-08T13:01")
    assert len(looks_made) == 2
    small_office.register({"shop": "s1", "client": "acme"})
    look("2026-03-08T13:02")
    assert len(looks_made) == 3
    small_office.rules[0] = replace(small_office.rules[0], source_text="another text")
    look("2026-03-08T13:03")
    assert len(looks_made) == 4
    look("2026-03-08T13:03")
    assert len(looks_made) == 4


def test_a_rule_that_fails_silences_no_other_and_is_told_until_it_works(
    small_office, looking, week_of, like_x1, monkeypatch
):
    small_office.rules.insert(0, like_x1("xiaohongshu.broken"))
    small_office.take(*week_of("s1", "2026-W10", 5, 10))
    real = module.outlook

    def outlook(session, lake, cache, rules, *more):
        if rules[0].id == "xiaohongshu.broken":
            raise ZeroDivisionError("no")
        return real(session, lake, cache, rules, *more)

    monkeypatch.setattr(module, "outlook", outlook)
    look = looking(small_office)
    for _ in range(2):
        found = look("2026-03-08T12:00")
        assert list(found.failures) == ["xiaohongshu.broken"]
    assert told(small_office) == [("s1", "at_risk", "2026-W10")]
    monkeypatch.setattr(module, "outlook", real)
    assert not look("2026-03-08T13:00").failures
    assert len(told(small_office)) == 2


def test_who_says_stop_is_heard_before_the_next_rule_and_the_rest_comes_next_time(
    small_office, looking, week_of, like_x1
):
    small_office.rules.append(like_x1("xiaohongshu.second"))
    small_office.take(*week_of("s1", "2026-W10", 5, 10))
    look, asked = looking(small_office), iter([False, True])
    assert look("2026-03-08T12:00", stop=lambda: next(asked)).counts == {"warning.at_risk": 1}
    assert look("2026-03-08T12:00").counts == {"warning.at_risk": 1}
    assert not look("2026-03-08T12:00")


def test_a_shop_with_a_waiver_of_the_week_is_not_warned(small_office, looking, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 5, 10), *week_of("s2", "2026-W10", 5, 10))
    small_office.register({"shop": "s1"})
    with transaction(small_office.ledger) as session:
        days = {"first_day": date(2026, 3, 2), "last_day": date(2026, 3, 8), "requested_at": at(FRIDAY)}
        words = {"client": "default", "why": "down", "state": "approved", "writers": ["li"]}
        waiver = Waiver(rules=["xiaohongshu.reply-rate"], **days, **words)
        session.add(waiver)
        session.flush()
        shop = session.exec(select(Subject).where(Subject.key == "shop:xiaohongshu/s1")).one()
        insert_missing(session, WaiverShop, [{"waiver_id": waiver.id, "shop_id": shop.id}])
    looking(small_office)("2026-03-08T12:00")
    assert told(small_office) == [("s2", "at_risk", "2026-W10")]


def test_a_shop_whose_expected_evidence_has_not_come_is_not_warned(small_office, looking, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 5, 10), *week_of("s2", "2026-W10", 5, 10))
    wish = Wish(("sessions",), date(2026, 3, 2), None)
    small_office.register({"shop": "s1", "expects": wish}, now=at("2026-03-01T00:00"))
    looking(small_office)("2026-03-08T12:00")
    assert told(small_office) == [("s2", "at_risk", "2026-W10")]


def test_an_outlook_knows_the_strongest_warning_that_was_told_of_it(small_office, looking, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 5, 10), *week_of("s2", "2026-W10", 10, 10))
    looking(small_office)("2026-03-08T12:00")
    with reading(small_office.ledger) as session:
        cache = TallyCache(small_office.place.cache)
        outlooks = module.outlook(session, small_office.lake, cache, small_office.rules, at("2026-03-08T13:00"), silent)
        found = warned(session, outlooks)
    assert [(o.shop, event) for o, event in zip(outlooks, found, strict=True)] == [
        ("s1", "warning.at_risk"),
        ("s2", None),
    ]
