"""Violations on record: how they go from state to state, what the platform said of them, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor
from engine.ledger.journal import Event, append
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import AMEND, both, known_state, step
from engine.ledger.tables import Subject, Violation

NONE_MORE: Mapping[str, Any] = MappingProxyType({})


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
    appeal_until: datetime | None
    account: str | None
    borne_by: str | None
    noticed_at: datetime | None


def record(
    session: Session,
    violation_id: str,
    new_state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    asked_by: str | None = None,
) -> Violation:
    """Do what `change` does, and journal it: ends with the journal's lock, so commit next."""
    violation, event = change(session, violation_id, new_state, actor, why, now, notice, asked_by)
    append(session, now, [event])
    return violation


def change(
    session: Session,
    violation_id: str,
    new_state: str,
    actor: Actor,
    why: str,
    now: datetime,
    notice: PlatformNotice = NOTHING_SAID,
    asked_by: str | None = None,
    more: Mapping[str, Any] = NONE_MORE,
) -> tuple[Violation, Event]:
    """Put a violation into another state, and give the `violation.<state>` that is to be journalled with it.

    What `notice` says replaces what is on record. Given the state that the violation has, it corrects the record
    (`violation.amended`), or tells for the first time that a notice has come (`violation.notified`). `asked_by` is who
    asked for the step, `more` what else the journal is to tell. What follows from it is not reckoned here (see
    `engine.assessment.deciding`).
    Raises UnknownNameError for an unknown violation or state, NotAllowedError, NoSuchStepError, naming the states that
    may follow, and KaoheError without a reason, if nothing would change, or if who grants it is who asked for it.
    """
    violation = by(session, violation_id, for_change=True)
    known_state(new_state)
    said = notice.said()
    amends = new_state == violation.state and bool(said)
    shop = shop_of(session, violation)
    if amends:
        actor.must(AMEND, violation.client, shop)
    else:
        taken = step(violation.id, violation.state, new_state)
        actor.must(taken.permission, violation.client, shop)
        if taken.not_by_asker and asked_by == actor.name:
            raise KaoheError(
                f"{actor.name} asked that violation {violation.id} become {new_state}; somebody else has to grant it",
                zh=f"违规 {violation.id} 变为 {both(new_state)} 是 {actor.name} 申请的，须由另一个人批准",
            )
    if not why.strip():
        raise KaoheError(
            f"violation {violation.id} cannot become {new_state} without a reason; say why",
            zh=f"违规 {violation.id} 变为 {both(new_state)} 要写明理由（--why）",
        )
    if amends and _on_record(violation, said) == said:
        raise KaoheError(
            f"violation {violation.id} is {new_state}, and all of this is on record already",
            zh=f"违规 {violation.id} 已是 {both(new_state)}，这些内容也都已记录",
        )
    first_notice = amends and notice.noticed_at is not None and violation.noticed_at is None
    before = {"state": violation.state, "severity": violation.severity} | _told(violation, said)
    violation.state, violation.changed_at = new_state, now
    for name, value in said.items():
        setattr(violation, "decided_severity" if name == "severity" else name, value)
    if notice.severity is not None:
        violation.severity = notice.severity
    session.add(violation)
    after = {"state": new_state, "severity": violation.severity} | _told(violation, said) | dict(more)
    if asked_by is not None:
        after["asked_by"] = asked_by
    event = "notified" if first_notice else "amended" if amends else new_state
    payload = {"why": why, "before": before, "after": after}
    return violation, Event(actor.name, f"violation.{event}", "violation", violation.id, payload)


def shop_of(session: Session, violation: Violation) -> str | None:
    """The key of the shop that a violation is about; None for people and teams, who belong to no single shop."""
    subject = session.get_one(Subject, violation.subject_id)
    if subject.kind != "shop" and subject.parent_id is not None:
        subject = session.get_one(Subject, subject.parent_id)
    return subject.key if subject.kind == "shop" else None


def _on_record(violation: Violation, names: Iterable[str]) -> dict[str, Any]:
    """What was recorded under these names. To say what we forecast is news, too: the severity is decided then."""
    return {n: violation.decided_severity if n == "severity" else getattr(violation, n) for n in names}


def _told(violation: Violation, names: Iterable[str]) -> dict[str, str | int]:
    """What is on record under these names, as the journal keeps it: times as ISO text, nothing where there is none."""
    values = {name: getattr(violation, name) for name in names}
    said = {name: value for name, value in values.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


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
    if state is not None:
        known_state(state)
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
        account=violation.account,
        borne_by=violation.borne_by,
        noticed_at=violation.noticed_at,
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
