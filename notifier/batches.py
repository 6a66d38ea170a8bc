"""Many notices taken in one transaction: those that nothing stands against.

What is to be dropped, put off, muted or counted takes locks in an order of its own, and is taken alone
(`notifier.claims`). So is what was cut off once: it may be what ends this process, and would take the others with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.ledger.database import transaction
from engine.ledger.dialects import database_clock
from engine.ledger.tables import Notice
from notifier.about import all_about, over_of
from notifier.claims import LEASE, MOST_ATTEMPTS, Claim, as_taken, is_due
from notifier.events import DIGESTS
from notifier.readers import reader_at
from notifier.records import AFRESH
from notifier.routing.limits import attempted, next_opening, open_since
from notifier.routing.model import Routing
from notifier.routing.mutes import muted, mutes_at
from notifier.routing.recipients import limits_of
from notifier.routing.rows import routing_of

TOGETHER = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the first `seen` of some due notices: `claims` are ours now, `alone` are to be taken alone.

    The others of them somebody else has.
    """

    seen: int
    claims: dict[int, Claim]
    alone: frozenset[int]


def claim_together(
    ledger: Engine, numbers: Sequence[int], now: datetime, owner: str, lease: timedelta = LEASE
) -> Batch:
    """Take the first few of these notices that are still due, in their order. Waits for nobody who is taking some."""
    with transaction(ledger) as session:
        clock, order = database_clock(session), {number: place for place, number in enumerate(numbers)}
        wanted = select(Notice).where(col(Notice.id).in_(numbers), is_due(now, clock))
        ordered = wanted.order_by(col(Notice.next_attempt_at), col(Notice.id)).limit(TOGETHER)
        rows = session.exec(ordered.with_for_update(skip_locked=True), execution_options=AFRESH).all()
        rows = sorted(rows, key=lambda notice: order[notice.id or 0])
        routing = routing_of(session)
        plain = _plain(session, rows, routing, now)
        claims = {}
        for notice in plain:
            tried, number = notice.tried_at, notice.id or 0
            for name, value in as_taken(owner, clock + lease, notice.attempts, now).items():
                setattr(notice, name, value)
            session.add(notice)
            claims[number] = Claim(notice, number, reader_at(notice, routing), tried_before=tried)
        attempted(session, plain, now)
        seen = order[rows[-1].id or 0] + 1 if len(rows) == TOGETHER else len(numbers)
        return Batch(seen, claims, frozenset(notice.id or 0 for notice in rows) - claims.keys())


def _plain(session: Session, rows: Sequence[Notice], routing: Routing, now: datetime) -> list[Notice]:
    """Those of these notices that may go out as they are."""
    since = open_since(session, [notice.id or 0 for notice in rows])
    fresh = [
        notice
        for notice in rows
        if notice.state == "queued"
        and notice.event not in DIGESTS
        and notice.id not in since
        and notice.attempts < MOST_ATTEMPTS
    ]
    known, mutes = all_about(session, fresh), mutes_at(session, now)
    plain: list[Notice] = []
    for notice in fresh:
        what, limits = known[notice.id or 0], limits_of(notice, routing)
        closed = not notice.urgent and next_opening(limits.hours, now) > now
        if not (limits.capped or closed or over_of(notice, *what, routing) or muted(what.news, notice.contact, mutes)):
            plain.append(notice)
    return plain
