"""What becomes of a violation that people were told of: corrected, taken back, or left lying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.rulebook.model import Text
from notifier.brief_facts import BriefFacts
from notifier.routing.model import SHOP
from notifier.stories.teller import Teller
from notifier.words import figures
from notifier.words.lines import cut
from notifier.words.vocabulary import SEVERITIES, word

# What the assessment itself gives as its reason; people's reasons stay in their own words.
WHY = {
    "new evidence": Text("数据有更新", "new evidence"),
    "a waiver": Text("豁免有变化", "a waiver"),
    "a decision about an earlier violation": Text("此前违规的处理结果有变化", "a decision about an earlier violation"),
    "the month is open again": Text("月份已重开", "the month is open again"),
    "the rule decides otherwise": Text("规则有改动，按新规则重新考核", "the rule decides otherwise"),
}
FOUND = {
    "compliant": Text("现在达标", "the standard is met"),
    "not_assessed": Text("现在不到考核门槛", "it is below the gate"),
    "no_data": Text("现在没有数据", "there is no data"),
    "exempt": Text("现在豁免", "it is exempt"),
    "undetermined": Text("取整后无法判定", "rounding leaves it open"),
    "the shop has none in this cycle": Text("店铺在该周期没有数据", "the shop has no data in this cycle"),
}


def corrected(told: Teller, found: BriefFacts) -> BriefFacts:
    """Its figure or severity has changed, and it is one still."""
    lines = _changes(told) + _why(told)
    stays = told.say("仍是违规", "still a violation")
    return replace(
        found,
        status=told.say("已更正", "Corrected"),
        headline=f"{stays}{told.say('，', ', ')}{_consequence(told) or found.rule_title or ''}".rstrip("，, "),
        short=stays,
        until=told.facts.until if told.facts else None,
        lines=lines,
    )


def withdrawn(told: Teller, found: BriefFacts) -> BriefFacts:
    """It was none: whatever was begun about it may be left."""
    figure = _figure(told, "") or None
    return replace(
        found,
        status=told.say("已撤回", "Withdrawn"),
        headline=told.say("不再是违规，无需处理", "no violation any more, nothing to do"),
        short=told.say("不再是违规", "no violation any more"),
        when=told.say("无需处理", "nothing to do"),
        figure=None,
        value=None,
        gap_words=None,
        predicted=False,
        notes=(),
        in_force_dispute=None,
        lines=(
            told.say("以前关于它的通知作废。", "Earlier notices of it are void."),
            *([told.say(f"现在的数：{figure}。", f"Its figure now: {figure}.")] if figure else ()),
            *_why(told),
        ),
        first_action=None,
        steps=(),
        where=(),
    )


def escalated(told: Teller, found: BriefFacts) -> BriefFacts:
    """Nobody has said that they look after it."""
    after, at = told.number("after_minutes"), told.instant("told_at")
    names = _told_to(told)
    waited = _minutes(told, after) if after else None
    quiet = told.say(
        f"{waited}无人确认" if waited else "无人确认", f"nobody answered{f' for {waited}' if waited else ''}"
    )
    lines = []
    if at or names:
        when = told.instant_words(at) if at else ""
        whom = told.joined(names)
        zh = f"{when}{' ' if when else ''}已通知{f'：{whom}' if whom else ''}，还没有人确认由谁处理。"
        lines.append(
            told.say(zh, f"Told{f' on {when}' if when else ''}{f' to {whom}' if whom else ''}; no answer yet.")
        )
    about = found.about or told.say("编号", "ID")
    if typed := told.command(f"kaohe violations record {about} acknowledged --why …"):
        lines.append(told.say(f"有人接手后请确认，就不再催：{typed}", f"Once somebody looks after it, say so: {typed}"))
    else:
        lines.append(
            told.say(
                "有人接手后请告诉合规人员，登记后就不再催。",
                "Once somebody looks after it, tell the compliance officer: then no more of this comes.",
            )
        )
    consequence = _consequence(told)
    return replace(
        found,
        status=told.say("未确认", "Not acknowledged"),
        headline=told.say("；", "; ").join(part for part in (consequence, quiet) if part),
        short=quiet,
        until=told.facts.until if told.facts else None,
        lines=tuple(lines),
    )


def _told_to(told: Teller) -> list[str]:
    """Who has known; of the house, its names are for itself."""
    shop, house = told.say("店铺联系人", "the shop's contact"), told.texts("told_house")
    if house and not told.reader.names:
        house = (told.say("内部人员", "people of the house"),)
    return [*house, *(shop if name == SHOP else name for name in told.texts("told"))]


def _consequence(told: Teller) -> str | None:
    """What follows from it and until when, as it stands by now."""
    facts = told.facts
    if facts is None:
        return None
    until = told.say(f"，至{facts.until}", f", until {facts.until}") if facts.until else ""
    appeal = told.say(f"，申诉截止 {facts.appeal_until}", f", appeal until {facts.appeal_until}")
    return f"{facts.consequence}{until}{appeal if facts.appeal_until else ''}"


def _changes(told: Teller) -> tuple[str, ...]:
    """What was, and what is; nothing of what is the same."""
    lines = []
    before, after = _figure(told, "before"), _figure(told, "")
    if before and after and before != after:
        lines.append(told.say(f"数据更正：{before} → {after}。", f"The figure was {before}, and is {after}."))
    old, new = told.inner("before").get("severity"), told.news.get("severity")
    if isinstance(old, str) and isinstance(new, str) and old != new:
        was, now = (cut(word(SEVERITIES, one, told.language), 40) for one in (old, new))
        lines.append(told.say(f"等级由{was}改为{now}。", f"The severity was {was}, and is {now}."))
    was_fen, fen = _money(told, told.inner("before")), _money(told, told.news)
    if was_fen and fen and was_fen != fen:
        lines.append(told.say(f"金额由 {was_fen} 改为 {fen}。", f"The amount was {was_fen}, and is {fen}."))
    return tuple(lines)


def _money(told: Teller, said: Mapping[str, Any]) -> str | None:
    """The amount that may follow, as it was told."""
    found = said.get("exposure_fen")
    if not isinstance(found, list | tuple) or len(found) != 2 or not all(type(fen) is int for fen in found):
        return None
    return figures.money_range(found[0], found[1], told.language)


def _figure(told: Teller, of: str) -> str:
    """k/n as it was told, with its share where the rule has one."""
    said = told.inner(of) if of else told.news
    numerator, denominator = said.get("numerator"), said.get("denominator")
    if not isinstance(numerator, int) or not isinstance(denominator, int):
        return ""
    version = told.version
    bound = version.standard.complies if version and version.standard else None
    text = f"{numerator}/{denominator}"
    value = figures.figure(numerator, denominator, bound)
    if bound is None or value == text:
        return text
    return told.say(f"{text}（{value}）", f"{text} ({value})")


def _why(told: Teller) -> tuple[str, ...]:
    why = told.text("why")
    if not why:
        return ()
    reason, _, rest = why.partition(": ")
    words = why
    if reason in WHY and (not rest or rest in FOUND):
        parts = [WHY[reason].in_language(told.language), *([FOUND[rest].in_language(told.language)] if rest else ())]
        words = told.say("，", ", ").join(parts)
    return (told.say(f"原因：{words}。", f"Reason: {words}."),)


def _minutes(told: Teller, minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest or not hours:
        return told.say(f"{minutes} 分钟", f"{minutes} minute{'' if minutes == 1 else 's'}")
    return told.say(f"{hours} 小时", f"{hours} hour{'' if hours == 1 else 's'}")
