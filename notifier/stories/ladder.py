"""What a rule lets follow from a violation that is not on record yet, in words."""

from __future__ import annotations

from datetime import date, timedelta

from engine.ledger.tables import Sanction
from engine.rulebook.model import SanctionSpec
from notifier.stories.teller import Teller
from notifier.words.lines import one_line
from notifier.words.measures import MeasureWords
from notifier.words.vocabulary import SEVERITIES, word


def ladder_words(told: Teller, assessed: date) -> tuple[str, ...]:
    """What the rule lets follow, a phrase for each severity that it knows; where it knows one, the measures alone."""
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
