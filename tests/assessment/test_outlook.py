"""Where shops stand before the platform looks: while the week runs, between Sunday and Tuesday, and after."""

from datetime import UTC, datetime

import pytest

from engine.assessment.outlook import open_cycles, outlook
from engine.calendar.cycles import DAY, rolling
from engine.ledger.database import reading
from engine.measure.tallies import TallyCache
from engine.progress import silent

FRIDAY = datetime(2026, 3, 6, 4, tzinfo=UTC)  # W10 runs
MONDAY = datetime(2026, 3, 9, 4, tzinfo=UTC)  # W10 is over and not assessed, W11 runs
TUESDAY = datetime(2026, 3, 10, 2, tzinfo=UTC)  # 10:00 in Shanghai: W10 is due


@pytest.fixture
def standing(small_office, x1):
    """Cycle → (standing, mends, breaks, pending) of the one shop."""

    def look(now):
        with reading(small_office.ledger) as session:
            found = outlook(session, small_office.lake, TallyCache(small_office.place.cache), [x1], now, silent)
        return {o.cycle.key: (o.standing, o.mends, o.breaks, o.pending) for o in found}

    return look


def answered(row, name, day="2026-03-04"):
    return row(name, f"{day}T12:00:00", f"{day}T12:01:00")


def silent_and_closed(row, name, day="2026-03-04"):
    return row(name, f"{day}T12:00:00", None, f"{day}T13:00:00")


def test_the_open_cycles_are_those_before_their_assessment(x1):
    keys = [[cycle.key for _, cycle in open_cycles(x1, now)] for now in (FRIDAY, MONDAY, TUESDAY)]
    assert keys == [["2026-W10"], ["2026-W10", "2026-W11"], ["2026-W11"]]


@pytest.mark.parametrize(
    ("kind", "keys"), [(DAY, ["2026-03-05", "2026-03-06"]), (rolling(7), ["7d:2026-03-05", "7d:2026-03-06"])]
)
def test_days_and_rolling_days_are_open_until_the_next_morning(x1, like_x1, kind, keys):
    from engine.calendar.assessment import AssessedOn

    rule = like_x1(cycle=kind, assessed=AssessedOn(x1.versions[0].assessed.at, day="next"))
    early = datetime(2026, 3, 6, 1, tzinfo=UTC)  # 09:00 in Shanghai
    assert [cycle.key for _, cycle in open_cycles(rule, early)] == keys


def test_a_running_week_says_how_many_answers_in_a_row_mend_it(standing, small_office, row):
    small_office.take(*(answered(row, f"c{n}") for n in range(6)), *(silent_and_closed(row, f"d{n}") for n in range(4)))
    # (6 + x) / (10 + x) is 80 % from x = 10 on.
    assert standing(FRIDAY) == {"2026-W10": ("behind", 10, None, 0)}


def test_a_running_week_that_complies_says_how_many_silent_sessions_break_it(standing, small_office, row):
    small_office.take(*(answered(row, f"c{n}") for n in range(10)))
    assert standing(FRIDAY) == {"2026-W10": ("holding", None, 3, 0)}


def test_too_few_sessions_are_below_the_gate_while_the_week_runs_and_safe_after(standing, small_office, row):
    small_office.take(*(silent_and_closed(row, f"c{n}") for n in range(4)))
    assert standing(FRIDAY) == {"2026-W10": ("below_gate", None, None, 0)}
    assert standing(MONDAY) == {"2026-W10": ("safe", None, None, 0)}


def test_after_the_week_only_open_sessions_can_still_be_answered(standing, small_office, row):
    waiting = [row(f"w{n}", "2026-03-08T23:00:00") for n in range(3)]
    small_office.take(*(answered(row, f"c{n}") for n in range(6)), *waiting, silent_and_closed(row, "d"))
    assert standing(MONDAY) == {"2026-W10": ("behind", 2, None, 3)}


def test_after_the_week_a_figure_that_nothing_can_mend_is_lost(standing, small_office, row):
    small_office.take(*(silent_and_closed(row, f"c{n}") for n in range(6)), row("w", "2026-03-08T23:00:00"))
    assert standing(MONDAY) == {"2026-W10": ("lost", None, None, 1)}


def test_after_the_week_a_figure_that_complies_is_safe(standing, small_office, row):
    small_office.take(
        *(answered(row, f"c{n}") for n in range(8)), *(row(f"w{n}", "2026-03-08T23:00:00") for n in range(2))
    )
    assert standing(MONDAY) == {"2026-W10": ("safe", None, None, 2)}


def test_an_assessed_week_is_no_forecast_any_more(standing, small_office, row):
    small_office.take(*(silent_and_closed(row, f"c{n}") for n in range(6)))
    assert standing(TUESDAY) == {}
