"""What assessing would lead to, with nothing written but the cache."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.assessment.booking import corrected
from engine.assessment.courses import courses
from engine.assessment.judging import Judgement
from engine.assessment.outcome import Outcome
from engine.assessment.place import Place
from engine.assessment.plan import bench, chunks, planned, planned_as_known
from engine.errors import KaoheError
from engine.judge.reasoner import Reasoner
from engine.ledger.database import reading
from engine.ledger.periods import is_closed, month_of
from engine.progress import Progress
from engine.rulebook.model import Rule


@dataclass(slots=True)
class Forecast:
    """The outcomes of the `cycles` (rule, cycle) that are due, and rules that fail.

    `waiting` (rule, cycle, shop) are left out of their cycles: what is on record about them stays. So does all that is
    on record about months that are closed: what comes of their cycles are `booked` corrections.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    cycles: set[tuple[str, str]] = field(default_factory=set)
    waiting: set[tuple[str, str, str]] = field(default_factory=set)
    failures: dict[str, KaoheError] = field(default_factory=dict)
    booked: int = 0

    def over(self, recorded: Iterable[Outcome]) -> list[Outcome]:
        """What would stand afterwards: the outcomes on record, but for the cycles that are due."""
        stays = (
            o
            for o in recorded
            if (o.rule.id, o.cycle) not in self.cycles or (o.rule.id, o.cycle, o.shop) in self.waiting
        )
        return [*self.outcomes, *stays]


def forecast_due(
    place: Place,
    rules: Sequence[Rule],
    now: datetime,
    progress: Progress,
    until: date | None = None,
    *,
    restate: bool = False,
    known_at: datetime | None = None,
) -> Forecast:
    """What `assess_due` would reckon; with `known_at` from the evidence, registrations and decisions of then alone.

    The evidence of then is found as long as its day files have not been pruned; the rules are today's.
    """
    forecast = Forecast()
    with Reasoner() as reasoner:
        for rule in rules:
            try:
                if known_at is None:
                    plan = planned(place, rule, now, until, restate)
                else:
                    plan = planned_as_known(place, rule, now, until, known_at)
                for chunk in chunks(plan.due):
                    with bench(place, plan, chunk, reasoner, progress) as at:
                        for run in chunk:
                            judgement = at.judged(run)
                            if known_at is None and (booked := _booked(place, judgement)) is not None:
                                forecast.booked += booked
                                continue
                            cycle = run.cycle.key
                            forecast.cycles.add((rule.id, cycle))
                            forecast.waiting |= {(rule.id, cycle, shop) for shop in run.awaited.waiting}
                            forecast.outcomes += judgement.outcomes
            except KaoheError as error:
                forecast.failures[rule.id] = error
    return forecast


def _booked(place: Place, judgement: Judgement) -> int | None:
    """How many corrections `judgement` would be booked as; None where its month is open."""
    rule, cycle = judgement.due.rule.id, judgement.due.cycle
    with reading(place.ledger) as session:
        if not is_closed(session, month_of(cycle.last)):
            return None
        return len(corrected(session, judgement, courses(session, rule, cycle.key)))
