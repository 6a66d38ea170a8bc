"""From figures to outcomes: all subjects of a run are judged at once, and each becomes what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import duckdb

from engine.assessment.due import DueRun
from engine.assessment.outcome import Outcome, dated
from engine.judge.decide import Decision, Judge, Situation
from engine.judge.facts import Fact
from engine.judge.screen import figure_sql
from engine.judge.subjects import decide_breaches, interval_of
from engine.ledger.subject_keys import shop_key
from engine.ledger.violation_ids import violation_id
from engine.measure.presence import kinds_of
from engine.rulebook.model import PastViolation

NO_FIGURE = (None,) * 6
NOTHING_TO_COUNT = (0, None, None, 0, None, None)
NOBODY: Mapping[str, Collection[Fact]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run's result: one outcome per listed subject, and for each breach the situation it was decided as.

    `concerned`: the shops about which something may be said otherwise, where that is not all of them. Of a cycle that
    is judged again for a decision those are the ones that it is about, whatever became of the rule's words meanwhile.
    """

    due: DueRun
    outcomes: tuple[Outcome, ...]
    decisions: Mapping[Situation, Decision]
    situations: Mapping[str, Situation]  # shop → its situation, breaches only
    concerned: frozenset[str] | None = None


def judge_run(
    con: duckdb.DuckDBPyConnection,
    judge: Judge,
    due: DueRun,
    clients: Mapping[str, str],
    listed: frozenset[str],
    history: Mapping[str, Sequence[PastViolation]],
    with_evidence: Callable[[Collection[str]], Collection[str]],
    exempting: Mapping[str, Collection[Fact]] = NOBODY,
) -> Judgement:
    """Judge all subjects of a run from the table `screened` (see `engine.judge.subjects.screen`).

    `clients` maps shops to clients, `listed` are the registered shops that are listed whatever they counted, `history`
    the past violations of each shop under this rule. `with_evidence` says which of some shops have any evidence in the
    cycle, counted or not. `exempting` are the waivers and exclusions that apply to each shop. Shops whose evidence is
    waited for are left out; whose evidence never came has no data, whatever of it is there.
    """
    awaited = due.awaited
    listed |= awaited.silent
    set_apart = awaited.waiting.keys() | awaited.overdue.keys()
    found = [row for row in _screened(con, due) if row.shop not in set_apart]
    breaches = ((row.shop, row.figure) for row in found if row.verdict == "violation")
    judged = decide_breaches(judge, breaches, history, exempting)
    outcomes: list[Outcome] = []
    silent = set(listed) - set_apart
    for row in found:
        silent.discard(row.shop)
        if not row.denominator and row.denominator is not None and row.shop not in listed:
            continue
        situation = judged.situations.get(row.shop)
        decision = judged.decisions[situation] if situation else None
        outcomes.append(_outcome(due, row, clients.get(row.shop, "default"), decision))
    present = with_evidence(silent)
    for shop in silent:
        row = _Row(shop, NO_FIGURE, "no_data", False, kinds_of(due.version))
        if shop in present or shop in awaited.silent:
            row = _Row(shop, NOTHING_TO_COUNT, "not_assessed", False, ())
        outcomes.append(_outcome(due, row, clients.get(shop, "default"), None))
    for shop, missing in awaited.overdue.items():
        row = _Row(shop, NO_FIGURE, "no_data", False, missing)
        outcomes.append(_outcome(due, row, clients.get(shop, "default"), None))
    ordered = tuple(sorted(outcomes, key=Outcome.sort_key))
    return Judgement(due, ordered, judged.decisions, judged.situations)


@dataclass(frozen=True, slots=True)
class _Row:
    """A subject as the screen leaves it; `figure` are the six columns of `figure_sql`."""

    shop: str
    figure: Sequence[int | None]
    verdict: str
    at_risk: bool
    missing: tuple[str, ...]

    @property
    def denominator(self) -> int | None:
        return self.figure[3]


def _screened(con: duckdb.DuckDBPyConnection, due: DueRun) -> list[_Row]:
    """The shops of one cycle, from the table `screened` of many."""
    rows = con.execute(
        f"SELECT _shop, verdict, at_risk, missing, {figure_sql(due.version)} FROM screened "
        "WHERE _cycle = $1 ORDER BY _shop",
        [due.cycle.key],
    ).fetchall()
    return [_Row(shop, figure, verdict, risk, tuple(missing)) for shop, verdict, risk, missing, *figure in rows]


def _outcome(due: DueRun, row: _Row, client: str, decision: Decision | None) -> Outcome:
    verdict = row.verdict if decision is None or decision.outcome == "violation" else "exempt"
    subject = shop_key(due.rule.platform, row.shop)
    return Outcome(
        rule=due.rule,
        version=due.version,
        client=client,
        shop=row.shop,
        agent=None,
        cycle=due.cycle.key,
        cycle_start=due.cycle.first,
        cycle_end=due.cycle.last,
        assessed_on=due.assessed_on,
        numerator=row.figure[0],
        denominator=row.denominator,
        verdict=verdict,
        at_risk=row.at_risk,
        severity=decision.severity if decision else None,
        sanctions=dated(decision.sanctions, due.assessed_on) if decision and verdict == "violation" else (),
        missing=row.missing,
        violation=violation_id(due.rule.id, subject, due.cycle.key) if verdict == "violation" else None,
        numerator_range=interval_of(*row.figure[1:3]),
        denominator_range=interval_of(*row.figure[4:6]),
    )
