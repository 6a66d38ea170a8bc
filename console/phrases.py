"""The words of the command line's own tables, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.rulebook.model import Text

PHRASES: Mapping[str, Text] = {
    "rule": Text("规则", "rule"),
    "version": Text("版本", "version"),
    "platform": Text("平台", "platform"),
    "client": Text("客户", "client"),
    "shop": Text("店铺", "shop"),
    "alias": Text("简称", "alias"),
    "owner": Text("负责人", "owner"),
    "contact": Text("联系人", "contact"),
    "cycle": Text("周期", "cycle"),
    "assessed_on": Text("考核日", "assessed on"),
    "figure": Text("指标", "figure"),
    "standard": Text("标准", "standard"),
    "verdict": Text("结论", "verdict"),
    "sanctions": Text("处罚", "sanctions"),
    "violation": Text("违规编号", "violation"),
    "state": Text("状态", "state"),
    "severity": Text("等级", "severity"),
    "exposure": Text("金额敞口", "exposure"),
    "person": Text("人员", "person"),
    "agent": Text("客服", "agent"),
    "team": Text("班组", "team"),
    "registered": Text("已登记", "registered"),
    "yes": Text("是", "yes"),
    "no": Text("否", "no"),
    "title": Text("名称", "title"),
    "subject": Text("考核对象", "subject"),
    "assumed": Text("假定", "assumed"),
    "disputed": Text("有争议", "disputed"),
    "recipient": Text("收件人", "recipient"),
    "channel": Text("渠道", "channel"),
    "answer": Text("回执", "answer"),
    "setting": Text("设置", "setting"),
    "value": Text("值", "value"),
    "origin": Text("来源", "origin"),
    "at": Text("时间", "at"),
    "actor": Text("操作人", "actor"),
    "event": Text("事件", "event"),
    "object": Text("对象", "object"),
    "note": Text("说明", "note"),
}

VERDICTS: Mapping[str, Text] = {
    "compliant": Text("达标", "compliant"),
    "violation": Text("违规", "violation"),
    "not_assessed": Text("不考核", "not assessed"),
    "no_data": Text("缺数据", "no data"),
    "undetermined": Text("无法判定", "undetermined"),
    "exempt": Text("豁免", "exempt"),
}
NOTICE_STATES: Mapping[str, Text] = {
    "queued": Text("待发", "queued"),
    "sending": Text("发送中", "sending"),
    "sent": Text("已发出", "sent"),
    "failed": Text("失败", "failed"),
    "dropped": Text("无需再发", "dropped"),
}
STEPS: Mapping[str, Text] = {  # what the progress bar names
    "reading": Text("读取文件", "reading"),
    "writing days": Text("写入日文件", "writing days"),
    "counting days": Text("按日计数", "counting days"),
    "assessing cycles": Text("考核周期", "assessing cycles"),
}
NEW_EVIDENCE = "new evidence: "
WHY: Mapping[str, Text] = {  # the reasons that the engine itself journals; people's reasons stay in their own words
    "the assessment found a breach": Text("考核发现违规", "the assessment found a breach"),
    "new evidence": Text("证据有更新", "new evidence"),
    NEW_EVIDENCE + "the shop has none in this cycle": Text(
        "证据有更新：店铺在该周期没有证据", "new evidence: the shop has none in this cycle"
    ),
}
AT_RISK = Text("（预警）", " (at risk)")


def phrase(name: str, language: str) -> str:
    """The word for a column or an answer."""
    return PHRASES[name].in_language(language)


def heads(names: str, language: str) -> list[str]:
    """The heads of a table, named in one string."""
    return [phrase(name, language) for name in names.split()]


def verdict_words(verdict: str, at_risk: bool, language: str) -> str:
    """A verdict in words; one that complies but is near the standard says so."""
    words = VERDICTS[verdict].in_language(language)
    return words + (AT_RISK.in_language(language) if at_risk and verdict == "compliant" else "")


def counted(counts: Mapping[str, int], words: Mapping[str, Text], language: str) -> str:
    """How many there are of each; nothing where there is none.

    >>> counted({"sent": 1, "failed": 2}, NOTICE_STATES, "zh-CN")
    '失败 2，已发出 1'
    """
    if language == "en":
        return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    return "，".join(f"{words[n].zh if n in words else n} {count:,}" for n, count in sorted(counts.items()))


ANSWERS = (  # what we ourselves write where a provider's answer stands
    (re.compile(r"accepted: written to (.+)"), r"已写入 \1"),
    (re.compile(r"not sent: the violation is (.+)"), r"未发送：违规的状态已是 \1"),
    (re.compile(r"unknown: attempt (\d+) was cut off before its answer was recorded"), r"未知：第 \1 次发送中断"),
)


def answer_words(answer: str, language: str) -> str:
    """The answer to a notice: ours in `language`, a provider's as it came."""
    if language == "zh-CN":
        for ours, words in ANSWERS:
            if found := ours.fullmatch(answer):
                return found.expand(words)
    return answer


def step_words(language: str) -> Mapping[str, str]:
    """What the progress bar calls the engine's steps."""
    return {name: words.in_language(language) for name, words in STEPS.items()}


def journalled_why(why: str, language: str) -> str:
    """The reason of a journal entry: the engine's own in `language`, a person's as it was written."""
    if why in WHY:
        return WHY[why].in_language(language)
    verdict = why.removeprefix(NEW_EVIDENCE)
    if verdict != why and verdict in VERDICTS:
        return (
            WHY["new evidence"].in_language(language)
            + ("：" if language == "zh-CN" else ": ")
            + (VERDICTS[verdict].in_language(language))
        )
    return why
