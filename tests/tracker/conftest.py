"""For the tracker's tests: the assessment's office, penalties that come to it, and people of every role."""

import csv
from datetime import UTC, datetime
from itertools import count

import pytest

from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import PENALTIES
from engine.ledger.actors import Actor, Grant
from engine.ledger.database import reading, transaction
from engine.progress import silent
from engine.rulebook.model import SanctionSpec, Severity
from engine.tracker.matches import compare, confirm, one_penalty, sides
from engine.tracker.penalties import seen_penalties
from engine.tracker.practice import practice
from tests.assessment.conftest import (  # noqa: F401  fixtures
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

BOSS = Actor.unbounded("boss")
LATER = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 30


class Tracker:
    """An office to which penalties come, and what people do about them."""

    def __init__(self, where):
        self.office = where
        self._numbers = count(1)

    def penalise(self, *rows, now=LATER):
        """Import these penalties; they are of shop s1 of xiaohongshu and open where they do not say."""
        path = self.office.home / f"penalties-{next(self._numbers)}.csv"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, PENALTIES.names)
            writer.writeheader()
            given = {"platform": "xiaohongshu", "shop": "s1", "status": "open", "noticed_at": "2026-03-10T12:00"}
            writer.writerows(given | row for row in rows)
        request = ImportRequest(PENALTIES, (path,), "officer")
        summary = import_evidence(self.office.ledger, self.office.lake, bytes(32), request, now, silent)
        assert summary.refused == 0, summary.faults

    def lines(self, now=LATER, **where):
        with reading(self.office.ledger) as session:
            return compare(sides(session, self.office.lake, **where), self.office.book, now, DAYS)

    def told(self, now=LATER):
        """(reference, violation, result) of every line."""
        return [(m.penalty and m.penalty.reference, m.violation, m.result) for m in (x.match for x in self.lines(now))]

    def seen(self, **where):
        with reading(self.office.ledger) as session:
            return seen_penalties(session, self.office.lake, **where)

    def do(self, what, reference, *more, actor=BOSS, why="told so"):
        """`link`, `unlink` or `ours_none`, as a person does it."""
        with transaction(self.office.ledger) as session:
            what(session, actor, one_penalty(session, self.office.lake, reference), *more, why, LATER)

    def confirm(self, reference, actor=BOSS, now=LATER, **more):
        with transaction(self.office.ledger) as session:
            penalty = one_penalty(session, self.office.lake, reference)
            lines = compare(sides(session, self.office.lake), self.office.book, now, DAYS)
            found = next(line.match for line in lines if line.penalty == penalty)
            return confirm(session, self.office.book, actor, penalty, found, "the notice says so", now, **more)

    def practice(self, rule=None):
        with reading(self.office.ledger) as session:
            return practice(session, self.office.lake, self.office.book, LATER, DAYS, rule)


@pytest.fixture
def graded(like_x1):  # noqa: F811  it asks for the fixture
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
def tracker(ledger, open_office, graded):  # noqa: F811  it asks for the fixture
    """An office under that rule, on each of the two databases."""
    return Tracker(open_office(ledger, [graded]))


@pytest.fixture
def small_tracker(sqlite_ledger, open_office, graded):  # noqa: F811  it asks for the fixture
    """The same in SQLite alone: for what does not depend on the database."""
    return Tracker(open_office(sqlite_ledger, [graded]))


@pytest.fixture
def person():
    """Makes people: a name, a role, and perhaps a client or a shop that it is bounded to."""

    def make(name, role="officer", client=None, shop=None, **more):
        return Actor(name, (Grant(role, client, shop),), **more)

    return make
