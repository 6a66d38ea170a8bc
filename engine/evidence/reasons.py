"""Why a cell or row is refused: a closed set of codes, each in Chinese and English, with what it is about.

SQL hands a reason on as one text, `code` or `code:detail`, so that millions of refused cells share few texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.numbers import Number
from engine.rulebook.model import Text

REASONS: Mapping[str, Text] = {
    "missing": Text("没有填写", "missing"),
    "platform": Text("不认识的平台{detail}", "unknown platform{detail}"),
    "choice": Text("只能是 {detail} 之一", "not one of {detail}"),
    "time": Text(
        "不是能读的时间；写成 2026-03-10T10:00 或 2026/3/10 10:00 这样",
        "not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00",
    ),
    "deadline": Text(
        "不是能读的期限；写成最后一天 2026-03-10，或时间 2026-03-10T18:00",
        "not a deadline; write the last day like 2026-03-10, or a time like 2026-03-10T18:00",
    ),
    "years": Text("不在 2000 至 2099 年之间", "outside the years 2000 to 2099"),
    "day": Text("不是日期；写成 2026-03-10 这样", "not a day; write it like 2026-03-10"),
    "whole": Text("不是大于等于 0 的整数", "not a whole number of 0 or more"),
    "yuan": Text(
        "不是金额；以元为单位，写成 300、300.50 或 1,000.00",
        "not an amount in yuan; write it like 300, 300.50 or 1,000.00",
    ),
    "within_yuan": Text("不在 {first} 到 {second} 元之间", "not from {first} to {second} yuan"),
    "cycle": Text(
        "不是周期；写成 2026-03-02、2026-W10 或 2026-03 这样",
        "not a cycle; write it like 2026-03-02, 2026-W10 or 2026-03",
    ),
    "within": Text("不是 {first} 到 {second} 的整数", "not a whole number from {first} to {second}"),
    "period": Text("结束日早于开始日", "ends before it starts"),
    "bound": Text("小于 {detail}", "less than {detail}"),
    "counter": Text("不是“规则编号/计数名”的写法", "not the id of a rule, a slash and the name of a counter"),
    "no_counter": Text("没有规则有这个计数{detail}", "no rule has this counter{detail}"),
    "in_day": Text("这条规则按日考核：期间要是一天", "this rule assesses days: the period must be one day"),
    "in_week": Text("这条规则按周考核：期间跨了两周", "this rule assesses weeks: the period is not within one week"),
    "in_month": Text(
        "这条规则按月考核：期间跨了两个月", "this rule assesses months: the period is not within one month"
    ),
    "long": Text("超过 {detail} 个字符", "longer than {detail} characters"),
    "control": Text("含有控制字符", "holds a control character"),
    "appeal_first": Text("申诉期限早于通知时间", "the deadline to appeal lies before the notice"),
    "reply_first": Text("回复早于会话开始", "a reply before the opening"),
    "unserved": Text(
        "没有写店铺，而人员登记里这个子账号当天不属于任何店铺；请写店铺，或先 `kaohe people import`",
        "names no shop, and by the register of people this sub-account works at none on that day; name the shop, or "
        "`kaohe people import` first",
    ),
    "shift": Text("下班早于上班", "the shift ends before it begins"),
    "closed_first": Text("关闭早于会话开始", "closed before the opening"),
    "not_object": Text("不是 JSON 对象", "not a JSON object"),
    "not_value": Text("不是文字或整数", "not a text or a whole number"),
    "key_twice": Text("同一个键在对象里写了两次", "the key stands twice in the object"),
    "width": Text("这一行有 {first} 格，表头有 {second} 格", "the row has {first:cell}, the header {second}"),
    "address": Text(
        "{detail}；地址写成 zhang@example.com 这样，用 ; 分隔",
        "{detail}; write addresses like zhang@example.com, separated by ;",
    ),
    "ends_first": Text("早于开始日 {detail}", "before its beginning on {detail}"),
    "said_twice": Text(
        "第 {detail} 行说的不一样；请只留一行", "said on lines {detail}, and not in the same way; keep one of them"
    ),
    "printed_count": Text(
        "不是 0 或以上的整数；写成 1234 或 1,234 这样", "not a whole number of 0 or more; write it like 1234 or 1,234"
    ),
    "printed_rate": Text("不是比率；写成 85.3% 或 0.853 这样", "not a rate; write it like 85.3% or 0.853"),
    "printed_percent": Text("不是百分数；写成 85.3 或 85.3% 这样", "not a percentage; write it like 85.3 or 85.3%"),
    "above_all": Text("大于 100%", "above 100 %"),
    "printed_period": Text(
        "不是日期或期间；写成 2024-06-01、2024-06 或 2024-06-01 ~ 2024-06-07 这样",
        "neither a day nor a period; write it like 2024-06-01, 2024-06 or 2024-06-01 ~ 2024-06-07",
    ),
    "no_share": Text(
        "与同一行里它所属的人数对不上：没有哪个整数占它的比率正好是这个数；请核对这两格",
        "no whole number fits this cell and the number that it is a part of",
    ),
    "no_sum": Text(
        "没有一组整数既符合这一行的各个比率、加起来又等于它",
        "no whole numbers fit all rates of its row and add up to it",
    ),
    "same_subject": Text(
        "在这一期间出现了两次；第一次在第 {detail} 行", "stands twice in this period; first on line {detail}"
    ),
    "contradiction": Text(
        "同一个文件里，同一个 {first} 有两个不同的 {second}", "one {first} with two different {second} in one file"
    ),
}


def reason(code: str, *details: object) -> str:
    """A reason as SQL and faults carry it.

    >>> reason("width", 3, 6)
    'width:3:6'
    """
    return ":".join([code, *map(str, details)])


def in_words(said: str, detail: Text | None = None) -> Text:
    """A reason in both languages; `detail` stands for what it says of itself, where that has two languages too.

    >>> in_words("width:1:6").en, in_words("width:3:6").en, in_words("missing").zh
    ('the row has 1 cell, the header 6', 'the row has 3 cells, the header 6', '没有填写')
    """
    code, *details = said.split(":")
    first, second = (Number(d) if d.isascii() and d.isdigit() else d for d in (*details, "", "")[:2])
    words = REASONS[code]
    return Text(
        words.zh.format(detail=detail.zh if detail else first, first=first, second=second),
        words.en.format(detail=detail.en if detail else first, first=first, second=second),
    )
