"""Measures with days: that one begins, and that one is over."""

from __future__ import annotations

from dataclasses import replace

from engine.ledger.tables import Sanction
from notifier.brief_facts import BriefFacts
from notifier.stories.notes import notes_of
from notifier.stories.teller import Teller
from notifier.words import dates
from notifier.words.lines import cut
from notifier.words.measures import MeasureWords


def begins(told: Teller, found: BriefFacts) -> BriefFacts:
    """From today on a measure holds."""
    measure, starts, ends = _measure(told), told.day("starts"), told.day("ends")
    days = told.say("今天起", "from today")
    if starts and ends and starts <= ends:
        same = starts.year == ends.year == told.now.year
        days = dates.span(starts, ends, told.language, with_year=not same)
    return replace(
        found,
        status=told.say("处罚开始", "Measure begins"),
        headline=f"{measure}{told.say('，', ', ')}{days}{_by_rule(found)}",
        notes=notes_of(told, {"ladder", "sanction_start"}),
        short=measure,
        when=days,
        until=told.day_words(ends) if ends else None,
        first_action=told.say(
            "到后台核对处罚是否已经生效，并按它调整这几天的活动和排班；没有生效，就把差异记录下来。",
            "See in the back office whether it has taken effect, and plan these days' campaigns and shifts by it; if "
            "it has not, record the difference.",
        ),
        steps=tuple(step for step in (found.first_action, *found.steps) if step),
    )


def ends(told: Teller, found: BriefFacts) -> BriefFacts:
    """Its last day is over."""
    measure, last = _measure(told), told.day("ends")
    when = told.day_words(last) if last else None
    zh = f"{measure}已结束" + (f"，最后一天是{when}" if when else "")
    en = f"{measure} has ended" + (f", its last day was {when}" if when else "")
    return replace(
        found,
        status=told.say("处罚结束", "Measure ends"),
        headline=told.say(zh, en) + _by_rule(found),
        notes=notes_of(told, {"ladder", "sanction_start"}),
        short=measure,
        when=told.say(f"{when}止", f"until {when}") if when else found.when,
        until=when,
        figure=None,
        value=None,
        gap_words=None,
        first_action=told.say(
            "到后台核对限制是否已经解除；没有解除，带上违规编号联系平台客服。",
            "See in the back office whether it is lifted; if not, take it up with the platform, with the number of the "
            "notice at hand.",
        ),
        steps=(),
        where=(),
    )


def _by_rule(found: BriefFacts) -> str:
    if not found.predicted:
        return ""
    return "（按规则推算）" if found.language == "zh-CN" else " (reckoned from the rule)"


def _measure(told: Teller) -> str:
    """The measure in words, with how long or how much: as it is on record, else by its kind alone."""
    place, rule = told.number("position"), told.rule
    words = MeasureWords(told.language, rule.measures if rule else {})
    rows = told.record.sanctions if told.record else ()
    row = next((s for s in rows if s.position == place), None)
    if row is None:
        kind = told.text("kind", 60)
        row = Sanction(violation_id="", position=0, kind=kind, scope=told.text("scope", 60)) if kind else None
    return cut(words.measure(row), 80) if row else told.say("处罚", "a measure")
