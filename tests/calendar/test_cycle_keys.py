"""A cycle's key gives the cycle back, and what is no key is told which forms exist.

Generated cases here: 400 + 200 = 600.
"""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.cycles import (
    CAMPAIGN,
    DAY,
    MONTH,
    WEEK,
    Cycle,
    CycleKind,
    cycle_of,
    parse_cycle,
    rolling,
)
from engine.errors import KaoheError, UnknownNameError

KINDS = st.sampled_from([DAY, WEEK, MONTH]) | st.integers(1, 3660).map(rolling)
FESTIVAL = Cycle(CAMPAIGN, "campaign:2026-618", date(2026, 5, 31), date(2026, 6, 20))


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cases(400)
@given(KINDS, st.dates(date(20, 1, 1), date(9999, 12, 1)))
def test_a_key_gives_its_cycle_back(kind: CycleKind, day: date) -> None:
    cycle = cycle_of(kind, day)
    assert parse_cycle(cycle.key) == cycle
    assert parse_cycle(cycle.key, DAY, WEEK, MONTH, kind) == cycle


@cases(200)
@given(
    st.text(alphabet=string.digits + "-Wd:campign٣ ", max_size=16) | st.from_regex(r"[0-9]{4}-W?[0-9]{2}(-[0-9]{2})?\Z")
)
def test_any_text_is_a_cycle_with_that_very_key_or_a_clear_error(text: str) -> None:
    try:
        key = parse_cycle(text).key
    except UnknownNameError:
        key = text if text.startswith("campaign:") else ""
    except KaoheError as error:
        key = text if str(error).startswith(repr(text)) else ""
    assert key == text


def test_a_campaign_is_found_by_its_name() -> None:
    assert parse_cycle("campaign:2026-618", CAMPAIGN, campaigns={"2026-618": FESTIVAL}) is FESTIVAL


def test_an_unknown_campaign_is_told_names_near_it() -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown campaign '2026-816'; did you mean '2026-618'\?$"):
        parse_cycle("campaign:2026-816", campaigns={"2026-618": FESTIVAL})
    with pytest.raises(UnknownNameError, match=r"^unknown campaign '2026-618'; no campaign is announced$"):
        parse_cycle("campaign:2026-618")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("2026-W54", "'2026-W54' names no cycle: 2026 has no week 54"),
        ("2025-W53", "'2025-W53' names no cycle: 2025 has no week 53"),
        ("2026-W00", "'2026-W00' names no cycle: 2026 has no week 0"),
        ("2026-13", "'2026-13' names no cycle: the calendar has no 2026-13-01"),
        ("2026-02-29", "'2026-02-29' names no cycle: the calendar has no 2026-02-29"),
        ("30d:2026-02-30", "'30d:2026-02-30' names no cycle: the calendar has no 2026-02-30"),
        (
            "3661d:2026-02-01",
            "'3661d:2026-02-01' names no cycle: a rolling cycle has 1 to 3660 days, not 3661",
        ),
        ("9999-W52", "'9999-W52' names no cycle: +6 days from 9999-12-27 lies outside the calendar"),
    ],
)
def test_a_key_of_the_right_form_that_names_nothing_says_why(key: str, why: str) -> None:
    with pytest.raises(KaoheError) as caught:
        parse_cycle(key)
    assert str(caught.value).startswith(why)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "2026",
        "2026-3",
        "2026-W9",
        "2026-w10",
        "20260302",
        "2026-03-02 ",
        "0d:2026-03-02",
        "030d:2026-03-02",
        "campaign:",
        "２０２６-03",
    ],
)
def test_what_is_no_key_is_told_the_forms(key: str) -> None:
    with pytest.raises(KaoheError) as caught:
        parse_cycle(key)
    assert str(caught.value) == (
        f"{key!r} is not a cycle; expected: 2026-03-02 (day), 2026-W10 (week), 2026-03 (month), "
        "30d:2026-03-02 (rolling 30 days), campaign:2026-618 (campaign)"
    )


def test_a_key_of_another_kind_is_told_the_form_that_fits() -> None:
    with pytest.raises(KaoheError, match=r"^'2026-03' is a month cycle; expected: 2026-W10 \(week\)$"):
        parse_cycle("2026-03", WEEK)
    with pytest.raises(KaoheError, match=r"'30d:2026-03-02' is a rolling 30 days cycle; expected: 7d:2026-03-02"):
        parse_cycle("30d:2026-03-02", rolling(7))
