"""The kinds of evidence and their columns: what an import takes, how a row is known again, which day it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.errors import UnknownNameError
from engine.evidence.columns import Added, Column, Kind, Order
from engine.rulebook.platforms import CALLED

_NTH = Added("nth", "INTEGER")
_PLATFORM = Column("platform", required=True, synonyms=CALLED, called=("平台",))
_SHOP = Column("shop", required=True, called=("店铺", "店铺ID", "店铺编号", "店铺名称"))
_SESSION = ("会话", "会话ID", "会话编号")
_AGENT = Column("agent", called=("客服", "客服账号", "子账号"))
_BUYER = ("买家", "买家ID", "买家编号", "顾客")
_SIDES = MappingProxyType({"买家": "buyer", "顾客": "buyer", "客服": "agent", "人工客服": "agent", "系统": "system"})
_SENDERS = MappingProxyType({**_SIDES, "机器人": "bot", "智能客服": "bot"})
_AGENT_KINDS = MappingProxyType({"人工": "human", "机器人": "bot", "智能客服": "bot"})
_ORIGINS = MappingProxyType({"买家主动": "buyer", "买家": "buyer", "邀请": "invited", "系统": "system"})
_SCORES = MappingProxyType({"满意": "satisfied", "一般": "neutral", "失望": "disappointed"})
_REASONS = MappingProxyType(
    {
        "态度差": "bad_attitude",
        "服务态度差": "bad_attitude",
        "客服态度差": "bad_attitude",
        "回复慢": "slow",
        "响应慢": "slow",
        "未解决": "unresolved",
        "问题未解决": "unresolved",
        "不专业": "unprofessional",
        "其他": "other",
        "其它": "other",
    }
)

_SEVERITIES = MappingProxyType({"轻微": "minor", "严重": "serious", "特别严重": "grave"})
_ACCOUNTS = MappingProxyType(
    {"保证金": "deposit", "店铺保证金": "deposit", "货款": "balance", "余额": "balance", "账户余额": "balance"}
)
_STATUSES = MappingProxyType(
    {
        "待处理": "open",
        "待确认": "open",
        "未确认": "open",
        "待申诉": "open",
        "已确认": "confirmed",
        "申诉中": "appealed",
        "已申诉": "appealed",
        "申诉失败": "upheld",
        "申诉不通过": "upheld",
        "申诉驳回": "upheld",
        "维持原判": "upheld",
        "申诉成功": "overturned",
        "申诉通过": "overturned",
        "已撤销": "overturned",
        "已取消": "overturned",
        "已过期": "expired",
        "申诉超时": "expired",
        "已逾期": "expired",
        "已执行": "executed",
        "已扣款": "executed",
        "已生效": "executed",
    }
)
_DUTIES = MappingProxyType(
    {
        "在岗": "on_duty",
        "值班": "on_duty",
        "上班": "on_duty",
        "在线": "online",
        "休息": "break",
        "小休": "break",
        "离线": "offline",
        "下线": "offline",
        "缺勤": "offline",
    }
)
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CYCLE = (  # as parse_cycle reads it
    rf"{_DAY}|\d{{4}}-W(0[1-9]|[1-4]\d|5[0-3])|\d{{4}}-(0[1-9]|1[0-2])|[1-9]\d{{0,3}}d:{_DAY}|campaign:.+"
)
_MOST_FEN = 10**12 - 1  # less than 10,000,000,000 yuan, as an amount that is typed

SESSIONS = Kind(
    name="sessions",
    columns=(
        _PLATFORM,
        _SHOP,
        Column("session", required=True, called=_SESSION),
        Column("buyer", "secret", called=_BUYER),
        _AGENT,
        Column("opened_by", choices=("buyer", "agent", "system"), default="buyer", synonyms=_SIDES, called=("发起方",)),
        Column("opened_at", "instant", required=True, called=("开始时间", "会话开始时间")),
        Column("first_human_reply_at", "instant", called=("首次人工回复时间", "人工首次回复时间")),
        Column("closed_at", "instant", called=("结束时间", "会话结束时间", "关闭时间")),
    ),
    key=("shop", "session"),
    day_of="opened_at",
    order=("shop", "session", "derived"),
    orders=(
        Order("opened_at", "first_human_reply_at", "reply_first"),
        Order("opened_at", "closed_at", "closed_first"),
    ),
    # A derived row comes from messages; the last two are what it needs to take in later ones (see derived_sessions).
    added=(
        Added("derived", "BOOLEAN", "false"),
        Added("shadowed", "BOOLEAN", "false"),
        Added("replied_by", "VARCHAR"),
        Added("named", "VARCHAR"),
    ),
)

MESSAGES = Kind(
    name="messages",
    columns=(
        _PLATFORM,
        _SHOP,
        Column("session", called=_SESSION),
        Column("buyer", "secret", required=True, called=_BUYER),
        _AGENT,
        Column(
            "sender",
            required=True,
            choices=("buyer", "agent", "bot", "system"),
            synonyms=_SENDERS,
            called=("发送方", "发送者", "发送人"),
        ),
        Column("sent_at", "instant", required=True, called=("发送时间",)),
    ),
    key=(),
    day_of="sent_at",
    order=("shop", "session", "buyer", "sent_at", "sender", "agent", "nth"),  # nearly; see conversations
    added=(_NTH,),
    computed=(Added("answered_at", "TIMESTAMP"), Added("answered_by", "VARCHAR"), Added("previous", "VARCHAR")),
)

RATINGS = Kind(
    name="ratings",
    columns=(
        _PLATFORM,
        _SHOP,
        Column("rating", called=("评价ID", "评价编号")),
        Column("session", called=_SESSION),
        _AGENT,
        Column("agent_kind", choices=("human", "bot"), synonyms=_AGENT_KINDS, called=("客服类型",)),
        Column("buyer", "secret", called=_BUYER),
        Column("sent_at", "instant", called=("发送时间", "评价卡发送时间")),
        Column("rated_at", "instant", required=True, called=("评价时间",)),
        Column(
            "score",
            choices=("satisfied", "neutral", "disappointed"),
            synonyms=_SCORES,
            called=("评价", "评价结果", "满意度"),
        ),
        Column("stars", "integer", within=(1, 5), called=("星级",)),
        Column(
            "reasons",
            "words",
            choices=("bad_attitude", "slow", "unresolved", "unprofessional", "other"),
            synonyms=_REASONS,
            called=("原因", "评价原因"),
        ),
        Column("origin", choices=("buyer", "invited", "system"), synonyms=_ORIGINS, called=("评价来源",)),
    ),
    key=("shop", "rating"),
    day_of="rated_at",
    order=("shop", "rating", "rated_at", "session", "agent", "agent_kind", "buyer", "sent_at", "score", "stars",
           "reasons", "origin", "nth"),
    added=(_NTH,),
)  # fmt: skip

COUNTS = Kind(
    name="counts",
    columns=(
        _PLATFORM,
        _SHOP,
        _AGENT,
        Column("period_start", "date", required=True, called=("开始日期",)),
        Column("period_end", "date", required=True, called=("结束日期",)),
        Column(
            "counter",
            required=True,
            pattern=r"[a-z][a-z0-9]*\.[a-z0-9]+(-[a-z0-9]+)*/[a-z][a-z0-9_]{0,39}",
            shape="counter",
            called=("计数", "计数名"),
        ),
        Column("value", "integer", required=True, blank=True, called=("数值",)),
        Column("value_low", "integer", called=("下限",)),
        Column("value_high", "integer", called=("上限",)),
    ),
    key=(),
    day_of="period_start",
    order=("shop", "agent", "counter", "period_start", "period_end", "value", "value_low", "value_high", "nth"),
    orders=(
        Order("period_start", "period_end", "period"),
        Order("value_low", "value", "bound:value_low"),
        Order("value", "value_high", "bound:value"),
        Order("value_low", "value_high", "bound:value_low"),
    ),
    added=(_NTH,),
)

PENALTIES = Kind(
    name="penalties",
    columns=(
        _PLATFORM,
        _SHOP,
        Column("reference", required=True, called=("处罚单号", "处罚编号", "违规编号", "违规单号", "通知编号")),
        Column("kind", called=("违规类型", "处罚类型")),
        Column("rule", called=("规则", "违规规则", "规则编号")),
        Column("cycle", pattern=_CYCLE, shape="cycle", called=("周期", "考核周期")),
        Column("severity", synonyms=_SEVERITIES, called=("等级", "违规等级", "严重程度")),
        Column("measure", called=("处罚措施", "处罚内容", "处罚结果")),
        Column(
            "amount_fen",
            "integer",
            within=(0, _MOST_FEN),
            called=("金额(分)", "金额（分）"),
            in_yuan=(
                "金额(元)",
                "金额（元）",
                "违约金",
                "违约金(元)",
                "违约金（元）",
                "处罚金额(元)",
                "处罚金额（元）",
            ),
        ),
        Column("account", choices=("deposit", "balance"), synonyms=_ACCOUNTS, called=("账户", "扣款账户")),
        Column("noticed_at", "instant", required=True, called=("处罚时间", "通知时间")),
        Column(
            "appeal_until", "deadline", called=("申诉截止", "申诉截止时间", "申诉截止日期", "申诉截止日", "申诉期限")
        ),
        Column(
            "status",
            required=True,
            choices=("open", "confirmed", "appealed", "upheld", "overturned", "expired", "executed"),
            synonyms=_STATUSES,
            called=("状态", "处罚状态"),
        ),
        Column("borne_by", called=("承担方", "承担人")),
    ),
    key=("shop", "reference"),
    day_of="noticed_at",
    order=("shop", "reference"),
    orders=(Order("noticed_at", "appeal_until", "appeal_first"),),
    judged=False,
)

# Who was to serve a shop, or did, and when. A break or an absence within a shift takes it out of the shift. Without a
# shop it is of all shops that the agent serves (see served).
SHIFTS = Kind(
    name="shifts",
    columns=(
        _PLATFORM,
        replace(_SHOP, required=False),
        replace(_AGENT, required=True),
        Column("starts_at", "instant", required=True, called=("上班时间", "班次开始", "开始时间")),
        Column("ends_at", "instant", required=True, called=("下班时间", "班次结束", "结束时间")),
        Column(
            "state",
            required=True,
            choices=("on_duty", "online", "break", "offline"),
            synonyms=_DUTIES,
            called=("状态", "在线状态", "班次状态"),
        ),
        Column("limit", "integer", within=(1, 10_000), called=("接待上限", "最大接待数")),
    ),
    key=(),
    day_of="starts_at",
    order=("shop", "agent", "starts_at", "ends_at", "state", "limit", "nth"),
    orders=(Order("starts_at", "ends_at", "shift"),),
    added=(_NTH,),
    judged=False,
)

KINDS: Mapping[str, Kind] = {k.name: k for k in (SESSIONS, MESSAGES, RATINGS, COUNTS, PENALTIES, SHIFTS)}


def kind(name: str) -> Kind:
    """The kind called `name`; an unknown one is refused with the names that exist."""
    if name not in KINDS:
        raise UnknownNameError("kind of evidence", name, KINDS)
    return KINDS[name]


def last_day(wanted: Kind) -> str:
    """SQL of the last day that a row is about; its first is `day`."""
    return "greatest(day, period_end)" if wanted is COUNTS else "day"


def switched_with(wanted: Kind) -> tuple[Kind, ...]:
    """The kinds whose day files an import of `wanted` may change: messages change the sessions derived from them."""
    return (MESSAGES, SESSIONS) if wanted is MESSAGES else (wanted,)
