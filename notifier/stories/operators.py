"""kaohe itself: that it cannot do its work, and that it can again."""

from __future__ import annotations

from dataclasses import replace

from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller


def alarm(told: Teller, found: BriefFacts) -> BriefFacts:
    """What is wrong, as the self-check says it."""
    complaints = told.words("complaints")
    n = len(complaints)
    headline = told.say(f"{n} 处需要处理", f"{n} thing{'' if n == 1 else 's'} to look after")
    if n <= 1:
        headline = (complaints[0] if complaints else told.say("自检发现问题", "the self-check found a fault")).rstrip(
            "。."
        )
    return replace(
        found,
        status=told.say("系统告警", "System alarm"),
        who="kaohe",
        headline=headline,
        short=told.say(f"自检有{n or 1}处问题", f"{n or 1} thing{'' if n <= 1 else 's'} to look after"),
        points=complaints if n > 1 else (),
        lines=(
            told.say(
                "没有处理好之前，考核和通知可能迟到或缺失。",
                "Until it is mended, assessments and notices may be late or missing.",
            ),
        ),
        first_action=told.say(
            "在运行 kaohe 的主机上执行 kaohe doctor，它逐项说明怎么修。",
            "Run kaohe doctor on the host where kaohe runs: it says of each how to mend it.",
        ),
        command=told.command("kaohe status"),
        notes=(),
        context=None,
    )


def mended(told: Teller, found: BriefFacts) -> BriefFacts:
    """It works again, by itself or because somebody mended it."""
    return replace(
        found,
        status=told.say("已恢复", "Mended"),
        who="kaohe",
        headline=told.say("系统已恢复正常，无需处理", "all is in order again, nothing to do"),
        short=told.say("系统已恢复正常", "all is in order again"),
        when=told.say("无需处理", "nothing to do"),
        points=told.words("complaints"),
        lines=(
            told.say("迟到的考核和通知会自动补上。", "Late assessments and notices are made up for by themselves."),
            *((told.say("此前的问题：", "What was wrong:"),) if told.words("complaints") else ()),
        ),
        command=told.command("kaohe status"),
        notes=(),
        context=None,
    )
