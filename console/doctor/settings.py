"""Are the settings understood, and is what must be private private?"""

from __future__ import annotations

import stat
from pathlib import Path

from console.doctor.finding import Finding, ok, refused
from console.settings import Settings
from engine.rulebook.model import Text

SUBJECT = "settings"


def check_settings(settings: Settings) -> list[Finding]:
    """What is wrong in kaohe.toml and the environment."""
    if settings.faults:
        return [refused(SUBJECT, fault) for fault in settings.faults]
    given = sum(origin.origin != "default" for origin in settings.values.values())
    return [ok(SUBJECT, f"{given} 项不是默认值，见 `kaohe config`", f"{given} set, as `kaohe config` shows")]


def check_home(home: Path) -> list[Finding]:
    """Whether the home is there."""
    if home.is_dir():
        return [ok("home", str(home), str(home))]
    mend = Text(
        "请用 --home 或 KAOHE_HOME 指到正确的目录，或用 `kaohe import` 从这里开始",
        "give the right directory with --home or KAOHE_HOME, or begin here with `kaohe import`",
    )
    return [Finding("home", "wrong", Text(f"{home} 不是目录", f"{home} is no directory"), mend)]


def check_privacy(directory: Path, *files: Path) -> list[Finding]:
    """Whether nobody but their owner can get at `directory` (0700) and `files` (0600), as far as they are there."""
    found = []
    for path, mode in [(directory, 0o700), *((file, 0o600) for file in files)]:
        if not path.exists():
            continue
        has = stat.S_IMODE(path.stat().st_mode)
        if has & 0o077:
            what = Text(f"{path} 的权限是 {has:04o}，别人也能访问", f"{path} has mode {has:04o}: others can get at it")
            command = f"chmod {mode:04o} {path}"
            found.append(Finding("rights", "wrong", what, Text(f"请运行 `{command}`", f"run `{command}`")))
    return found or [ok("rights", "只有所有者能访问", "nobody but the owner can get at it")]
