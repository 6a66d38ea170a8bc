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
from notifier.channels.http import DEADLINE_S, Post
from notifier.channels.kind import Kind, Setup
from notifier.channels.outcome import Outcome
from notifier.channels.robots import (
    NO_NAME,
    ROBOTS_FILE,
    Robots,
    base_fault,
    concealed,
    read_name,
    robots_of,
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


@dataclass(frozen=True, slots=True)
class WecomChannel:
    """The robots of WeCom groups."""

    robots: Robots[Robot]
    deadline_s: float = DEADLINE_S

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Send the letter as Markdown, and the mentions behind it."""
        robot = self.robots.entries.get(letter.recipient)
        if robot is None:
            return self.robots.missing(letter.recipient)
        content = {"content": shortened(letter, MOST_BYTES)}
        first = self._posted(robot, {"msgtype": "markdown", "markdown": content}, now)
        if first.kind != "accepted" or not robot.mention:
            return first
        text = {"content": cut(letter.subject, LONGEST_MENTION), "mentioned_mobile_list": robot.mention}
        second = self._posted(robot, {"msgtype": "text", "text": text}, now)
        told = "mentioned" if second.kind == "accepted" else f"the mention was not: {second.kind} {second.answer}"
        return Outcome.of("accepted", f"{first.answer}; {told}")

    def settle(self, letter: Letter) -> Outcome | None:  # noqa: ARG002  the contract's signature
        """None: a robot cannot be asked."""
        return None

    def _posted(self, robot: Robot, message: dict[str, object], now: datetime) -> Outcome:
        url = f"{robot.base.rstrip('/')}/cgi-bin/webhook/send?key={quote(robot.key, safe='')}"
        headers = {"Content-Type": "application/json"}
        answer = Post(url, compact(message), headers, deadline_s=self.deadline_s).sent()
        return concealed(answer if isinstance(answer, Outcome) else CODES.outcome(answer, now), robot)


def build(setup: Setup) -> WecomChannel | None:
    """The channel, None where there are no such robots. Raises KaoheError where the file is wrong."""
    robots = robots_of(setup, "wecom", Robot)
    return WecomChannel(robots) if robots else None


CHANNEL = Kind(
    name="wecom",
    title=Text("企业微信群机器人", "WeCom group robot"),
    form="chat",
    address=read_name,
    build=build,
    faults=(NO_NAME,),
    settings=(ROBOTS_FILE,),
)
