"""Feishu custom robots: a card (JSON 2.0) of a title and Markdown, signed by the robot's secret.

Their signature is none of the message, nor of the secret alone: nothing is signed, with the time and the secret as key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
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

MOST_BYTES = 20_000  # of the whole request
LONGEST_TITLE = 100
CODES = Codes(
    names=("code", "StatusCode"),
    words="msg",
    kinds={
        11232: "throttled",  # 100 messages a minute, 5 a second, less at full hours
        99991400: "throttled",
        19001: "misconfigured",  # the hook
        19007: "misconfigured",  # the robot is switched off
        19021: "misconfigured",  # the signature, or the clock
        19022: "misconfigured",  # not from this address
        19024: "misconfigured",  # a keyword of the robot's own
        1500: "temporary",
        9499: "permanent",  # not of the form, or too long
        19002: "permanent",
        11246: "permanent",  # not a card
    },
    hints={19021: "; the robot's secret, or the clock of this host"},
)


@dataclass(frozen=True, slots=True)
class Robot:
    """`[feishu.NAME]`: the last part of the robot's address, and its secret."""

    hook: str = field(repr=False)
    secret: str = field(default="", repr=False)
    base: str = "https://open.feishu.cn"

    def fault(self) -> Text | None:
        """What is wrong with it as a whole."""
        return whole_address("hook", self.hook) or base_fault(self.base)

    def secrets(self) -> tuple[str, ...]:
        """What no answer may repeat."""
        return tuple(s for s in (self.hook, quote(self.hook, safe=""), self.secret) if s)


def carry(robot: Robot, letter: Letter, now: datetime, deadline_s: float) -> Outcome:
    """Send the letter as one card."""
    text = shortened(letter, MOST_BYTES, lambda text: len(_message(robot, letter, text, now)))
    url = f"{robot.base.rstrip('/')}/open-apis/bot/v2/hook/{quote(robot.hook, safe='')}"
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = Post(url, _message(robot, letter, text, now), headers, deadline_s=deadline_s).sent()
    return answer if isinstance(answer, Outcome) else CODES.outcome(answer, now)


def _message(robot: Robot, letter: Letter, text: str, now: datetime) -> bytes:
    title = {"tag": "plain_text", "content": cut(letter.subject, LONGEST_TITLE)}
    card = {"schema": "2.0", "header": {"title": title}, "body": {"elements": [{"tag": "markdown", "content": text}]}}
    message: dict[str, object] = {"msg_type": "interactive", "card": card}
    if robot.secret:
        stamp = str(int(now.timestamp()))
        signed = hmac.new(f"{stamp}\n{robot.secret}".encode(), b"", hashlib.sha256).digest()
        message |= {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}
    return compact(message)


CHANNEL = robot_kind("feishu", Text("飞书自定义机器人", "Feishu custom robot"), Robot, carry)
