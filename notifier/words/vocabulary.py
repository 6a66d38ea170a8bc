"""The fixed words of notices: states, severities, and the names of what a rule claims.

A word that is missing here is not an error: rules may name severities and claims that nobody foresaw, and
they then appear under their own name.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.ledger.states import STATES
from engine.rulebook.model import Language, Text

__all__ = ["ACCOUNTS", "CLAIMS", "COUNTERS", "PREDICTED", "SCOPED", "SEVERITIES", "STATES", "WARNINGS", "word"]

PREDICTED = frozenset({"open", "acknowledged"})

# A measure whose scope changes its name; without one here, the measure's own title serves.
SCOPED: Mapping[str, Text] = {
    "traffic_limit/public_domain": Text("限制公域流量", "public-domain traffic limit"),
}

ACCOUNTS: Mapping[str, Text] = {
    "deposit": Text("保证金", "the deposit"),
    "payments": Text("货款", "payments"),  # as rules name it
    "balance": Text("货款", "payments due"),  # as a platform's notice does
}

# What shipped rules' gates count; the counters of a house's own rules appear under their own names.
COUNTERS: Mapping[str, Text] = {
    "people": Text("咨询人次", "people who consulted"),
    "sessions": Text("会话数", "sessions"),
    "poor": Text("中差评数", "poor ratings"),
    "rated": Text("评价数", "ratings"),
}

SEVERITIES: Mapping[str, Text] = {
    "minor": Text("轻微", "minor"),
    "serious": Text("严重", "serious"),
    "grave": Text("特别严重", "especially serious"),
}

WARNINGS: Mapping[str, Text] = {
    "warning.at_risk": Text("预警", "At risk"),
    "warning.certain": Text("将违规", "Violation certain"),
    "warning.one_more": Text("临界", "On the edge"),
}

CLAIMS: Mapping[str, Text] = {
    "effective": Text("规则生效时间", "when the rule is in force"),
    "text": Text("规则内容", "the rule's text"),
    "counters": Text("计数口径", "what is counted"),
    "figure": Text("指标口径", "how the figure is made"),
    "hours": Text("统计时段", "the hours that count"),
    "cycle": Text("考核周期", "the cycle"),
    "assessed": Text("考核时间", "the assessment day and hour"),
    "cut_off": Text("统计截止", "the cut-off"),
    "gate": Text("考核门槛", "the gate"),
    "standard": Text("达标线", "the standard"),
    "compliant_when": Text("达标线", "the standard"),
    "violates_when": Text("违规线", "the standard"),
    "at_risk": Text("预警线", "the early warning"),
    "at_risk_when": Text("预警线", "the early warning"),
    "severity": Text("违规等级", "the severity"),
    "ladder": Text("处罚阶梯", "the ladder of measures"),
    "sanction_start": Text("处罚起始日", "the first day of the measure"),
    "appeal": Text("申诉", "the appeal"),
}


def word(table: Mapping[str, Text], name: str, language: Language) -> str:
    """What `table` calls `name` in `language`; the name itself, underscores opened, where it has none.

    >>> word(CLAIMS, "cut_off", "zh-CN"), word(CLAIMS, "notify_floor", "en")
    ('统计截止', 'notify floor')
    """
    text = table.get(name)
    return text.in_language(language) if text else name.replace("_", " ")
