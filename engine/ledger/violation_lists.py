"""Violations as lists show them, and how they are found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import UnknownNameError
from engine.ledger.states import both
from engine.ledger.tables import Subject, Violation
from engine.ledger.violations import TRANSITIONS


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
