"""The two shipped mappings on files with all that back offices put into them."""

import pytest

from engine.evidence.mapping.reading import load
from engine.evidence.mapping.shelf import SHIPPED, shipped
from engine.rulebook.book import load_or_refuse

from .conftest import workbook

HEADER = "客服账号,已评价数,满意率,一般率,失望率,一般原因-服务态度差占比,失望原因-服务态度差占比"
MONTH = f"""快手小店 满意度数据,,,,,,
统计周期：2024-06-01 ~ 2024-06-30,,,,,,
{HEADER}
小禾,"1,000",80.0%,15.0%,5.0 %,2.0%,10.0%
小麦,200,80%,10%,10%,0%,5%

{HEADER}
客服助手,0,—,—,—,—,—
合计,1200,80%,,,,
均值,400,80%,,,,
"""
ATTITUDE, GOOD = "kuaishou.service-attitude", "kuaishou.good-rating"
REPLIES = "pinduoduo.effective-reply-rate"


def test_shipped_mappings_are_sound_and_named_by_their_paths():
    assert [(m.id, m.path) for m in shipped().values()] == [
        (f"{p.parent.name}.{p.stem}", str(p)) for p in sorted(SHIPPED.rglob("*.yaml"))
    ]


def test_they_feed_counters_that_the_shipped_rules_have():
    book = load_or_refuse([SHIPPED.with_name("rulesets")])
    for mapping in shipped().values():
        for fed in mapping.feeds:
            version = book.rule(fed.rule).versions[-1]
            assert set(fed.counters) == {c.name for c in version.counters}
            assert fed.within == version.cycle


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_month_by_sub_account_gives_the_counts_that_the_rates_allow(counts, encoding):
    summary = counts.take("满意度.csv", MONTH, encoding=encoding)
    (mapped,) = summary.mapped
    assert (mapped.rows, mapped.repeated_headers) == (3, 1)
    assert [(row.line, row.word) for row in mapped.skipped] == [(9, "合计"), (10, "均值")]
    assert (summary.read, summary.taken, summary.refused, summary.faults) == (8, 8, 0, ())
    assert counts.rows(ATTITUDE, "小禾") == [("bad_attitude", 8, None, None), ("poor", 200, None, None)]
    # 10 % of 200 may be 19 to 21, twice; the satisfied, 159 to 161, leave 39 to 41 for both.
    assert counts.rows(ATTITUDE, "小麦") == [("bad_attitude", 1, None, None), ("poor", 40, 39, 41)]
    assert counts.rows(ATTITUDE, "客服助手") == [("bad_attitude", 0, None, None), ("poor", 0, None, None)]
    assert counts.rows(ATTITUDE, None) == [("bad_attitude", 9, None, None), ("poor", 240, 239, 241)]
    assert counts.rows(GOOD) == []
    assert mapped.notes == ()  # that no week holds a month is so with every such file


def test_a_week_feeds_good_ratings_and_days_feed_both(counts):
    week = MONTH.replace("2024-06-01 ~ 2024-06-30", "2024/6/3-2024/6/9")
    assert counts.take("week.csv", week).taken == 16
    assert counts.rows(GOOD, None) == [("good", 960, 959, 961), ("rated", 1200, None, None)]
    assert counts.rows(ATTITUDE, None) == [("bad_attitude", 9, None, None), ("poor", 240, 239, 241)]


def test_a_column_of_days_merged_over_its_agents_is_filled_down(counts):
    content = "日期,客服,咨询人数,未回复人数,有效回复率\n2024-06-01,a,60,31,48.3%\n,b,41,20,0.5122\n合计,,101,51,\n"
    content += "日期,客服,咨询人数,未回复人数,有效回复率\n2024-06-02,a,80,,50%\n"
    summary = counts.take("拼多多.csv", content, "pinduoduo.service")
    assert [(row.line, row.word) for row in summary.mapped[0].skipped] == [(4, "合计")]
    assert [str(day) for _, day in summary.days] == ["2024-06-01", "2024-06-02"]
    assert counts.rows(REPLIES, "b") == [("effective", 21, None, None), ("people", 41, None, None)]
    assert counts.rows(REPLIES, None) == [
        ("effective", 50, None, None), ("effective", 40, None, None), ("people", 101, None, None),
        ("people", 80, None, None),
    ]  # fmt: skip
    assert summary.mapped[0].notes[-1].en.startswith("assumed: The agents' people are added up")


def test_a_blank_under_a_repeated_header_is_not_filled_from_above_it(counts):
    content = "日期,客服,咨询人数,未回复人数\n2024-06-01,a,60,31\n日期,客服,咨询人数,未回复人数\n,b,41,20\n"
    assert counts.faults("a.csv", content, mapping="pinduoduo.service") == ["a.csv:4: 日期: missing"]


