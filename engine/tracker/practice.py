"""What the platforms made of our verdicts, gathered from the ledger and the lake for `accuracy`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, col, select

from engine.assessment.standing import closed_states
from engine.calendar.cycles import parse_cycle
from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.parts import in_parts
from engine.ledger.tables import Assessment, Situation, Violation
from engine.ledger.veil import veil_of
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Rule, Version
from engine.tracker.accuracy import Accuracy, Came, Judged, Missed, accuracy
from engine.tracker.guessing import Guesser
from engine.tracker.matches import Compared, Sides, compare, sides
from engine.tracker.matching import Ours
from engine.tracker.penalties import Penalty

# What a state that somebody recorded says of a verdict; of one under appeal nothing yet.
_CAME: Mapping[str, Came] = {"confirmed": "confirmed", "overturned": "overturned"}


def practice(
    session: Session, lake: Lake, rulebook: RuleBook, now: datetime, days: int, rule: str | None = None
) -> list[Accuracy]:
    """The accuracy of the rules (or of one) by what `session` may see. Doubtful penalties count for nothing.

    For a reader who is not of the house there is none.
    """
    platform = rulebook.rule(rule).platform if rule else None
    if veil_of(session) is not None:
        return []
    of = sides(session, lake, platform=platform, rule=rule)
    lines = compare(of, rulebook, now, days)
    judged = [one for one in _judged(session, of, lines) if rule in {None, one.rule}]
    missed = [one for one in _missed(session, of, rulebook, lines) if rule in {None, one.rule}]
    versions = {(r.id, v.key): v for r in rulebook.values() for v in r.versions}
    return accuracy(judged, missed, versions)


def _judged(session: Session, of: Sides, lines: Sequence[Compared]) -> Iterator[Judged]:
    came: dict[str, tuple[Came, Penalty | None]] = {}
    for line in lines:
        one, penalty = line.ours, line.penalty
        if one is None:
            continue
        if penalty is None:
            came[one.id] = "ours_only", None
        elif not (line.match.doubts or penalty.status == "appealed" or _appealed(one, penalty)):
            taken_back = penalty.status == "overturned" or one.state == "overturned"
            came[one.id] = "overturned" if taken_back else "confirmed", penalty
    matched = {line.ours.id for line in lines if line.ours}
    closed: dict[str, Mapping[str, str]] = {}
    for one in of.ours.values():
        if one.id not in matched:
            state = one.state
            if state == "closed":
                state = closed.setdefault(one.rule, closed_states(session, one.rule)).get(one.id, state)
            if state in _CAME:
                came[one.id] = _CAME[state], None
    said = _on_record(session, [name for name, (how, _) in came.items() if how != "ours_only"])
    for name, (how, penalty) in came.items():
        yield _row(of.ours[name], of.versions[name], how, penalty, said.get(name))


def _appealed(one: Ours, penalty: Penalty) -> bool:
    """Whether we have appealed, and the notice that was imported last does not tell yet what came of it."""
    return one.state == "appealed" and penalty.status in {"open", "confirmed"}


def _row(
    one: Ours, version: str, came: Came, penalty: Penalty | None, said: tuple[str | None, str | None, int | None] | None
) -> Judged:
    forecast, severity, amount = said or (None, None, None)
    if penalty is not None:
        severity = penalty.severity or severity
        amount = penalty.amount_fen if penalty.amount_fen is not None else amount
    name = penalty.reference if penalty else one.reference or one.id
    return Judged(one.rule, version, name, came, one.assessed_on, forecast, severity, amount)


def _on_record(session: Session, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None, int | None]]:
    """Violation → the severity that we forecast, and the severity and amount that the platform decided."""
    found = {}
    for part in in_parts(ids):
        rows = session.exec(
            select(Violation.id, Situation.decision, Violation.decided_severity, Violation.amount_fen)
            .outerjoin(Situation, col(Situation.id) == col(Violation.situation_id))
            .where(col(Violation.id).in_(part))
        )
        for name, decision, severity, amount in rows:
            found[name] = (decision or {}).get("severity"), severity, amount
    return found


def _missed(session: Session, of: Sides, rulebook: RuleBook, lines: Sequence[Compared]) -> Iterator[Missed]:
    guesser = Guesser(rulebook)
    alone: list[tuple[Penalty, Rule, Version]] = []
    for line in lines:
        penalty = line.penalty
        if penalty is None or line.ours or line.match.doubts or penalty.status in {"overturned", "appealed"}:
            continue
        if of.told.get(penalty.key):  # a person knows to which violation it belongs, of whatever rule
            continue
        meant = guesser.meant(penalty.platform, penalty.rule, (penalty.kind, penalty.measure))
        rule = rulebook.get(meant.rules[0]) if meant.named else None  # a guess counts for no rule
        version = _version(rule, penalty) if rule else None
        if rule and version:
            alone.append((penalty, rule, version))
    verdicts = _verdicts(session, of, alone)
    for penalty, rule, version in alone:
        verdict = verdicts.get((rule.id, of.shops[penalty.platform, penalty.shop].id, penalty.cycle))
        yield Missed(rule.id, version.key, penalty.reference, verdict)


def _version(rule: Rule, penalty: Penalty) -> Version | None:
    """The version that governs the cycle of a penalty; where none is named, the day of the notice."""
    day = local_day(penalty.noticed_at, rule.zone)
    if penalty.cycle is not None:
        with suppress(KaoheError):  # there may be no such cycle, or it is a campaign that is not announced here
            day = parse_cycle(penalty.cycle).first
    return rule.version_for(day)


def _verdicts(
    session: Session, of: Sides, alone: Sequence[tuple[Penalty, Rule, Version]]
) -> dict[tuple[str, int | None, str | None], str]:
    """(rule, shop, cycle) → our verdict, of the cycles that these penalties name."""
    cycles = sorted({penalty.cycle for penalty, _, _ in alone if penalty.cycle})
    rules = sorted({rule.id for _, rule, _ in alone})
    ids = sorted({of.shops[p.platform, p.shop].id or 0 for p, _, _ in alone if p.cycle})
    found: dict[tuple[str, int | None, str | None], str] = {}
    for part in in_parts(ids):
        rows = session.exec(
            select(Assessment.rule, Assessment.subject_id, Assessment.cycle, Assessment.verdict).where(
                col(Assessment.subject_id).in_(part),
                col(Assessment.rule).in_(rules),
                col(Assessment.superseded_at).is_(None),
            )
        )
        found |= {(rule, shop, cycle): verdict for rule, shop, cycle, verdict in rows if cycle in cycles}
    return found
