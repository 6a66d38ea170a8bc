"""Violations on record: which states they may go through, who put them there, and how they are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.journal import Event, append
from engine.ledger.tables import Subject, Violation

# From each state, the states that may follow.
TRANSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "open": ("acknowledged", "confirmed", "appealed", "waived", "withdrawn"),
        "acknowledged": ("confirmed", "appealed", "waived", "withdrawn"),
        "confirmed": ("appealed", "closed"),  # what grants an appeal is the platform's own decision
        "appealed": ("overturned", "confirmed"),
        "overturned": ("closed",),
        "waived": ("closed",),
        "withdrawn": ("open", "closed"),  # evidence that took it back may bring it back
        "closed": (),
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A violation as lists show it. `exposure_fen` is the least and the most that it can cost."""

    id: str
    rule: str
    version: str
    platform: str
    client: str
    shop: str | None
    agent: str | None
    person: str | None
    cycle: str
    state: str
    severity: str | None
    exposure_fen: tuple[int, int]
    assessed_on: date


def record(
    session: Session,
    violation_id: str,
    new_state: str,
    actor: str,
    why: str,
    now: datetime,
    severity: str | None = None,
    amount_fen: int | None = None,
    reference: str | None = None,
    appeal_until: date | None = None,
) -> Violation:
    """Put a violation into another state, and journal `violation.<state>` with what was before and after.

    `severity` replaces the one on record; `amount_fen`, `reference` and `appeal_until` are what the
    platform's notice says, and stand in the journal. Ends with the journal's lock, so commit next. Raises
    UnknownNameError for an unknown violation or state, and KaoheError, naming the states that may follow,
    if this one may not.
    """
    violation = by(session, violation_id, for_change=True)
    if new_state not in TRANSITIONS:
        raise UnknownNameError("state", new_state, TRANSITIONS)
    if new_state not in TRANSITIONS[violation.state]:
        may_follow = ", ".join(TRANSITIONS[violation.state]) or "nothing"
        raise KaoheError(
            f"violation {violation.id} is {violation.state} and cannot become {new_state}; "
            f"what may follow: {may_follow}",
            zh=f"违规 {violation.id} 现在是 {violation.state}，不能变为 {new_state}；之后可以是："
            f"{'、'.join(TRANSITIONS[violation.state]) or '无'}",
        )
    if not why.strip():
        raise KaoheError(
            f"violation {violation.id} cannot become {new_state} without a reason; say why",
            zh=f"违规 {violation.id} 变为 {new_state} 要写明理由（--why）",
        )
    if amount_fen is not None and amount_fen < 0:
        raise KaoheError(f"an amount cannot be negative: {amount_fen} fen")
    before = {"state": violation.state, "severity": violation.severity}
    violation.state, violation.changed_at = new_state, now
    violation.severity = severity or violation.severity
    session.add(violation)
    said: dict[str, str | int | None] = {
        "amount_fen": amount_fen,
        "reference": reference,
        "appeal_until": appeal_until.isoformat() if appeal_until else None,
    }
    noted = {name: value for name, value in said.items() if value is not None}
    after = {"state": new_state, "severity": violation.severity} | noted
    payload = {"why": why, "before": before, "after": after}
    append(session, now, [Event(actor, f"violation.{new_state}", "violation", violation.id, payload)])
    return violation


def by(session: Session, violation_id: str, for_change: bool = False) -> Violation:
    """The violation with this id (in capitals or not), locked for the transaction if it is to be changed.

    Raises UnknownNameError with ids near it.
    """
    given = violation_id.strip().upper()  # ids are read out and typed in
    found = session.get(Violation, given, with_for_update=for_change, populate_existing=for_change)
    if found is None:
        raise UnknownNameError("violation", given, _near(session, given))
    return found


def find(
    session: Session,
    client: str | None = None,
    platform: str | None = None,
    shop: str | None = None,
    rule: str | None = None,
    state: str | None = None,
    severity: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Listed]:
    """The violations that fit all that is given, by assessment day, platform, shop, agent, rule and cycle.

    `shop` is the platform's id of a shop, whose agents' violations are found too; `first` and `last` bound
    the assessment day, inclusive. Raises UnknownNameError for an unknown state.
    """
    if state is not None and state not in TRANSITIONS:
        raise UnknownNameError("state", state, TRANSITIONS)
    subject, parent = aliased(Subject), aliased(Subject)
    wanted = (
        select(Violation, subject, parent)
        .join(subject, col(subject.id) == Violation.subject_id)
        .outerjoin(parent, col(parent.id) == subject.parent_id)
    )
    equal = {"client": client, "platform": platform, "rule": rule, "state": state, "severity": severity}
    for name, value in equal.items():
        if value is not None:
            wanted = wanted.where(getattr(Violation, name) == value)
    if shop is not None:
        wanted = wanted.where(
            or_(
                and_(col(subject.kind) == "shop", col(subject.external_id) == shop),
                and_(col(parent.kind) == "shop", col(parent.external_id) == shop),
            )
        )
    if first is not None:
        wanted = wanted.where(col(Violation.assessed_on) >= first)
    if last is not None:
        wanted = wanted.where(col(Violation.assessed_on) <= last)
    return sorted((_listed(*found) for found in session.exec(wanted)), key=_order)


def _listed(violation: Violation, subject: Subject, parent: Subject | None) -> Listed:
    named = {subject.kind: subject.external_id}
    if parent is not None:
        named[parent.kind] = parent.external_id
    return Listed(
        id=violation.id,
        rule=violation.rule,
        version=violation.version,
        platform=violation.platform,
        client=violation.client,
        shop=named.get("shop"),
        agent=named.get("agent"),
        person=named.get("person"),
        cycle=violation.cycle,
        state=violation.state,
        severity=violation.severity,
        exposure_fen=(violation.exposure_min_fen, violation.exposure_max_fen),
        assessed_on=violation.assessed_on,
    )


def _order(listed: Listed) -> tuple[date | str, ...]:
    # Here and not in the database, whose order of texts depends on how it was set up.
    names = listed.platform, listed.shop or "", listed.agent or "", listed.person or ""
    return (listed.assessed_on, *names, listed.rule, listed.cycle, listed.id)


def _near(session: Session, violation_id: str) -> list[str]:
    """Ids that begin or end like `violation_id`: to compare it with all of them would take too long."""
    letters = violation_id.removeprefix("V-")
    if not letters:
        return []
    likely = or_(
        col(Violation.id).startswith(f"V-{letters[:4]}", autoescape=True),
        col(Violation.id).endswith(letters[-4:], autoescape=True),
    )
    return list(session.exec(select(Violation.id).where(likely).limit(100)))
