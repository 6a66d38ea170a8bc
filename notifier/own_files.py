"""All that is wrong with the templates and advice sheets, those of one's own and the shipped ones, file by file.

A file of one's own that cannot be used changes nothing: the shipped one serves. That keeps notices going, and hides the
slip, so that this looks at everything: directories, names, contents, and what a template makes of facts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Text
from notifier import render, sheets
from notifier.events import OCCASIONS
from notifier.render import Templates
from notifier.sheets import Sheets
from notifier.sms.facts import NEWS
from notifier.template_tries import tries

FORMS = ("chat", "email")
LANGUAGES = ("en", "zh-CN")
EVENTS = (*OCCASIONS, NEWS)
FALLBACK = "fallback"
_ASIDE = re.compile(r"\..*|.*~|(?i:readme|licen[cs]e)(\..*)?|.*\.md")  # what people and editors leave in a directory


class FileFaultError(KaoheError):
    """What is wrong with a file or directory of one's own as such."""


@dataclass(frozen=True, slots=True)
class LookedOver:
    """`faults` by what they are in; `remarks` tell what may be meant so."""

    faults: dict[str, KaoheError] = field(default_factory=dict)
    remarks: tuple[Text, ...] = ()


def look_over(
    templates: Templates, advice: Sheets, rules: Collection[str] | None = None, *, shipped: bool = False
) -> LookedOver:
    """What is wrong with the files of one's own, and with the `shipped` ones where that is asked.

    `rules` are the ids that a sheet may be for; None where not all of them are known.
    """
    faults: dict[str, KaoheError] = {}
    remarks: list[Text] = []
    for directory in templates.own:
        faults |= _directory(directory, "templates")
        found = _files(directory)
        faults |= {str(path): why for path in found if (why := _template_name(path) or _template(templates, path))}
        remarks += _lonely([path for path in found if str(path) not in faults], ".txt")
    for directory in advice.own:
        faults |= _directory(directory, "advice")
        found = _files(directory)
        faults |= {str(path): why for path in found if (why := _sheet_name(path, rules) or advice.fault(path))}
        remarks += _lonely([path for path in found if str(path) not in faults], ".yaml")
    if shipped:
        found = _files(render.SHIPPED)
        faults |= {str(path): why for path in found if (why := _template(templates, path))}
        faults |= {str(path): why for path in _files(sheets.SHIPPED) if (why := advice.fault(path))}
    return LookedOver(faults, tuple(remarks))


def _directory(path: Path, setting: str) -> dict[str, KaoheError]:
    if path.is_dir():
        try:
            next(path.iterdir(), None)
        except OSError as error:
            why, zh_why = str(error.strerror), os_words(error)
        else:
            return {}
    else:
        why, zh_why = "there is no such directory", "没有这个目录"
    named = f"{setting} (KAOHE_{setting.upper()})"
    zh = f"{path}：{zh_why}；请改正设置 {setting}（KAOHE_{setting.upper()}），或建好这个目录"
    return {str(path): FileFaultError(f"{path}: {why}; mend the setting {named}, or make the directory", zh=zh)}


def _files(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.is_file() and not _ASIDE.fullmatch(path.name))
    except OSError:  # told of the directory
        return []


def _template(templates: Templates, path: Path) -> KaoheError | None:
    return templates.fault(path) or tries(templates, path)


def _template_name(path: Path) -> KaoheError | None:
    """What is wrong with the name of a template, so that it is never used."""
    if path.suffix != ".txt" or path.name.count(".") < 3:
        told = "<event>.<email|chat>.<zh-CN|en>.txt"
        zh = f"{path}：文件名没有意义，不会被用到；模板叫作 {told}"
        return FileFaultError(f"{path}: a name that means nothing, so it is never used; a template is {told}", zh=zh)
    event, form, language = path.name.removesuffix(".txt").rsplit(".", 2)
    wrong = [
        *_unknown("event", "事件", event, EVENTS),
        *_unknown("form", "形式", form, FORMS),
        *_unknown("language", "语言", language, LANGUAGES),
    ]
    return _misnamed(path, wrong)


def _sheet_name(path: Path, rules: Collection[str] | None) -> KaoheError | None:
    """What is wrong with the name of a sheet, so that it is never used."""
    if path.suffix != ".yaml" or path.name.count(".") < 2:
        told = "<rule>.<zh-CN|en>.yaml"
        zh = f"{path}：文件名没有意义，不会被用到；建议叫作 {told}"
        return FileFaultError(f"{path}: a name that means nothing, so it is never used; a sheet is {told}", zh=zh)
    rule, language = path.name.removesuffix(".yaml").rsplit(".", 1)
    wrong = list(_unknown("language", "语言", language, LANGUAGES))
    if rules is not None:
        wrong += _unknown("rule", "规则", rule, [*rules, FALLBACK])
    return _misnamed(path, wrong)


def _unknown(what: str, zh: str, name: str, known: Collection[str]) -> Iterator[Text]:
    if name not in known:
        yield Text(
            f"没有 {name!r} 这种{zh}{suggestion(name, known, 'zh-CN')}",
            f"unknown {what} {name!r}{suggestion(name, known)}",
        )


def _misnamed(path: Path, wrong: Sequence[Text]) -> KaoheError | None:
    if not wrong:
        return None
    zh = f"{path}：这个文件名不会被用到：" + "；".join(one.zh for one in wrong)
    return FileFaultError(f"{path}: a file of this name is never used: " + "; ".join(one.en for one in wrong), zh=zh)


def _lonely(paths: Sequence[Path], ending: str) -> Iterator[Text]:
    """Of sound files those that are there in one language alone."""
    languages: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        name, language = path.name.removesuffix(ending).rsplit(".", 1)
        languages[name].append(language)
    for name, found in languages.items():
        for other in LANGUAGES if len(found) == 1 else ():
            if other not in found:
                path = paths[0].parent / f"{name}.{found[0]}{ending}"
                yield Text(
                    f"{path}：只有这一种语言；{other} 的通知仍用自带的",
                    f"{path}: in this language alone; notices in {other} keep the shipped words",
                )
