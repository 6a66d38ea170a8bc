"""An installation with a file of robots, and a letter to send over them."""

from dataclasses import dataclass, replace
from pathlib import Path

from notifier.channels.contract import Letter
from notifier.channels.registry import kind

LETTER = Letter(
    key="V-ABCDEFGH2345",
    violation="V-ABCDEFGH2345",
    event="violation.opened",
    channel="wecom",
    recipient="ops",
    language="zh-CN",
    subject="【预判违规】演示一店：客服回复率 77%",
    body="**【预判违规】演示一店**：限制公域流量3天。\n还差 3 个会话。\n\n违规编号：V-ABCDEFGH2345\n",
    whole="kaohe notices show 7",
)


@dataclass
class Setup:
    """What a channel is told of an installation whose `robots_file` is this one."""

    file: Path | None = None

    @property
    def outbox(self):
        raise AssertionError("a robot writes no files")

    def value(self, name):
        return {"robots_file": str(self.file or "")}[name]


def installation(folder, text, mode=0o600):
    """An installation whose robots file holds this."""
    file = folder / "robots.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return Setup(file)


def channel_of(name, folder, text, deadline_s=5.0):
    """The channel as it is set up by a robots file that holds this."""
    return replace(kind(name).build(installation(folder, text)), deadline_s=deadline_s)


def letter(channel, **changes):
    """A letter over this channel to its robot `ops`."""
    return replace(LETTER, channel=channel, **changes)
