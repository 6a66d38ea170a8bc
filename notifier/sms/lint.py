"""What is wrong with a binding: found before anything is sent, since providers refuse it one message at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import pairwise

from engine.errors import suggestion
from notifier.sms import facts
from notifier.sms.binding import LONGEST_MESSAGE, NUMBERED, Binding, BindingError, Bindings

_ADDRESS = re.compile(r"\w+://[^\s，。；、]*|[A-Za-z0-9-]+(?:\.[^\s，。；、.]+)+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,24}")
_RESERVED = frozenset({"email", "mobile", "id", "nick", "site"})  # names that Aliyun does not take
_PLACEHOLDERS = re.compile(r"\$\{[^{}]*\}|\{[^{}]*\}")
Fault = tuple[str, str]


def check(bindings: Bindings, channels: Collection[str]) -> list[Fault]:
    """Every fault of a file of bindings, in English and Chinese, as `file:binding N: what`; empty if there is none."""
    try:
        found = bindings.all
    except BindingError as error:
        return error.pairs
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, one in enumerate(found, 1):
        told = list(binding_faults(one, channels))
        if one.id in seen:
            told.append((f"there is another binding {one.id}", f"{one.id} 另有一个绑定"))
        seen.add(one.id)
        faults += [
            (f"{bindings.path}:binding {number}: {en}", f"{bindings.path}:第 {number} 个绑定：{zh}") for en, zh in told
        ]
    return faults


def refuse(binding: Binding, bindings: Bindings) -> None:
    """Raise BindingError with every fault of this binding, if it has any."""
    found = list(binding_faults(binding, ()))
    if found:
        raise BindingError(str(bindings.path), [(f"{binding.id}: {en}", f"{binding.id}：{zh}") for en, zh in found])


def binding_faults(one: Binding, channels: Collection[str]) -> Iterator[Fault]:
    """What is wrong with one binding. `channels`: those of short messages; none where that is not asked."""
    if channels and one.channel not in channels:
        near = suggestion(one.channel, channels)
        yield f"{one.channel!r} is no channel of short messages{near}", f"{one.channel!r} 不是短信渠道{near}"
    if one.event not in facts.events():
        near = suggestion(one.event, facts.events())
        yield f"unknown event {one.event!r}{near}", f"没有 {one.event!r} 这种事件{near}"
    if one.language not in ("zh-CN", "en"):
        yield f"language {one.language!r}: zh-CN or en", f"语言 {one.language!r}：只能是 zh-CN 或 en"
    if " " in one.code:
        yield f"code {one.code!r} has a blank in it", f"code {one.code!r} 里有空格"
    if re.search("[【】]", one.sign + one.text):
        yield "sign and text have no 【】: the provider adds them", "sign 和 text 里不写【】，由服务商加上"
    yield from _variable_faults(one)
    yield from _text_faults(one)


def _variable_faults(one: Binding) -> Iterator[Fault]:
    known = facts.names(one.event)
    for variable in one.variables:
        if variable.fact not in known:
            yield (
                f"variable {variable.name}: unknown fact {variable.fact!r}{suggestion(variable.fact, known)}",
                f"变量 {variable.name}：没有 {variable.fact!r} 这个事实{suggestion(variable.fact, known, 'zh-CN')}",
            )
        if one.channel not in NUMBERED and (not _NAME.fullmatch(variable.name) or variable.name in _RESERVED):
            reserved = ", ".join(sorted(_RESERVED))
            yield (
                f"variable {variable.name!r}: letters, digits and _, a letter first, and none of {reserved}",
                f"变量名 {variable.name!r}：以字母开头，只含字母、数字和 _，且不是 {reserved}",
            )
    names = [variable.name for variable in one.variables]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"variable {name} is there twice", f"变量 {name} 写了两次"
    if one.channel in NUMBERED and names != [str(n) for n in range(1, len(names) + 1)]:
        yield "the variables are 1, 2, … in this order", "变量要按 1、2、… 的顺序编号"


def _text_faults(one: Binding) -> Iterator[Fault]:
    places = [m["name"] for m in one.placeholder.finditer(one.text)]
    names = {variable.name for variable in one.variables}
    for name in sorted(set(places) - names):
        yield f"the text has {name}, and no variable is called so", f"文本里有 {name}，却没有这个变量"
    for name in sorted(names - set(places)):
        yield f"variable {name} is not in the text", f"文本里没有变量 {name}"
    for name in sorted({p for p in places if places.count(p) > 1}):
        yield f"{name} is in the text twice; providers take it once", f"{name} 在文本里出现两次；服务商只收一次"
    left = one.placeholder.sub("", one.text)
    if "{" in left or "}" in left:
        usual = "{1}" if one.channel in NUMBERED else "${name}"
        yield f"a placeholder of {one.channel} is written {usual}", f"{one.channel} 的占位符写作 {usual}"
    ends = [(m.start(), m.end()) for m in one.placeholder.finditer(one.text)]
    if any(end == start for (_, end), (start, _) in pairwise(ends)):
        yield "words must stand between two variables", "两个变量之间要有文字"
    if places and not left.strip(" ，。：；、,.:;"):
        yield "a text of variables alone is not approved", "只有变量的文本通不过审核"
    if any(_PLACEHOLDERS.search(address) for address in _ADDRESS.findall(one.text)):
        yield "a variable in an address of the web; providers refuse that", "网址里有变量；服务商不收"
    if not one.text.isprintable():
        yield "the text has a line break or a control character", "文本里有换行或控制字符"
    if one.longest > LONGEST_MESSAGE:
        yield (
            f"at the longest {one.longest} characters with the sign; {LONGEST_MESSAGE} fit into one message",
            f"连签名最长 {one.longest} 字，一条短信最多 {LONGEST_MESSAGE} 字：请缩短文本，或减小变量的 longest",
        )
