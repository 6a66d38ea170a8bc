"""Recording what was decided about a violation, and what follows from it: its severity, its measures, what it costs.

What we reckoned is a forecast. Once the platform has named a severity, the measures are those of that rung, under the
version that was used and by the same ladder; once it has charged an amount, that is the exposure; and what was let off
brings nothing. The forecast is not lost: it stands in the situation that the assessment decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from engine.assessment import rows
from engine.assessment.archive import VersionShelf
from engine.assessment.forfeiting import refuse_to_forfeit
from engine.assessment.outcome import dated, exposure_fen
from engine.assessment.standing import closed_as
from engine.judge.decide import Decision, decided_again
from engine.judge.facts import Fact
from engine.judge.ladder import situation_as_decided
from engine.ledger.actors import Actor
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import Event, append
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Run, Sanction, Situation, Violation
from engine.ledger.violations import NONE_MORE, by, change
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Rule, Version


def decide(
    session: Session,
    rulebook: RuleBook,
    violation_id: str,
    state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    *,
    forfeits_appeal: bool = False,
    asked_by: str | None = None,
) -> Violation:
    """Do what `decided` does, and journal it: ends with the journal's lock, so commit next."""
    given_up = forfeits_appeal and state == "confirmed"
    more = {"appeal_forfeited": True} if given_up else NONE_MORE
    violation, event = decided(session, rulebook, violation_id, state, actor, why, now, notice, asked_by, more)
    append(session, now, [event])
    return violation


def decided(
    session: Session,
    rulebook: RuleBook,
    violation_id: str,
    state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    asked_by: str | None = None,
    more: Mapping[str, Any] = NONE_MORE,
    *,
    follows: bool = False,
) -> tuple[Violation, Event]:
    """Put a violation into a state, with what the platform's notice says, and let its measures and exposure follow.

    Gives the event that is to be journalled with it. Where the rule says that confirming gives an appeal up, and one is
    still possible, it is confirmed only if `more` says `appeal_forfeited`. A severity for which the version that was
    used has no rung changes no measures. Raises what `engine.ledger.violations.change` raises, and ForfeitsAppealError.
    """
    violation = by(session, violation_id, for_change=True)
    found = version_used(session, VersionShelf(session, rulebook), violation)
    if not more.get("appeal_forfeited"):
        refuse_to_forfeit(violation, state, notice, found[1] if found else None, now)
    changed, event = change(session, violation.id, state, actor, why, now, notice, asked_by, more, follows=follows)
    settle(session, found[1] if found else None, changed)
    return changed, event


def ours_to_change(violation: Violation) -> bool:
    """Whether nobody but we have spoken about it, so that new evidence may change what follows from it."""
    spoken = violation.decided_severity, violation.amount_fen, violation.noticed_at
    return violation.state in {"open", "acknowledged"} and not any(said is not None for said in spoken)


def settle(session: Session, version: Version | None, violation: Violation) -> None:
    """Let measures and exposure of a violation follow from its state and from what was decided about it.

    Without `version` (nothing of it is left) the measures stay as they are, unless they are none.
    """
    state = closed_as(session, violation)
    if state in LET_OFF:
        let_off(session, violation)
        return
    decision = _decision(session, version, violation) if version else None
    if decision is not None:
        remove_sanctions(session, violation)
        sanctions = dated(decision.sanctions, violation.assessed_on)
        insert_rows(session, Sanction, rows.sanction_rows(violation.id, sanctions))
        violation.exposure_min_fen, violation.exposure_max_fen = exposure_fen(sanctions)
    if violation.amount_fen is not None:
        violation.exposure_min_fen = violation.exposure_max_fen = violation.amount_fen
    session.add(violation)


def let_off(session: Session, violation: Violation) -> None:
    """Leave no measures and no exposure of a violation."""
    remove_sanctions(session, violation)
    violation.exposure_min_fen = violation.exposure_max_fen = 0
    session.add(violation)


def remove_sanctions(session: Session, violation: Violation) -> None:
    """Take the measures of a violation away."""
    for row in session.exec(select(Sanction).where(Sanction.violation_id == violation.id)):
        session.delete(row)
    session.flush()


def _decision(session: Session, version: Version, violation: Violation) -> Decision | None:
    """What the ladder says of the severity that was decided; where it has no rung for it, what it said of the facts."""
    decided = violation.decided_severity
    if version.severity is not None and decided is not None and decided in version.ladder:
        return decided_again(version, situation_as_decided(decided).facts)
    facts: Any = session.get_one(Situation, violation.situation_id).facts
    return decided_again(version, [Fact.from_data(fact) for fact in facts])


def version_used(session: Session, shelf: VersionShelf, violation: Violation) -> tuple[Rule, Version] | None:
    """The rule and the version that decided; None where no situation tells it."""
    situation = session.get(Situation, violation.situation_id) if violation.situation_id is not None else None
    run = session.get(Run, situation.run_id) if situation else None
    if run is None or run.rule_sha256 is None:
        return None
    return shelf.get(violation.rule, violation.version, run.rule_sha256)
