"""What nobody has acknowledged some time after it was told goes to others, along the route by which it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.tables import Notice, NoticeItem, Violation
from notifier.events import ESCALATED, LATE, OPENED
from notifier.routing.model import SHOP, Route, Routing

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """A violation that a route escalates now, and since when those on it have known."""

    violation: str
    route: Route
    told_at: datetime

    @property
    def key(self) -> str:
        """Of the notices: each route escalates a violation once, whoever else has."""
        return f"{self.violation}@{self.route.name}"

    def told(self, client: str, routing: Routing) -> dict[str, object]:
        """What the notices tell: what those are called who have known, of this client and, apart, of the house.

        Contacts of other clients were not told, and nobody is to read of them.
        """
        theirs, house = [], []
        for name in self.route.to:
            contact = routing.contacts.get(name)
            called = (contact.title if contact else None) or name
            if contact is None or contact.client == client:
                theirs.append(called)
            elif contact.internal:
                house.append(called)
        whom = {"told": theirs, "told_house": house, "after_minutes": self.route.escalate_after}
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
        young = {
            violation: at
            for violation, at in _known_on(session, route, routing, before).items()
            if before - NOTIFY_WITHIN < at <= before
        }
        found += [Unacknowledged(violation, route, at) for violation, at in sorted(young.items())]
    return found


def _known_on(session: Session, route: Route, routing: Routing, before: datetime) -> dict[str, datetime]:
    """The open violations that the route has not escalated, and since when somebody to whom it leads has known.

    Sent alone or in a list, whichever route had it sent. A worker asks every few seconds, so days of assessment bound
    what is looked at: what was assessed longer ago than a week before it was told is told to nobody.
    """
    parent, done = aliased(Notice), aliased(Notice)
    people = or_(
        col(Notice.contact).in_([name for name in route.to if name != SHOP]),
        col(Notice.contact).is_(None) if SHOP in route.to else false(),
    )
    escalated = select(done.id).where(
        done.violation_id == Violation.id, done.event == ESCALATED.event, done.why == route.name
    )
    oldest = (before - 2 * NOTIFY_WITHIN - DAY).date()
    due = [col(Violation.state) == "open", col(Violation.assessed_on) >= oldest, ~escalated.exists(), people]
    due += _passes(route, routing)
    alone = (
        select(Violation.id, func.coalesce(Notice.sent_at, parent.sent_at))
        .join(Notice, col(Notice.violation_id) == Violation.id)
        .outerjoin(parent, col(parent.id) == col(Notice.within_id))
        .where(*due, Notice.event == OPENED.event)
    )
    listed = (
        select(Violation.id, Notice.sent_at)
        .join(NoticeItem, col(NoticeItem.violation_id) == Violation.id)
        .join(Notice, col(Notice.id) == NoticeItem.notice_id)
        .where(*due, Notice.event == LATE.event)
    )
    since: dict[str, datetime] = {}
    for violation, at in [*session.exec(alone), *session.exec(listed)]:
        if at is not None:
            since[violation] = min(at, since.get(violation, at))
    return since


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
