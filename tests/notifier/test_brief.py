"""What news says: each event, in both languages and all forms, about each shipped rule, and of whatever shape."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.overview import OVERVIEW
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Version
from notifier.brief import STORIES, BriefFacts, brief_of
from notifier.events import GATHERED, OPENED, ROUTED
from notifier.own_files import look_over
from notifier.readers import HOUSE, OUTSIDER, OWN_SHOP
from notifier.records import Record
from notifier.render import Templates
from notifier.sheets import Sheets
from notifier.sms.binding import LONGEST_MESSAGE
from tests.notifier.conftest import NOW, sanction_row, shop_row, violation_row
from tests.notifier.news_samples import ABOUT, OF_VIOLATION, samples

ROOT = Path(__file__).parents[2]
RULES = dict(RuleBook.load([ROOT / "rulesets"])[0])
SHEETS, TEMPLATES = Sheets(), Templates()
LANGUAGES = ("zh-CN", "en")
CHANNELS = ("email", "wecom", "aliyun-sms", "tencent-sms")
SHIPPED = [
    (name, severity)
    for name, rule in sorted(RULES.items())
    for severity in (rule.versions[-1].ladder or {"standard": ()})
]
NOTHING = re.compile(r"None|\bnone\b|[「（(，：、]无[」）)，。、]|至无|：。|，。|  |, \.|\(\)|（）|「」|: \.")


def record_of(rule="xiaohongshu.reply-rate", severity=None, shop=None, **changes):
    platform = rule.split(".", maxsplit=1)[0]
    version = RULES[rule].versions[-1].key
    row = violation_row(rule=rule, platform=platform, version=version, client="acme", severity=severity, **changes)
    damages = sanction_row("liquidated_damages", position=1, amount_min_fen=50000, amount_max_fen=100000)
    return Record(row, (sanction_row(), damages), shop or shop_row(platform=platform), None)


def brief(event, language="zh-CN", rule="xiaohongshu.reply-rate", severity=None, news=None, **given):
    about_one = event in OF_VIOLATION
    record = given.pop("record", record_of(rule, severity) if about_one else None)
    told = samples(NOW, rule, severity or "serious")[event] if news is None else news
    shop = given.pop("shop", shop_row(platform=rule.split(".", maxsplit=1)[0]) if "shop" in told else None)
    known = {"shop": shop, "about": ABOUT.get(event), "reader": OWN_SHOP}
    return brief_of(event, told, record, RULES, SHEETS, language, NOW, **known | given)


def test_every_event_that_a_route_may_ask_for_has_its_words():
    assert set(STORIES) == set(ROUTED) - {OPENED.event}
    assert set(STORIES) == set(samples(NOW))


def test_every_event_has_a_status_of_its_own():
    for language in LANGUAGES:
        statuses = [brief(event, language).status for event in STORIES]
        assert len(set(statuses)) == len(statuses)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("event", sorted(STORIES))
def test_each_event_reads_well_for_every_shipped_rule_and_severity(event, channel):
    for language in LANGUAGES:
        for rule, severity in SHIPPED:
            facts = brief(event, language, rule, severity, records=[record_of(rule, severity)])
            text = TEMPLATES.render(event, channel, facts)
            assert not NOTHING.search(text.subject + text.body), text
            if "sms" in channel:
                assert len(text.body.strip()) <= LONGEST_MESSAGE
                continue
            first = text.body.split("\n")[0].replace("**", "")
            opening = f"【{facts.status}】{facts.who}：" if language == "zh-CN" else f"[{facts.status}] {facts.who}: "
            assert text.subject.startswith(opening)
            assert text.subject.startswith(first.rstrip("。."))
            assert text.subject.removeprefix(first.rstrip("。.")) in {"", f" · {facts.rule_short}"}
            assert text.body.rstrip().endswith(facts.command)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["email", "wecom"])
def test_subjects_of_two_rules_of_a_shop_differ(channel, language):
    for event in OF_VIOLATION | {"warning.at_risk", "warning.certain", "warning.one_more"}:
        told = {TEMPLATES.render(event, channel, brief(event, language, rule=rule)).subject for rule in RULES}
        assert len(told) == len(RULES), event


def test_a_long_name_that_the_platform_gives_a_rule_is_cut_in_subjects():
    news = samples(NOW)["penalty.recorded"] | {"rule": "关于客服服务质量管理与处罚的若干补充规定（试行）第二版修订稿"}
    facts = brief("penalty.recorded", news=news)
    assert facts.rule_title == news["rule"]
    assert TEMPLATES.render("penalty.recorded", "email", facts).subject.endswith(
        " · 关于客服服务质量管理与处罚的若干补充规定（试行…"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_passes_a_notice_of_the_platform_on_where_there_is_nothing_to_appeal(language):
    news = samples(NOW)["penalty.recorded"] | {"status": "executed"}
    inside, outside = (
        brief("penalty.recorded", language, news=news, reader=r).first_action for r in (OWN_SHOP, OUTSIDER)
    )
    assert inside.endswith("kaohe penalties match")
    assert "kaohe" not in outside


def test_the_first_line_has_status_shop_consequence_and_deadline_in_this_order():
    for event, parts in {
        "deadline.near": ("【将截止】", "演示一店", "限制公域流量3天", "申诉还有 3 天", "3月13日 10:00 截止"),
        "violation.corrected": ("【已更正】", "演示一店", "限制公域流量3天", "3月12日"),
        "violation.escalated": ("【未确认】", "演示一店", "限制公域流量3天", "45 分钟无人确认"),
        "penalty.recorded": ("【平台已判罚】", "演示一店", "违约金 ¥300", "申诉截止 3月16日 10:00", "还有 6 天"),
        "sanction.begins": ("【处罚开始】", "演示一店", "限制公域流量3天", "3月10日–3月12日", "按规则推算"),
        "sanction.ends": ("【处罚结束】", "演示一店", "限制公域流量3天已结束", "3月9日"),
        "warning.at_risk": ("【预警】", "演示一店", "目前不达标", "限制公域流量3天", "3月11日 16:00 考核"),
        "warning.certain": ("【将违规】", "演示一店", "无法补回", "限制公域流量3天", "3月11日 16:00 考核"),
        "warning.one_more": ("【临界】", "演示一店", "再有 1 个会话不合格就违规", "3月11日 16:00 考核"),
        "duty.overdue": ("【职责逾期】", "D-7", "整改没有按期完成", "3月9日"),
        "evidence.missing": ("【缺数据】", "演示一店", "消息没有按时到", "客服回复率考核不了"),
        "rule.announced": ("【规则变更】", "小红书「客服回复率」", "4月1日起"),
    }.items():
        line = TEMPLATES.render(event, "email", brief(event)).subject
        places = [line.find(part) for part in parts]
        assert -1 not in places, line
        assert places == sorted(places), line


def test_then_come_figure_standard_and_gap_then_what_to_do_then_what_is_assumed():
    body = TEMPLATES.render("violation.escalated", "email", brief("violation.escalated")).body
    parts = [
        "77 个在关闭前",
        "不低于80%",
        "再有 3 个会话",
        "先做这件事",
        "接下来",
        "后台位置",
        "请留意",
        "kaohe explain",
    ]
    places = [body.find(part) for part in parts]
    assert -1 not in places, body
    assert places == sorted(places), body


def test_a_violation_that_is_none_leaves_nothing_to_do():
    facts = brief("violation.withdrawn")
    assert (facts.first_action, facts.steps, facts.notes, facts.predicted) == (None, (), (), False)
    assert "原因：数据有更新，现在达标。" in facts.lines


def test_a_correction_says_what_was_and_what_is_and_nothing_of_what_is_the_same():
    facts = brief("violation.corrected")
    assert facts.lines[:2] == ("数据更正：77/100（77%） → 79/100（79%）。", "等级由轻微改为严重。")
    same = samples(NOW)["violation.corrected"]
    same |= {"before": dict(same), "why": "老张说：核对过后台"}
    assert brief("violation.corrected", news=same).lines == ("原因：老张说：核对过后台。",)
    moved = same | {"exposure_fen": [10000, 30000], "before": dict(same) | {"exposure_fen": [0, 10000]}}
    assert "金额由 ¥0–¥100 改为 ¥100–¥300。" in brief("violation.corrected", news=moved).lines


def test_what_the_platform_confirmed_is_not_called_reckoned():
    for event in ("sanction.begins", "deadline.near"):
        facts = brief(event, record=record_of(state="confirmed"))
        assert "推算" not in facts.headline + "".join(facts.notes)


def test_only_the_assumptions_that_a_deadline_hangs_on_are_told_in_full_with_it():
    notes = brief("deadline.near").notes
    assert [note for note in notes if note.startswith("假定")] == [note for note in notes if "申诉：" in note]
    assert any(note.startswith("假定 5 处：规则生效时间、") for note in brief("warning.at_risk").notes)


def test_the_shop_is_called_by_its_alias_and_by_its_number_where_it_is_not_known():
    assert brief("warning.at_risk").who == "演示一店"
    unknown = brief("warning.at_risk", shop=None)
    assert (unknown.who, unknown.shop_id, unknown.platform) == ("s1", "s1", "小红书")


def test_the_holder_of_a_duty_is_named_to_people_of_the_house_alone():
    assert "责任人：wang。" in brief("duty.overdue", reader=HOUSE).lines
    assert "wang" not in TEMPLATES.render("duty.overdue", "email", brief("duty.overdue")).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_a_client_reads_asks_them_to_type_a_command(language):
    typed = re.compile(rf"kaohe ({'|'.join(OVERVIEW)})\b|--")
    for event in sorted(STORIES):
        for channel in ("email", "wecom"):
            inside, outside = (
                TEMPLATES.render(event, channel, brief(event, language, reader=reader)).body
                for reader in (OWN_SHOP, OUTSIDER)
            )
            assert typed.search(inside), inside
            assert ROUTED[event].of_house or not typed.search(outside), outside


def test_what_is_still_open_comes_first_in_a_warning():
    facts = brief("warning.at_risk")
    assert "还没结束的 4 个" in facts.first_action
    assert "再连续 15 个会话合格就能补回" in facts.gap_words


def test_a_rounded_figure_is_told_with_both_ends():
    news = samples(NOW)["warning.at_risk"] | {"numerator": None, "numerator_low": 635, "numerator_high": 644}
    assert brief("warning.at_risk", news=news | {"denominator": 1000}).value == "63.5%–64.4%"
    told = news | {"denominator": 1000, "numerator_low": None, "numerator_range": [635, 644]}
    assert brief("warning.at_risk", news=told).value == "63.5%–64.4%"


def test_a_rule_with_several_severities_tells_what_follows_from_each():
    rule = "kuaishou.service-attitude"
    line = next(one for one in brief("warning.certain", rule=rule).lines if "后果" in one)
    assert "轻微：警告" in line
    assert "特别严重：警告" in line


def test_a_deadline_that_has_passed_meanwhile_does_not_say_that_there_is_time():
    over = samples(NOW)["deadline.near"] | {"until": (NOW - timedelta(minutes=1)).isoformat()}
    assert brief("deadline.near", news=over).left == "已过"
    late = samples(NOW)["penalty.recorded"] | {"appeal_until": (NOW - timedelta(days=1)).isoformat()}
    told = brief("penalty.recorded", news=late)
    assert (told.until, told.left) == (None, None)
    assert "申诉期限已过" in told.lines[-1]


def test_the_week_lists_its_violations_in_a_table_and_is_sound_without_them():
    facts = brief("week.listed", records=[record_of(), record_of("kuaishou.good-rating", "serious")])
    assert facts.headline.endswith("考核出 2 起违规，2 起待处理")
    assert len(facts.groups) == 2
    assert brief("week.listed").groups == ()
    assert "清单" in brief("week.listed").headline


def test_the_words_of_those_who_were_told_are_names_and_not_signs():
    news = {"told_at": None, "told": ["@shop", "ops"], "after_minutes": 120}
    facts = brief("violation.escalated", news=news)
    assert "已通知：店铺联系人、ops，还没有人确认由谁处理。" in facts.lines
    assert "2 小时无人确认" in facts.headline


HOSTILE = "<at id=all>\r\nBcc: x@y.z\x00\u202e[店](https://v.il)**x**"


def test_nothing_from_outside_breaks_a_line_a_header_or_a_chat():
    shop = shop_row(name=HOSTILE, alias=HOSTILE, external_id="s1")
    for event, told in samples(NOW).items():
        news = {k: HOSTILE if isinstance(v, str) and k not in {"shop", "rule", "what"} else v for k, v in told.items()}
        facts = brief(event, news=news, shop=shop, record=record_of(shop=shop) if event in OF_VIOLATION else None)
        for channel in ("email", "feishu"):
            text = TEMPLATES.render(event, channel, facts)
            assert "\n" not in text.subject
            assert not re.search(r"[\r\x00\u202e]|^Bcc", text.subject + text.body, re.MULTILINE)
        assert "<at" not in text.body
        assert "](" not in text.body


def test_a_reference_from_outside_is_quoted_in_a_command():
    news = samples(NOW)["penalty.recorded"] | {"reference": "P-1; rm -rf x"}
    assert brief("penalty.recorded", news=news).command == "kaohe penalties show 'P-1; rm -rf x'"


TEXTS = (
    "",
    "x",
    "一店\n",
    "2026-03-10",
    "2026-03-10T10:00:00+08:00",
    "9999-99-99",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "30d:0001-01-01",
    "9999-W53",
    "\x00",
)
LISTS = ([], [None], ["x", 3], [1, 2], [2, 1], {}, {"en": "x"}, {"zh-CN": 3}, {"numerator": "x"})
JSON = st.sampled_from([None, True, 0, -1, 7, 10**30, *TEXTS, *LISTS])
KEYS = sorted({key for told in samples(NOW).values() for key in told} | {"object", "exposure_fen", "numerator_range"})


@given(
    event=st.sampled_from([*sorted(STORIES), "news.unheard_of"]),
    language=st.sampled_from(LANGUAGES),
    news=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6),
    whole=st.booleans(),
    with_record=st.booleans(),
)
def test_news_of_an_unknown_shape_is_told_shorter_and_never_fails(event, language, news, whole, with_record):
    told = (samples(NOW).get(event, {}) if whole else {}) | news
    facts = brief_of(event, told, record_of() if with_record else None, RULES, SHEETS, language, NOW)
    assert isinstance(facts, BriefFacts)
    for channel in CHANNELS:
        known = event if event in STORIES else "operator.alarm"
        text = TEMPLATES.render(known, channel, facts)
        assert "None" not in text.subject + text.body
        assert text.subject.strip()


def test_the_least_that_a_journal_can_tell_still_makes_whole_sentences():
    for event in STORIES:
        for language in LANGUAGES:
            record = record_of() if event in OF_VIOLATION else None
            facts = brief_of(event, {}, record, RULES, SHEETS, language, NOW)
            for channel in CHANNELS:
                text = TEMPLATES.render(event, channel, facts)
                assert not NOTHING.search(text.subject + text.body), text


def test_a_template_of_ones_own_for_one_event_or_for_all_news_comes_before_the_shipped_one(tmp_path):
    (tmp_path / "news.email.en.txt").write_text("{{ who }}: {{ headline }}\n\n{{ event }}\n", encoding="utf-8")
    own = Templates([tmp_path])
    assert own.render("duty.overdue", "email", brief("duty.overdue", "en")).body == "duty.overdue\n"
    (tmp_path / "duty.overdue.email.en.txt").write_text("late\n\n{{ about }}\n", encoding="utf-8")
    own = Templates([tmp_path])
    assert own.render("duty.overdue", "email", brief("duty.overdue", "en")).body == "D-7\n"
    assert own.render("week.listed", "email", brief("week.listed", "en")).body == "week.listed\n"
    assert look_over(own, Sheets()).faults == {}


def test_the_variables_of_each_events_own_template_are_known(tmp_path):
    for event, wrong in {"duty.overdue": "numerator", OPENED.event: "context", GATHERED.event: "who"}.items():
        (tmp_path / f"{event}.email.en.txt").write_text(f"x\n\n{{{{ {wrong} }}}}\n", encoding="utf-8")
    found = look_over(Templates([tmp_path]), Sheets()).faults
    assert len(found) == 3
    assert all("unknown variable" in str(fault) for fault in found.values())


def test_a_day_of_another_year_is_told_with_its_year():
    news = samples(NOW)["rule.announced"] | {"since": "2027-01-01"}
    assert "2027年1月1日" in brief("rule.announced", news=news).headline
    until = datetime(2027, 1, 2, 2, 0, tzinfo=UTC).isoformat()
    assert "2027年1月2日 10:00" in brief("deadline.near", news={"what": "appeal", "until": until}).headline
    assert date(2026, 3, 10) == NOW.date()


def test_of_a_share_that_must_stay_low_a_warning_tells_what_dilutes_it_and_what_breaks_it():
    rule = "kuaishou.service-attitude"
    news = samples(NOW, rule)["warning.at_risk"] | {"mends": None, "dilutes": 14, "pending": 0}
    facts = brief("warning.at_risk", rule=rule, news=news)
    assert facts.gap_words == "已有的抹不掉；再多 14 条评价且都不算不利，占比才达标"
    assert brief("warning.one_more", rule=rule).short == "再多 1 个这样的就违规"


def test_a_consequence_that_the_platform_may_leave_is_told_as_possible():
    facts = brief("warning.at_risk", rule="pinduoduo.effective-reply-rate")
    assert facts.headline == "目前不达标（可能的后果：违约金 ¥0–¥1,000），3月11日 16:00 考核"
    assert "不达标的后果——违约金 ¥0–¥1,000（从保证金、货款扣除，平台可酌情决定）。" in facts.lines


def test_where_what_is_open_is_enough_a_warning_says_how_many_of_it():
    news = samples(NOW)["warning.at_risk"] | {"mends": 3, "pending": 4}
    assert brief("warning.at_risk", news=news).gap_words == "还没结束的 4 个会话里再有 3 个会话合格就达标"
    assert "还没结束" not in "".join(brief("warning.certain", news=news).steps)


def test_a_new_version_says_what_it_decides_and_one_that_ends_the_rule_that_it_ends():
    news = samples(NOW)["rule.announced"] | {"version": True}
    facts = brief("rule.announced", news=news)
    assert facts.headline == "4月1日起按新版本考核"
    assert "内容：达标线改为 85%。" in facts.lines
    rule = RULES["xiaohongshu.reply-rate"]
    ended = replace(rule, versions=(*rule.versions, Version(date(2026, 4, 1), (), "0" * 64, repealed=True)))
    told = brief_of("rule.announced", news, None, {rule.id: ended}, SHEETS, "zh-CN", NOW)
    assert told.headline == "4月1日起废止"
    assert "从该日起开始的周期不再考核。" in told.lines


def test_the_title_of_a_duty_stands_in_its_deadline():
    until = (NOW + timedelta(hours=4)).isoformat()
    news = {"what": "duty", "until": until, "kind": "rectification", "rule": "pinduoduo.effective-reply-rate"}
    facts = brief_of("deadline.near", news, None, RULES, SHEETS, "zh-CN", NOW, about="D-7", reader=OWN_SHOP)
    assert facts.headline == "整改还有 4 小时，3月10日 14:00 截止"
    assert "改了什么、从哪天起" in facts.first_action
    assert facts.command == "kaohe duties show D-7"


def test_what_was_wrong_is_told_once_more_when_it_is_mended():
    told = samples(NOW)["operator.alarm"]
    assert brief("operator.mended", news=told).lines[-1] == "此前的问题："
    assert brief("operator.mended").points == ()
