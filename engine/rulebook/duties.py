"""The duties that rules may name, beyond the measures themselves.

A version may name others: such a one has a title of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.rulebook.measures import MEASURES
from engine.rulebook.model import Text

DUTIES: Mapping[str, Text] = MappingProxyType(
    {
        "mandatory_study": MEASURES["mandatory_study"].title,
        "mandatory_exam": MEASURES["mandatory_exam"].title,
        "appeal": Text("申诉", "appeal"),
        "deposit_top_up": Text("补缴保证金", "deposit top-up"),
        "rectification": Text("整改", "rectification"),
        "return_call": Text("回访买家", "return call"),
        "coaching": Text("客服辅导", "coaching"),
    }
)
