"""The kinds of evidence and their columns: what an import takes, how a row is known again, which day it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.errors import UnknownNameError
from engine.evidence.columns import Added, Column, Kind, Order

_NTH = Added("nth", "INTEGER")
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

SESSIONS = Kind(
    name="sessions",
    columns=(
        Column("platform", required=True),
        Column("shop", required=True),
        Column("session", required=True),
        Column("buyer", "secret"),
        Column("agent"),
        Column("opened_by", choices=("buyer", "agent", "system"), default="buyer"),
        Column("opened_at", "instant", required=True),
        Column("first_human_reply_at", "instant"),
        Column("closed_at", "instant"),
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
        Column("platform", required=True),
        Column("shop", required=True),
        Column("session"),
        Column("buyer", "secret", required=True),
        Column("agent"),
        Column("sender", required=True, choices=("buyer", "agent", "bot", "system")),
        Column("sent_at", "instant", required=True),
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
        Column("platform", required=True),
        Column("shop", required=True),
        Column("rating"),
        Column("session"),
        Column("agent"),
        Column("agent_kind", choices=("human", "bot")),
        Column("buyer", "secret"),
        Column("sent_at", "instant"),
        Column("rated_at", "instant", required=True),
        Column("score", choices=("satisfied", "neutral", "disappointed"), synonyms=_SCORES),
        Column("stars", "integer", within=(1, 5)),
        Column(
            "reasons",
            "words",
            choices=("bad_attitude", "slow", "unresolved", "unprofessional", "other"),
            synonyms=_REASONS,
        ),
        Column("origin", choices=("buyer", "invited", "system")),
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
        Column("platform", required=True),
        Column("shop", required=True),
        Column("agent"),
        Column("period_start", "date", required=True),
        Column("period_end", "date", required=True),
        Column(
            "counter",
            required=True,
            pattern=r"[a-z][a-z0-9]*\.[a-z0-9]+(-[a-z0-9]+)*/[a-z][a-z0-9_]{0,39}",
            shape="counter",
        ),
        Column("value", "integer", required=True, blank=True),
        Column("value_low", "integer"),
        Column("value_high", "integer"),
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

KINDS: Mapping[str, Kind] = {k.name: k for k in (SESSIONS, MESSAGES, RATINGS, COUNTS)}


def kind(name: str) -> Kind:
    """The kind called `name`; an unknown one is refused with the names that exist."""
    if name not in KINDS:
        raise UnknownNameError("kind of evidence", name, KINDS)
    return KINDS[name]


def switched_with(wanted: Kind) -> tuple[Kind, ...]:
    """The kinds whose day files an import of `wanted` may change: messages change the sessions derived from them."""
    return (MESSAGES, SESSIONS) if wanted is MESSAGES else (wanted,)
