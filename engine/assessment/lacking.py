"""The verdicts that lack data, of the cycles last assessed, whether or not anybody expected it."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, func, select

from engine.assessment.archive import current_outcomes
from engine.assessment.outcome import Outcome
from engine.ledger.tables import Assessment
from engine.rulebook.book import RuleBook


def lacking(session: Session, rulebook: RuleBook, day: date) -> list[Outcome]:
    """The outcomes without data of each rule's last assessment day up to `day`, in the order of every list."""
    last = (
        select(Assessment.rule, func.max(col(Assessment.assessed_on)))
        .where(col(Assessment.superseded_at).is_(None), col(Assessment.assessed_on) <= day)
        .group_by(col(Assessment.rule))
    )
    found: list[Outcome] = []
    for rule, assessed_on in session.exec(last).all():
        outcomes = current_outcomes(session, rulebook, [rule], assessed_on, assessed_on)
        found += [o for o in outcomes if o.verdict == "no_data"]
    return sorted(found, key=Outcome.sort_key)
