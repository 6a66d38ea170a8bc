"""Web hooks: the whole letter as signed JSON, to a system of one's own.

The name of the letter is the same at every attempt, so that a receiver can drop what it already has.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from engine.rulebook.model import Text
from notifier.channels.chat import compact
from notifier.channels.contract import Letter
from notifier.channels.http import Answer, Post, by_status
from notifier.channels.outcome import Outcome
from notifier.channels.robots import address_parts, robot_kind
from notifier.channels.webhook.reach import may_reach

SHORTEST_SECRET = 16
SHORTEST_KEY = 8  # what is shorter in an address is a word, not a key


@dataclass(frozen=True, slots=True)
class Hook:
    """`[webhook.NAME]`: where letters go, and the secret that they are signed with.

    `allow_private`: the receiver may be on this host or in a private network, and only there without TLS.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    allow_private: bool = False

    def fault(self) -> Text | None:
        """What is wrong with it as a whole."""
        parts = address_parts(self.url)
        if parts is None:
            return Text(
                "url 要写 https:// 开头、带主机名、不带用户名的地址",
                "url must be an address that begins with https:// and names a host, without a user",
            )
        if parts[0] == "http" and not self.allow_private:
            return Text(
                "url 要以 https:// 开头；只有写了 allow_private = true、接收方又在内网时才可用 http",
                "url must begin with https://; http is only for private addresses, with allow_private = true",
            )
        if len(self.secret) < SHORTEST_SECRET:
            return Text(
                f"secret 至少要有 {SHORTEST_SECRET} 个字符", f"secret must have at least {SHORTEST_SECRET} characters"
            )
        return None

    def secrets(self) -> tuple[str, ...]:
        """What no answer may repeat: a path, too, may be a key."""
        parts = urlsplit(self.url)
        told = (self.url, self.secret, parts.path, parts.query, *parts.path.split("/"))
        return tuple(s for s in told if len(s) >= SHORTEST_KEY)


def carry(hook: Hook, letter: Letter, now: datetime, deadline_s: float) -> Outcome:
    """Send the letter once. Each hook is a server of its own: what befalls one says nothing of the others."""
    body = _document(letter, now)
    post = Post(
        hook.url,
        body,
        _headers(letter, body, hook.secret, now),
        allowed=partial(may_reach, private=hook.allow_private, plain=hook.url.startswith("http:")),
        deadline_s=deadline_s,
    )
    answer = post.sent()
    return replace(answer if isinstance(answer, Outcome) else _outcome(answer, now), for_all=False)


def _document(letter: Letter, now: datetime) -> bytes:
    return compact(
        {
            "id": letter.digest,
            "event": letter.event,
            "violation": letter.violation,
            "language": letter.language,
            "subject": letter.subject,
            "body": letter.body,
            "sent_at": now.isoformat(timespec="seconds"),
        }
    )


def _headers(letter: Letter, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp()))
    signed = f"{stamp}.{letter.digest}.".encode() + body
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-Kaohe-Id": letter.digest,
        "X-Kaohe-Timestamp": stamp,
        "X-Kaohe-Signature": "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(),
    }


def _outcome(answer: Answer, now: datetime) -> Outcome:
    """Any 2xx was taken."""
    refused = None if 200 <= answer.status < 300 else by_status(answer, now)
    return refused or Outcome.of("accepted", f"HTTP {answer.status} {answer.text()}")


CHANNEL = robot_kind("webhook", Text("网络钩子", "web hook"), Hook, carry, form="email")
