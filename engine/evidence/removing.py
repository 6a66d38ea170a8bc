"""Taking evidence out again: all that was imported of one shop, of one kind and some days, as one unit.

It is an import of nothing that replaces those days: new day files without the shop's rows, switched all at once, and
the old ones stay for whoever asks what was known before. The days asked for are not covered any more: what is expected
on them is missing until it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from engine.calendar.spans import span_words
from engine.errors import KaoheError
from engine.evidence.columns import Kind
from engine.evidence.day_rows import columns, day_rows
from engine.evidence.duck import connect, interruptible, name, reason
from engine.evidence.kinds import KINDS, SESSIONS, switched_with
from engine.evidence.lake import Lake
from engine.evidence.rewriting import Rewriting, Rewritten
from engine.evidence.switching import live_files, told_days
from engine.ledger import day_files, journal
from engine.ledger.coverage import covered_days, uncover
from engine.ledger.database import reading, transaction
from engine.ledger.day_files import Live
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject
from engine.progress import Progress


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """What is to go: the rows of this kind and shop (its id), from `first` to `last` (inclusive; None: no bound)."""

    kind: Kind
    platform: str
    shop: str
    actor: str
    why: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class RemovedDay:
    """How many rows of a day go; none of a day that was covered, and on which nothing had happened."""

    kind: str
    day: date
    rows: int


def remove_evidence(
    ledger: Engine, lake: Lake, request: RemovalRequest, now: datetime, progress: Progress, dry_run: bool = False
) -> tuple[RemovedDay, ...]:
    """Remove what was imported, and say of which days; with `dry_run` only say it. Nothing there is nothing done.

    Sessions that were derived from messages go with those, and come back to light where an imported one goes. Raises
    KaoheError without a reason, and where the disk or memory is full: then nothing has changed.
    """
    if not request.why.strip():
        raise KaoheError("evidence is removed for a reason: say --why …", zh="移除数据要有理由：请写 --why …")
    with lake.drafts() as drafts, interruptible():
        con = connect(spill=drafts)
        try:
            con.execute("SET disabled_optimizers = 'statistics_propagation'")  # as imports do: equal rows, equal bytes
            con.execute(f"CREATE TEMP TABLE staged AS {_nothing(request.kind)}")
            rewriting = Rewriting(con, lake, drafts, request.kind, replace=True, progress=progress, removes=True)
            while True:
                with reading(ledger) as session:
                    live = live_files(session, KINDS.values(), [request.platform])
                    key = shop_key(request.platform, request.shop)
                    covered = covered_days(session, request.kind.name, key, request.first, request.last)
                going = _going(con, lake, request, live)
                told = going or tuple(
                    RemovedDay(request.kind.name, end, 0) for span in covered for end in sorted({*span})
                )
                if dry_run or not told:
                    return told
                rewritten = rewriting.rewrite(live)
                try:
                    _switch(ledger, lake, con, request, live, rewritten, now)
                except day_files.LostRaceError:
                    continue
                return told
        except duckdb.Error as error:
            raise KaoheError(
                f"the removal stopped: {reason(error)}; no evidence was changed",
                zh=f"移除中止：{reason(error)}；证据没有任何变动",
            ) from error
        finally:
            con.close()


def _nothing(kind: Kind) -> str:
    """SQL of the table `staged` of an import without a row."""
    given = {name(a.name) for a in kind.added} if kind is SESSIONS else set()
    cells = ", ".join(c for c in columns(kind) if c not in given)
    mark = ", NULL::VARCHAR AS mark" if kind.loose and kind.key else ""
    return f"SELECT 0::INTEGER AS file, 0::BIGINT AS record, {cells}{mark} FROM ({day_rows(kind, [])})"


def _going(con: duckdb.DuckDBPyConnection, lake: Lake, request: RemovalRequest, live: Live) -> tuple[RemovedDay, ...]:
    """The days that have rows to remove; their places are left in the table `emptied`."""
    kind = request.kind
    first, last = request.first or date.min, request.last or date.max
    days = [key for key in live if key[0] == kind.name and first <= key[2] <= last]
    imported = " AND NOT derived" if kind is SESSIONS else ""
    found = con.execute(
        f"SELECT day, count(*) FROM ({day_rows(kind, _paths(lake, {key: live[key] for key in days}))}) "
        f"WHERE shop = ?{imported} GROUP BY day ORDER BY day",
        [request.shop],
    ).fetchall()
    con.execute("CREATE OR REPLACE TEMP TABLE emptied (platform VARCHAR, shop VARCHAR, day DATE)")
    for day, _ in found:
        con.execute("INSERT INTO emptied VALUES (?, ?, ?)", [request.platform, request.shop, day])
    return tuple(RemovedDay(kind.name, day, rows) for day, rows in found)


def _paths(lake: Lake, live: Mapping[tuple[str, str, date], str]) -> list[Path]:
    return [lake.path(*key, generation) for key, generation in sorted(live.items())]


def _switch(
    ledger: Engine,
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    request: RemovalRequest,
    live: Live,
    rewritten: Rewritten,
    now: datetime,
) -> None:
    changed = {(c.kind, c.platform, c.day): c.new for c in rewritten.changes}
    expected = {key: new for key, new in {**live, **changed}.items() if new}
    first_left = _first_day(con, lake, expected, request.shop)
    key = shop_key(request.platform, request.shop)
    with transaction(ledger) as session:
        shop = _keep_first_day(session, key, first_left)
        day_files.switch(session, rewritten.changes, now)
        ended = uncover(session, request.kind.name, shop, request.first, request.last, now) if shop else ()
        others = [other for other in switched_with(request.kind) if other is not request.kind]
        payload = {
            "why": request.why,
            "before": {
                "shop": key,
                "removed": rewritten.counted.removed,
                "days": told_days(rewritten.changes, request.kind),
                **{f"{other.name}_days": told_days(rewritten.changes, other) for other in others},
                **({"covered": [span_words(span) for span in ended]} if ended else {}),
            },
        }
        event = journal.Event(request.actor, "evidence.removed", "evidence", request.kind.name, payload)
        journal.append(session, now, [event])
        # Whatever was switched before us is seen here, since every import holds the journal's lock by now. The shop's
        # first day rests on evidence of every kind.
        if live_files(session, KINDS.values(), [request.platform]) != expected:
            raise day_files.LostRaceError(f"an import has changed the evidence of {request.platform} meanwhile")


def _first_day(con: duckdb.DuckDBPyConnection, lake: Lake, live: Live, shop: str) -> date | None:
    """The first day of which evidence of the shop's work is left."""
    found = []
    for kind in (one for one in KINDS.values() if one.judged):
        paths = _paths(lake, {key: generation for key, generation in live.items() if key[0] == kind.name})
        row = con.execute(f"SELECT min(day) FROM ({day_rows(kind, paths)}) WHERE shop = ?", [shop]).fetchone()
        found += [row[0]] if row and row[0] else []
    return min(found, default=None)


def _keep_first_day(session: Session, key: str, first: date | None) -> int | None:
    """Its id, if the shop is on record: from here on no import covers days of it."""
    locked = select(Subject).where(col(Subject.key) == key).with_for_update()
    for subject in session.exec(locked, execution_options={"populate_existing": True}):
        subject.first_evidence_on = first
        session.add(subject)
        return subject.id
    return None
