"""Text messages through Tencent Cloud (腾讯云短信), by its own SDK, which is imported only where the channel is set up.

Tencent has no key by which it would know a message again either. It keeps our own word for one (`SessionContext`), and
tells it in its records only to accounts that have asked for that; what it does not tell cannot be told apart.
"""

from __future__ import annotations

from engine.rulebook.model import Text
from notifier.channels.kind import Kind
from notifier.channels.tencent_sms.reports import CALLBACK
from notifier.channels.tencent_sms.setup import NAME, SETTINGS, build, greet
from notifier.sms.phone import PHONE_FAULTS, read_phone

__all__ = ["CHANNEL"]

CHANNEL = Kind(
    name=NAME,
    title=Text("腾讯云短信", "Tencent Cloud text messages"),
    form="sms",
    address=read_phone,
    build=build,
    faults=PHONE_FAULTS,
    settings=SETTINGS,
    greet=greet,
    extra=NAME,
    callback=CALLBACK,
)
