"""What nobody has acknowledged some time after it was told goes to others, along the route by which it was told."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.tables import Notice, Violation
from notifier.events import ESCALATED, OPENED
from notifier.routing.model import Routing

AT_ONCE = 1000


def unacknowledged(session: Session, routing: Routing, now: datetime) -> dict[str, dict[str, object]]:
    """The violations that are to be escalated now, and what their notices tell: since when who has known of it.

    Violations told longer ago than a week before their time are left: somebody has added a route since.
    """
    found: dict[str, dict[str, object]] = {}
    for route in routing.routes:
        if route.escalate_after is None or not route.escalate_to:
            continue
        before = now - timedelta(minutes=route.escalate_after)
        parent, escalated = aliased(Notice), aliased(Notice)
        sent_at = func.coalesce(Notice.sent_at, parent.sent_at)
        done = select(escalated.id).where(
            escalated.key == Notice.key, escalated.event == ESCALATED.event, escalated.why == route.name
        )
        wanted = (
            select(Notice.key, func.min(sent_at))
            .join(Violation, col(Violation.id) == Notice.violation_id)
            .outerjoin(parent, col(parent.id) == col(Notice.within_id))
            .where(Notice.event == OPENED.event, Notice.why == route.name, Violation.state == "open")
            .where(sent_at.is_not(None), ~done.exists())
            .group_by(col(Notice.key))
            .having(func.min(sent_at) <= before, func.min(sent_at) > before - NOTIFY_WITHIN)
            .order_by(func.min(sent_at))
            .limit(AT_ONCE)
        )
        for key, at in session.exec(wanted):
            known = found.setdefault(key, {"told_at": None, "told": [], "after_minutes": route.escalate_after})
            known["told_at"] = at.isoformat()
            known["told"] = list(route.to)
    return found
