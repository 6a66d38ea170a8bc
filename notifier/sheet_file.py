"""Reads one sheet of advice, and tells everything that is wrong with it at once, key by key, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Text

KEYS = ("figure", "gap", "first", "causes", "steps", "where", "short")
# What a diagnosis may find first (`engine.assessment.diagnosis.Diagnosis.lead`).
CAUSES = (
    *("roster_gap", "over_capacity", "slow", "untold", "roster_unknown"),
    *("bad_attitude", "unresolved", "unprofessional", "unread", "bot", "hand_over"),
)
# Which blanks a sentence may have: those that are filled in there. In any other they would stay as they are written.
BLANKS: Mapping[str, tuple[str, ...]] = {"figure": ("{k}", "{n}"), "gap": ("{m}",), "causes": ("{hours}",)}
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")


class SheetError(KaoheError):
    """An advice sheet that cannot be used: says which file, and every key with what is wrong there."""

    def __init__(self, path: Path, faults: Sequence[Text]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "\n".join(f"{path}: {one.en}" for one in faults), zh="\n".join(f"{path}：{one.zh}" for one in faults)
        )


def sheet_data(path: Path) -> Mapping[str, Any]:
    """What the file holds under each of its keys: sentences, lists of them, and mappings to them; `gap` is a mapping.

    Raises SheetError with every fault.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise SheetError(path, [Text(f"读不了：{os_words(why)}", f"cannot be read: {why.strerror}")]) from why
    except (yaml.YAMLError, UnicodeDecodeError) as why:
        raise SheetError(path, [Text(f"不是 UTF-8 的 YAML：{why}", f"is not YAML in UTF-8: {why}")]) from why
    if not isinstance(data, Mapping):
        keys = ", ".join(KEYS)
        raise SheetError(path, [Text(f"要写成这些键：{keys}", f"must be a mapping with the keys {keys}")])
    known = dict(data)
    if isinstance(known.get("gap"), str):
        known["gap"] = {"many": known["gap"]}
    faults = [fault for key in ("figure", "first", *known) for fault in _faults(str(key), key, known)]
    if faults:
        raise SheetError(path, list(dict.fromkeys(faults)))
    return known


def _faults(name: str, key: Any, data: Mapping[Any, Any]) -> list[Text]:
    value = data.get(key)
    if key not in KEYS:
        return [
            Text(
                f"没有 {name!r} 这个键{suggestion(name, KEYS, 'zh-CN')}",
                f"unknown key {name!r}{suggestion(name, KEYS)}",
            )
        ]
    if key == "gap":
        if isinstance(value, Mapping) and set(value) <= {"one", "many"} and (not value or "many" in value):
            return [fault for n, said in value.items() for fault in _sentence(f"gap.{n}", said)]
        return [
            Text(
                "gap: 要写一句话，或在 one 和 many 下各写一句（many 不能少）",
                "gap: must be a sentence, or a mapping of one and many to sentences",
            )
        ]
    if key == "causes":
        if not isinstance(value, Mapping) or not set(value) <= set(CAUSES):
            wrong = [n for n in value if n not in CAUSES] if isinstance(value, Mapping) else []
            near = suggestion(str(wrong[0]), CAUSES) if wrong else ""
            near_zh = suggestion(str(wrong[0]), CAUSES, "zh-CN") if wrong else ""
            names = ", ".join(CAUSES)
            en = f"causes: must be a mapping of {names} to sentences"
            told = f"{'、'.join(map(repr, wrong))} 不是原因" if wrong else "不是按原因写的"
            return [Text(f"causes: {told}；每句话写在一个原因下：{names}{near_zh}", en + near)]
        return [fault for n, said in value.items() for fault in _sentence(f"causes.{n}", said)]
    if key in ("steps", "where"):
        if not isinstance(value, list):
            return [Text(f"{key}: 要写成几句话的列表", f"{key}: must be a list of sentences")]
        return [fault for n, said in enumerate(value) for fault in _sentence(f"{key}[{n}]", said)]
    return _sentence(name, value)


def _sentence(key: str, value: object) -> list[Text]:
    if not isinstance(value, str) or not value.strip():
        return [Text(f"{key}: 要写一句话", f"{key}: must be a sentence")]
    blanks = BLANKS.get(key.partition(".")[0], ())
    wrong = [one for one in dict.fromkeys(_BRACES.findall(value)) if one not in blanks]
    if not wrong:
        return []
    found, may = " ".join(wrong), " ".join(blanks)
    return [
        Text(
            f"{key}: {found} 会原样印出来；" + (f"这里只能写 {may}" if may else "这里不能有花括号"),
            f"{key}: {found} would be printed as it stands; " + (f"here only {may}" if may else "no braces here"),
        )
    ]
