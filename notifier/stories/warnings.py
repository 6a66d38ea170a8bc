"""Early warnings: where a shop stands before it is assessed, and what still mends or breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from engine.calendar.zones import local_day
from engine.ledger.tables import Sanction
from engine.rulebook.model import Interval, SanctionSpec
from notifier.brief_facts import BriefFacts
from notifier.stories.teller import Teller
from notifier.words import figures
from notifier.words.lines import one_line
from notifier.words.measures import MeasureWords
from notifier.words.vocabulary import SEVERITIES, word


def at_risk(told: Teller, found: BriefFacts) -> BriefFacts:
    """As things stand the standard is missed, or nearly so, and that can still change."""
    mends, breaks = told.number("mends"), told.number("breaks")
    behind = told.text("standing") == "behind" or (mends is not None and mends > 0)
    short = told.say("可能不达标", "may miss the standard")
    if behind:
        short = told.say("目前不达标", "misses the standard so far")
    gap = None
    if mends:
        pending = told.number("pending")
        first = (
            told.say(f"（先算还没结束的 {pending} 个）", f" ({pending} are open and count first)") if pending else ""
        )
        gap = told.say(f"再连续 {mends} 个合格就能补回{first}", f"{mends} good ones in a row mend it{first}")
    elif breaks is not None and not behind:
        gap = told.say(f"最多还能有 {max(0, breaks - 1)} 个不合格", f"at most {max(0, breaks - 1)} more may go wrong")
    return _warning(told, found, told.say("预警", "At risk"), short, gap)


def one_more(told: Teller, found: BriefFacts) -> BriefFacts:
    """The standard is met, and the next that goes wrong breaks it."""
    breaks = told.number("breaks") or 1
    short = told.say(f"再有 {breaks} 个不合格就违规", f"{breaks} more that goes wrong breaks it")
    gap = told.say("现在达标，没有余量", "The standard is met, with nothing to spare")
    return _warning(told, found, told.say("临界", "On the edge"), short, gap)


def certain(told: Teller, found: BriefFacts) -> BriefFacts:
    """Nothing mends it any more: the violation will be on record when it is assessed."""
    short = told.say("本周期已无法补回", "nothing mends this cycle any more")
    found = _warning(told, found, told.say("将违规", "Violation certain"), short, None)
    return replace(
        found,
        steps=tuple(step for step in (found.first_action, *found.steps) if step),
        first_action=told.say(
            "不必再补本周期：今天先查清原因，把下一个周期的排班和接待上限改好，并准备好平台通知到达后的材料。",
            "Leave this cycle: find the cause today, put the roster and the limits of the next one right, and have the "
            "papers ready for when the platform's notice comes.",
        ),
    )


def _warning(told: Teller, found: BriefFacts, status: str, short: str, gap: str | None) -> BriefFacts:
    due = told.instant("due_at")
    when = told.instant_words(due) if due else None
    pending, sheet = told.number("pending") or 0, told.sheet
    steps = tuple(s for s in (sheet.first, *sheet.steps) if s) if sheet else ()
    first, rest = (steps[0] if steps else None), steps[1:]
    if pending:
        first, rest = _answer_pending(told, pending), steps
    deadline = told.say(f"，{when} 考核", f", assessed on {when}") if when else ""
    shown = _figure(told)
    ladder = _ladder(told, local_day(due, told.zone)) if due else ()
    consequence = told.say(f"（后果：{ladder[0]}）", f" (then: {ladder[0]})") if len(ladder) == 1 else ""
    return replace(
        found,
        status=status,
        headline=f"{short}{consequence}{deadline}",
        short=short,
        when=told.say(f"{told.tight(when)}考核", f"assessed {when}") if when else found.when,
        figure=shown[0],
        value=shown[1],
        standard=shown[2],
        gap_words=gap,
        until=when,
        left=told.left(due) if due else None,
        lines=_consequences(told, ladder),
        first_action=first,
        steps=rest,
        where=sheet.where if sheet else (),
        predicted=True,
        notes=(
            told.say(
                "按目前已导入的数据推算，考核前还会变", "Reckoned from what is imported so far; it can still change"
            ),
            *found.notes,
        ),
        command="kaohe outlook --short",
    )


def _answer_pending(told: Teller, pending: int) -> str:
    return told.say(
        f"现在就处理还没结束的 {pending} 个：它们已计入，处理合格就能算数。",
        f"Look after the {pending} that are still open now: they count already, and can still become good.",
    )


def _consequences(told: Teller, ladder: Sequence[str]) -> tuple[str, ...]:
    if len(ladder) < 2:
        return ()
    comma = told.say("；", "; ")
    return (told.say(f"不达标的后果——{comma.join(ladder)}。", f"What follows otherwise: {comma.join(ladder)}."),)


def _figure(told: Teller) -> tuple[str | None, str | None, str | None]:
    """The figure as a sentence, its share, and the standard; as much of them as is told."""
    top, bottom, version, sheet = _ends(told, "numerator"), _ends(told, "denominator"), told.version, told.sheet
    bound = version.standard.complies if version and version.standard else None
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


def _ladder(told: Teller, assessed: date) -> tuple[str, ...]:
    """What the rule lets follow, a phrase for each severity that it knows."""
    rule, version = told.rule, told.version
    if rule is None or version is None:
        return ()
    words = MeasureWords(told.language, rule.measures)
    found = []
    for severity, specs in version.ladder.items():
        measures = told.joined([one_line(words.measure(_row(spec, assessed))) for spec in specs])
        grade = word(SEVERITIES, severity, told.language)
        alone = len(version.ladder) == 1
        found.append(measures if alone else told.say(f"{grade}：{measures}", f"{grade}: {measures}"))
    return tuple(found)


def _row(spec: SanctionSpec, assessed: date) -> Sanction:
    """A measure as it would be on record, if it began on the day of the assessment."""
    days = spec.days
    return Sanction(
        violation_id="",
        position=0,
        kind=spec.kind,
        scope=spec.scope,
        amount_min_fen=spec.amount_fen[0] if spec.amount_fen else None,
        amount_max_fen=spec.amount_fen[1] if spec.amount_fen else None,
        discretionary=spec.discretionary,
        starts=assessed if days else None,
        ends=assessed + timedelta(days=days[1] - 1) if days else None,
        days_min=days[0] if days else None,
        points=spec.points,
        share=str(spec.share) if spec.share is not None else None,
        accounts=list(spec.accounts) or None,
    )
