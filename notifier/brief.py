"""From a piece of news to its words: what all news has in common, and the story that its event tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from engine.calendar.cycles import parse_cycle
from engine.errors import KaoheError
from engine.ledger.presence import DEFAULT_CLIENT
from engine.ledger.tables import Subject
from engine.rulebook.model import Language, Rule
from notifier.brief_facts import BriefFacts
from notifier.facts import without_platform
from notifier.readers import OUTSIDER, Reader
from notifier.records import Record
from notifier.sheets import Sheets
from notifier.stories import (
    deadlines,
    duties,
    evidence,
    operators,
    penalties,
    rules,
    sanctions,
    violations,
    warnings,
    weeks,
)
from notifier.stories.notes import notes_of
from notifier.stories.teller import LONGEST_TEXT, Teller
from notifier.words import dates
from notifier.words.claims import claim_words
from notifier.words.lines import cut, one_line

__all__ = ["STORIES", "BriefFacts", "brief_of"]

LONGEST_SHORT = 24  # of a rule that is called by the platform's own word
Story = Callable[[Teller, BriefFacts], BriefFacts]
STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "violation.corrected": violations.corrected,
        "violation.withdrawn": violations.withdrawn,
        "violation.escalated": violations.escalated,
        "penalty.recorded": penalties.recorded,
        "deadline.near": deadlines.near,
        "duty.near": deadlines.near,
        "sanction.begins": sanctions.begins,
        "sanction.ends": sanctions.ends,
        "warning.at_risk": warnings.at_risk,
        "warning.certain": warnings.certain,
        "warning.one_more": warnings.one_more,
        "duty.overdue": duties.overdue,
        "evidence.missing": evidence.missing,
        "rule.announced": rules.announced,
        "week.listed": weeks.listed,
        "operator.alarm": operators.alarm,
        "operator.mended": operators.mended,
    }
)


def brief_of(
    event: str,
    news: Mapping[str, Any],
    record: Record | None,
    rulebook: Mapping[str, Rule],
    sheets: Sheets,
    language: Language,
    now: datetime,
    *,
    shop: Subject | None = None,
    about: str | None = None,
    reader: Reader = OUTSIDER,
    records: Sequence[Record] = (),
) -> BriefFacts:
    """The facts of news that the journal told as `news` (its `after`; `before` and `why` beside, where it has them).

    `record` is the violation that it is about; `shop` the shop, so that it is called by its alias; `about` the
    journal's object (`D-7`), where that is no violation and `news` has no `object`; `records` what a week's list lists.
    An event that has no story is told by what is known of it. Raises SheetError on a faulty sheet, and never for what
    `news` holds or lacks.
    """
    facts = record.facts(rulebook, sheets, language, reader) if record else None
    named = about if about is not None else news.get("object")
    thing = named if isinstance(named, str) else None
    told = Teller(event, news, record, records, facts, rulebook, sheets, language, now, shop, thing, reader)
    known = _known(told)
    return STORIES[event](told, known) if event in STORIES else known


def _known(told: Teller) -> BriefFacts:
    """What is known whatever the story is."""
    facts = told.facts
    about = facts.violation if facts else told.about
    found = BriefFacts(
        language=told.language,
        status=told.say("消息", "News"),
        event=told.event,
        who=told.say("一家店铺", "a shop"),
        headline=told.event,
        short=told.event,
        when=told.say("请尽快查看", "please look"),
        cycle=_cycle(told),
        about=cut(about, LONGEST_TEXT) if about and about.startswith(("V-", "D-")) else None,
        command=facts.command if facts else None,
    )
    found = _of_rule(told, _of_shop(told, found))
    if facts is not None:
        found = replace(
            found,
            agent=facts.agent,
            cycle=facts.cycle,
            figure=facts.figure,
            value=facts.value,
            standard=facts.standard,
            gap_words=facts.gap_words,
            first_action=facts.first_action,
            steps=facts.steps,
            where=facts.where,
            predicted=facts.predicted,
            in_force_dispute=facts.in_force_dispute,
        )
    client = told.record.violation.client if told.record else told.text("client")
    agent = found.agent and told.say(f"（{found.agent}）", f" ({found.agent})")
    return replace(
        found,
        who=f"{found.shop}{agent or ''}" if found.shop else found.rule_title or found.who,
        client=None if client in (None, DEFAULT_CLIENT) else one_line(client),
        notes=notes_of(told),
        context=_context(told, found),
    )


def _cycle(told: Teller) -> str | None:
    """The cycle by its key, with its days where they are told or follow from the key."""
    key, first, last = told.text("cycle", 60), told.day("cycle_start"), told.day("cycle_end")
    if key and not (first and last):
        try:
            cycle = parse_cycle(key)
        except KaoheError:
            return key
        first, last = cycle.first, cycle.last
    return one_line(dates.cycle(key, first, last, told.language)) if key and first and last and first <= last else key


def _of_shop(told: Teller, found: BriefFacts) -> BriefFacts:
    if told.facts is not None:
        return replace(found, shop=told.facts.shop, shop_name=told.facts.shop_name, shop_id=told.facts.shop_id)
    subject, number = told.subject, told.key[1]
    if subject is None:
        number = number and cut(number, LONGEST_TEXT)
        return replace(found, shop=number or None, shop_name=number or None, shop_id=number or None)
    return replace(
        found,
        shop=one_line(subject.alias or subject.name or subject.external_id),
        shop_name=one_line(subject.name or subject.external_id),
        shop_id=one_line(subject.external_id),
    )


def _of_rule(told: Teller, found: BriefFacts) -> BriefFacts:
    rule, platform = told.rule, told.platform_name
    named: tuple[str | None, str | None]
    if told.facts is not None:
        named = (told.facts.rule_title, told.facts.rule_short)
    elif rule is None:
        named = (told.rule_id, told.rule_id and cut(told.rule_id, LONGEST_SHORT))
    else:
        title = without_platform(platform or "", one_line(rule.title.in_language(told.language)), told.language)
        named = (title, (told.sheet and told.sheet.short) or title)
    in_force = claim_words(rule, told.version, told.language).in_force
    return replace(
        found,
        platform=platform,
        rule=told.rule_id,
        rule_title=named[0],
        rule_short=named[1],
        in_force_dispute=in_force,
    )


def _context(told: Teller, found: BriefFacts) -> str | None:
    """Platform, rule, cycle and sub-account in one phrase."""
    title = found.rule_title
    where = [found.platform] if found.platform else []
    agent = found.agent and told.say(f"子账号 {found.agent}", f"sub-account {found.agent}")
    more = [part for part in (found.cycle, agent) if part]
    if told.zh:
        return "，".join(["".join([*where, f"「{title}」" if title else ""]), *more]).strip("，") or None
    return ", ".join([*where, *([title] if title else []), *more]) or None
