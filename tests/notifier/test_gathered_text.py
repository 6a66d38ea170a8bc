"""What a gathered message says, in every form: what it is about, what to do first, and nothing that is not so."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.assessment.diagnosis import Cause, Diagnosis
from engine.ledger.tables import Notice
from notifier.channels.chat import size
from notifier.channels.contract import Letter
from notifier.channels.email.message import Sender, mail_of
from notifier.channels.email.page import page_of
from notifier.drafts import Drafter
from notifier.events import OTHERS
from notifier.members import SEVERAL, Member, weigh
from notifier.readers import HOUSE, OUTSIDER, OWN_SHOP
from notifier.records import Record
from notifier.render import Templates
from notifier.sms.binding import LONGEST_MESSAGE
from notifier.tales import Tale
from notifier.together import CHAT_BYTES, Together, text_together
from tests.notifier.news_samples import OF_VIOLATION, samples

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)
TEMPLATES = Templates()
GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "<script>x</script> | [店](http://v.il) **\r\nBcc: e@v.il"
AT_NINE, MEI = ((21, 9, 9),), (("小美", 9, 9),)
SLOW = Diagnosis(
    "rows", "reply", "sessions", hours=AT_NINE, agents=MEI, causes=(Cause("slow", 9, hours=AT_NINE, agents=MEI),)
)
NOBODY = Diagnosis("rows", "reply", "sessions", causes=(Cause("roster_gap", 9, hours=((3, 9, 9),)),))


class Pile:
    """Notices that are to be told together, and the rows behind them."""

    def __init__(self, build, rulebook):
        self.build, self.rulebook = build, rulebook
        self.members, self.records, self.tales = [], {}, {}

    def violation(self, name, shop="演示一店", event="violation.opened", diagnosis=None, agent=None, **changes):
        row = self.build.violation(name, **({"client": "acme"} | changes))
        subject = self.build.shop(alias=shop, platform=row.platform)
        record = Record(row, (self.build.sanction(name=name),), subject, agent, None, diagnosis)
        self.records[name] = record
        exposure = (row.exposure_min_fen, row.exposure_max_fen)
        about = {"violation": name, "state": row.state, "rule": row.rule, "version": row.version}
        about |= {"platform": row.platform, "appeal_until": row.appeal_until, "exposure_fen": exposure}
        return self._told(event, row.client, record, subject, {}, **about)

    def news(self, event, shop="演示二店", client="acme", **told):
        told = samples(NOW)[event] | told
        subject = self.build.shop("s2", alias=shop)
        if event in OF_VIOLATION:
            name = f"V-{len(self.members):04d}"
            row = self.build.violation(name, client=client)
            record = Record(row, (self.build.sanction(name=name),), subject, None)
            self.records[name] = record
            about = {"violation": name, "state": row.state, "rule": row.rule, "platform": row.platform}
            return self._told(event, client, record, subject, told, **about)
        return self._told(event, client, None, subject, told)

    def _told(self, event, client, record, shop, told, **about):
        number = len(self.members) + 1
        self.members.append(Member(number, event, client, "li", False, told, **about))
        self.tales[number] = Tale(event, told, record, shop, told.get("object"))
        return self

    def letter(self, channel="email", language="zh-CN", client="acme", templates=None, reader=OWN_SHOP, capped=False):
        times = {"due_at": NOW, "next_attempt_at": NOW, "created_at": NOW}
        words = {"language": language, "template": "", "subject": "", "body": ""}
        about = {"id": 7, "key": "gathered:x", "event": "notices.gathered", "state": "queued", "client": client}
        notice = Notice(recipient="li@example.com", channel=channel, news={"capped": capped}, **about, **words, **times)
        together = Together(weigh(self.members, client, NOW), self.records, self.tales, reader)
        text = text_together(Drafter(self.rulebook, language, templates or TEMPLATES), notice, together, NOW)
        return Letter(notice.key, None, notice.event, channel, notice.recipient, language, text.subject, text.body)

    def lines(self, *args, **kwargs):
        return self.letter(*args, **kwargs).body.split("\n")


@pytest.fixture
def pile(build, rulebook):
    return Pile(build, rulebook)


@pytest.fixture
def night(pile):
    """What may come in one night."""
    pile.violation("V-1", "甲店", diagnosis=SLOW)
    pile.violation("V-2", "乙店", state="confirmed", numerator=60, appeal_until=NOW + 2 * DAY, exposure_max_fen=50000)
    pile.violation("V-3", "丙店", rule="kuaishou.good-rating", platform="kuaishou", numerator=79)
    pile.news("warning.at_risk")
    pile.violation("V-1", "甲店", "violation.escalated", SLOW)
    pile.news("deadline.near", until=(NOW + timedelta(hours=4)).isoformat())
    return pile.news("week.listed")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("channel", ["email", "wecom"])
def test_it_says_what_it_is_then_what_weighs_most_then_what_to_do_then_the_rest(night, channel, language):
    letter = night.letter(channel, language)
    golden = GOLDEN / f"gathered.{channel}.{language}.txt"
    assert f"{letter.subject}\n\n{letter.body}" == golden.read_text(encoding="utf-8")


def test_agents_are_named_to_the_house_alone(night):
    inside, outside = (night.letter(reader=there).body for there in (HOUSE, OUTSIDER))
    assert "小美" not in outside
    assert "4. 小红书 · 客服回复率 · 甲店：当时有人在线" in inside
    assert "漏掉的会话停在哪一步。最集中的账号：「小美」9 个会话。" in inside


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("channel", ["email", "wecom"])
def test_it_asks_no_client_to_type_a_command(pile, channel, language):
    for number in range(50):
        pile.violation(f"V-{number}", f"店 {number}", rule=f"rule.{number}").news("penalty.recorded")
    for capped in (False, True):
        assert "kaohe " in pile.letter(channel, language, capped=capped).body
        outside = pile.letter(channel, language, reader=OUTSIDER, capped=capped).body
        assert not re.search(r"kaohe|系统", outside)


def test_what_differs_in_hours_alone_is_one_action_of_its_weightiest_shop(pile):
    late = Diagnosis("rows", "reply", "sessions", causes=(Cause("slow", 1, hours=((9, 1, 1),)),))
    pile.violation("V-1", "甲店", diagnosis=SLOW, exposure_max_fen=2).violation("V-2", "乙店", diagnosis=late)
    pile.violation("V-3", "丙店", diagnosis=NOBODY)
    text = pile.letter().body
    assert "1. 小红书 · 客服回复率 · 甲店（另有 1 起同样处理）：当时有人在线" in text
    assert "2. 小红书 · 客服回复率 · 丙店：班表上没有人的时候，漏得最多的是 3 点" in text


def test_each_row_says_whose_it_is_where_they_are_of_several_clients(pile):
    pile.violation("V-1", "甲店").violation("V-2", "乙店", client="bolt").violation("V-3", "丙店", client="default")
    lines = pile.news("penalty.recorded", "丁店", "bolt").lines(client=SEVERAL, reader=HOUSE)
    assert lines[0].startswith("【合并通知】4 条通知")
    assert "客户 | 店铺 | 指标 | 差距 | 编号" in lines
    assert [line.partition(" | 77")[0] for line in lines if "77/100" in line] == [
        "acme | 甲店",
        "bolt | 乙店",
        "— | 丙店",
    ]
    assert any(line.startswith("- bolt：【平台已判罚】丁店") for line in lines)
    assert not any("acme" in line for line in pile.lines(client="bolt")), "of one client nothing else is told"
    pile.violation("V-4", "戊店", client="bolt", diagnosis=SLOW)
    assert any("客服回复率 · bolt · 戊店：当时有人在线" in line for line in pile.lines(client=SEVERAL))


def test_what_all_rows_share_stands_above_them_and_what_differs_in_a_column(pile, build):
    lines = pile.violation("V-1").violation("V-2").lines()
    assert "2 起；达标线：不低于80%；3月2日–3月8日；限制公域流量3天，至3月12日。" in lines
    assert "演示一店 | 77/100 = 77% | 差 3 个 | V-1" in lines
    pile.violation("V-3")
    fine = build.sanction("liquidated_damages", "V-3", amount_min_fen=0, amount_max_fen=100000)
    pile.records["V-3"] = replace(pile.records["V-3"], sanctions=(fine,))
    lines = pile.lines()
    assert "3 起；达标线：不低于80%；3月2日–3月8日。" in lines
    assert "演示一店 | 77/100 = 77% | 差 3 个 | 违约金 ¥0–¥1,000 | V-3" in lines


def test_cycles_that_differ_have_a_column(pile):
    pile.violation("V-1").violation("V-2", cycle_start=date(2025, 12, 29), cycle_end=date(2026, 1, 4))
    lines = pile.lines()
    assert "店铺 | 周期 | 指标 | 差距 | 编号" in lines
    assert [line.split(" | ")[1] for line in lines if "77/100" in line] == [
        "3月2日–3月8日",
        "2025年12月29日–2026年1月4日",
    ]


def test_an_agent_is_named_beside_its_shop_where_the_rule_judges_agents(pile, build):
    agent = build.shop("a1", alias="客服甲", kind="agent")
    pile.violation("V-1", agent=agent)
    assert any(line.startswith("演示一店（客服甲） | ") for line in pile.lines(reader=HOUSE))
    assert any(line.startswith("演示一店（未具名） | ") for line in pile.lines())


def test_a_violation_whose_rule_is_lost_is_told_by_what_is_on_record(pile):
    pile.rulebook = {}
    text = pile.violation("V-1").letter().body
    assert "小红书 · xiaohongshu.reply-rate\n1 起；3月2日–3月8日。\n店铺 | 指标 | 后果 | 编号" in text
    assert "演示一店 | 77/100 = 77% | 限制公域流量3天，至3月12日 | V-1" in text


def test_a_warning_of_which_the_journal_told_little_is_told_all_the_same(pile):
    for left in (["rule", "due_at", "numerator"], ["shop", "cycle", "denominator"], ["platform"]):
        pile.news("warning.at_risk")
        pile.members[-1] = Member(
            len(pile.members), "warning.at_risk", "acme", "li", False, {"shop": "x"} if left == ["platform"] else {}
        )
        pile.tales[len(pile.members)] = Tale("warning.at_risk", pile.members[-1].told)
    text = pile.letter().body
    assert "None" not in text
    assert "预警 3 项" in text


def test_what_was_settled_meanwhile_is_not_told_as_if_it_stood(pile):
    text = pile.violation("V-1", "甲店", state="withdrawn").violation("V-2", "乙店").letter().body
    assert "甲店" not in text
    assert "另有 1 条所说的事已经了结，不再列出。" in text
    assert "【合并通知】acme：2 条通知：预判违规 1 起。" in text


def test_a_message_all_of_which_is_settled_says_so(pile):
    pile.violation("V-1", state="withdrawn").violation("V-2", state="waived")
    for channel in ("email", "wecom"):
        letter = pile.letter(channel)
        assert letter.subject == "【合并通知】acme：2 条通知"
        assert "另有 2 条" in letter.body
    assert "2条店铺消息" in pile.letter("aliyun-sms").body


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_shops_name_forges_neither_a_header_nor_a_cell_nor_the_page_nor_markdown(pile, language):
    pile.violation("V-1", HOSTILE, client=HOSTILE, diagnosis=SLOW)
    pile.news("penalty.recorded", HOSTILE, client=HOSTILE, reference=HOSTILE)
    pile.news("warning.at_risk", HOSTILE, client=HOSTILE)
    for client in (HOSTILE, SEVERAL):
        letter = pile.letter(language=language, client=client, reader=HOUSE)
        mail = mail_of(letter, Sender("kaohe@example.com", "考核"), NOW)
        assert "Bcc" not in message_from_bytes(mail.content, policy=policy.default)
        page = page_of(letter)
        assert "<script>" not in page
        assert page.count("<td valign") == 5 + 4 + (2 if client == SEVERAL else 0)
        chat = pile.letter("wecom", language, client, reader=HOUSE).body
        assert "<" not in chat
        assert not re.search(r"\[店\]|\*\* *$", chat)
        assert not re.search(r"^Bcc", letter.body + chat, re.MULTILINE)


def test_a_thousand_are_listed_as_far_as_there_is_room_and_the_rest_is_counted(pile):
    for number in range(700):
        rule = {"rule": "kuaishou.good-rating", "platform": "kuaishou"} if number % 7 == 0 else {}
        pile.violation(f"V-{number:04d}", f"店{number}" + "长" * 200, exposure_max_fen=number, **rule)
    for number in range(300):
        pile.news("penalty.recorded", reference=f"P-{number}", amount_fen=number)
    lines = pile.lines()
    assert sum(line.startswith("店") and line[1].isdigit() for line in lines) == 18
    assert "共" not in lines[0]
    same = "达标线：不低于80%。所列都是：3月2日–3月8日；限制公域流量3天，至3月12日。"
    assert f"600 起，列出最要紧的 9 起；{same}" in lines
    assert f"100 起，列出最要紧的 9 起；{same}" in lines
    assert "另有 682 项违规或预警没有列出：kaohe notices list --within 7" in lines
    assert sum(line.startswith("- ") for line in lines) == 12
    assert "另有 288 条其他消息没有列出：kaohe notices list --within 7" in lines
    assert len("\n".join(lines)) < 8000
    for channel in ("wecom", "dingtalk", "feishu"):
        chat = pile.letter(channel)
        assert size(chat.body) <= CHAT_BYTES
        assert "先做这些事" in chat.body
        assert chat.body.endswith("kaohe notices list --within 7\n")


def test_a_rule_without_an_action_among_those_shown_says_where_its_action_is(pile):
    for name in "abcdef":
        pile.rulebook |= {name: pile.build.rule(name)}
        pile.violation(f"V-{name}", rule=name)
    # All six have the advice of last resort, word for word the same: it is said once, of the five that are shown.
    assert "其余规则的 1 项先做什么，见各条通知的原文。" in pile.lines()


OLD = """{% if client %}{{ client }}: {% endif %}{{ count }}: {{ first }}

