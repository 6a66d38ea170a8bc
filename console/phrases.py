"""The words of the command line's own tables, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from console import access_words, duty_words, routing_words, waiver_words
from console.answers import translated
from console.contract_words import CONTRACT_EVENTS
from console.names import ShopNames, shop_words
from engine.calendar.deadlines import last_day
from engine.ledger.tables import Notice
from engine.numbers import Number
from engine.rulebook.model import Language, Text, Version
from engine.rulebook.platforms import CHINA
from notifier.events import LATE, OPENED
from notifier.words.figures import money, standard
from notifier.words.vocabulary import COUNTERS, SEVERITIES, STATES, word

PHRASES: Mapping[str, Text] = {
    **access_words.PHRASES,
    "rule": Text("规则", "rule"),
    "version": Text("版本", "version"),
    "platform": Text("平台", "platform"),
    "client": Text("客户", "client"),
    "shop": Text("店铺", "shop"),
    "alias": Text("简称", "alias"),
    "owner": Text("负责人", "owner"),
    "contact": Text("联系人", "contact"),
    "cycle": Text("周期", "cycle"),
    "due_at": Text("考核时刻", "assessed at"),
    "standing": Text("处境", "standing"),
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
    "evidence_day": Text("日期", "day"),
    "rows": Text("行数", "rows"),
    "opened_on": Text("开店日", "opened on"),
    "expects": Text("应有数据", "expects"),
    "yes": Text("是", "yes"),
    "files": Text("只写文件", "files only"),
    "set_up": Text("已设置", "set up"),
    "variable": Text("环境变量", "environment"),
    "template_variable": Text("变量", "variable"),
    "meaning": Text("意思", "meaning"),
    "sample": Text("例如", "for example"),
    "no": Text("否", "no"),
    "title": Text("名称", "title"),
    "mapping": Text("映射", "mapping"),
    "kind": Text("种类", "kind"),
    "subject": Text("考核对象", "subject"),
    "assumed": Text("假定", "assumed"),
    "disputed": Text("有争议", "disputed"),
    "about": Text("事由", "about"),
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
    "account": Text("扣款账户", "taken from"),
    "borne_by": Text("承担方", "borne by"),
    "noticed_at": Text("通知到达", "notice arrived"),
    "hours_left": Text("剩余小时", "hours left"),
    "attempts": Text("申诉次数", "attempts"),
    "stage": Text("进度", "stage"),
    "unset": Text("（未设置）", "(unset)"),
    "note": Text("说明", "note"),
    "month": Text("月份", "month"),
    "booked_in": Text("记入", "booked in"),
    "before": Text("更正前", "before"),
    "after": Text("更正后", "after"),
    "corrections": Text("更正数", "corrections"),
    "day": Text("考核日", "day"),
    "hour": Text("时刻", "at"),
    "result": Text("结果", "result"),
    "measure": Text("处罚", "measure"),
    "subject_of": Text("对象", "subject"),
}
LEVELS: Mapping[str, Text] = {  # of what `kaohe doctor` finds
    "ok": Text("正常", "ok"),
    "remark": Text("提示", "remark"),
    "warning": Text("注意", "warning"),
    "wrong": Text("有误", "wrong"),
}
SUBJECTS: Mapping[str, Text] = {
    "settings": Text("设置", "settings"),
    "home": Text("数据目录", "home"),
    "rights": Text("权限", "rights"),
    "disk": Text("磁盘", "disk"),
    "zones": Text("时区", "zones"),
    "rules": Text("规则", "rules"),
    "judge": Text("规则引擎", "judge"),
    "database": Text("数据库", "database"),
    "clock": Text("时钟", "clock"),
    "lake": Text("证据库", "lake"),
    "workers": Text("值守进程", "workers"),
    "work": Text("待办", "work"),
    "wording": Text("通知用语", "words of notices"),
    "mail": Text("邮件", "mail"),
    "channels": Text("通知渠道", "channels"),
    "check_url": Text("失联告警", "check_url"),
}

VERDICTS: Mapping[str, Text] = {
    "compliant": Text("达标", "compliant"),
    "violation": Text("违规", "violation"),
    "not_assessed": Text("不考核", "not assessed"),
    "no_data": Text("缺数据", "no data"),
    "undetermined": Text("无法判定", "undetermined"),
    "exempt": Text("豁免", "exempt"),
}
PERIOD_STATES: Mapping[str, Text] = {
    "closed": Text("已关账", "closed"),
    "reopening": Text("已申请重开，待另一人批准", "closed; somebody asks to reopen it"),
    "open": Text("已重开", "reopened"),
}
NOTICE_STATES: Mapping[str, Text] = {
    "queued": Text("待发", "queued"),
    "sending": Text("发送中", "sending"),
    "sent": Text("已发出", "sent"),
    "failed": Text("失败", "failed"),
    "dropped": Text("无需再发", "dropped"),
    "gathered": Text("已并入另一条", "gathered"),
    "muted": Text("已静音", "muted"),
    "delivered": Text("已送达", "delivered"),
    "undelivered": Text("未送达", "undelivered"),
}
EVIDENCE: Mapping[str, Text] = {
    "sessions": Text("会话", "sessions"),
    "messages": Text("消息", "messages"),
    "ratings": Text("评价", "ratings"),
    "counts": Text("别处统计的数", "counts"),
    "penalties": Text("平台处罚", "penalties"),
    "shifts": Text("班表", "shifts"),
}
COLUMNS: Mapping[str, Text] = {  # what a column of a back office holds
    "period": Text("期间", "period"),
    "count": Text("个数", "count"),
    "rate": Text("比率", "rate"),
    "percent": Text("百分数", "percent"),
}
CLAIMED: Mapping[str, Text] = {  # what a mapping's provenance speaks of
    "headers": Text("表头", "headers"),
    "parts": Text("各部分", "parts"),
    "rounding": Text("取整", "rounding"),
    "skip": Text("跳过的行", "skip"),
    "shop": Text("店铺", "shop"),
}
EVENTS: Mapping[str, Text] = {  # what the journal calls what happened
    **CONTRACT_EVENTS,
    "violation.opened": Text("发现违规", "violation.opened"),
    "violation.reopened": Text("重新成立", "violation.reopened"),
    "violation.corrected": Text("按新证据更正", "violation.corrected"),
    "violation.contradicted": Text("现有证据与平台判定不符", "violation.contradicted"),
    "violation.amended": Text("更正记录", "violation.amended"),
    "violation.acknowledged": Text("已知悉", "violation.acknowledged"),
    "violation.confirmed": Text("平台已判罚", "violation.confirmed"),
    "violation.appealed": Text("申诉", "violation.appealed"),
    "violation.overturned": Text("判罚撤销", "violation.overturned"),
    "violation.waived": Text("豁免", "violation.waived"),
    "violation.withdrawn": Text("预判撤回", "violation.withdrawn"),
    "violation.open": Text("恢复预判", "violation.open"),
    "violation.closed": Text("结案", "violation.closed"),
    "penalty.linked": Text("认定处罚对应的违规", "penalty.linked"),
    "penalty.unlinked": Text("撤回对处罚的认定", "penalty.unlinked"),
    "penalty.unmatched": Text("认定处罚不对应我方违规", "penalty.unmatched"),
    **duty_words.EVENTS,
    **waiver_words.EVENTS,
    **routing_words.EVENTS,
    "penalty.recorded": Text("平台处罚已导入", "penalty.recorded"),
    "notice.queued": Text("通知排队", "notice.queued"),
    "notice.sent": Text("通知发出", "notice.sent"),
    "notice.delayed": Text("通知延后重试", "notice.delayed"),
    "notice.failed": Text("通知失败", "notice.failed"),
    "notice.dropped": Text("通知不再发送", "notice.dropped"),
    "notice.muted": Text("通知被静音", "notice.muted"),
    "notice.joined": Text("并入汇总", "notice.joined"),
    "notice.delivered": Text("通知已送达", "notice.delivered"),
    "notice.undelivered": Text("通知未送达", "notice.undelivered"),
    "notices.gathered": Text("合并通知", "notices.gathered"),
    "violation.escalated": Text("无人确认", "violation.escalated"),
    "deadline.near": Text("申诉期限将至", "deadline.near"),
    "duty.near": Text("职责期限将至", "duty.near"),
    "sanction.begins": Text("处罚开始", "sanction.begins"),
    "sanction.ends": Text("处罚结束", "sanction.ends"),
    "evidence.missing": Text("应有数据未到", "evidence.missing"),
    "warning.at_risk": Text("预警：有违规风险", "warning.at_risk"),
    "warning.certain": Text("预警：已无法达标", "warning.certain"),
    "warning.one_more": Text("预警：再有一次即违规", "warning.one_more"),
    "rule.announced": Text("规则变更公告", "rule.announced"),
    "week.listed": Text("一周违规清单", "week.listed"),
    "operator.alarm": Text("运行告警", "operator.alarm"),
    "operator.mended": Text("运行恢复正常", "operator.mended"),
    "violation.notified": Text("平台通知已到", "violation.notified"),
    "appeal.drafted": Text("起草申诉", "appeal.drafted"),
    "appeal.corrected": Text("更正申诉时间", "appeal.corrected"),
    "appeal.redrafted": Text("修改申诉草稿", "appeal.redrafted"),
}
TOLD: Mapping[str, Text] = {  # what the journal keeps of a violation
    "state": Text("状态", "state"),
    "severity": Text("等级", "severity"),
    "numerator": Text("分子", "numerator"),
    "denominator": Text("分母", "denominator"),
    "amount_fen": Text("平台判罚金额", "amount charged"),
    "reference": Text("平台通知编号", "platform's reference"),
    "appeal_until": Text("申诉截止", "appeal until"),
    "account": Text("扣款账户", "taken from"),
    "borne_by": Text("承担方", "borne by"),
    "noticed_at": Text("通知到达", "notice arrived"),
    "appeal_forfeited": Text("放弃申诉", "appeal given up"),
    "made_with": Text("申诉账号", "made with"),
    "attempt": Text("第几次申诉", "attempt"),
    "outcome": Text("申诉结果", "outcome"),
    "late_why": Text("逾期理由", "late, because"),
    "asked_by": Text("申请人", "asked for by"),
}
INSTANTS = ("appeal_until", "noticed_at")  # of these, and the journal keeps them in UTC
OUTCOMES: Mapping[str, Text] = {  # what became of the platform's decision
    "upheld": Text("维持原判罚", "upheld"),
    "overturned": Text("撤销判罚", "overturned"),
    "partly": Text("部分改判", "changed in part"),
}
STAGES: Mapping[str, Text] = {  # how far an appeal is
    "possible": Text("可申诉", "possible"),
    "drafted": Text("已起草", "drafted"),
    "submitted": Text("已提交，待平台答复", "submitted, waiting for the answer"),
}
STEPS: Mapping[str, Text] = {  # what the progress bar names
    "reading": Text("读取文件", "reading"),
    "writing days": Text("写入日文件", "writing days"),
    "counting days": Text("按日计数", "counting days"),
    "assessing cycles": Text("考核周期", "assessing cycles"),
    "looking ahead": Text("预估未结束的周期", "looking ahead"),
}
NONE_LEFT = "the shop has none in this cycle"
WHY: Mapping[str, Text] = {  # the reasons that the engine itself journals; people's reasons stay in their own words
    "the appeal was handed in": Text("申诉已提交", "the appeal was handed in"),
    "the platform's notice came": Text("平台通知已到", "the platform's notice came"),
    "the assessment found a breach": Text("考核发现违规", "the assessment found a breach"),
    "new evidence": Text("证据有更新", "new evidence"),
    "the evidence has not come in time": Text("证据逾期未到", "the evidence has not come in time"),
    "a waiver": Text("豁免有变化", "a waiver"),
    "a decision about an earlier violation": Text("此前违规的处理结果有变化", "a decision about an earlier violation"),
    "the month is open again": Text("月份已重开", "the month is open again"),
    "the rule decides otherwise": Text("规则有改动，按新规则重新考核", "the rule decides otherwise"),
    **duty_words.WHY,
}
LATE_DIGEST = Text("补考核 {n} 起", "late: {n:violation}")
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


_DEFECTS = (  # what `engine.ledger.chain.verify` finds
    (re.compile(r"batch (\d+) is missing"), r"缺少第 \1 批"),
    (re.compile(r"batches (\d+) to (\d+) are missing"), r"缺少第 \1 至 \2 批"),
    (re.compile(r"the table (\S+) is missing"), r"缺少表 \1"),
    (re.compile(r"the column (\S+) of the table (\S+) is missing"), r"表 \2 缺少列 \1"),
    (
        re.compile(r"the entry with the id (.+?) belongs to no batch: (.+)", re.DOTALL),
        r"编号为 \1 的条目不属于任何一批：\2",
    ),
    (re.compile(r"batch (-?\d+): its (\S+) cannot be read: (.+)", re.DOTALL), r"第 \1 批的 \2 读不了：\3"),
    (re.compile(r"entry (\S+): its (\S+) cannot be read: (.+)", re.DOTALL), r"条目 \1 的 \2 读不了：\3"),
    (re.compile(r"batch (\d+) does not follow from the one before it"), r"第 \1 批接不上前一批"),
    (re.compile(r"entry (\S+) belongs to no batch"), r"条目 \1 不属于任何一批"),
    (re.compile(r"batch (\d+) is not the one that was noted \((.+)\)"), r"第 \1 批不是先前记下的那一批（\2）"),
    (
        re.compile(r"the journal ends with batch (\d+), but (\d+) was noted: its end is missing"),
        r"日志到第 \1 批为止，而先前记下的是第 \2 批：末尾缺失",
    ),
    (re.compile(r"batch (\d+) has no entries"), r"第 \1 批没有条目"),
    (re.compile(r"the entries of batch (\d+) are not numbered from 0 without gaps"), r"第 \1 批的条目编号不连续"),
    (
        re.compile(r"batch (\d+) or one of its entries was changed: the digest does not fit"),
        r"第 \1 批或其中的条目被改动：哈希不符",
    ),
    (re.compile(r"the payload of entry (\S+) was changed"), r"条目 \1 的内容被改动"),
    (re.compile(r"entry (\S+) is marked as redacted, but has a payload"), r"条目 \1 标为已删去，内容却还在"),
    (
        re.compile(r"entry (\S+) is marked as redacted, but the journal does not say so"),
        r"条目 \1 标为已删去，日志里却没有这次删去",
    ),
)


def defect_words(finding: str, language: str) -> str:
    """What is wrong with the journal, in `language`."""
    return translated(finding, _DEFECTS) if language == "zh-CN" else finding


_PACK_FAULTS = (  # what `engine.tracker.bundle.checked` finds
    (re.compile(r"unsafe name: (.+)", re.DOTALL), r"不安全的文件名：\1"),
    (re.compile(r"twice: (.+)"), r"重复的文件：\1"),
    (re.compile(r"not a plain file: (.+)", re.DOTALL), r"不是原样存放的普通文件：\1"),
    (re.compile(r"too many files"), "文件过多，不是材料包"),
    (re.compile(r"too large to be a pack"), "过大，不是材料包"),
    (re.compile(r"there is no MANIFEST"), "没有清单（MANIFEST）"),
    (re.compile(r"the MANIFEST has a line that cannot be read: (.+)"), r"清单（MANIFEST）有读不了的一行：\1"),
    (re.compile(r"missing: (.+)"), r"缺少文件：\1"),
    (re.compile(r"not in the MANIFEST: (.+)"), r"清单里没有的文件：\1"),
    (re.compile(r"changed: (.+)"), r"文件被改动：\1"),
    (re.compile(r"the payload of entry (\S+) was changed"), r"日志条目 \1 的内容被改动"),
    (re.compile(r"entry (\S+) is marked as redacted, but has a payload"), r"日志条目 \1 标为已删去，内容却还在"),
    (re.compile(r"(\S+) has no entries"), r"\1 里没有条目"),
    (re.compile(r"(\S+) and (\S+) do not name the same end of the journal"), r"\1 与 \2 写的日志末尾不一致"),
    (re.compile(r"(\S+) cannot be read"), r"\1 读不了"),
)


def pack_words(finding: str, language: str) -> str:
    """What is wrong with a pack, in `language`."""
    return translated(finding, _PACK_FAULTS) if language == "zh-CN" else finding


def about_words(notice: Notice, violations: int, language: Language, shops: ShopNames | None = None) -> str:
    """What a notice is about: its violation, how many of them a digest tells of, or what else has happened to what.

    `shops`: what they are called, where that is known.
    """
    if notice.event == OPENED.event and notice.violation_id is not None:
        return notice.violation_id
    if notice.event == LATE.event:
        return LATE_DIGEST.in_language(language).format_map({"n": Number(violations)})
    said = event_words(notice.event, language)
    what = notice.violation_id or object_of(notice)
    return f"{said} {shop_words(what, language, shops)}" if what else said


def object_of(notice: Notice) -> str | None:
    """What news that is about no violation is about, by its name in the journal: a duty, a shop, a rule."""
    return (notice.news or {}).get("object")


def step_words(language: str) -> Mapping[str, str]:
    """What the progress bar calls the engine's steps."""
    return {name: words.in_language(language) for name, words in STEPS.items()}


