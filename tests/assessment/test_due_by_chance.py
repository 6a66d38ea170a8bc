"""Whatever the order of ticks, imports, registrations and outages, the same is done in the end, and nothing twice."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from engine.assessment.due import PastRun, Registration, due_runs

FIRST = date(2026, 1, 5)
DAYS = 60
END = "2026-04-01T00:00"


class World:
    """What happens in the course of time: day files come and are corrected, shops are registered."""

    def __init__(self, chance):
        self.happenings = []
        for _ in range(chance.randint(1, 25)):
            day = FIRST + timedelta(days=chance.randrange(DAYS))
            if chance.random() < 0.2:
                self.happenings.append(("shop", Registration("xiaohongshu", f"s{chance.randrange(4)}", day)))
            elif chance.random() < 0.1:
                self.happenings.append(("gone", ("sessions", "xiaohongshu", day)))
            else:
                name = ("sessions", "xiaohongshu", day)
                self.happenings.append(("file", (name, f"g{chance.randrange(3)}")))

    def play(self, rule, ticks, assess):
        """Let the happenings and the ticks take place, in the order of `ticks`; what is done in the end.

        `ticks` has a time for each tick and None for each happening.
        """
        live, shops, done = {}, {}, {}
        happenings = iter(self.happenings)
        for now in ticks:
            if now is not None:
                assess(now, due_runs(rule, live, list(shops.values()), done, now), done)
                continue
            what, value = next(happenings)
            if what == "shop":
                shops[value.shop] = value
            elif what == "gone":
                live.pop(value, None)
            else:
                live[value[0]] = value[1]
        return done, live, list(shops.values())


@pytest.mark.few(30)
@pytest.mark.parametrize("seed", range(150))
def test_any_order_of_ticks_ends_in_the_same_set(x1, at, seed):
    chance = Random(seed)
    first = x1.versions[0]
    rule = replace(x1, versions=(first, replace(first, since=FIRST + timedelta(days=chance.randrange(DAYS)))))
    world = World(chance)

    def do_some(now, runs, done):
        """A tick that may be cut off: the oldest few are done, and the rest is left to the next one."""
        assert len({run.cycle.key for run in runs}) == len(runs)
        for run in runs[: chance.randint(0, len(runs))]:
            before = done.get(run.cycle.key)
            assert before is None or before.input != run.input  # nothing is done twice on the same input
            assert run.before == (before.input if before else None)
            assert run.due_at <= now
            done[run.cycle.key] = PastRun(run.cycle.first, run.input)

    def do_all(now, runs, done):
        for run in runs:
            done[run.cycle.key] = PastRun(run.cycle.first, run.input)

    hours = sorted(chance.randrange(2200) for _ in range(chance.randint(0, 30)))
    times = [at("2026-01-01T00:00") + timedelta(hours=hour) for hour in hours]
    moments = [None] * len(world.happenings)
    for time in times:
        moments.insert(chance.randint(0, len(moments)), time)
    ticks = iter(times)
    moments = [next(ticks) if moment else None for moment in moments]  # a clock never runs backwards
    now = at(END)
    done, live, shops = world.play(rule, moments, do_some)
    do_all(now, due_runs(rule, live, shops, done, now), done)
    at_once, *_ = world.play(rule, [None] * len(world.happenings), do_all)
    do_all(now, due_runs(rule, live, shops, at_once, now), at_once)

    assert due_runs(rule, live, shops, done, now) == []
    # A cycle that came and went leaves a run that read nothing; whoever slept through it has none.
    assert {k: p.input for k, p in done.items() if p.input != "nothing"} == {
        k: p.input for k, p in at_once.items() if p.input != "nothing"
    }
