"""Are the channels of notices set up as they must be, and do their providers know us? Nothing is sent over them."""

from __future__ import annotations

from console.doctor.finding import Finding, Level, ok, refused
from console.settings import Settings
from engine.rulebook.model import Text
from notifier.channels.registry import USUAL, channels_of, kind

SUBJECT = "channels"


def check_channels(settings: Settings, asks: bool = True) -> list[Finding]:
    """What is wrong with any channel but that of mail, which is looked at by itself; and which are set up.

    Providers are asked whether they know us only where it `asks`.
    """
    built, faults = channels_of(settings)
    ready = sorted(built.keys() - {USUAL})
    found = [refused(SUBJECT, fault) for name, fault in faults.items() if name != USUAL]
    for name in ready:
        found += _greeted(settings, name) if asks else []
    if ready:
        zh = f"已设置：{'、'.join(ready)}；用 `kaohe notices test` 试发"
        found.append(ok(SUBJECT, zh, f"set up: {', '.join(ready)}; try them with `kaohe notices test`"))
    return found or [ok(SUBJECT, "只设置了邮件", "none is set up but that of mail")]


def _greeted(settings: Settings, name: str) -> list[Finding]:
    """What a provider says who can be asked without sending anything; nothing where all is well."""
    answer = kind(name).greet(settings)
    if answer is None or answer.kind == "accepted":
        return []
    mend = Text("请检查它的设置，以及从这里能否连到它", "look at its settings, and whether it can be reached from here")
    level: Level = "wrong" if answer.kind in {"misconfigured", "permanent"} else "warning"
    return [Finding(SUBJECT, level, Text(f"{name}：{answer.answer}", f"{name}: {answer.answer}"), mend)]
