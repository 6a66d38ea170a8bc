"""What each variable of a template means, and what it says for example: in Chinese and English."""

from __future__ import annotations

from typing import NamedTuple

from engine.rulebook.model import Text

Said = str | int | bool | tuple[str, ...] | tuple[tuple[str, ...], ...]


class Word(NamedTuple):
    """One variable: its meaning, and a value in Chinese and in English."""

    meaning: Text
    zh: Said
    en: Said


def _word(zh: str, en: str, value: Said, english: Said | None = None) -> Word:
    return Word(Text(zh, en), value, value if english is None else english)


_ACTION = "逐个打开没有人工回复就关闭的会话", "Open each session that closed without a human reply"
_DISPUTE = "后来的公告改了这条规则", "a later announcement changed this rule"
_MEASURE = "限制公域流量3天（2026年3月10日–3月12日）", "public-domain traffic limit for 3 days (10–12 March 2026)"
_TABLE = (
    (
        (
            "小红书 · 客服回复率",
            "1 起；达标线：不低于80%。",
            "店铺 | 指标 | 编号",
            "演示一店 | 77/100 = 77% | V-ABCDEFGH2345",
        ),
    ),
    (
        (
            "Xiaohongshu · reply rate",
            "1 violation.",
            "Shop | Figure | Violation",
            "Demo one | 77/100 = 77% | V-ABCDEFGH2345",
        ),
    ),
)
_FIRST = "小红书 · 客服回复率：先看没人在线的时段", "Xiaohongshu · reply rate: look at the hours with nobody on line"

COMMON: dict[str, Word] = {
    "language": _word("通知的语言", "the language of the notice", "zh-CN", "en"),
    "status": _word(
        "方括号里的那个词：出了什么事", "the word in brackets: what has happened", "预判违规", "Predicted violation"
    ),
    "shop": _word("店铺的别名，没有别名是店名", "the shop's alias, else its name", "演示一店", "Demo one"),
    "shop_name": _word("店名", "the shop's name", "演示一店旗舰店", "Demo one flagship"),
    "shop_id": _word("店铺在平台上的编号", "the shop's number on the platform", "s1"),
    "agent": _word("按子账号考核时，是哪个子账号", "the sub-account, where the rule judges one", "小王", "Wang"),
    "client": _word("客户；店铺没有登记客户时没有", "the client; nothing where the shop was given none", "acme"),
    "platform": _word("平台", "the platform", "小红书", "Xiaohongshu"),
    "rule": _word("规则的编号", "the rule's id", "xiaohongshu.reply-rate"),
    "rule_title": _word("规则的名称，不带平台", "the rule's title without the platform", "客服回复率", "reply rate"),
    "rule_short": _word("短信里规则的叫法", "what text messages call the rule", "回复率", "reply rate"),
    "cycle": _word("考核周期", "the cycle", "2026年第10周（3月2日–3月8日）", "week 10 of 2026 (2–8 March)"),
    "figure": _word(
        "n 个里有 k 个，写成一句话",
        "k of n, as a sentence",
        "100 个会话里 77 个得到人工回复",
        "Of 100 sessions 77 had a human reply",
    ),
    "value": _word("指标的值", "the share", "77%"),
    "standard": _word("达标线", "the standard", "不低于80%", "at least 80%"),
    "gap_words": _word(
        "差多少，写成一句话",
        "the gap, as a sentence",
        "当时若再有 3 个会话得到人工回复，就达标了",
        "3 more sessions answered by a person would have met the standard",
    ),
    "until": _word("到哪一天为止", "until which day", "2026年3月12日", "12 March 2026"),
    "predicted": _word(
        "是不是按规则推算的、平台还没有说",
        "whether it is reckoned, and the platform has said nothing yet",
        True,
    ),
    "first_action": _word("先做哪一件事", "what to do first", *_ACTION),
    "steps": _word("接下来做什么，逐条", "what to do then, one by one", ("排班覆盖全天",), ("Staff the whole day",)),
    "where": _word(
        "在后台哪里，逐条",
        "where in the back office, one by one",
        ("千帆 › 客服",),
        ("千帆 › 客服 (customer service)",),
    ),
    "in_force_dispute": _word("规则本身有什么争议", "what is disputed about the rule itself", *_DISPUTE),
    "exposure": _word("可能的金额", "what it may cost", "¥0–¥500", "CNY 0–500"),
    "groups": _word("表格：每张是若干行，单元格用 | 隔开", "tables: each some lines, their cells parted by |", *_TABLE),
    "count": _word("有几条", "how many there are", 3),
    "unlisted": _word("另有几条没有列出", "how many are not listed", 2),
    "actions": _word("先做什么，按规则逐条", "what to do first, rule by rule", (_FIRST[0],), (_FIRST[1],)),
    "example": _word("其中一条违规的编号", "the number of one of the violations", "V-ABCDEFGH2345"),
    "command": _word(
        "看全文的命令；客户的人用不了 kaohe，读的人是他们时没有",
        "the command that shows all of it; none for clients' people, who do not work with kaohe",
        "kaohe explain V-ABCDEFGH2345",
    ),
}