{% for line in lines %}
- {{ line }}
{% endfor %}
{{ unlisted }} {{ at_cap }} {{ morning }} {{ example }} {{ command }}
"""


def test_a_template_that_lists_subjects_alone_still_has_them_all_the_weightiest_first(pile, tmp_path):
    (tmp_path / "notices.gathered.email.zh-CN.txt").write_text(OLD, encoding="utf-8")
    pile.news("evidence.missing")
    for number in range(60):
        pile.violation(f"V-{number}", f"店{number}", exposure_max_fen=number)
    letter = pile.letter(templates=Templates([tmp_path]), capped=True)
    assert letter.subject == "acme: 61: 【预判违规】店59：限制公域流量3天，至2026年3月12日 · 回复率"
    listed = [line for line in letter.body.split("\n") if line.startswith("- ")]
    assert listed[0] == "- 【预判违规】店59：限制公域流量3天，至2026年3月12日 · 回复率"
    assert len(listed) == 50
    assert letter.body.endswith("\n11 True False V-59 kaohe notices list --within 7\n")


def test_what_is_told_many_times_is_listed_once_with_how_often(pile):
    for _ in range(3):
        pile.news("evidence.missing", "一店")
    lines = pile.news("evidence.missing", "二店", missing=[]).lines()
    [listed] = [line for line in lines if line.startswith("- ") and "一店" in line]
    assert listed.endswith(" ×3")
    assert any("二店" in line and "×" not in line for line in lines)


def test_the_message_says_why_it_is_one(pile):
    pile.violation("V-1", "很" * 90)
    assert "消息条数已到上限" in pile.letter("wecom", capped=True).body
    assert "消息条数已到上限" in pile.letter(capped=True).body
    short = pile.letter("aliyun-sms", capped=True).body
    assert short == (
        "【示例科技】您有1条店铺消息（短信已达上限），其中一条：（预判违规）很很很很很很很很很很很很很很很很很很很…。请到系统查看。\n"
    )
    assert "cap is reached" in pile.letter("tencent-sms", "en", capped=True).body
    pile.members = [Member(**{f: getattr(m, f) for f in Member.__slots__} | {"waited": True}) for m in pile.members]
    assert pile.letter().subject.startswith("【晨间汇总】acme：1 条通知：【预判违规】很很")
    assert "以下是免打扰时段内到的" in pile.letter().body


KINDS = st.lists(
    st.tuples(
        st.sampled_from(["violation.opened", "violation.opened", *sorted(OTHERS)]),
        st.text(max_size=12) | st.sampled_from(["一店", HOSTILE, "店" * 300]),
        st.sampled_from(["open", "acknowledged", "confirmed", "appealed", "withdrawn", "closed"]),
        st.sampled_from(["acme", "bolt"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KINDS, st.sampled_from(["zh-CN", "en"]), st.sampled_from(["acme", SEVERAL]), st.booleans())
def test_every_thing_is_listed_or_counted_whatever_comes_and_the_message_is_whole(
    build, rulebook, told, language, client, capped
):
    pile = Pile(build, rulebook)
    for number, (event, shop, state, whose) in enumerate(told):
        until = NOW + DAY * (number % 5 - 1)
        if event == "violation.opened":
            pile.violation(f"V-{number}", shop, state=state, client=whose, appeal_until=until, diagnosis=SLOW)
        else:
            pile.news(event, shop, whose)
    holding = weigh(pile.members, client, NOW)
    if not holding.count:
        return
    for channel in ("email", "wecom"):
        letter = pile.letter(channel, language, client, capped=capped)
        text = letter.subject + letter.body
        assert str(holding.count) in letter.subject
        assert not re.search(r"None|[\r\x00]|^Bcc|\{\{", text, re.MULTILINE)
        assert "小美" not in text
        rows = sum(line.count(" | ") >= 3 for line in letter.body.split("\n"))
        heads = sum(line.startswith(("店铺 | ", "客户 | ", "Shop | ", "Client | ")) for line in letter.body.split("\n"))
        more = re.search(r"(\d+)(?: 项违规或预警没有列出| more violations? or warnings?)", letter.body)
        assert rows - heads + (int(more[1]) if more else 0) == len(holding.matters)
        assert channel == "email" or size(letter.body) <= CHAT_BYTES
    for channel in ("aliyun-sms", "tencent-sms"):
        assert len(pile.letter(channel, language, client, capped=capped).body.strip()) <= LONGEST_MESSAGE
