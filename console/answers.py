"""What channels answered, in the reader's language: what we say ourselves, around a provider's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.errors import os_words
from notifier.channels.registry import NO_SUCH_CHANNEL, kinds
from notifier.events import NOTHING_LEFT

_ANSWERS: Sequence[tuple[re.Pattern[str], str]] = (  # what we ourselves write where a provider's answer stands
    (re.compile(r"accepted: written to (.+)"), r"已写入 \1"),
    (re.compile(r"not sent: the violation is (.+)"), r"未发送：违规的状态已是 \1"),
    (re.compile(r"not sent: (.+) is not in the contact of the shop any more"), r"未发送：\1 已不是店铺的联系人"),
    (re.compile(r"not sent: no route leads to (.+) any more"), r"未发送：已没有通知路线通往 \1"),
    (re.compile(r"muted until (\S+ \S+): (.+)"), r"静音至 \1：\2"),
    *(
        (
            re.compile(
                rf"misconfigured: {re.escape(fault.en)}; "
                r"mend the contact of (.+) with `kaohe shops import`, then `kaohe notices retry`"
            ),
            rf"地址不能用：{fault.zh}；请用 `kaohe shops import` 改正 \1 的联系人，再用 `kaohe notices retry`",
        )
        for fault in (NO_SUCH_CHANNEL, *(fault for kind in kinds().values() for fault in kind.faults))
    ),
    (
        re.compile(r"misconfigured: (.+) has no \[(.+)\]: add it there, with its keys"),
        r"设置有误：\1 里没有 [\2]；请在那里补上这一节及其密钥",
    ),
    (re.compile(re.escape(NOTHING_LEFT)), "未发送：其中的违规都已不必再通知"),
    (re.compile(r"unknown: attempt (\d+) was cut off before its answer was recorded"), r"未知：第 \1 次发送中断"),
)
_KINDS: Mapping[str, str] = {  # of outcomes
    "accepted": "对方已接收",
    "throttled": "对方要求放慢",
    "temporary": "暂时发不出",
    "permanent": "对方拒收",
    "misconfigured": "设置有误",
    "unknown": "不知是否发出",
}
_KIND = re.compile(rf"({'|'.join(_KINDS)}): (.+)", re.DOTALL)
_STEPS: Mapping[str, str] = {  # of speaking to a mail server
    "connecting": "连接时",
    "encrypting": "加密时",
    "logging in": "登录时",
    "naming the sender": "提交发件人时",
    "naming the recipient": "提交收件人时",
    "announcing the mail": "提交邮件时",
    "sending": "发送时",
}
_STEP = re.compile(rf"(.*) \((\S+:\d+), when ({'|'.join(_STEPS)})\)", re.DOTALL)
_ERRNO = re.compile(r"\[Errno (\d+)\] (.+)", re.DOTALL)


def translated(said: str, known: Sequence[tuple[re.Pattern[str], str]]) -> str:
    """What was `said` in the words that stand beside the first pattern that fits all of it; else as it is."""
    for ours, words in known:
        if found := ours.fullmatch(said):
            return found.expand(words)
    return said


def answer_words(answer: str, language: str) -> str:
    """The answer to a notice: ours in `language`, a provider's as it came.

    >>> answer_words("misconfigured: 535 5.7.8 wrong (mx.cn:465, when logging in)", "zh-CN")
    '设置有误：535 5.7.8 wrong（mx.cn:465，登录时）'
    """
    if language != "zh-CN":
        return answer
    known = translated(answer, _ANSWERS)
    found = _KIND.fullmatch(answer) if known == answer else None
    return f"{_KINDS[found[1]]}：{reason_words(found[2], language)}" if found else known


def reason_words(words: str, language: str) -> str:
    """A provider's words as they came, with where and when they came in `language`."""
    if language != "zh-CN":
        return words
    if found := _STEP.fullmatch(words):
        return f"{reason_words(found[1], language)}（{found[2]}，{_STEPS[found[3]]}）"
    if found := _ERRNO.fullmatch(words):
        return os_words(OSError(int(found[1]), found[2]))
    return words
