"""What no case of a rule reaches, in words: `engine.judge.coverage` says it in English."""

from __future__ import annotations

import re

from console.phrases import VERDICTS
from notifier.words.vocabulary import SEVERITIES, word


def uncovered_words(what: str, language: str) -> str:
    """One thing that no case reaches.

    >>> uncovered_words("2021-01-01: verdict no_data", "zh-CN"), uncovered_words("2021-01-01: rung grave", "zh-CN")
    ('2021-01-01：结论「缺数据」', '2021-01-01：处罚级别「特别严重」')
    """
    if language == "en":
        return what
    version, _, rest = what.partition(": ")
    if found := re.fullmatch(r"verdict (\S+)", rest):
        rest = f"结论「{VERDICTS[found[1]].zh}」"
    elif found := re.fullmatch(r"rung (.+)", rest):
        rest = f"处罚级别「{word(SEVERITIES, found[1], 'zh-CN')}」"
    elif found := re.fullmatch(r"gate (\S+) (.+), one below", rest):
        rest = f"门槛 {found[1]} {found[2]}，差一个"
    elif "side of the standard" in rest:
        rest = "达标一侧，只差一个" if "complying" in rest else "违规一侧，只差一个"
    return f"{version}：{rest}"
