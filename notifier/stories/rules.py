"""Rules that change: a version that is in force from a day on, or one that is only announced."""

from __future__ import annotations

from dataclasses import replace

from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller

LONGEST_RULE = 900  # characters of what a version says: it is why the mail is read


def announced(told: Teller, found: BriefFacts) -> BriefFacts:
    """What changes, from which day on, and who says so."""
    since, decides = told.day("since"), told.flag("version")
    day = told.day_words(since) if since else None
    headline = told.say(f"平台公告，{day}起有变化", f"announced by the platform for {day}")
    bare = told.say("平台公告有变化", "the platform has announced a change")
    follows = told.say("只是公告，还不参与判定。", "It is only announced, and decides nothing yet.")
    if decides and any(v.repealed for v in (told.rule.versions if told.rule else ()) if v.since == since):
        headline, bare = told.say(f"{day}起废止", f"ended from {day} on"), told.say("已废止", "it is ended")
        follows = told.say("从该日起开始的周期不再考核。", "Cycles that begin on that day or later are not assessed.")
    elif decides:
        headline = told.say(f"{day}起按新版本考核", f"a new version decides from {day} on")
        bare = told.say("有新版本", "there is a new version")
        follows = told.say(
            "从该日起开始的周期按新版本判定，之前的周期不变。",
            "Cycles that begin on that day or later go by it, those before do not change.",
        )
    titles = told.words("sources")
    return replace(
        found,
        status=told.say("规则变更", "Rule change"),
        who=found.context or told.say("一条规则", "a rule"),
        context=None,
        shop=None,
        shop_name=None,
        shop_id=None,
        headline=headline if day else bare,
        short=bare,
        when=told.say(f"{day}起", f"from {day}") if day else found.when,
        until=day,
        lines=(
            *(told.say(f"内容：{says}", f"What it says: {says}") for says in told.words("says", LONGEST_RULE)),
            *([told.say(f"来源：{told.joined(titles)}。", f"Source: {told.joined(titles)}.")] if titles else ()),
            follows,
        ),
        notes=(),
        first_action=told.say(
            "看清和现在有什么不同，告诉当班客服和排班的人。",
            "See what differs from today, and tell the agents on duty and whoever makes the roster.",
        ),
        steps=(),
        where=(),
        command=told.command(f"kaohe rules show {found.rule}" if found.rule else "kaohe rules list"),
    )