def test_a_rate_without_the_number_of_people_lost_is_an_interval(counts):
    content = "日期,客服,咨询人数,有效回复率\n2024-06-01,a,1010,49.5%\n2024-06-01,b,1.2万,50%\n"
    counts.take("a.csv", content, "pinduoduo.service")
    assert counts.rows(REPLIES, "a") == [("effective", 500, None, None), ("people", 1010, None, None)]
    (effective, people) = counts.rows(REPLIES, "b")
    assert people == ("people", 12000, 11500, 12500)
    assert effective[2] <= 11500 * 0.495 + 1 and effective[3] >= 12500 * 0.505 - 1


def test_percent_text_and_fractions_of_a_workbook_are_the_same_rates(counts):
    rows = [
        ["满意度数据"],
        HEADER.split(","),
        ["小禾", 1000, 0.8, "15.0%", 0.05, 0.02, "10.0%"],
        ["小麦", 1000, 0.847, "11.8%", 0.035000000000000003, "—", 0.11428571428571428],
        ["合计", 2000, None, None, None],
    ]
    path = workbook(counts.folder / "满意度 2024年6月.xlsx", rows, hidden_first=True)
    summary = counts.take(path.name, path.read_bytes())
    assert [(row.line, row.word) for row in summary.mapped[0].skipped] == [(5, "合计")]
    assert counts.rows(ATTITUDE, "小禾") == [("bad_attitude", 8, None, None), ("poor", 200, None, None)]
    assert counts.rows(ATTITUDE, "小麦") == [("bad_attitude", None, None, None), ("poor", 153, None, None)]
    assert counts.rows(ATTITUDE, None) == [("bad_attitude", None, None, None), ("poor", 353, None, None)]
    assert summary.mapped[0].notes[-1].en == (
        "the shop's own numbers lack some (2024-06-01 ~ 2024-06-30): an agent's row was refused or has no number to add"
    )


@pytest.mark.parametrize(("from_1904", "number"), [(False, 45444), (True, 43982)])
def test_days_of_a_workbook_are_days(counts, from_1904, number):
    rows = [["日期", "客服", "咨询人数", "未回复人数"], [number, "a", 60, 31], [None, 10086, 41.0, 20]]
    path = workbook(counts.folder / "p.xlsx", rows, dates={(2, 1)}, from_1904=from_1904)
    summary = counts.take(path.name, path.read_bytes(), "pinduoduo.service")
    assert [str(day) for _, day in summary.days] == ["2024-06-01"]
    assert counts.rows(REPLIES, "10086") == [("effective", 21, None, None), ("people", 41, None, None)]


def test_imported_again_nothing_is_added_and_replacing_corrects(counts):
    counts.take("a.csv", MONTH)
    again = counts.take("b.csv", MONTH)
    assert (again.taken, again.already_there) == (0, 8)
    corrected = counts.take("c.csv", MONTH.replace("小麦,200", "小麦,220"), replace=True)
    assert (corrected.taken, corrected.already_there, corrected.removed) == (2, 6, 2)


def test_the_shop_comes_from_the_file_its_name_or_the_option(counts):
    several = "店铺,客服,日期,咨询人数,未回复人数\n甲,a,2024-06-01,10,5\n,b,,10,5\n乙,a,2024-06-01,4,1\n"
    assert counts.take("a.csv", several, "pinduoduo.service").taken == 10
    assert {row[0] for row in counts.house.rows("shop")} == {"甲", "乙"}
    counts.take("客服_小禾_2024-06.csv", MONTH, shop=None, shop_from="客服_{shop}_*.csv")
    assert "小禾" in {row[0] for row in counts.house.rows("shop")}


def test_the_journal_says_by_what_a_file_was_read(counts):
    counts.take("a.csv", MONTH)
    (source,) = counts.house.journal()[-1].payload["after"]["files"]
    assert (source["name"], source["mapping"]) == ("a.csv", "kuaishou.satisfaction")
    assert source["mapping_sha256"] == shipped()["kuaishou.satisfaction"].sha256


def test_a_mapping_may_rename_the_columns_of_any_kind(counts):
    text = """
schema: mapping/v1
id: kuaishou.comments
platform: kuaishou
kind: ratings
title: {zh-CN: 评价明细, en: Ratings one by one}
columns:
  agent: {headers: [客服], required: yes}
  rated_at: {headers: [评价时间], required: yes, fill: down}
  score: {headers: [评价]}
skip: [合计]
missing: ["—"]
provenance:
  headers: {basis: assumed, because: {zh-CN: 假定, en: ours}, review_by: 2027-03-31}
  skip: {basis: assumed, because: {zh-CN: 假定, en: ours}, review_by: 2027-03-31}
"""
    mapping = load("mine.yaml", text.encode()).mapping
    content = "客服,评价时间,评价\n甲,2024-06-01 10:00,满意\n乙,,失望\n合计,,2\n丙,2024-06-01 11:00,—\n丁,昨天,一般\n"
    summary = counts.take("ratings.csv", content, mapping)
    assert (summary.read, summary.taken, summary.refused) == (4, 3, 1)
    assert [(f.line, f.column) for f in summary.faults] == [(6, "评价时间")]
