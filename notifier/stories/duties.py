"""Duties: what somebody owes, and that its time is over."""

from __future__ import annotations

from dataclasses import replace

from engine.rulebook.duties import DUTIES
from engine.rulebook.model import DutySpec, Text
from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller
from notifier.words.lines import cut

LONGEST_TITLE = 40


def overdue(told: Teller, found: BriefFacts) -> BriefFacts:
    """It is open, and its instant has passed."""
    title, due = duty_title(told), told.instant("due_at")
    when = told.instant_words(due) if due else None
    holder = told.text("holder", 60)
    name = found.about or told.say("编号", "ID")
    lines = []
    if holder and told.reader.names:
        lines.append(told.say(f"责任人：{holder}。", f"Held by {holder}."))
    if told.flag("second_person"):
        lines.append(told.say("完成后须由第二人核对。", "Once done, a second person has to check it."))
    violation = told.text("violation", 40)
    if violation:
        lines.append(told.say(f"由违规 {violation} 而来。", f"It follows from violation {violation}."))
    return replace(
        found,
        status=told.say("职责逾期", "Overdue"),
        who=found.shop or found.client or found.about or told.say("一项职责", "a duty"),
        headline=told.say(
            f"{title}没有按期完成{f'，已于{when}截止' if when else ''}",
            f"{title} was not done in time{f', it was due on {when}' if when else ''}",
        ),
        short=told.say(f"{title}已逾期", f"{title} is overdue"),
        when=told.say(f"已于{told.tight(when)}截止", f"due {when}") if when else found.when,
        until=when,
        figure=None,
        value=None,
        gap_words=None,
        standard=None,
        predicted=False,
        notes=(),
        in_force_dispute=None,
        lines=tuple(lines),
        first_action=to_be_done(told, name, Text("今天做完", "Do it today")),
        steps=(_or_else(told, name),),
        where=(),
        command=told.command(f"kaohe duties show {name}"),
    )


def to_be_done(told: Teller, name: str, when: Text) -> str:
    """That it is to be done, and its proof recorded: by whoever reads this, or by the compliance officer."""
    proof, done = _proof(told), when.in_language(told.language)
    if typed := told.command(f"kaohe duties done {name} --proof …"):
        return told.say(
            f"{done}，并登记凭证{f'（{proof}）' if proof else ''}：{typed}",
            f"{done} and record its proof{f' ({proof})' if proof else ''}: {typed}",
        )
    return told.say(
        f"{done}，并把凭证{f'（{proof}）' if proof else ''}交给合规人员登记。",
        f"{done} and give its proof{f' ({proof})' if proof else ''} to the compliance officer, who records it.",
    )


def _or_else(told: Teller, name: str) -> str:
    """What to do where that cannot be."""
    if typed := told.command(f"kaohe duties give {name}"):
        return told.say(
            f"做不到，就改期限或交给别人，并写明原因：{typed}",
            f"If that cannot be, put it off or give it to somebody else, and say why: {typed}",
        )
    return told.say(
        "做不到，马上告诉合规人员，说明原因，由其改期限或交给别人。",
        "If that cannot be, tell the compliance officer at once and say why: it can be put off or given to somebody "
        "else.",
    )


def duty_title(told: Teller) -> str:
    """What the duty is called: by the rule, by all rules, or by its own kind."""
    kind, spec = told.text("kind", LONGEST_TITLE) or told.text("duty", LONGEST_TITLE), _spec(told)
    known = (spec and spec.title) or DUTIES.get(kind or "")
    if known:
        return cut(known.in_language(told.language), LONGEST_TITLE)
    return (kind or "").replace("_", " ") or told.say("职责", "a duty")


def _proof(told: Teller) -> str | None:
    """What proves it, where its rule says so."""
    spec = _spec(told)
    return cut(spec.proof.in_language(told.language), 80) if spec and spec.proof else None


def _spec(told: Teller) -> DutySpec | None:
    kind, version = told.text("kind"), told.version
    return next((d for d in version.duties if d.kind == kind), None) if version else None