def event_words(event: str, language: Language) -> str:
    """What the journal calls an event, in `language` where we have a word for it."""
    return EVENTS[event].in_language(language) if event in EVENTS else event


def told_words(name: str, value: object, language: Language) -> str:
    """One thing that the journal keeps of a violation.

    >>> told_words("state", "open", "zh-CN"), told_words("amount_fen", 30050, "zh-CN")
    ('状态 预判违规', '平台判罚金额 ¥300.50')
    """
    if name == "amount_fen" and isinstance(value, int):
        value = money(value, language)
    if name in INSTANTS and isinstance(value, str) and "T" in value:  # a day, in what was journalled long ago
        value = _local(datetime.fromisoformat(value), ends=name == "appeal_until")
    if value is True:
        return TOLD[name].in_language(language)
    known = {"state": STATES, "severity": SEVERITIES, "outcome": OUTCOMES}.get(name)
    return f"{TOLD[name].in_language(language)} {word(known, str(value), language) if known else value}"


def _local(instant: datetime, *, ends: bool) -> str:
    """An instant of the journal for people; of one that `ends` a day, that day.

    >>> _local(datetime.fromisoformat("2026-03-17T16:00:00+00:00"), ends=True)
    '2026-03-17'
    """
    whole = last_day(instant, CHINA) if ends else None
    return whole.isoformat() if whole else f"{instant.astimezone(ZoneInfo(CHINA)):%Y-%m-%d %H:%M}"


def gate_sentence(version: Version, language: Language) -> str | None:
    """The gate in words; None where everyone is assessed.

    >>> from datetime import date
    >>> from fractions import Fraction
    >>> from engine.rulebook.model import Bound
    >>> gate_sentence(Version(date(2021, 1, 1), (), "", gate=(("poor", Bound("at_least", Fraction(1), "1")),)), "zh-CN")
    '中差评数不低于1'
    """
    gap = "" if language == "zh-CN" else " "
    gates = [f"{word(COUNTERS, counter, language)}{gap}{standard(bound, language)}" for counter, bound in version.gate]
    return (" 且 " if language == "zh-CN" else " and ").join(gates) or None


def journalled_why(why: str, language: str) -> str:
    """The reason of a journal entry: the engine's own in `language`, a person's as it was written."""
    reason, _, found = why.partition(": ")
    if reason not in WHY or not (found == "" or found in VERDICTS or found == NONE_LEFT):
        return why
    words = WHY[reason].in_language(language)
    if not found:
        return words
    told = VERDICTS.get(found, Text("店铺在该周期没有证据", NONE_LEFT)).in_language(language)
    return f"{words}：{told}" if language == "zh-CN" else f"{words}: {told}"
