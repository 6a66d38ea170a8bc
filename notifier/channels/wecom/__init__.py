"""WeCom group robots: Markdown of at most 4096 bytes, no signature, so that the key itself is the secret.

Markdown of theirs mentions nobody by mobile number: who is to be mentioned is, in a second message. The first one alone
decides what became of the letter; a mention that failed is told in the answer and not tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from engine.rulebook.model import Text
from notifier.channels.chat import Codes, compact, shortened
from notifier.channels.contract import Letter
from notifier.channels.http import Post
from notifier.channels.outcome import Outcome
from notifier.channels.robots import (
    base_fault,
    robot_kind,
    whole_address,
)
from notifier.words.lines import cut

MOST_BYTES = 4096
LONGEST_MENTION = 200  # characters; 2048 bytes are the most
CODES = Codes(
    names=("errcode",),
    words="errmsg",
    kinds={
        -1: "temporary",  # busy
        45009: "throttled",  # 20 messages a minute
        45033: "throttled",  # too many at once
        93000: "misconfigured",  # the key, or the robot was taken out of its group
        93004: "misconfigured",  # the robot is switched off
        93008: "misconfigured",  # it is not in the group
        60020: "misconfigured",  # not from this address
        40008: "permanent",
        40033: "permanent",
        40035: "permanent",
        40058: "permanent",  # too long, or not of the form
        40063: "permanent",
        44004: "permanent",
        45002: "permanent",  # too long
        47001: "permanent",
    },
)


@dataclass(frozen=True, slots=True)
class Robot:
    """`[wecom.NAME]`: the key at the end of the robot's address, and mobile numbers to mention."""

    key: str = field(repr=False)
    mention: tuple[str, ...] = field(default=(), repr=False)
    base: str = "https://qyapi.weixin.qq.com"

    def fault(self) -> Text | None:
        """What is wrong with it as a whole."""
        return whole_address("key", self.key) or base_fault(self.base)

    def secrets(self) -> tuple[str, ...]:
        """What no answer may repeat."""
        return (self.key, quote(self.key, safe=""), *self.mention)


def carry(robot: Robot, letter: Letter, now: datetime, deadline_s: float) -> Outcome:
    """Send the letter as Markdown, and the mentions behind it."""
    content = {"content": shortened(letter, MOST_BYTES)}
    first = _posted(robot, {"msgtype": "markdown", "markdown": content}, now, deadline_s)
    if first.kind != "accepted" or not robot.mention:
        return first
    text = {"content": cut(letter.subject, LONGEST_MENTION), "mentioned_mobile_list": robot.mention}
    second = _posted(robot, {"msgtype": "text", "text": text}, now, deadline_s)
    told = "mentioned" if second.kind == "accepted" else f"the mention was not: {second.kind} {second.answer}"
    return Outcome.of("accepted", f"{first.answer}; {told}")


def _posted(robot: Robot, message: dict[str, object], now: datetime, deadline_s: float) -> Outcome:
    url = f"{robot.base.rstrip('/')}/cgi-bin/webhook/send?key={quote(robot.key, safe='')}"
    headers = {"Content-Type": "application/json"}
    answer = Post(url, compact(message), headers, deadline_s=deadline_s).sent()
    return answer if isinstance(answer, Outcome) else CODES.outcome(answer, now)


CHANNEL = robot_kind("wecom", Text("企业微信群机器人", "WeCom group robot"), Robot, carry)
