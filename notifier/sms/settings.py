"""What every channel of short messages is set up with."""

from __future__ import annotations

from pathlib import Path

from engine.errors import KaoheError
from engine.settings import Setting
from notifier.channels.kind import Setup
from notifier.sms.binding import Bindings

BINDINGS = Setting("sms_bindings", "", "a TOML file with the providers' templates of text messages and their variables")


def bindings_of(setup: Setup) -> Bindings:
    """The bindings that are set up; the shipped sample where none are."""
    path = setup.value(BINDINGS.name)
    return Bindings(Path(path).expanduser()) if path else Bindings()


def needs(setup: Setup, channel: str, *names: str) -> bool:
    """Whether a channel is set up: all of these settings, and bindings. Raises KaoheError where only some are there."""
    missing = [name for name in (*names, BINDINGS.name) if not setup.value(name)]
    if {*names} <= {*missing}:
        return False
    if missing:
        raise KaoheError(
            f"{channel} is set up in part: {', '.join(missing)} is missing (docs/notices.md)",
            zh=f"{channel} 只设了一部分：还缺 {'、'.join(missing)}（见 docs/notices.md）",
        )
    return True


def not_installed(channel: str, module: str) -> KaoheError:
    """That the extra of a channel is not installed, and how to install it."""
    return KaoheError(
        f"{channel} is set up, but {module} is not installed: pip install 'kaohe[{channel}]'",
        zh=f"设了 {channel}，但没有安装 {module}：pip install 'kaohe[{channel}]'",
    )
