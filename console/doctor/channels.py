"""Are the channels of notices set up as they must be? Nothing is sent over them."""

from __future__ import annotations

from console.doctor.finding import Finding, ok, refused
from console.settings import Settings
from notifier.channels.registry import USUAL, channels_of

SUBJECT = "channels"


def check_channels(settings: Settings) -> list[Finding]:
    """What is wrong with any channel but that of mail, which is looked at by itself; and which are set up."""
    built, faults = channels_of(settings)
    ready = sorted(built.keys() - {USUAL})
    found = [refused(SUBJECT, fault) for name, fault in faults.items() if name != USUAL]
    if ready:
        zh = f"已设置：{'、'.join(ready)}；用 `kaohe notices test` 试发"
        found.append(ok(SUBJECT, zh, f"set up: {', '.join(ready)}; try them with `kaohe notices test`"))
    return found or [ok(SUBJECT, "只设置了邮件", "none is set up but that of mail")]
