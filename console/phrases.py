"""The words of the command line's own tables, in Chinese and English."""

from __future__ import annotations

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
    "from": Text("自", "from"),
    "to": Text("至", "to"),
    "amount": Text("平台判罚金额", "amount charged"),
    "reference": Text("平台通知编号", "platform's reference"),
    "appeal_until": Text("申诉截止", "appeal until"),
    "unset": Text("（未设置）", "(unset)"),
    "no shops": Text("还没有店铺。", "No shops yet."),
    "nobody assigned": Text("还没有登记人员。", "Nobody is registered yet."),
    "no violations": Text("没有这样的违规记录。", "No such violations."),
    "no notices": Text("还没有通知。", "No notices yet."),
    "no entries": Text("日志里没有这样的记录。", "No such entries in the journal."),
    "nothing new": Text("没有新的考核结果。", "Nothing new to assess."),
}

VERDICTS: Mapping[str, Text] = {
    "compliant": Text("达标", "compliant"),
    "violation": Text("违规", "violation"),
    "not_assessed": Text("不考核", "not assessed"),
    "no_data": Text("缺数据", "no data"),
    "undetermined": Text("无法判定", "undetermined"),
    "exempt": Text("豁免", "exempt"),
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
