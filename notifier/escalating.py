"""What nobody has acknowledged some time after it was told goes to others, along the route by which it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Subquery, false, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.tables import Notice, NoticeItem, Violation
from notifier.events import ESCALATED, LATE, OPENED
from notifier.routing.model import SHOP, Route, Routing

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """A violation that a route escalates now: since when those on it have known."""

    violation: str
    route: Route
    told_at: datetime

    @property
    def key(self) -> str:
        """Of the notices: each route escalates a violation once, whoever else has."""
        return f"{self.violation}@{self.route.name}"

    @property
    def told(self) -> dict[str, object]:
        """What the notices tell."""
        whom = {"told": list(self.route.to), "after_minutes": self.route.escalate_after}
        return {"told_at": self.told_at.isoformat(), **whom}


def unacknowledged(session: Session, routing: Routing, now: datetime) -> list[Unacknowledged]:
    """What is to be escalated now, by route.

    Violations told longer ago than a week before their time are left: somebody has added a route since.
    """
    found: list[Unacknowledged] = []
    for route in routing.routes:
        if route.escalate_after is None or not route.escalate_to:
            continue
        before = now - timedelta(minutes=route.escalate_after)
        known, done = _known_on(route), aliased(Notice)
        escalated = select(done.id).where(
            done.violation_id == known.c.violation, done.event == ESCALATED.event, done.why == route.name
        )
        wanted = (
            select(known.c.violation, func.min(known.c.at))
            .join(Violation, col(Violation.id) == known.c.violation)
            .where(Violation.state == "open", *_passes(route, routing), ~escalated.exists())
            .group_by(known.c.violation)
            .having(func.min(known.c.at) <= before, func.min(known.c.at) > before - NOTIFY_WITHIN)
            .order_by(func.min(known.c.at))
            .limit(AT_ONCE)
        )
        found += [Unacknowledged(violation, route, at) for violation, at in session.exec(wanted)]
    return found


def _known_on(route: Route) -> Subquery:
    """When somebody to whom this route leads was sent a violation, whichever route had it sent: alone or in a list."""
    parent = aliased(Notice)
    people = or_(
        col(Notice.contact).in_([name for name in route.to if name != SHOP]),
        col(Notice.contact).is_(None) if SHOP in route.to else false(),
    )
    at = func.coalesce(Notice.sent_at, parent.sent_at)
    return union_all(
        select(col(Notice.violation_id).label("violation"), at.label("at"))
        .outerjoin(parent, col(parent.id) == col(Notice.within_id))
        .where(Notice.event == OPENED.event, people, at.is_not(None)),
        select(col(NoticeItem.violation_id), col(Notice.sent_at))
        .join(Notice, col(Notice.id) == NoticeItem.notice_id)
        .where(Notice.event == LATE.event, people, col(Notice.sent_at).is_not(None)),
    ).subquery()


def _passes(route: Route, routing: Routing) -> list[ColumnElement[bool]]:
    """What a violation must be for this route to escalate it to anybody; the shop is asked when it is told."""
    to = [routing.contacts[name] for name in route.escalate_to if name in routing.contacts]
    theirs = None if SHOP in route.escalate_to or any(c.internal for c in to) else tuple(str(c.client) for c in to)
    asked = (
        (Violation.client, route.clients),
        (Violation.client, theirs),
        (Violation.platform, route.platforms),
        (Violation.rule, route.rules),
        (Violation.severity, route.severities),
    )
    return [col(column).in_(allowed) for column, allowed in asked if allowed is not None]
