"""A message that says that it is a trial: what a channel is tried with before anything depends on it."""

from __future__ import annotations

from uuid import uuid4

from engine.rulebook.model import Language, Text
from notifier.channels.contract import Letter
from notifier.channels.registry import kind
from notifier.render import Rendered, Templates
from notifier.sms.facts import TRIAL, trial_facts

SUBJECT = Text("kaohe 试发", "A trial of kaohe")
BODY = Text(
    "这是一条试发消息：收到它，说明这个渠道已经设置好。无需处理。",
    "This message is a trial: that it has arrived shows that the channel is set up. There is nothing to do.",
)


def trial(channel: str, recipient: str, language: Language, templates: Templates | None = None) -> Letter:
    """A trial for this recipient; no two are the same to a provider.

    Raises BindingError for a channel of short messages whose bindings have none for the event `trial`.
    """
    text = Rendered("", SUBJECT.in_language(language), BODY.in_language(language) + "\n")
    if kind(channel).form == "sms":
        text = (templates or Templates()).render(TRIAL, channel, trial_facts(language))
    return Letter(
        key=f"trial-{uuid4().hex[:12]}",
        violation=None,
        event=TRIAL,
        channel=channel,
        recipient=recipient,
        language=language,
        subject=text.subject,
        body=text.body,
        variables=text.variables,
    )
