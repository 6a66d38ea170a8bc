"""What caused a violation in words: short, the most telling first, in both languages, names of agents apart."""

import json
from dataclasses import replace

import pytest

from engine.assessment.diagnosis import Cause, Diagnosis, Margin, without_agents
from notifier.facts import facts_of
from notifier.readers import HOUSE
from notifier.sheet_file import CAUSES
from notifier.sheets import SHIPPED, Sheet, read_sheet
from notifier.words.diagnosis import accounts_words, cause_lines, hour_names, hours_words, margin_words, unit

CROWDED = Cause(
    "over_capacity",
    70,
    70,
    by_limit=70,
    hours=((21, 38, 60), (12, 20, 40), (9, 2, 30)),
    agents=(("客服小美", 41, 90), ("客服小林", 29, 20)),
)
REPLY = Diagnosis(
    "rows",
    "reply",
    "person_days",
    124,
    300,
    unanswered=30,
    hours=((21, 38, 60), (22, 31, 50), (12, 20, 40), (9, 5, 30)),
    agents=(("客服小美", 41, 90), (None, 30, 30), ("客服小林", 0, 20)),
    causes=(Cause("roster_gap", 20), CROWDED, Cause("slow", 34, calm=34)),
)
RATING = Diagnosis(
    "rows",
    "rating",
    "ratings",
    21,
    100,
    reasons=(("slow", 9, 9), (None, 8, 80), ("other", 0, 1)),
    kinds=(("human", 15, 80), ("bot", 6, 20)),
    origins=(("invited", 7, 24), (None, 14, 76)),
    causes=(Cause("slow", 9), Cause("unread", 8), Cause("hand_over", 2)),
)
OPEN = Margin("2026-04", "2026-04-01", "2026-04-30", "2026-04-02T02:00:00+00:00", "behind", 12, 20, mends=9)
SHEET = Sheet(figure="{k}/{n}", first="Call.", causes={"over_capacity": "At {hours} add people.", "slow": "Hurry."})


def test_the_hours_and_accounts_that_weigh_most_are_three_at_most():
    assert hours_words(REPLY, "zh-CN") == "21 点 38 人次、22 点 31 人次、12 点 20 人次"
    assert hours_words(REPLY, "en") == "21:00 38, 22:00 31, 12:00 20"
    assert hour_names(REPLY, "zh-CN") == "12 点、21 点"
    assert accounts_words(REPLY, "zh-CN") == "「客服小美」41 人次、无人接待 30 人次"
    assert accounts_words(REPLY, "en") == "客服小美 41, nobody 30"


def test_the_cause_of_most_misses_comes_first_and_the_others_in_the_platforms_order():
    assert cause_lines(REPLY, "zh-CN") == (
        "70 人次发生时有人在线，但同时接待过多（超过接待上限）（21 点 38、12 点 20）",
        "20 人次发生时班表上无人在岗",
        "34 人次发生时有人在线、同时接待也不多，是回复慢",
        "30 人次始终没有人工回复",
    )
    assert cause_lines(REPLY, "en")[0] == (
        "70 person-days: on line, but too many at once (above the agents' limits) (21:00 38, 12:00 20)"
    )


def test_a_cause_names_its_own_hours_and_not_those_of_another():
    gap = Cause("roster_gap", 40, hours=((12, 22, 40), (13, 18, 30)))
    slow = Cause("slow", 28, hours=((20, 28, 60),))
    found = replace(REPLY, hours=((20, 28, 60), (12, 22, 40), (13, 18, 30)), causes=(gap, slow), unanswered=0)
    assert hour_names(found, "zh-CN") == "12 点、13 点"
    assert [line.rpartition("（")[2] for line in cause_lines(found, "zh-CN")] == ["12 点 22、13 点 18）", "20 点 28）"]


def test_misses_at_as_many_hours_as_there_are_misses_are_said_to_be_spread():
    hours = tuple((hour, 1, 3) for hour in range(9, 19))
    found = replace(REPLY, hours=hours, causes=(Cause("slow", 10, hours=hours),), unanswered=0)
    assert hours_words(found, "zh-CN") is None
    assert hour_names(found, "en") is None
    assert cause_lines(found, "zh-CN")[0].endswith("是回复慢（分散在 10 个钟头）")
    assert cause_lines(found, "en")[0].endswith("so slow (spread over 10 hours of the day)")


def test_a_diagnosis_that_was_kept_without_hours_of_causes_is_read_and_names_none():
    document = REPLY.as_json()
    for cause in document["causes"]:
        del cause["hours"], cause["agents"]
    old = Diagnosis.of_json(document)
    assert hours_words(old, "en") == hours_words(REPLY, "en")
    assert hour_names(old, "en") is None
    assert cause_lines(old, "zh-CN")[0] == "70 人次发生时有人在线，但同时接待过多（超过接待上限）"
    assert Diagnosis.of_json(json.loads(json.dumps(REPLY.as_json()))) == REPLY


def test_no_line_but_those_for_the_house_names_an_agent():
    lines = [*cause_lines(REPLY, "zh-CN"), *cause_lines(REPLY, "en"), hours_words(REPLY, "en")]
    assert not any("小美" in line for line in lines)
    assert "（21 点 38、12 点 20；「客服小美」41、「客服小林」29）" in cause_lines(REPLY, "zh-CN", named=True)[0]
    assert cause_lines(without_agents(REPLY), "en", named=True) == cause_lines(REPLY, "en")


