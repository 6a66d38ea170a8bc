"""The whole way from sessions to verdicts against a reckoning in a few lines of Python, over chance evidence."""

from datetime import date, datetime, timedelta, timezone
from random import Random

import pytest

from engine.assessment.standing import live_files
from engine.calendar.cycles import WEEK, cycle_of
from engine.evidence.duck import connect
from engine.ledger.database import reading
from engine.measure.details import Part, details
from engine.measure.figures import Workshop, measure
from engine.measure.tallies import TallyCache
from engine.progress import silent

SHANGHAI = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
SHOPS = 160
TICK = timedelta(microseconds=1)
CYCLES = [cycle_of(WEEK, date(2026, 3, 2) + timedelta(days=7 * n)) for n in (-1, 0, 1)]


def week_and_cut_off(opened):
    """The Monday of the local week of an instant, and the Tuesday 10:00 after that week."""
    local = opened.astimezone(SHANGHAI)
    monday = datetime(local.year, local.month, local.day, tzinfo=SHANGHAI) - timedelta(days=local.weekday())
    return monday, monday + timedelta(days=8, hours=10)


def chance_session(chance, number, shop):
    opened = MONDAY + chance.choice(
        [
            *(timedelta(days=n) for n in (0, 1, 6, 7, 8)),  # midnight
            *(timedelta(days=n) - TICK for n in (0, 1, 7)),
            *(timedelta(seconds=chance.randrange(-86400, 8 * 86400)) for _ in range(12)),
        ]
    )
    _, cut_off = week_and_cut_off(opened)
    closed = chance.choice([None, opened, opened + timedelta(minutes=30), opened + timedelta(days=9)])
    limits = [cut_off, *([closed] if closed else [])]
    replied = chance.choice(
        [
            *(None, opened, opened, opened + timedelta(minutes=3), opened + timedelta(minutes=3)),
            *(limit + shift for limit in limits for shift in (-TICK, timedelta(0), TICK)),
            opened + timedelta(hours=chance.randrange(200)),
        ]
    )
    return {
        "shop": shop,
        "session": f"c{number}",
        "opened_by": chance.choice(["buyer"] * 6 + ["agent", "system"]),
        "agent": chance.choice([None, "a1", "a2"]),
        "opened": opened,
        "replied": max(replied, opened) if replied else None,
        "closed": closed,
    }


def naive(sessions, name):
    """(name, Monday) → replied and all of the buyers' sessions."""
    found = {}
    for s in sessions:
        if s["opened_by"] != "buyer" or name(s) is None:
            continue
        monday, cut_off = week_and_cut_off(s["opened"])
        figure = found.setdefault((name(s), monday.date()), [0, 0])
        figure[1] += 1
        if s["replied"] is not None and s["replied"] <= cut_off and (not s["closed"] or s["replied"] <= s["closed"]):
            figure[0] += 1
    return {key: tuple(figure) for key, figure in found.items()}


def verdict(replied, opened):
    if opened < 5:
        return "not_assessed"
    return "compliant" if replied * 100 >= 80 * opened else "violation"


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_and_verdicts_are_those_of_a_naive_reckoning(small_office, row, at, seed):
    chance = Random(seed)
    sessions = [
        chance_session(chance, number, f"s{shop}")
        for shop in range(SHOPS)
        for number in range(chance.choice([1, 4, 5, 6, 8, 10, 12]))
    ]
    # Most shops answer well, or there would be few who comply.
    for s in sessions:
        if int(s["shop"][1:]) % 2 and chance.random() < 0.8:
            s["replied"] = s["opened"]

    def told(instant):
        return instant and instant.isoformat()

    small_office.take(
        *(
            row(
                s["session"],
                *(told(s[name]) for name in ("opened", "replied", "closed")),
                shop=s["shop"],
                agent=s["agent"],
                opened_by=s["opened_by"],
            )
            for s in sessions
        )
    )
    outcomes = small_office.forecast(at("2026-04-01T00:00"))

    expected = naive(sessions, lambda s: s["shop"])
    assert {(o.shop, o.cycle_start): (o.numerator, o.denominator) for o in outcomes} == expected
    assert {(o.shop, o.cycle_start): o.verdict for o in outcomes} == {
        key: verdict(*figure) for key, figure in expected.items()
    }
    assert {"compliant", "violation", "not_assessed"} == {o.verdict for o in outcomes}

    (rule,) = small_office.rules
    with reading(small_office.ledger) as session:
        shop = Workshop(small_office.lake, TallyCache(small_office.place.cache), live_files(session))
    with connect() as con:
        measure(con, shop, rule, rule.versions[0], CYCLES, silent)
        wanted = "SELECT _shop, _agent, _cycle, replied, sessions FROM figures WHERE _grain = 'agent' AND sessions > 0"
        agents = {
            ((s, a), next(c.first for c in CYCLES if c.key == cycle)): (n, d)
            for s, a, cycle, n, d in con.execute(wanted).fetchall()
        }
        assert agents == naive(sessions, lambda s: s["agent"] and (s["shop"], s["agent"]))
        for name in ("s1", "s2", "s3"):
            behind = details(con, shop, rule, rule.versions[0], CYCLES[1], name, 1000)
            replied, opened = expected.get((name, CYCLES[1].first), (0, 0))
            assert behind.whole == Part(name, replied, opened)
            assert (sum(d.numerator for d in behind.days), sum(d.denominator for d in behind.days)) == (replied, opened)
            assert behind.against_total == len(behind.against) == opened - replied
