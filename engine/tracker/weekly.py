"""That a week's list is due: on Monday at 09:00, to each client with a violation assessed in the week before."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.calendar.cycles import WEEK, Cycle, cycle_of
from engine.calendar.zones import local_day, local_instant
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import take_named_lock
from engine.ledger.journal import Event, append
from engine.ledger.milestones import reached, remember
from engine.ledger.tables import Violation
from engine.rulebook.platforms import CHINA

EVENT = "week.listed"
AT = time(9)  # on Monday
NEWS_FOR = timedelta(hours=24)


def tell_week(ledger: Engine, actor: str, now: datetime) -> list[Event] | None:
    """Tell which clients have a list of the last week whose Monday has come; None if that was done, told or not."""
    week, monday = last_week(now)
    with reading(ledger) as session:
        if reached(session, [EVENT], [week.key]):
            return None
        clients = _clients(session, week) if now < monday + NEWS_FOR else []
    with transaction(ledger) as session:
        take_named_lock(session, EVENT)
        if reached(session, [EVENT], [week.key]):
            return []  # another worker was here
        keys = [week.key, *(f"{client}/{week.key}" for client in clients)]
        remember(session, [(EVENT, key) for key in keys], now)
        events = [_event(client, week, actor) for client in clients]
        append(session, now, events)
    return events


def last_week(now: datetime) -> tuple[Cycle, datetime]:
    """The last week whose list is due at `now`, and since when it is.

    >>> week, since = last_week(datetime.fromisoformat("2026-03-09T09:00+08:00"))
    >>> week.key, since.isoformat()
    ('2026-W10', '2026-03-09T01:00:00+00:00')
    >>> last_week(datetime.fromisoformat("2026-03-09T08:59+08:00"))[0].key
    '2026-W09'
    """
    today = local_day(now, CHINA)
    monday = today - timedelta(days=today.weekday())
    if now < local_instant(monday, AT, CHINA):
        monday -= timedelta(days=7)
    return cycle_of(WEEK, monday - timedelta(days=1)), local_instant(monday, AT, CHINA)


def _clients(session: Session, week: Cycle) -> list[str]:
    assessed = col(Violation.assessed_on).between(week.first, week.last)
    return sorted(session.exec(select(Violation.client).where(assessed).distinct()))


def _event(client: str, week: Cycle, actor: str) -> Event:
    after = {"client": client, "week": week.key, "first": _day(week.first), "last": _day(week.last)}
    return Event(actor, EVENT, "client", client, {"why": None, "after": after})


def _day(day: date) -> str:
    return day.isoformat()