def test_an_unknown_roster_is_said_and_not_guessed_from_silence():
    unknown = replace(REPLY, unanswered=0, causes=(Cause("roster_unknown", 124, crowded=7, calm=100),))
    (line,) = cause_lines(unknown, "zh-CN")
    assert line.startswith("124 人次没有当天的班表，无法判断当时是否有人在线；其中 7 人次")
    assert "假定" in line
    assert "roster unknown" in cause_lines(unknown, "en")[0]


def test_what_is_held_against_the_usual_is_marked_as_assumed():
    usual = replace(REPLY, causes=(Cause("over_capacity", 3, 3),), unanswered=0)
    assert cause_lines(usual, "en") == (
        "3 person-days: on line, but too many at once (more than twice the usual, assumed)",
    )
    both = replace(REPLY, causes=(Cause("over_capacity", 3, 3, by_limit=1),), unanswered=0)
    assert cause_lines(both, "zh-CN") == (
        "3 人次发生时有人在线，但同时接待过多（超过接待上限，或超过平时的 2 倍，假定）",
    )


def test_ratings_are_told_by_reason_by_who_served_and_by_origin():
    assert cause_lines(RATING, "zh-CN") == (
        "买家给的原因：回复慢 9、没写原因 8",
        "按接待方：人工接待 15/80、机器人接待 6/20",
        "按评价来源：受邀 7/24、来源不明 14/76",
        "2 条评价是机器人转人工之后的",
    )
    assert cause_lines(RATING, "en")[0] == "Reasons given: slow 9, no reason given 8"


@pytest.mark.parametrize(("basis", "said"), [("agents", "只导入了各客服的合计"), ("totals", "只导入了合计")])
def test_where_only_totals_were_imported_that_is_said(basis, said):
    found = Diagnosis(basis, "reply", "sessions", 30, 100)
    (line,) = cause_lines(found, "zh-CN")
    assert line.startswith(said)
    assert cause_lines(found, "en")[0].startswith("Only totals")


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({}, "12/20，再有 9 人次达标就够", "12/20; 9 more good person-days would do"),
        (
            {"mends": None, "breaks": 1, "standing": "holding"},
            "12/20，再有 1 人次不达标就会违规",
            "12/20; 1 more bad person-day would break it",
        ),
        ({"mends": None, "standing": "lost"}, "12/20，已无法达标", "12/20; lost by now"),
        ({"mends": None, "standing": "below_gate"}, "12/20，还不够考核门槛", "12/20; below the gate so far"),
        (
            {"mends": None, "dilutes": 4},
            "12/20，再多 4 人次且都不算在内才回到线内",
            "12/20; 4 more person-days, none of them counted, bring it back",
        ),
    ],
)
def test_the_margin_says_what_mends_or_breaks_the_open_cycle(changes, zh, en):
    found = replace(REPLY, margin=replace(OPEN, **changes))
    assert margin_words(found, "Asia/Shanghai", "zh-CN") == f"本期 2026年4月，截至 04-02 10:00：{zh}"
    assert margin_words(found, "Asia/Shanghai", "en") == f"The open cycle, April 2026, as of 04-02 10:00: {en}"


def test_nothing_is_said_of_a_cycle_without_numbers():
    assert margin_words(REPLY, "Asia/Shanghai", "en") is None
    empty = replace(REPLY, margin=replace(OPEN, numerator=None, denominator=None))
    assert margin_words(empty, "Asia/Shanghai", "en") is None


def test_what_is_counted_has_its_own_word():
    assert [unit(name, 2, "en") for name in ("waits", "rounds", "other")] == ["2 messages", "2 rounds", "2"]


def facts(build, diagnosis, **more):
    state = more.pop("state", "open")
    violation = build.violation(state=state)
    return facts_of(violation, [], build.shop(), build.rule(), SHEET, "en", diagnosis=diagnosis, **more)


def test_the_first_action_follows_the_first_cause(build):
    assert facts(build, REPLY).first_action == "At 12:00, 21:00 add people."
    assert facts(build, replace(REPLY, causes=(replace(CROWDED, hours=()),))).first_action == "Call."
    assert facts(build, replace(REPLY, causes=(Cause("slow", 1),))).first_action == "Hurry."
    assert facts(build, replace(REPLY, causes=())).first_action == "Call."
    assert facts(build, None).first_action == "Call."


def test_accounts_are_told_to_the_house_alone(build):
    assert facts(build, REPLY).accounts is None
    assert facts(build, REPLY, reader=HOUSE).accounts == "客服小美 41, nobody 30"


def test_a_settled_violation_has_no_causes_to_tell(build):
    told = facts(build, REPLY, state="withdrawn", reader=HOUSE)
    assert (told.causes, told.hours, told.accounts, told.mend, told.first_action) == ((), None, None, None, None)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_cause_of_a_reply_rate_has_its_first_action_in_the_shipped_sheets(language):
    for rule in ("xiaohongshu.reply-rate", "kuaishou.reply-rate-3min", "pinduoduo.effective-reply-rate"):
        sheet = read_sheet(SHIPPED / f"{rule}.{language}.yaml")
        said = {sheet.first_for(cause, "HOURS") for cause in CAUSES[:5]}
        assert len(said) == 5
        assert sheet.first not in said
        assert all("HOURS" in sentence for sentence in said)


def test_both_languages_know_the_same_causes():
    for path in SHIPPED.glob("*.zh-CN.yaml"):
        english = path.with_name(path.name.replace("zh-CN", "en"))
        assert read_sheet(path).causes.keys() == read_sheet(english).causes.keys()