OF_VIOLATION: dict[str, Word] = {
    "client": _word("客户；店铺没有登记客户时是 default", "the client; default where the shop was given none", "acme"),
    "settled": _word("是不是已经了结", "whether it is settled", False),
    "assessed_on": _word("考核的日子", "the day of the assessment", "2026年3月10日", "10 March 2026"),
    "numerator": _word("分子，合格的个数", "the numerator: how many were good", 77),
    "denominator": _word("分母，一共几个", "the denominator: of how many", 100),
    "gap": _word("差几个，数字；四舍五入的指标取最多", "how many are missing, at most", 3),
    "gap_short": _word("差几个，表格里的写法", "the gap as a table has it", "差 3 个", "3 short"),
    "severity": _word("违规等级", "the severity", "一般", "minor"),
    "consequence": _word(
        "后果，一句话", "what follows, in a phrase", "限制公域流量3天", "public-domain traffic limit for 3 days"
    ),
    "headline": _word(
        "会怎样、到什么时候，一句话",
        "what follows and until when, in a phrase",
        "限制公域流量3天，至2026年3月12日",
        "public-domain traffic limit for 3 days, until 12 March 2026",
    ),
    "sanctions": _word("每一项处罚和日期", "each measure with its days", (_MEASURE[0],), (_MEASURE[1],)),
    "charged": _word("平台判罚的金额", "what the platform charged", "¥200", "CNY 200"),
    "reference": _word("平台通知的编号", "the number of the platform's notice", "P-20260310-7"),
    "appeal": _word(
        "怎样申诉", "how to appeal", "通知后 3 天内可申诉", "an appeal can be made within 3 days of the notice"
    ),
    "appeal_until": _word("申诉截止", "the end of the appeal", "3月12日 10:00", "12 March, 10:00"),
    "causes": _word(
        "原因，最能说明问题的在前",
        "the causes, the most telling first",
        ("20 个漏在没人在线时",),
        ("20 with nobody on line",),
    ),
    "hours": _word("最集中的时段", "the hours with the most misses", "21 点 12 个", "12 at 21:00"),
    "accounts": _word(
        "最集中的账号；只对机构内部",
        "the accounts with the most misses; for the house alone",
        "小王 12 个",
        "12 of Wang",
    ),
    "mend": _word(
        "本周期还差多少能达标",
        "what it takes in the cycle that is open",
        "本周再有 12 个就达标",
        "12 more this week mend it",
    ),
    "assumed": _word(
        "来源没有写明的假定",
        "what is assumed where sources are silent",
        ("统计截止：周二 10:00",),
        ("the cut-off: Tuesday 10:00",),
    ),
    "disputed": _word(
        "有争议之处",
        "what is disputed",
        ("统计截止：也可理解为周日 24:00",),
        ("the cut-off: it may also be Sunday 24:00",),
    ),
    "violation": _word("违规的编号", "the violation's number", "V-ABCDEFGH2345"),
}

