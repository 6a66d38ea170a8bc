"""The help of `standards`, `sanctions`, `charges` and `deposits` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "Standards of contracts, stricter than the platforms': set, list, end, check.": (
        "合同标准，比平台的更严：登记、列出、终止、对照。"
    ),
    "What a figure must be: 85%, or with a sign: 'at_least 85%'.": "指标要达到多少：85%，或写明方向，如“不低于85%”",
    "From the cycles that begin on this day.": "从这天及以后开始的周期起适用",
    "To the cycles that begin on this day.": "到这天及以前开始的周期为止",
    "For this shop alone; it stands before the client's.": "只用于这家店铺；优先于客户的标准",
    "Where the contract says so.": "合同的出处",
    "Set a stricter standard over the figures of a rule, for a client's shops or for one of them.": (
        "就一条规则的指标登记更严的合同标准，用于客户的全部店铺或其中一家。"
    ),
    "The last day on which cycles begin that it is for.": "适用到这天及以前开始的周期",
    "End a standard; what was checked by it before stays as it was.": "终止一条合同标准；之前对照过的不变。",
    "Every standard that was ever set, those that have ended among them.": "登记过的全部合同标准，包括已终止的。",
    "Cycles that end in this month; the present one by default.": "在这个月结束的周期；默认是本月",
    "Recorded figures beside the contracts' standards. What misses one is no violation of the platform's.": (
        "已记录的指标与合同标准对照；未达到合同标准不是平台违规。"
    ),
    "Deposits with the platforms: record a balance, list what may be left.": "保证金：记录余额，列出可能剩多少。",
    "On this day; today by default.": "在哪天；默认今天",
    "From this day.": "从哪天起",
    "To this day.": "到哪天为止",
    "Which shops are limited, by what, on a day or in a stretch of days.": "某天或某段时间里，哪些店铺受什么限制。",
    "What counts in this month; all months by default.": "计入哪个月的；默认全部月份",
    "client, month, bearer, shop; may be repeated. The first three by default.": (
        "按什么汇总：client 客户、month 月份、bearer 承担方、shop 店铺；可重复，默认前三种"
    ),
    "What violations were forecast to cost against what the platforms charged, and who bears it.": (
        "违规的预计金额与平台实际扣款对照，以及由谁承担。"
    ),
    "What stands in the deposit.": "保证金余额",
    "When it was read.": "什么时候看到的",
    "Where it was read; it stands in the journal.": "从哪里看到的，记入日志",
    "What the platform wants to be there; stays until it is changed.": "平台要求的最低额；不写则沿用上次的",
    "Record what stands in a shop's deposit, as the back office shows it.": "按后台显示的记录店铺的保证金余额。",
    "The latest balance of each shop, and what would be left if all that stands were charged.": (
        "各店最近一次的余额，以及未了的违规全部扣款后还剩多少。"
    ),
}
