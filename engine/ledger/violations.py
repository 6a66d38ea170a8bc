"""Violations on record: which states they may go through, who put them there, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.journal import Event, append
from engine.ledger.states import both
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
    amount_fen: int | None
    reference: str | None
    appeal_until: date | None


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

    `severity`, `amount_fen`, `reference` and `appeal_until` are what the platform's notice says; each replaces
    what is on record. Given the state that the violation has, they correct the record (`violation.amended`).
    What follows from it is not reckoned here (see `engine.assessment.deciding`).
    Ends with the journal's lock, so commit next. Raises UnknownNameError for an unknown violation or state, and
    KaoheError, naming the states that may follow, if this one may not, or if nothing would change.
    """
    violation = by(session, violation_id, for_change=True)
    if new_state not in TRANSITIONS:
        raise UnknownNameError("state", new_state, TRANSITIONS, zh="、".join(map(both, TRANSITIONS)))
    given = {"severity": severity, "amount_fen": amount_fen, "reference": reference, "appeal_until": appeal_until}
    said = {name: value for name, value in given.items() if value is not None}
    amends = new_state == violation.state and bool(said)
    if new_state not in TRANSITIONS[violation.state] and not amends:
        may_follow = ", ".join(TRANSITIONS[violation.state]) or "nothing"
        raise KaoheError(
            f"violation {violation.id} is {violation.state} and cannot become {new_state}; "
            f"what may follow: {may_follow}",
            zh=f"违规 {violation.id} 现在是 {both(violation.state)}，不能变为 {both(new_state)}；之后可以是："
            f"{'、'.join(map(both, TRANSITIONS[violation.state])) or '无'}",
        )
    if not why.strip():
        raise KaoheError(
            f"violation {violation.id} cannot become {new_state} without a reason; say why",
            zh=f"违规 {violation.id} 变为 {both(new_state)} 要写明理由（--why）",
        )
    if amount_fen is not None and amount_fen < 0:
        raise KaoheError(f"an amount cannot be negative: {amount_fen} fen", zh=f"金额不能是负数：{amount_fen} 分")
    on_record = {name: getattr(violation, name) for name in said}
    if "severity" in said:  # to say what we forecast is news, too: it is decided then
        on_record["severity"] = violation.decided_severity
    if amends and on_record == said:
        raise KaoheError(
            f"violation {violation.id} is {new_state}, and all of this is on record already",
            zh=f"违规 {violation.id} 已是 {both(new_state)}，这些内容也都已记录",
        )
    before = {"state": violation.state, "severity": violation.severity} | _told(violation, said)
    violation.state, violation.changed_at = new_state, now
    if severity is not None:
        violation.decided_severity = severity
    for name, value in said.items():
        setattr(violation, name, value)
    session.add(violation)
    after = {"state": new_state, "severity": violation.severity} | _told(violation, said)
    payload = {"why": why, "before": before, "after": after}
    event = "violation.amended" if amends else f"violation.{new_state}"
    append(session, now, [Event(actor, event, "violation", violation.id, payload)])
    return violation


def _told(violation: Violation, names: Iterable[str]) -> dict[str, str | int]:
    """What is on record under these names, as the journal keeps it: days as ISO text, nothing where there is none."""
    values = {name: getattr(violation, name) for name in names}
    said = {name: value for name, value in values.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def by(session: Session, violation_id: str, for_change: bool = False) -> Violation:
    """The violation with this id (in capitals or not), locked for the transaction if it is to be changed.

    Raises UnknownNameError with ids near it.
    """
    given = violation_id.strip().upper()  # ids are read out and typed in
    found = session.get(Violation, given, with_for_update=for_change, populate_existing=for_change)
    if found is None:
        raise UnknownNameError(
            "violation",
            violation_id,
            _near(session, given),
            "`kaohe violations list` shows those there are",
            "`kaohe violations list` 列出全部",
        )
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
    the assessment day, inclusive. Raises UnknownNameError for an unknown state, and for a client that no
    subject has.
    """
    if state is not None and state not in TRANSITIONS:
        raise UnknownNameError("state", state, TRANSITIONS, zh="、".join(map(both, TRANSITIONS)))
    if client is not None:
        known_client(session, client)
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


def known_client(session: Session, client: str) -> str:
    """The client itself. Raises UnknownNameError, with those near it, for one that no subject has."""
    clients = session.exec(select(Subject.client).distinct()).all()
    if client not in clients:
        raise UnknownNameError(
            "client",
            client,
            clients,
            "`kaohe shops list` shows whose shops there are",
            "`kaohe shops list` 列出各客户的店铺",
        )
    return client


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
        amount_fen=violation.amount_fen,
        reference=violation.reference,
        appeal_until=violation.appeal_until,
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
