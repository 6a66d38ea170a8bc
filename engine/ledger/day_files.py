"""Which file holds each day's evidence: switched all at once, or not at all if another import came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session, col, select, update

from engine.errors import KaoheError
from engine.ledger.dialects import insert_missing
from engine.ledger.tables import DayFile

# (kind, platform, day) → generation: which day files count, taken from the ledger once and used throughout.
Live = Mapping[tuple[str, str, date], str]


class Change(NamedTuple):
    """One day's evidence goes from the generation `old` to `new`; None stands for no file."""

    kind: str
    platform: str
    day: date
    old: str | None
    new: str | None
    rows: int = 0  # of the new file


class LostRaceError(KaoheError):
    """Another import switched one of the days first: read what is live now, merge again, switch again."""


def live(
    session: Session,
    kind: str,
    platform: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[DayFile]:
    """The files of this kind that count now, by platform and day; `first` and `last` are inclusive days."""
    wanted = select(DayFile).where(DayFile.kind == kind, col(DayFile.until).is_(None))
    if platform is not None:
        wanted = wanted.where(DayFile.platform == platform)
    if first is not None:
        wanted = wanted.where(col(DayFile.day) >= first)
    if last is not None:
        wanted = wanted.where(col(DayFile.day) <= last)
    return list(session.exec(wanted.order_by(col(DayFile.platform), col(DayFile.day))))


def switch(
    session: Session, changes: Iterable[tuple[str, str, date, str | None, str | None, int]], now: datetime
) -> bool:
    """Make every change, or none of them; whether there was anything to change.

    Raises LostRaceError if a day's live generation is not the `old` one that its change was made from. The
    old rows stay, with `until` set to `now`: they tell what was known before. Waits for a transaction that
    is switching the same days.
    """
    wanted = [change for change in map(Change._make, changes) if change.old != change.new]
    # One order for all: two imports that switch the same days wait for each other and never in a circle.
    wanted.sort(key=lambda change: change[:3])
    days = {change[:3] for change in wanted}
    if len(days) != len(wanted):
        raise ValueError("a day can be switched only once at a time")
    with session.begin_nested():  # so that a caller who catches the error has nothing of it either
        for change in wanted:
            _end_old(session, change, now)
            _begin_new(session, change, now)
    return bool(wanted)


def _end_old(session: Session, change: Change, now: datetime) -> None:
    if change.old is None:
        return
    ended = session.exec(
        update(DayFile)
        .where(
            col(DayFile.kind) == change.kind,
            col(DayFile.platform) == change.platform,
            col(DayFile.day) == change.day,
            col(DayFile.until).is_(None),
            col(DayFile.generation) == change.old,
        )
        .values(until=now)
    )
    if ended.rowcount != 1:
        raise _lost(change)


def _begin_new(session: Session, change: Change, now: datetime) -> None:
    if change.new is None:
        return
    row = {
        "kind": change.kind,
        "platform": change.platform,
        "day": change.day,
        "generation": change.new,
        "rows": change.rows,
        "since": now,
    }
    # The index of live files lets no second one in: where one has come since, nothing is inserted.
    if insert_missing(session, DayFile, [row]) != 1:
        raise _lost(change)


def _lost(change: Change) -> LostRaceError:
    return LostRaceError(
        f"another import has changed the {change.kind} of {change.platform} on {change.day} meanwhile; import again"
    )
