"""What a platform has decided: its notice, as it came in."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from engine.rulebook.model import Text
from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller
from notifier.words import figures
from notifier.words.vocabulary import SEVERITIES, word

STATUSES = {
    "open": Text("待处理", "open"),
    "confirmed": Text("已确认", "confirmed"),
    "appealed": Text("申诉中", "under appeal"),
    "upheld": Text("申诉未通过", "upheld"),
    "overturned": Text("已撤销", "overturned"),
    "expired": Text("已过期", "expired"),
    "executed": Text("已执行", "executed"),
}
OPEN = frozenset({"open"})  # nothing has been done about it
OVER = frozenset({"overturned", "expired"})


def recorded(told: Teller, found: BriefFacts) -> BriefFacts:
    """What it is, what it costs, and until when something can be said against it."""
    state, until, amount = told.text("status", 40), told.instant("appeal_until"), told.number("amount_fen")
    open_still = until is not None and until > told.now and state not in OVER
    money = figures.money(amount, told.language) if amount is not None else None
    measure = told.text("measure", 80) or told.text("kind", 80)
    parts = [part for part in (measure, money if money and money not in (measure or "") else None) if part]
    consequence = told.say(" ", ", ").join(parts) or told.say("收到处罚通知", "a notice of a penalty")
    when = told.instant_words(until) if until else None
    deadline = ""
    if until is not None and open_still:
        deadline = told.say(f"，申诉截止 {when}（{told.left(until)}）", f", appeal until {when} ({told.left(until)})")
    overturned = state == "overturned"
    reference = told.text("reference", 80) or (found.about or "").rpartition("#")[2] or None
    return replace(
        found,
        status=told.say("判罚已撤销", "Penalty overturned")
        if overturned
        else told.say("平台已判罚", "Penalised by the platform"),
        headline=consequence + deadline,
        short=consequence,
        when=told.say(f"{told.tight(when)}前可申诉", f"appeal until {when}") if when and open_still else found.when,
        until=when if open_still else None,
        left=told.left(until) if until is not None and open_still else None,
        context=found.context if told.rule else None,
        cycle=found.cycle if told.rule else None,
        lines=_lines(told, open_still=open_still),
        notes=(),
        in_force_dispute=None,
        predicted=False,
        first_action=None if overturned else _first(told, open_still=open_still),
        steps=(),
        where=(),
        about=reference,
        command=told.command(f"kaohe penalties show {quote(reference)}" if reference else "kaohe penalties list"),
    )


def _lines(told: Teller, *, open_still: bool) -> tuple[str, ...]:
    severity, state = told.text("severity", 40), told.text("status", 40)
    noticed = told.instant("noticed_at")
    shown = (
        (Text("违规类型", "kind"), told.text("kind", 120)),
        (Text("通知所写的规则", "rule, as the notice names it"), None if told.rule else told.text("rule", 120)),
        (Text("等级", "severity"), word(SEVERITIES, severity, told.language) if severity else None),
        (Text("平台状态", "state"), word(STATUSES, state, told.language) if state else None),
        (Text("通知时间", "noticed"), told.instant_words(noticed) if noticed else None),
    )
    pairs = [told.say(f"{head.zh}：{value}", f"{head.en}: {value}") for head, value in shown if value]
    lines = [told.say(f"通知内容——{'；'.join(pairs)}。", f"The notice says {'; '.join(pairs)}.")] if pairs else []
    if not open_still and told.instant("appeal_until") is not None:
        lines.append(told.say("申诉期限已过，或不再适用。", "The time to appeal is over, or does not apply any more."))
    return tuple(lines)


def _first(told: Teller, *, open_still: bool) -> str:
    if open_still and told.text("status") in {*OPEN, None}:
        return told.say(
            "先决定是否申诉，再点确认：有的平台一经确认就不能申诉。要申诉，今天就收集会话和后台截图。",
            "Decide whether to appeal before anybody confirms the notice: on some platforms that gives the appeal up. "
            "If so, collect the conversations and screenshots today.",
        )
    if typed := told.command("kaohe penalties match"):
        return told.say(
            f"核对它对应哪一条预判违规，把通知的内容记上：{typed}",
            f"See which of our violations it belongs to, and record what the notice says: {typed}",
        )
    return told.say(
        "把通知的原文转给合规人员，由其核对它对应哪一条预判违规。",
        "Pass the notice on to the compliance officer, who sees which of our violations it belongs to.",
    )
