"""An import says which days it takes for empty and which it leaves open, and which counts cannot be."""

from __future__ import annotations

import pytest

HEADER = "platform,shop,session,buyer,agent,opened_by,opened_at,first_human_reply_at,closed_at"
COUNTS = "platform,shop,agent,period_start,period_end,counter,value"
RULE = "xiaohongshu.reply-rate"


@pytest.fixture
def given(kaohe, tmp_path):
    """Imports these rows of a kind as one file."""

    def rows(kind, header, *lines, options=()):
        path = tmp_path / f"{kind}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return kaohe("import", str(path), "--kind", kind, *options)

    return rows


def session(shop, day, n=1, opened="09:00:00"):
    return f"xiaohongshu,{shop},{shop}-{day}-{n},c{n},li,buyer,{day}T{opened},,"


def test_days_between_the_first_and_the_last_row_without_any_are_told_in_one_line(given):
    said = given(
        "sessions", HEADER, session("s1", "2026-03-02"), session("s1", "2026-03-08"), session("s2", "2026-03-02")
    )
    told = "2026-03-03..2026-03-08 有店铺没有任何记录（2 家，共 11 店天），按当天没有发生登记"
    assert told in said.out
    (row,) = given(
        "sessions", HEADER, session("s1", "2026-03-02"), session("s1", "2026-03-04"), options=["--json"]
    ).rows[0]["declared"]
    assert row == {
        "platform": "xiaohongshu",
        "empty": [["2026-03-03", "2026-03-03"]],
        "shop_days": 1,
        "shops": 1,
        "open": [],
    }


def test_where_every_day_has_a_row_nothing_is_said(given):
    said = given("sessions", HEADER, session("s1", "2026-03-02"), session("s1", "2026-03-03"))
    assert "没有任何记录" not in said.out


def test_days_that_refused_rows_leave_open_are_told(given):
    bad = "xiaohongshu,s1,x,c,li,somebody,2026-03-03T09:00:00,,"
    said = given("sessions", HEADER, session("s1", "2026-03-02"), bad, session("s1", "2026-03-04"))
    assert "2026-03-03 有拒收的行，这些天不算齐全" in said.out
    assert "没有任何记录" not in said.out


def counts(replied, sessions, shop="s1", agent=""):
    period = "2026-03-02,2026-03-08"
    numbers = (("replied", replied), ("sessions", sessions))
    return [f"xiaohongshu,{shop},{agent},{period},{RULE}/{c},{v}" for c, v in numbers if v is not None]


def test_a_count_above_what_it_is_a_part_of_is_told_at_once(given, kaohe):
    said = given("counts", COUNTS, *counts(241, 200))
    told = f"xiaohongshu s1 2026-03-02 ~ 2026-03-08：{RULE}/replied 241 大于 sessions 200，部分不能大于整体"
    assert (said.code, told in said.err) == (1, True)
    assert given("counts", COUNTS, *counts(200, 200, "s2")).code == 0
    kaohe("assess", "--as-of", "2026-03-10T10:05")
    again = kaohe("assess", "--from", "2026-03-10", "--to", "2026-03-10").out
    assert "缺数据：xiaohongshu/s1 2026-W10「小红书客服回复率」replied 241 大于 sessions 200，部分不能大于整体" in again


def test_a_part_is_held_against_a_whole_that_is_stored(given):
    assert given("counts", COUNTS, *counts(None, 200, agent="li")).code == 0
    said = given("counts", COUNTS, *counts(201, None, agent="li"), options=["--json"])
    (found,) = said.rows[0]["excesses"]
    assert (said.code, found["value"], found["other"], found["agent"]) == (1, 201, 200, "li")
    assert given("counts", COUNTS, *counts(199, None, agent="li"), options=["--replace"]).code == 0
