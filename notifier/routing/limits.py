"""When a message may go out: opening hours, and how many are left in a natural hour and day. Pure but for the count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, func, select

from engine.calendar.zones import local_day, local_instant, utc, zone_named
from engine.ledger.dialects import insert_rows, take_named_lock
from engine.ledger.tables import Attempt, Notice
from notifier.routing.model import Hours, Limits, place

ZONE = "Asia/Shanghai"  # whose hours and days count (assumed for everybody who is told)


@dataclass(frozen=True, slots=True)
class Slots:
    """The natural hour and day of an instant: when they began, and when the next begin."""

    hour: datetime
    next_hour: datetime
    day: datetime
    next_day: datetime


def slots(now: datetime) -> Slots:
    """The natural hour and the natural day of this instant.

    >>> from datetime import UTC
    >>> found = slots(datetime(2026, 3, 10, 2, 30, tzinfo=UTC))
    >>> found.hour.isoformat(), found.day.isoformat()
    ('2026-03-10T02:00:00+00:00', '2026-03-09T16:00:00+00:00')
    """
    hour = utc(now).replace(minute=0, second=0, microsecond=0)  # of a zone whose offset is whole hours
    day = local_day(now, ZONE)
    midnight = local_instant(day, time(), ZONE)
    return Slots(hour, hour + timedelta(hours=1), midnight, local_instant(day + timedelta(days=1), time(), ZONE))


def next_opening(hours: Hours, now: datetime) -> datetime:
    """The first instant from `now` on at which a message may come.

    >>> from datetime import UTC
    >>> night = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)  # 02:30 in Shanghai
    >>> next_opening(Hours(8 * 60, 24 * 60), night).isoformat()
    '2026-03-11T00:00:00+00:00'
    """
    local = now.astimezone(zone_named(ZONE))
    if hours.always or hours.open_at(local.time()):
        return now
    opens = time(hours.opens // 60, hours.opens % 60)
    today = local_instant(local.date(), opens, ZONE)
    return today if today > now else local_instant(local.date() + timedelta(days=1), opens, ZONE)


def hold(session: Session, channel: str, recipient: str) -> None:
    """Wait until nobody else counts or sends what goes to this recipient, and let nobody till the transaction ends."""
    take_named_lock(session, ":".join(place(channel, recipient)))


def attempted(session: Session, notices: Iterable[Notice], now: datetime) -> None:
    """Count an attempt at each of these that begins now: from here on it may reach its address."""
    rows: list[dict[str, object]] = []
    for notice in notices:
        channel, recipient = place(notice.channel, notice.recipient)
        rows.append({"notice_id": notice.id, "channel": channel, "recipient": recipient, "tried_at": now})
    insert_rows(session, Attempt, rows)


def retracted(session: Session, notice: Notice) -> None:
    """Count the latest attempt at this notice no more: it was refused, or sent nothing."""
    latest = select(func.max(Attempt.id)).where(Attempt.notice_id == notice.id).scalar_subquery()
    session.exec(delete(Attempt).where(col(Attempt.id) == latest))


def open_since(session: Session, numbers: Sequence[int]) -> dict[int, datetime]:
    """Those of these notices, not sent yet, of which an attempt may have arrived all the same, and since when."""
    wanted = select(Attempt.notice_id, func.min(Attempt.tried_at)).where(col(Attempt.notice_id).in_(numbers))
    return dict(session.exec(wanted.group_by(col(Attempt.notice_id))).all())


def may_have_arrived() -> ColumnElement[bool]:
    """That an attempt at a notice may have arrived, whatever was answered to later ones."""
    return select(Attempt.id).where(Attempt.notice_id == Notice.id).exists()


def used(session: Session, channel: str, recipient: str, since: datetime) -> int:
    """How many messages may have reached this address since then: the attempts that nobody has refused.

    One whose outcome nobody knows counts, and its repetition counts once more: both may have come.
    """
    channel, recipient = place(channel, recipient)  # as `attempted` keeps it
    wanted = select(func.count()).where(
        Attempt.channel == channel, Attempt.recipient == recipient, col(Attempt.tried_at) >= since
    )
    return session.exec(wanted).one()


def room(session: Session, channel: str, recipient: str, limits: Limits, now: datetime) -> tuple[int, datetime] | None:
    """How many more messages may go to this address, and when there is room again; None where nothing limits them.

    Exact only within `hold`.
    """
    if not limits.capped:
        return None
    when = slots(now)
    left, again = None, when.next_hour
    for most, since, following in (
        (limits.per_hour, when.hour, when.next_hour),
        (limits.per_day, when.day, when.next_day),
    ):
        if most is not None:
            rest = max(0, most - used(session, channel, recipient, since))
            if left is None or rest <= left:
                left, again = rest, following
    assert left is not None  # one of them limits
    return left, next_opening(limits.hours, again)
