"""From figures to outcomes: all subjects of a run are judged at once, and each becomes what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import duckdb

from engine.assessment.due import DueRun
from engine.assessment.outcome import Outcome, dated
from engine.evidence.duck import name, text
from engine.judge.decide import Decision, Judge, Situation
from engine.judge.facts import Fact
from engine.judge.screen import figure_sql
from engine.judge.subjects import SITUATION, interval_of, judge_subjects
from engine.ledger.subject_keys import shop_key
from engine.ledger.violation_ids import violation_id
from engine.measure.presence import kinds_of
from engine.rulebook.model import Interval, PastViolation

NOBODY: Mapping[str, Collection[Fact]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run's result: one outcome per listed subject, and for each breach the situation it was decided as."""

    due: DueRun
    outcomes: tuple[Outcome, ...]
    decisions: Mapping[Situation, Decision]
    situations: Mapping[str, Situation]  # shop → its situation, breaches only


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
    """Judge all subjects of a run from the table `figures` (see `engine.measure.figures.measure`).

    `clients` maps shops to clients, `listed` are the registered shops that are listed whatever they counted, `history`
    the past violations of each shop under this rule. `with_evidence` says which of some shops have any evidence in the
    cycle, counted or not. `exempting` are the waivers and exclusions that apply to each shop. Shops whose evidence is
    waited for are left out; whose evidence never came has no data, whatever of it is there.
    """
    awaited = due.awaited
    listed |= awaited.silent
    con.execute(
        "CREATE OR REPLACE TEMP VIEW run_figures AS SELECT * FROM figures "
        f"WHERE _cycle = {text(due.cycle.key)} AND _grain = 'shop'"
    )
    judged = judge_subjects(con, judge, "run_figures", "_shop", history, exempting)
    outcomes: list[Outcome] = []
    situations: dict[str, Situation] = {}
    silent = set(listed) - awaited.waiting.keys() - awaited.overdue.keys()
    for row in _judged(con, due):
        silent.discard(row.shop)
        if row.shop in awaited.waiting or row.shop in awaited.overdue:
            continue
        if not row.denominator and row.denominator is not None and row.shop not in listed:
            continue
        if row.situation is not None:
            situations[row.shop] = judged.situations[row.situation]
        decision = None if row.situation is None else judged.decisions[row.situation]
        outcomes.append(_outcome(due, row, clients.get(row.shop, "default"), decision))
    present = with_evidence(silent)
    for shop in silent:
        row = _Row(shop, None, None, None, None, "no_data", False, kinds_of(due.version), None)
        if shop in present or shop in awaited.silent:
            row = _Row(shop, 0, None, 0, None, "not_assessed", False, (), None)
        outcomes.append(_outcome(due, row, clients.get(shop, "default"), None))
    for shop, missing in awaited.overdue.items():
        row = _Row(shop, None, None, None, None, "no_data", False, missing, None)
        outcomes.append(_outcome(due, row, clients.get(shop, "default"), None))
    decisions = dict(zip(judged.situations, judged.decisions, strict=True))
    return Judgement(due, tuple(sorted(outcomes, key=Outcome.sort_key)), decisions, situations)


@dataclass(frozen=True, slots=True)
class _Row:
    shop: str
    numerator: int | None
    numerator_range: Interval | None
    denominator: int | None
    denominator_range: Interval | None
    verdict: str
    at_risk: bool
    missing: tuple[str, ...]
    situation: int | None


def _judged(con: duckdb.DuckDBPyConnection, due: DueRun) -> list[_Row]:
    rows = con.execute(
        f"SELECT _shop, {figure_sql(due.version)}, verdict, at_risk, missing, {name(SITUATION)} "
        "FROM judged ORDER BY _shop"
    ).fetchall()
    return [
        _Row(shop, n, interval_of(n_low, n_high), d, interval_of(d_low, d_high), verdict, risk, tuple(missing), place)
        for shop, n, n_low, n_high, d, d_low, d_high, verdict, risk, missing, place in rows
    ]


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
        numerator=row.numerator,
        denominator=row.denominator,
        verdict=verdict,
        at_risk=row.at_risk,
        severity=decision.severity if decision else None,
        sanctions=dated(decision.sanctions, due.assessed_on) if decision and verdict == "violation" else (),
        missing=row.missing,
        violation=violation_id(due.rule.id, subject, due.cycle.key) if verdict == "violation" else None,
        numerator_range=row.numerator_range,
        denominator_range=row.denominator_range,
    )
