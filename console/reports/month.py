"""The monthly report: what was judged, decided, charged and corrected. A new section is a line in `monthly`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.reports.about import notes
from console.reports.look import Look
from console.reports.sections import closing, contracts, penalties, practice, verdicts, violations, waivers
from console.reports.sheet import Report
from console.waiver_words import Told
from engine.assessment.outcome import Outcome
from engine.ledger.periods import Booked
from engine.ledger.tables import Period
from engine.tracker.accuracy import Accuracy
from engine.tracker.charges import Entry
from engine.tracker.deposits import Standing
from engine.tracker.matches import Compared
from engine.tracker.standards import Checked


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What use cases found for a month, each in its own order."""

    month: str
    outcomes: Sequence[Outcome] = ()
    violations: Sequence[violations.Found] = ()
    corrections: Sequence[Booked] = ()
    periods: Sequence[Period] = ()
    compared: Sequence[Compared] = ()
    waivers: Sequence[Told] = ()
    accuracy: Sequence[Accuracy] = ()
    entries: Sequence[Entry] = ()
    checked: Sequence[Checked] = ()
    deposits: Sequence[Standing] = ()


def monthly(look: Look, facts: MonthFacts) -> Report:
    """The report for the house, about all shops that are in the facts."""
    return Report(
        kind="month",
        span=facts.month,
        title=look.said("month report", span=facts.month),
        as_of=look.now,
        language=look.language,
        sheets=(
            verdicts.by_rule(look, facts.outcomes),
            violations.of_month(look, facts.violations),
            contracts.charges(look, facts.entries),
            penalties.compared(look, facts.compared),
            contracts.missed(look, facts.checked),
            contracts.deposits(look, facts.deposits),
            waivers.waivers(look, facts.waivers),
            closing.corrections(look, facts.corrections),
            closing.closing(look, facts.month, facts.periods),
            practice.accuracy(look, facts.accuracy),
            verdicts.verdicts(look, facts.outcomes),
        ),
        notes=notes(look),
    )
