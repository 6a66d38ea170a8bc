"""What comes with time alone (deadlines that draw near, measures that begin and end), looked for only when it is time.

A worker asks every few seconds, and there may be a million violations. So cursors remember how far the journal was
followed, which day files of penalties counted, and when the next turn comes: before that, only what the journal has
named since is looked at. All is looked through when a turn has come or penalties have, and once an hour, for what tells
nobody that it has changed: rule files, and a lake that could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.evidence.lake import Lake
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event, append, head
from engine.ledger.parts import in_parts
from engine.ledger.tables import Cursor, Duty, JournalEntry
from engine.rulebook.model import Rule
from engine.tracker.deadlines_near import appeals, duties
from engine.tracker.milestones import Coming, tell
from engine.tracker.penalty_news import Held, live_files, penalties_near, recorded, young_penalties
from engine.tracker.sanction_days import sanction_days

# Of the first, the number is a batch; of the second, an instant (microseconds since 1970); of the third, `live_files`.
READER, NEXT, FILES = "passing", "passing.next", "passing.penalties"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
AGAIN = timedelta(hours=1)  # after so long all is looked through again, whatever was expected
BATCHES = 200  # of the journal, followed at once
AT_ONCE = 200  # what one transaction tells


@dataclass(frozen=True, slots=True)
class Place:
    """How far the journal was followed, when the next turn comes, and which penalties were there."""

    batch: int
    next: datetime
    files: int

    def is_time(self, now: datetime, files: int) -> bool:
        """Whether all is to be looked through. What was found by a clock far ahead of this one is not believed."""
        return self.files != files or not now < self.next <= now + AGAIN


@dataclass(frozen=True, slots=True)
class _Only:
    """What is looked at instead of everything."""

    violations: Sequence[str]
    duties: Sequence[int]


def tell_passing(
    ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime, lake: Callable[[], Lake] | None
) -> list[Event] | None:
    """Tell what has come; None if there is nothing to look at. Without a lake, penalties are not looked at."""
    with reading(ledger) as session:
        before, end = _place(session), head(session).seq
        files = before.files if lake is None else live_files(session)
    if before.is_time(now, files):
        held = young_penalties(ledger, lake, now) if lake else []
        return _all(ledger, rulebook, actor, now, held, Place(end, now + AGAIN, files))
    if end == before.batch:
        return None
    return _named(ledger, rulebook, actor, now, before, min(end, before.batch + BATCHES))


def _all(
    ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime, held: Sequence[Held], to: Place
) -> list[Event]:
    """Look through everything outside of any transaction that others wait for; then tell what is due, in parts.

    What was found due is asked again where it is told: others may have changed it meanwhile.
    """
    with reading(ledger) as session:
        found = [*_gathered(session, rulebook, now, None), *recorded(held), *penalties_near(session, held, now, AGAIN)]
    names = sorted({(coming.object_kind, coming.object_id) for coming in found if coming.due(now)})
    events: list[Event] = []
    for start in range(0, max(1, len(names)), AT_ONCE):
        part = names[start : start + AT_ONCE]
        with transaction(ledger) as session:
            before = _locked(session)
            these = [one for one in held if ("penalty", one.name) in part]
            due = [*_gathered(session, rulebook, now, _only(part)), *recorded(these)]
            told = tell(session, [*due, *penalties_near(session, these, now, AGAIN)], actor, now)
            if start + AT_ONCE >= len(names):
                _move(session, Place(max(before.batch, to.batch), _next(found, now, to.next), to.files))
            append(session, now, told)
        events += told
    return events


def _named(
    ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime, before: Place, end: int
) -> list[Event]:
    """Look at what the entries of the batches up to `end` name."""
    with transaction(ledger) as session:
        if _locked(session) != before:
            return []  # another worker was here
        named = select(JournalEntry.object_kind, JournalEntry.object_id).where(
            col(JournalEntry.batch) > before.batch,
            col(JournalEntry.batch) <= end,
            col(JournalEntry.object_kind).in_(["violation", "duty"]),
        )
        found = _gathered(session, rulebook, now, _only(sorted(set(session.exec(named).all()))))
        told = tell(session, found, actor, now)
        _move(session, Place(end, _next(found, now, before.next), before.files))
        append(session, now, told)
    return told


def _gathered(session: Session, rulebook: Mapping[str, Rule], now: datetime, only: _Only | None) -> list[Coming]:
    """What the ledger knows to come within the hour or to be due: all, or `only` these and what hangs together."""
    names = None if only is None else sorted({*only.violations, *_violations_of(session, only.duties)})
    numbers = None if only is None else sorted({*only.duties, *_duties_of(session, only.violations)})
    of_appeals = appeals(session, rulebook, now, AGAIN, names)
    return [*of_appeals, *duties(session, now, AGAIN, of_appeals, numbers), *sanction_days(session, now, AGAIN, names)]


def _violations_of(session: Session, numbers: Sequence[int]) -> list[str]:
    found: list[str] = []
    for part in in_parts(numbers):
        wanted = select(Duty.violation_id).where(col(Duty.id).in_(part), col(Duty.violation_id).is_not(None))
        found += [name for name in session.exec(wanted) if name is not None]
    return found


def _duties_of(session: Session, violations: Sequence[str]) -> list[int]:
    found: list[int] = []
    for part in in_parts(violations):
        wanted = select(Duty.id).where(col(Duty.violation_id).in_(part), Duty.state == "open")
        found += [number for number in session.exec(wanted) if number is not None]
    return found


def _only(objects: Iterable[tuple[str, str]]) -> _Only:
    found = list(objects)
    numbers = (name.removeprefix("D-") for kind, name in found if kind == "duty")
    return _Only(
        [name for kind, name in found if kind == "violation"], [int(number) for number in numbers if number.isdecimal()]
    )


def _next(comings: Iterable[Coming], now: datetime, latest: datetime) -> datetime:
    turns = (coming.next(now) for coming in comings)
    return min([latest, *(turn for turn in turns if turn is not None)])


def _place(session: Session) -> Place:
    wanted = select(Cursor.reader, Cursor.batch).where(col(Cursor.reader).in_([READER, NEXT, FILES]))
    found = dict(session.exec(wanted).all())
    return Place(found.get(READER, 0), EPOCH + found.get(NEXT, 0) * MICROSECOND, found.get(FILES, 0))


def _locked(session: Session) -> Place:
    """The same, locked: one transaction at a time tells."""
    if session.get(Cursor, NEXT) is None:
        insert_missing(session, Cursor, [{"reader": name, "batch": 0} for name in (READER, NEXT, FILES)])
    for name in (READER, NEXT, FILES):
        session.get_one(Cursor, name, with_for_update=True, populate_existing=True)
    return _place(session)


def _move(session: Session, to: Place) -> None:
    numbers = {READER: to.batch, NEXT: (to.next - EPOCH) // MICROSECOND, FILES: to.files}
    for name, number in numbers.items():
        cursor = session.get_one(Cursor, name)
        cursor.batch = number
        session.add(cursor)
