"""The week's list: what was assessed last week, on one page."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from engine.ledger.states import SETTLED
from notifier.brief_facts import BriefFacts
from notifier.digest_facts import digest_facts
from notifier.stories.teller import Teller
from notifier.words import dates


def listed(told: Teller, found: BriefFacts) -> BriefFacts:
    """Whose week, which days, how many; and, where they are at hand, each with its figure and what follows."""
    first, last, week = told.day("first"), told.day("last"), told.text("week", 20)
    days = dates.span(first, last, told.language, with_year=False) if first and last and first <= last else week
    records = told.records
    n = len(records)
    known = (told.rulebook, told.sheets, told.language)
    made = digest_facts(records, *known, reader=told.reader) if records else None
    left = sum(r.violation.state not in SETTLED for r in records)
    headline = told.say(f"{days or '上周'}考核的违规清单", f"violations assessed on {days or 'the days of the week'}")
    if made:
        headline = told.say(
            f"{days or '上周'}考核出 {n} 起违规，{left} 起待处理",
            f"{n} violation{'' if n == 1 else 's'} assessed on {days or 'the days of the week'}, {left} not settled",
        )
    lines = []
    if made and made.exposure:
        lines.append(told.say(f"金额合计：{made.exposure}。", f"Amount in all: {made.exposure}."))
    if made and made.unlisted:
        lines.append(told.say(f"另有 {made.unlisted} 起没有列出。", f"{made.unlisted} more are not listed."))
    steps = made.actions if made else ()
    span = f" --from {first} --to {last}" if first and last else ""
    client = told.text("client", 80)
    of = f" --client {quote(client)}" if client else ""
    return replace(
        found,
        status=told.say("每周清单", "Weekly list"),
        who=found.client or told.say("全部店铺", "all shops"),
        headline=headline,
        short=told.say("一周违规清单已出", "the week's violations are listed"),
        when=days or found.when,
        context=None,
        predicted=bool(made and made.predicted),
        notes=(told.say("标为预判的按规则推算，以平台通知为准", "What is predicted is reckoned from the rules"),)
        if made and made.predicted
        else (),
        lines=tuple(lines),
        groups=made.groups if made else (),
        first_action=steps[0]
        if steps
        else told.say("逐条确认由谁处理。", "See that each has somebody who looks after it."),
        steps=steps[1:],
        command=told.command(f"kaohe violations list{of}{span}"),
    )
