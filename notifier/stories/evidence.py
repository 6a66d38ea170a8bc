"""Evidence that has not come: nothing can be judged without it, and the platform judges all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.rulebook.model import Text
from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller

KINDS = {
    "sessions": Text("会话", "sessions"),
    "messages": Text("消息", "messages"),
    "ratings": Text("评价", "ratings"),
    "counts": Text("统计数", "counts"),
    "penalties": Text("平台处罚", "penalties"),
    "shifts": Text("班表", "shifts"),
}


def missing(told: Teller, found: BriefFacts) -> BriefFacts:
    """What is missing, and that it is to be imported."""
    lacking = told.texts("missing")
    names = tuple(dict.fromkeys(_name(told, one.partition(" ")[0]) for one in lacking))
    what = told.joined(names) or told.say("数据", "evidence")
    title = found.rule_title
    unjudged = told.say("考核不了", "not assessed")
    if title:
        unjudged = told.say(f"{title}考核不了", f"{title} cannot be assessed")
    return replace(
        found,
        status=told.say("缺数据", "Evidence missing"),
        headline=told.say(f"{what}没有按时到，{unjudged}", f"{what} did not come in time, {unjudged}"),
        short=told.say(f"缺{what}{f'，{found.rule_short}考核不了' if title else ''}", f"{what} missing"),
        when=told.say("请尽快导入", "please import"),
        lines=(
            told.say(
                "平台照常考核，我们在补上之前看不到结果。",
                "The platform assesses all the same; until it has come we do not see the result.",
            ),
        ),
        points=_points(told, lacking),
        first_action=_first(told),
        steps=(_none(told),),
        where=(),
        notes=(),
        in_force_dispute=None,
        command=told.command("kaohe evidence status"),
    )


def _first(told: Teller) -> str:
    if typed := told.command(told.say("kaohe import 文件", "kaohe import FILE")):
        return told.say(
            f"从后台导出这些日子的数据并导入：{typed}；导入后会自动重新考核。",
            f"Export these days from the back office and import them: {typed}; what hangs on them is then assessed "
            "anew.",
        )
    return told.say(
        "从后台导出这些日子的数据，交给合规人员导入；导入后会自动重新考核。",
        "Export these days from the back office and give the file to the compliance officer; once it is imported, what "
        "hangs on it is assessed anew.",
    )


def _none(told: Teller) -> str:
    if told.reader.commands:
        return told.say(
            "那几天确实没有数据的，导入时写明 --covers 起..止。",
            "If there was nothing on those days, say so when importing: --covers FROM..TO.",
        )
    return told.say("那几天确实没有数据的，也请说一声。", "If there was nothing on those days, say so.")


def _name(told: Teller, kind: str) -> str:
    return KINDS[kind].in_language(told.language) if kind in KINDS else kind


def _points(told: Teller, lacking: Sequence[str]) -> tuple[str, ...]:
    """Each kind with its days, `2026-03-04..2026-03-05`."""
    points = []
    for one in lacking:
        kind, _, days = one.partition(" ")
        spans, _, more = days.partition(" +")
        text = told.joined([span.replace("..", told.say(" 至 ", " to ")) for span in spans.split(" ")])
        text = f"{_name(told, kind)}{told.say('：', ': ')}{text}" if days else _name(told, kind)
        points.append(text + (told.say(f"，另有 {more} 段", f", and {more} more") if more else ""))
    return tuple(points)
