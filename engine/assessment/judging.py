"""From figures to outcomes: screen all subjects of a run at once, then decide each distinct situation once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from engine.assessment.due import DueRun
from engine.assessment.outcome import Outcome, dated
from engine.evidence.duck import name, text
from engine.judge.decide import Decision, Judge, Situation, situation_of
from engine.judge.screen import screen_sql
from engine.ledger.subject_keys import shop_key
from engine.ledger.violation_ids import violation_id
from engine.measure.presence import kinds_of
from engine.rulebook.model import PastViolation


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
) -> Judgement:
    """Judge all subjects of a run from the table `figures` (see `engine.measure.figures.measure`).

    `clients` maps shops to clients, `listed` are the registered shops that are listed whatever they counted, `history`
    the past violations of each shop under this rule. `with_evidence` says which of some shops have any evidence in the
    cycle, counted or not.
    """
    outcomes: list[Outcome] = []
    decisions: dict[Situation, Decision] = {}
    situations: dict[str, Situation] = {}
    silent = set(listed)
    for row in _screened(con, due):
        silent.discard(row.shop)
        if not row.denominator and row.denominator is not None and row.shop not in listed:
            continue
        decision = None
        if row.verdict == "violation" and row.numerator is not None and row.denominator is not None:
            past = history.get(row.shop, ())
            situation = situation_of(due.version, row.numerator, row.denominator, past)
            decision = decisions.get(situation) or judge.decide(situation)
            decisions[situation] = decision
            situations[row.shop] = situation
        outcomes.append(_outcome(due, row, clients.get(row.shop, "default"), decision))
    present = with_evidence(silent)
    for shop in silent:
        row = _Screened(shop, None, None, "no_data", False, kinds_of(due.version))
        if shop in present:
            row = _Screened(shop, 0, 0, "not_assessed", False, ())
        outcomes.append(_outcome(due, row, clients.get(shop, "default"), None))
    return Judgement(due, tuple(sorted(outcomes, key=Outcome.sort_key)), decisions, situations)


@dataclass(frozen=True, slots=True)
class _Screened:
    shop: str
    numerator: int | None
    denominator: int | None
    verdict: str
    at_risk: bool
    missing: tuple[str, ...]


def _screened(con: duckdb.DuckDBPyConnection, due: DueRun) -> list[_Screened]:
    figure = due.version.figure
    assert figure is not None
    con.execute(
        "CREATE OR REPLACE TEMP VIEW run_figures AS SELECT * FROM figures "
        f"WHERE _cycle = {text(due.cycle.key)} AND _grain = 'shop'"
    )
    denominator = name(figure.denominator) if figure.denominator else "1"
    rows = con.execute(
        f"SELECT _shop, {name(figure.numerator)}, {denominator}, verdict, at_risk, missing "
        f"FROM ({screen_sql(due.version, 'run_figures')}) ORDER BY _shop"
    ).fetchall()
    return [_Screened(shop, n, d, verdict, risk, tuple(missing)) for shop, n, d, verdict, risk, missing in rows]


def _outcome(due: DueRun, row: _Screened, client: str, decision: Decision | None) -> Outcome:
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
    )
