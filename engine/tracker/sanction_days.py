"""When the measures of violations begin and end: instants of the platform's calendar, told on that day.

That one begins is no news where the violation was found on the same day: its notice has said it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from engine.calendar.zones import day_bounds, local_day
from engine.ledger.parts import in_parts
from engine.ledger.states import SETTLED
from engine.ledger.tables import Sanction, Subject, Violation
from engine.rulebook.platforms import zone_of
from engine.tracker.milestones import Coming, Turn, named, shop_of

NEWS_FOR = timedelta(days=1)  # so long after it, a beginning or an end is still told


def sanction_days(
    session: Session, now: datetime, within: timedelta, only: Sequence[str] | None = None
) -> list[Coming]:
    """The beginnings and ends that are news now or will be `within` that time; `only` of these violations, if given."""
    return [
        coming
        for part in ([None] if only is None else in_parts(only))
        for sanction, violation, shop in _sanctions(session, now, within, part)
        for coming in _comings(sanction, violation, shop)
        if coming.over > now
    ]


def _sanctions(
    session: Session, now: datetime, within: timedelta, only: Sequence[str] | None
) -> Iterator[tuple[Sanction, Violation, Subject]]:
    # Nowhere is the day further from that of UTC than one; the end is told on the day after the last one.
    first, last = (now - NEWS_FOR).date() - timedelta(days=2), (now + within).date() + timedelta(days=1)
    subject, parent = aliased(Subject), aliased(Subject)
    wanted = (
        select(Sanction, Violation, subject, parent)
        .join(Violation, col(Violation.id) == col(Sanction.violation_id))
        .join(subject, col(subject.id) == col(Violation.subject_id))
        .outerjoin(parent, col(parent.id) == col(subject.parent_id))
        .where(
            or_(col(Sanction.ends) >= first, col(Sanction.ends).is_(None)),
            or_(col(Sanction.ends) <= last, col(Sanction.starts).between(first, last)),
            col(Violation.state).not_in(sorted(SETTLED)),
        )
    )
    if only is not None:
        wanted = wanted.where(col(Violation.id).in_(only))
    for sanction, violation, who, shop in session.exec(wanted):
        yield sanction, violation, shop_of(who, shop)


def _comings(sanction: Sanction, violation: Violation, shop: Subject) -> Iterator[Coming]:
    zone = zone_of(violation.platform)
    if sanction.starts is not None and local_day(violation.opened_at, zone) < sanction.starts:
        yield _coming(
            "sanction.begins", sanction, violation, shop, sanction.starts, day_bounds(sanction.starts, zone)[0]
        )
    if sanction.ends is not None:
        yield _coming("sanction.ends", sanction, violation, shop, sanction.ends, day_bounds(sanction.ends, zone)[1])


def _coming(event: str, sanction: Sanction, violation: Violation, shop: Subject, day: date, at: datetime) -> Coming:
    after = named(
        client=violation.client,
        platform=violation.platform,
        shop=shop.key if shop.kind == "shop" else None,
        rule=violation.rule,
    )
    after |= {
        "position": sanction.position,
        "kind": sanction.kind,
        "starts": sanction.starts.isoformat() if sanction.starts else None,
        "ends": sanction.ends.isoformat() if sanction.ends else None,
    }
    turn = Turn((f"{violation.id}/{sanction.position}@{day.isoformat()}",), at)
    return Coming(event, "violation", violation.id, (turn,), at + NEWS_FOR, after)
