"""Text messages through Aliyun (阿里云短信), by its own SDK, which is imported only where the channel is set up.

Aliyun has no key by which it would know a message again. What it keeps is our own word for one (`OutId`): a message
whose outcome is unknown is looked for by number, day and that word before it is sent again.
"""

from __future__ import annotations

from engine.rulebook.model import Text
from notifier.channels.aliyun_sms.reports import CALLBACK
from notifier.channels.aliyun_sms.setup import NAME, SETTINGS, build, greet
from notifier.channels.kind import Kind
from notifier.sms.phone import PHONE_FAULTS, read_phone

__all__ = ["CHANNEL"]

CHANNEL = Kind(
    name=NAME,
    title=Text("阿里云短信", "Aliyun text messages"),
    form="sms",
    address=read_phone,
    build=build,
    faults=PHONE_FAULTS,
    settings=SETTINGS,
    greet=greet,
    extra=NAME,
    callback=CALLBACK,
)
