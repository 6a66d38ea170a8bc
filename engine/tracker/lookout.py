"""The look that a worker takes at each tick: what opens, what is overdue, what time brings. Losing one is harmless.

Each unit is one transaction of its own, in which what it does and what the journal says of it stand together, so that
however many workers look, and wherever one dies, nothing is done or told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from engine.assessment.waiving import waiver_name
from engine.calendar.zones import local_day
from engine.evidence.lake import Lake
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event, append, head
from engine.ledger.tables import Cursor, Duty, JournalEntry, Waiver
from engine.rulebook.model import Rule
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.announcements import tell_rules
from engine.tracker.duties import event
from engine.tracker.duty_opening import bring_in_line, lacks_at_risk, open_at_risk
from engine.tracker.duty_states import told
from engine.tracker.passing import tell_passing
from engine.tracker.weekly import tell_week

READER = "duties"  # of the journal
BATCHES = 50  # of the journal, worked off in one transaction
AT_ONCE = 200  # rows of one transaction
ENDS_SOON = timedelta(days=7)  # so many days before its last day, the end of a waiver is announced
ZONE = "Asia/Shanghai"  # of a waiver whose platform nobody knows any more


@dataclass(frozen=True, slots=True)
class Looked:
    """How many changes of each kind a look has made, by their events (`duty.overdue`)."""

    counts: Mapping[str, int]

    def __bool__(self) -> bool:
        return any(self.counts.values())


def look_after(
    ledger: Engine,
    rulebook: Mapping[str, Rule],
    now: datetime,
    actor: str,
    stop: Callable[[], bool] = lambda: False,
    *,
    lake: Callable[[], Lake] | None = None,
) -> Looked:
    """Open and cancel the duties of what has happened since the last look, and tell once what only time brings about.

    May be called at any time, by any number of processes, and may die at any point. `stop` is asked between units.
    `lake` is where the penalties lie: it is opened only where they are looked at, and without it they are not.
    """
    counts: dict[str, int] = {}
    units: tuple[Callable[[Engine], list[Event] | None], ...] = (
        partial(_follow, rulebook=rulebook, actor=actor, now=now),
        partial(_at_risk, rulebook=rulebook, actor=actor, now=now),
        partial(_overdue, actor=actor, now=now),
        partial(_ends, actor=actor, now=now),
        partial(tell_passing, rulebook=rulebook, actor=actor, now=now, lake=lake),
        partial(tell_rules, rulebook=rulebook, actor=actor, now=now),
        partial(tell_week, actor=actor, now=now),
    )
    for unit in units:
        while not stop() and (events := unit(ledger)) is not None:
            for one in events:
                counts[one.event] = counts.get(one.event, 0) + 1
    return Looked(counts)


def _follow(ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime) -> list[Event] | None:
    """Work off some batches of the journal; None if there is nothing left."""
    with reading(ledger) as session:
        if head(session).seq == _position(session):
            return None
    with transaction(ledger) as session:
        cursor = _alone(session)
        end = min(head(session).seq, cursor.batch + BATCHES)
        changed = select(JournalEntry.object_id).where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.batch) > cursor.batch,
            col(JournalEntry.batch) <= end,
        )
        names = sorted(set(session.exec(changed)))
        cursor.batch = end
        session.add(cursor)
        events: list[Event] = []
        for start in range(0, len(names), AT_ONCE):
            events += bring_in_line(session, rulebook, names[start : start + AT_ONCE], actor, now)
        append(session, now, events)
    return events


def _at_risk(ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime) -> list[Event] | None:
    with reading(ledger) as session:
        if not lacks_at_risk(session, rulebook, now):
            return None
    with transaction(ledger) as session:
        _alone(session)
        events = open_at_risk(session, rulebook, actor, now)
        append(session, now, events)
    return events


def _overdue(ledger: Engine, actor: str, now: datetime) -> list[Event] | None:
    """Tell of duties that are overdue, and were not told of; None if there are none."""
    unmarked = select(Duty).where(Duty.state == "open", col(Duty.due_at) <= now, col(Duty.overdue_at).is_(None))
    with reading(ledger) as session:
        if session.exec(unmarked.limit(1)).first() is None:
            return None
    with transaction(ledger) as session:
        locked = unmarked.order_by(col(Duty.id)).limit(AT_ONCE).with_for_update(skip_locked=True)
        events = []
        for duty in session.exec(locked).all():
            duty.overdue_at = now
            session.add(duty)
            events.append(event(duty, "duty.overdue", actor, None, told(duty)))
        append(session, now, events)
    return events or None  # another worker holds them


def _ends(ledger: Engine, actor: str, now: datetime) -> list[Event] | None:
    """Tell which waivers end soon, and let those expire whose last day is over; None if there are none."""
    with reading(ledger) as session:
        if not [w for w in session.exec(_approved(now)) if _turn(w, now)]:
            return None
    with transaction(ledger) as session:
        locked = _approved(now).with_for_update(skip_locked=True)
        events = []
        for waiver in session.exec(locked).all():
            name = _turn(waiver, now)
            if name is None:
                continue
            before = {"state": waiver.state}
            if name == "waiver.expired":
                waiver.state = "expired"
            else:
                waiver.ending_told_at = now
            session.add(waiver)
            after = {"state": waiver.state, "last_day": waiver.last_day.isoformat()}
            payload = {"why": None, "before": before, "after": after}
            events.append(Event(actor, name, "waiver", waiver_name(waiver.id), payload))
        append(session, now, events)
    return events or None


def _approved(now: datetime) -> SelectOfScalar[Waiver]:
    last = (now + ENDS_SOON).date() + timedelta(days=1)  # nowhere is it later than that
    return select(Waiver).where(Waiver.state == "approved", Waiver.last_day <= last).order_by(col(Waiver.id))


def _turn(waiver: Waiver, now: datetime) -> str | None:
    """What is to be told of an approved waiver, if anything."""
    platform = PLATFORMS.get(str(waiver.rules[0]).partition(".")[0])
    today: date = local_day(now, platform.zone if platform else ZONE)
    if waiver.last_day < today:
        return "waiver.expired"
    if waiver.last_day - today <= ENDS_SOON and waiver.ending_told_at is None:
        return "waiver.ending"
    return None


def _position(session: Session) -> int:
    cursor = session.get(Cursor, READER)
    return cursor.batch if cursor else 0


def _alone(session: Session) -> Cursor:
    """The reader's place in the journal, locked: one transaction at a time opens duties."""
    if session.get(Cursor, READER) is None:
        insert_missing(session, Cursor, [{"reader": READER, "batch": 0}])
    return session.get_one(Cursor, READER, with_for_update=True, populate_existing=True)
