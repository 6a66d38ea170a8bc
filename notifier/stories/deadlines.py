"""A deadline that comes near: of an appeal, or of a duty."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from engine.rulebook.model import Text
from notifier.brief_facts import BriefFacts
from notifier.stories.duties import duty_title, to_be_done
from notifier.stories.notes import notes_of
from notifier.stories.teller import Teller
from notifier.words import figures
from notifier.words.appeals import appeal_words


def near(told: Teller, found: BriefFacts) -> BriefFacts:
    """What is to be done, and how long there is for it."""
    until = told.instant("until")
    when = told.instant_words(until) if until else None
    left = told.left(until) if until else None
    duty = told.text("what") == "duty" or (found.about or "").startswith("D-")
    what = duty_title(told) if duty else told.say("申诉", "appeal")
    zh = f"{what}{left}，{when} 截止" if until else f"{what}将截止"
    headline = told.say(zh, f"{what}: {left}, until {when}" if until else f"{what}: due soon")
    shared = replace(
        found,
        status=told.say("职责将到期", "Duty due soon") if duty else told.say("将截止", "Due soon"),
        until=when,
        left=left,
        short=told.say(f"{what}{left or '将截止'}", f"{what}: {left or 'due soon'}"),
        when=told.say(f"{told.tight(when)}截止", f"until {when}") if when else found.when,
    )
    return _duty(told, shared, headline) if duty else _appeal(told, shared, headline)


def _duty(told: Teller, found: BriefFacts, headline: str) -> BriefFacts:
    name = found.about or told.say("编号", "ID")
    return replace(
        found,
        headline=headline,
        notes=(),
        first_action=to_be_done(told, name, Text("期限前做完", "Do it in time")),
        steps=(),
        where=(),
        command=told.command(f"kaohe duties show {name}"),
    )


def _appeal(told: Teller, found: BriefFacts, headline: str) -> BriefFacts:
    facts, version = told.facts, told.version
    granted = appeal_words(version.appeal, told.language) if version and version.appeal else None
    amount = told.number("amount_fen")
    consequence = facts.consequence if facts else told.text("measure", 80)
    if not facts and amount is not None:
        consequence = figures.money(amount, told.language)
    lines = [told.say(f"规则给的申诉：{granted}。", f"The appeal that the rule grants: {granted}.")] if granted else []
    if facts and facts.charged:
        lines.insert(0, told.say(f"平台判罚金额：{facts.charged}。", f"Charged by the platform: {facts.charged}."))
    return replace(
        found,
        headline=told.say("；", "; ").join(part for part in (consequence, headline) if part),
        lines=tuple(lines),
        gap_words=None,
        notes=notes_of(told, {"appeal"}),
        first_action=_decide(told),
        steps=(),
        where=(),
        command=told.command(_command(found)),
    )


def _decide(told: Teller) -> str:
    """Whether to appeal; whoever works with kaohe records it there."""
    here = told.reader.commands
    noted = told.say("并登记提交", "record that") if here else told.say("并告诉合规人员", "tell the compliance officer")
    return told.say(
        f"现在决定申不申诉；要申诉，在期限前把材料交到平台，{noted}。不要先点确认，有的平台一经确认就不能申诉。",
        f"Decide now whether to appeal; if so, hand it in to the platform in time and {noted}. Do not confirm the "
        "notice first: on some platforms that gives the appeal up.",
    )


def _command(found: BriefFacts) -> str:
    about = found.about or ""
    if about.startswith("V-"):
        return f"kaohe violations show {about}"
    reference = about.rpartition("#")[2]
    return f"kaohe penalties show {quote(reference)}" if reference else "kaohe appeals list"
