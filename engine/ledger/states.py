"""The states of a violation in words, and how people write them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.rulebook.model import Text

# While nobody but us has spoken, a breach is a prediction; the platform's word alone makes it a penalty.
STATES: Mapping[str, Text] = {
    "open": Text("预判违规", "Predicted violation"),
    "acknowledged": Text("预判违规（已知悉）", "Predicted violation, acknowledged"),
    "confirmed": Text("平台已判罚", "Penalised by the platform"),
    "appealed": Text("申诉中", "Under appeal"),
    "overturned": Text("判罚已撤销", "Penalty overturned"),
    "waived": Text("已豁免", "Waived"),
    "withdrawn": Text("预判已撤回", "Prediction withdrawn"),
    "closed": Text("已结案", "Closed"),
}

_ALSO: Mapping[str, str] = {  # what people write for them besides
    "预判": "open",
    "已知悉": "acknowledged",
    "知悉": "acknowledged",
    "已判罚": "confirmed",
    "判罚": "confirmed",
    "确认": "confirmed",
    "申诉": "appealed",
    "已撤销": "overturned",
    "撤销": "overturned",
    "豁免": "waived",
    "已撤回": "withdrawn",
    "撤回": "withdrawn",
    "结案": "closed",
}


def state_of(written: str) -> str:
    """The state that somebody means by its name or a Chinese word for it; what is neither, as it was written.

    >>> state_of("撤回"), state_of("平台已判罚"), state_of("open"), state_of("opne")
    ('withdrawn', 'confirmed', 'open', 'opne')
    """
    by_word = {words.zh: name for name, words in STATES.items()}
    return {**by_word, **_ALSO}.get(written.strip(), written)


def both(name: str) -> str:
    """A state with its word, for messages in Chinese.

    >>> both("open")
    'open（预判违规）'
    """
    return f"{name}（{STATES[name].zh}）" if name in STATES else name
