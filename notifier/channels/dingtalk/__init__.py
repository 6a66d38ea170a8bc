"""DingTalk group robots: Markdown with a title, signed by the robot's secret, mentions inside the same message."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

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
    names=("errcode",),
    words="errmsg",
    rest=timedelta(minutes=10),  # of a robot that sent more than 20 messages in a minute
    kinds={
        -1: "temporary",  # busy
        130101: "throttled",
        410100: "throttled",
        660026: "throttled",
        90030: "throttled",
        310000: "misconfigured",  # the signature, a keyword or the address that it came from
        300001: "misconfigured",  # the token
        300005: "misconfigured",
        400101: "misconfigured",
        400102: "misconfigured",  # the robot is switched off
        400106: "misconfigured",  # it is not in the group
        400013: "misconfigured",  # the group is no more
        88: "misconfigured",
        40035: "permanent",
        43004: "permanent",
        400105: "permanent",
        430101: "permanent",  # words, links or pictures that are not wanted there
        430102: "permanent",
        430103: "permanent",
        430104: "permanent",
        460101: "permanent",  # too long
    },
    hints={310000: "; the robot's secret, a keyword of its own, the list of addresses, or the clock of this host"},
)


@dataclass(frozen=True, slots=True)
class Robot:
    """`[dingtalk.NAME]`: the token of the robot's address, its secret (SEC…), and mobile numbers to mention."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    mention: tuple[str, ...] = field(default=(), repr=False)
    base: str = "https://oapi.dingtalk.com"

    def fault(self) -> Text | None:
        """What is wrong with it as a whole."""
        return whole_address("token", self.token) or base_fault(self.base)

    def secrets(self) -> tuple[str, ...]:
        """What no answer may repeat."""
        return tuple(s for s in (self.token, quote(self.token, safe=""), self.secret, *self.mention) if s)


def carry(robot: Robot, letter: Letter, now: datetime, deadline_s: float) -> Outcome:
    """Send the letter as one message."""
    text = shortened(letter, MOST_BYTES, lambda text: len(_message(robot, letter, text)))
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = Post(_address(robot, now), _message(robot, letter, text), headers, deadline_s=deadline_s).sent()
    return answer if isinstance(answer, Outcome) else CODES.outcome(answer, now)


def _message(robot: Robot, letter: Letter, text: str) -> bytes:
    """The request. A mobile number is mentioned only if it stands in the text too; a line breaks behind two blanks."""
    lines = text.split("\n")
    if robot.mention:
        lines += ["", " ".join(f"@{mobile}" for mobile in robot.mention)]
    markdown = {"title": cut(letter.subject, LONGEST_TITLE), "text": "  \n".join(lines)}
    at = {"atMobiles": robot.mention, "isAtAll": False}
    return compact({"msgtype": "markdown", "markdown": markdown, "at": at})


def _address(robot: Robot, now: datetime) -> str:
    query = {"access_token": robot.token}
    if robot.secret:
        stamp = str(int(now.timestamp() * 1000))
        signed = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
        query |= {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}
    return f"{robot.base.rstrip('/')}/robot/send?{urlencode(query)}"


CHANNEL = robot_kind("dingtalk", Text("钉钉群机器人", "DingTalk group robot"), Robot, carry)
