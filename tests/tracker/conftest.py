"""For the tracker's tests: the assessment's office, and people of every role."""

import pytest

from engine.ledger.actors import Actor, Grant
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
