"""For the tracker's tests: the assessment's office, and people of every role."""

import pytest

from engine.ledger.actors import Actor, Grant
from engine.rulebook.model import SanctionSpec, Severity
from tests.assessment.conftest import (
    at,
    day_of,
    like_x1,
    office,
    one_reasoner_for_all,
    open_office,
    quick,
    reasoner,
    row,
    small_office,
    week_of,
    x1,
)
from tests.tracker.notices import Tracker

__all__ = [
    "at",
    "day_of",
    "like_x1",
    "office",
    "one_reasoner_for_all",
    "open_office",
    "quick",
    "reasoner",
    "row",
    "small_office",
    "week_of",
    "x1",
]


@pytest.fixture
def person():
    """Makes people: a name, a role, and perhaps a client or a shop that it is bounded to."""

    def make(name, role="officer", client=None, shop=None, **more):
        return Actor(name, (Grant(role, client, shop),), **more)

    return make


@pytest.fixture
def graded(like_x1):
    """The rule that ships, with a severity that is a forecast by the number of confirmed violations."""
    return like_x1(
        severity=Severity("platform", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}),
        ladder={
            "minor": (SanctionSpec("warning"),),
            "serious": (SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),),
            "grave": (SanctionSpec("liquidated_damages", amount_fen=(50_000, 100_000)),),
        },
    )


@pytest.fixture
def tracker(ledger, open_office, graded):
    """An office under that rule, on each of the two databases."""
    return Tracker(open_office(ledger, [graded]))


@pytest.fixture
def small_tracker(sqlite_ledger, open_office, graded):
    """The same in SQLite alone: for what does not depend on the database."""
    return Tracker(open_office(sqlite_ledger, [graded]))
