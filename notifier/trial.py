"""A message that says that it is a trial: what a channel is tried with before anything depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from engine.rulebook.model import Language, Text
from notifier.channels.contract import Letter

EVENT = "trial"
SUBJECT = Text("kaohe 试发", "A trial of kaohe")
BODY = Text(
    "这是一条试发消息：收到它，说明这个渠道已经设置好。无需处理。",
    "This message is a trial: that it has arrived shows that the channel is set up. There is nothing to do.",
)


def trial(channel: str, recipient: str, language: Language, variables: Mapping[str, str] | None = None) -> Letter:
    """A trial for this recipient; no two are the same to a provider."""
    return Letter(
        key=f"trial-{uuid4().hex[:12]}",
        violation=None,
        event=EVENT,
        channel=channel,
        recipient=recipient,
        language=language,
        subject=SUBJECT.in_language(language),
        body=BODY.in_language(language) + "\n",
        variables=variables or {},
    )
