"""Early warnings: where a shop stands before it is assessed, and what still mends or breaks it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.calendar.zones import local_day
from engine.judge.headroom import more_is_better
from engine.rulebook.model import Bound, Interval
from notifier.brief_facts import BriefFacts
from notifier.stories.ladder import ladder_words
from notifier.stories.teller import Teller
from notifier.words import figures
from notifier.words.diagnosis import measure_word
from notifier.words.measures import DISCRETION
from notifier.words.vocabulary import WARNINGS, word

_ASIDE = re.compile(r"（[^（）]*）| ?\([^()]*\)")
_MAY = (DISCRETION.zh, DISCRETION.en)


def at_risk(told: Teller, found: BriefFacts) -> BriefFacts:
    """As things stand the standard is missed, or nearly so, and that can still change."""
    behind = told.text("standing") == "behind" or bool(told.number("mends"))
    short = told.say("可能不达标", "may miss the standard")
    if behind:
        short = told.say("目前不达标", "misses the standard so far")
    gap = _mending(told) if behind else _sparing(told)
    return _warning(told, found, _status(told), short, gap)


def one_more(told: Teller, found: BriefFacts) -> BriefFacts:
    """The standard is met, and the next that goes wrong breaks it."""
    breaks, bound = told.number("breaks") or 1, _bound(told)
    few = bound is not None and not more_is_better(bound)
    # A text message has no room for what is counted.
    short, head = (
        told.say(f"再多 {breaks} {what}这样的就违规", f"{breaks} more of these breaks it")
        if few
        else told.say(f"再有 {breaks} {what}不合格就违规", f"{breaks} more that goes wrong breaks it")
        for what in ("个", _counted(told))
    )
    gap = told.say("现在达标，没有余量", "The standard is met, with nothing to spare")
    found = _warning(told, found, _status(told), head, gap)
    return replace(found, short=short)


def certain(told: Teller, found: BriefFacts) -> BriefFacts:
    """Nothing mends it any more: the violation will be on record when it is assessed."""
    short = told.say("本周期已无法补回", "nothing mends this cycle any more")
    told = replace(told, news={name: value for name, value in told.news.items() if name != "pending"})
    found = _warning(told, found, _status(told), short, None)
    return replace(
        found,
        steps=tuple(step for step in (found.first_action, *found.steps) if step),
        first_action=told.say(
            "不必再补本周期：今天先查清原因，为下一个周期做好安排，并准备好平台通知到达后的材料。",
            "Leave this cycle: find the cause today, put the next one right, and have the papers ready for when the "
            "platform's notice comes.",
        ),
    )


def _mending(told: Teller) -> str | None:
    """What brings the figure back."""
    what = _counted(told)
    mends, pending = told.number("mends"), told.number("pending") or 0
    if mends and mends <= pending:
        return told.say(
            f"还没结束的 {pending} {what}里再有 {mends} {what}合格就达标",
            f"{mends} of the {pending} that are open mend it",
        )
    if mends:
        first = told.say(f"（先算还没结束的 {pending} {what}）", f" (those {pending} that are open count first)")
        good = told.say(f"再连续 {mends} {what}合格就能补回", f"{mends} good ones in a row mend it")
        return good + (first if pending else "")
    dilutes = told.number("dilutes")
    if dilutes:
        return told.say(
            f"已有的抹不掉；再多 {dilutes} {what}且都不算不利，占比才达标",
            f"What tells against it stays; {dilutes} more that do not would bring the share back",
        )
    return None


def _sparing(told: Teller) -> str | None:
    """How much may still go wrong."""
    breaks = told.number("breaks")
    if breaks is None or breaks < 1:
        return None
    left = breaks - 1
    return told.say(f"最多还能有 {left} {_counted(told)}不合格", f"At most {left} more may go wrong")


def _counted(told: Teller) -> str:
    """The measure word of what the figure counts, as all of the notice has it."""
    version = told.version
    if version is None or version.figure is None:
        return measure_word("")
    return measure_word(next((c.relation for c in version.counters if c.name == version.figure.numerator), ""))


def _status(told: Teller) -> str:
    return word(WARNINGS, told.event, told.language)


def _warning(told: Teller, found: BriefFacts, status: str, short: str, gap: str | None) -> BriefFacts:
    due = told.instant("due_at")
    when = told.instant_words(due) if due else None
    pending, sheet = told.number("pending") or 0, told.sheet
    steps = tuple(s for s in (sheet.first, *sheet.steps) if s) if sheet else ()
    if pending > 0:
        steps = (_answer_pending(told, pending), *steps)
    deadline = told.say(f"，{when} 考核", f", due for assessment on {when}") if when else ""
    ladder = ladder_words(told, local_day(due, told.zone)) if due else ()
    figure, value, standard = _figure(told)
    reckoned = told.say(
        "按目前已导入的数据推算，考核前还会变", "Reckoned from what is imported so far; it can still change"
    )
    return replace(
        found,
        status=status,
        headline=f"{short}{_consequence(told, ladder)}{deadline}",
        short=short,
        when=told.say(f"{told.tight(when)}考核", f"assessed {when}") if when else found.when,
        figure=figure,
        value=value,
        standard=standard,
        gap_words=gap,
        until=when,
        left=told.left(due) if due else None,
        lines=_consequences(told, ladder),
        first_action=steps[0] if steps else None,
        steps=steps[1:],
        where=sheet.where if sheet else (),
        predicted=True,
        notes=(reckoned, *found.notes),
        command=told.command("kaohe outlook --short"),
    )


def _answer_pending(told: Teller, pending: int) -> str:
    bound = _bound(told)
    if bound and not more_is_better(bound):
        return told.say(
            f"现在就处理还没结束的 {pending} {_counted(told)}：它们已计入，别让它们变成不利的。",
            f"Look after the {pending} that are still open now: they count already, and can still turn out badly.",
        )
    return told.say(
        f"现在就处理还没结束的 {pending} {_counted(told)}：它们已计入，处理合格就能算数。",
        f"Look after the {pending} that are still open now: they count already, and can still become good.",
    )


def _consequence(told: Teller, ladder: Sequence[str]) -> str:
    """What follows, for the first line, where it is one thing: without asides, and as possible where it is."""
    if len(ladder) != 1:
        return ""
    plain, may = _ASIDE.sub("", ladder[0]), any(words in ladder[0] for words in _MAY)
    if may:
        return told.say(f"（可能的后果：{plain}）", f" (then possibly: {plain})")
    return told.say(f"（后果：{plain}）", f" (then: {plain})")


def _consequences(told: Teller, ladder: Sequence[str]) -> tuple[str, ...]:
    """What follows, where the first line has not said all of it."""
    if not ladder or (len(ladder) == 1 and not _ASIDE.search(ladder[0])):
        return ()
    words = told.say("；", "; ").join(ladder)
    return (told.say(f"不达标的后果——{words}。", f"What follows otherwise: {words}."),)


def _bound(told: Teller) -> Bound | None:
    version = told.version
    return version.standard.complies if version and version.standard else None


def _figure(told: Teller) -> tuple[str | None, str | None, str | None]:
    """The figure as a sentence, its share, and the standard; as much of them as is told."""
    top, bottom, bound, sheet = _ends(told, "numerator"), _ends(told, "denominator"), _bound(told), told.sheet
    standard = figures.standard(bound, told.language) if bound else None
    if top is None or bottom is None or bottom.low <= 0:
        return None, None, standard
    shown = (figures.span(top), figures.span(bottom))
    return sheet.figure_words(*shown) if sheet else "/".join(shown), figures.figure_range(top, bottom, bound), standard


def _ends(told: Teller, name: str) -> Interval | None:
    """A number, or the ends between which it lies where it was rounded."""
    number, both = told.number(name), told.news.get(f"{name}_range")
    low, high = told.number(f"{name}_low"), told.number(f"{name}_high")
    if isinstance(both, list | tuple) and len(both) == 2 and all(type(end) is int for end in both):
        low, high = both
    if low is not None and high is not None and 0 <= low <= high:
        return Interval(low, high)
    return Interval(number, number) if number is not None and number >= 0 else None