OF_NEWS: dict[str, Word] = {
    "status": _word("方括号里的那个词：出了什么事", "the word in brackets: what has happened", "预警", "At risk"),
    "event": _word("事件的名字", "the event's name", "warning.at_risk"),
    "who": _word(
        "关于谁：店铺（子账号），否则是规则、客户或 kaohe",
        "whom it is about: the shop (and sub-account), else the rule, the client or kaohe",
        "演示一店",
        "Demo one",
    ),
    "headline": _word(
        "会怎样、到什么时候，一句话",
        "what follows and until when, in a phrase",
        "再有 3 个合格就能补回",
        "3 more good ones mend it",
    ),
    "short": _word("短信里的会怎样", "the same for text messages: what follows", "再有3个可补回", "3 more mend it"),
    "when": _word("短信里的到什么时候", "the same for text messages: until when", "至3月11日", "until 11 March"),
    "context": _word(
        "平台、规则、周期和子账号，连成一句",
        "platform, rule, cycle and sub-account in one phrase",
        "小红书「客服回复率」",
        "Xiaohongshu, reply rate",
    ),
    "until": _word("要紧的那一天或那一刻", "the day or instant that counts", "3月11日 16:00", "11 March, 16:00"),
    "left": _word("离那时还有多久", "how long it is till then", "还有 1 天", "1 day left"),
    "lines": _word(
        "还要知道的，逐句", "what else must be known, by sentences", ("还没结束的有 4 个",), ("4 are still open",)
    ),
    "points": _word(
        "逐条列出的：缺什么、抱怨什么、宣布了什么",
        "a list: what is missing, complained about or announced",
        ("3月9日的会话",),
        ("sessions of 9 March",),
    ),
    "notes": _word(
        "推算、争议和假定，逐句", "what is reckoned, disputed or assumed", ("按规则推算",), ("reckoned from the rule",)
    ),
    "about": _word("查它用的编号", "the number to look it up by", "V-ABCDEFGH2345"),
}

OF_GATHERED: dict[str, Word] = {
    "lines": _word(
        "每条通知的主题，最重的在前，最多 50 条",
        "the subjects of all notices, the weightiest first, at most 50",
        ("【预警】演示一店：再有 3 个合格就能补回",),
        ("[At risk] Demo one: 3 more good ones mend it",),
    ),
    "first": _word(
        "其中第一条",
        "the first of them",
        "【预警】演示一店：再有 3 个合格就能补回",
        "[At risk] Demo one: 3 more good ones mend it",
    ),
    "at_cap": _word("消息条数是否已到上限", "whether no more messages may come for now", True),
    "morning": _word("是否是免打扰时段内到的", "whether they came in the quiet hours", True),
    "kinds": _word(
        "各有几条什么",
        "how many there are of each kind",
        ("预警 1 项", "预判违规 2 起"),
        ("At risk: 1", "Predicted violation: 2"),
    ),
    "over": _word("有几条所说的事已经了结", "how many were settled by now, and are not listed", 1),
    "soonest": _word(
        "最早的截止", "the first deadline of all", "3月10日 14:00（还有 4 小时）", "10 March, 14:00 (4 hours left)"
    ),
    "more": _word("另有几项违规或预警不在表里", "how many violations and warnings are in no table", 1),
    "more_actions": _word("另有几项，其规则没有列出先做什么", "how many are of rules with no first action here", 1),
    "others": _word("其他消息的主题", "the subjects of other news", ("【每周清单】acme",), ("[Weekly list] acme",)),
    "more_others": _word("另有几条其他消息没有列出", "how many of the other news are not listed", 1),
    "command": _word(
        "列出每一条的命令；读的人是客户的人时没有",
        "the command that lists them; none for clients' people",
        "kaohe notices list --within 7",
    ),
}

OF_DIGEST: dict[str, Word] = {
    "count": _word("有几起违规", "how many violations there are", 3),
    "shops": _word("涉及几家店铺", "of how many shops", 2),
    "period": _word("考核的日子", "the days of the assessments", "2026年3月3日–3月10日", "3–10 March 2026"),
    "older": _word("另有几起发现得太晚，没有通知", "how many were found too late for any notice", 1),
    "command": _word(
        "列出全部违规的命令；读的人是客户的人时没有",
        "the command that lists all violations; none for clients' people",
        "kaohe violations list",
    ),
}
