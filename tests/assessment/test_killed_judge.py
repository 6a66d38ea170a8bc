"""A judge that is killed in the middle of its work leaves no mark on what is assessed, but who decided."""

import os
import signal
from contextlib import nullcontext
from fractions import Fraction
from threading import Timer

import pytest

import engine.assessment.assess as assess_module
from engine.judge.process import ChildLostError
from engine.judge.reasoner import INTERPRETER, Reasoner
from engine.ledger.database import open_ledger
from engine.ledger.tables import Situation
from engine.rulebook.model import Band, Bound, SanctionSpec, Severity

WEEKS = ["2026-W09", "2026-W10", "2026-W11"]
BANDS = {"minor": 70, "serious": 60, "grave": 50, "utmost": 0}


class Doomed(Reasoner):
    """Its child is killed with a case in its hands, every second time."""

    cases = kills = 0

    def conclude(self, *case):
        self.cases += 1
        pid = self.child_pid
        if pid is None or self.cases % 2:
            return super().conclude(*case)
        os.kill(pid, signal.SIGSTOP)
        killer = Timer(0.05, os.kill, (pid, signal.SIGKILL))
        killer.start()
        try:
            return super().conclude(*case)
        finally:
            killer.join()
            self.kills += 1


def no_child():
    raise ChildLostError("died")


@pytest.fixture
def assessed(open_office, tmp_path, like_x1, week_of, at, monkeypatch, request):
    """An office whose weeks are assessed by a reasoner; four severities a week."""
    bands = tuple(Band(name, Bound("at_least", Fraction(p, 100), f"{p}%")) for name, p in BANDS.items())
    rule = like_x1(
        severity=Severity("metric", bands=bands),
        ladder={
            name: (SanctionSpec("warning"), SanctionSpec("liquidated_damages", amount_fen=(p, 100 + p)))
            for name, p in BANDS.items()
        },
    )

    names = iter(["first.sqlite", "second.sqlite"])

    def assess(reasoner):
        monkeypatch.setattr(assess_module, "Reasoner", lambda: nullcontext(reasoner))
        ledger = open_ledger(f"sqlite:///{tmp_path / next(names)}")
        request.addfinalizer(ledger.dispose)
        office = open_office(ledger, [rule])
        office.take(*(row for w in WEEKS for n in range(11) for row in week_of(f"s{n}", w, n, 10)))
        office.assess(at("2026-03-17T10:00"))
        return office

    return assess


def record(office):
    """All that is on record: what is printed, the situations, and what the journal tells."""
    situations = [(s.run_id, s.digest, s.facts, s.decision, s.trace) for s in office.rows(Situation)]
    return "\n".join(office.lines()).encode(), situations, office.events()


def deciders(office):
    return {s.decided_by.split()[0] for s in office.rows(Situation)}


def test_a_judge_that_is_killed_and_comes_back_changes_nothing_at_all(assessed, reasoner):
    undisturbed = assessed(reasoner)
    with Doomed() as doomed:
        killed = assessed(doomed)
        assert doomed.kills >= 5
    assert record(killed) == record(undisturbed)
    assert {s.decided_by for s in killed.rows(Situation)} == {s.decided_by for s in undisturbed.rows(Situation)}
    assert deciders(killed) == {"durable_rules"}


def test_a_judge_that_does_not_come_back_changes_nothing_but_who_decided(assessed, reasoner):
    undisturbed = assessed(reasoner)
    lost = assessed(Reasoner(no_child))
    assert record(lost) == record(undisturbed)
    assert (deciders(lost), deciders(undisturbed)) == ({INTERPRETER}, {"durable_rules"})
