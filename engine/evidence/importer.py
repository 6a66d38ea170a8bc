"""The import of evidence: read all files, merge them with what is stored, write new day files, switch all days at once.

Killed at any moment it leaves the old state or the new one: day files are complete before the ledger names them, and
the ledger names all of an import's days in one transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
from sqlalchemy.engine import Engine

from engine.errors import KaoheError
from engine.evidence import merging
from engine.evidence.duck import connect
from engine.evidence.formats import OpenedFile, open_file
from engine.evidence.kinds import Kind
from engine.evidence.lake import Lake
from engine.evidence.quarantine import RowFault
from engine.evidence.staging import stage
from engine.ledger import day_files, journal, subjects
from engine.ledger.database import reading, transaction
from engine.ledger.tables import DayFile
from engine.progress import Progress
from engine.rulebook.platforms import platform as known_platform


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported. `platform` and `shop` stand in for columns that a file lacks.

    `shop_from` takes the shop from each file's name: `*` is anything, `{shop}` is the shop.
    """

    kind: Kind
    files: tuple[Path, ...]
    actor: str
    platform: str | None = None
    shop: str | None = None
    shop_from: str | None = None
    replace: bool = False
    show_values: bool = False


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did: read = taken + already_there + replaced + refused; `removed` only under `replace`."""

    kind: str
    files: tuple[str, ...]
    read: int
    taken: int
    already_there: int
    replaced: int
    removed: int
    refused: int
    days: tuple[tuple[str, date], ...]
    unknown_columns: tuple[str, ...]
    faults: tuple[RowFault, ...]


def import_evidence(
    ledger: Engine, lake: Lake, secret: bytes, request: ImportRequest, now: datetime, progress: Progress
) -> ImportSummary:
    """Import all files of `request` as one unit. Bad rows are set aside; an unreadable file stops everything."""
    if request.platform is not None:
        known_platform(request.platform)
    with lake.drafts() as drafts:
        con = connect(spill=drafts)
        try:
            # The row's number decides which of two rows is the later one, so file order must survive the scan.
            con.execute("SET preserve_insertion_order = true")
            progress("reading", 0, len(request.files))
            opened = [open_file(con, path, request.kind.names) for path in request.files]
            given = [_given(request, file) for file in opened]
            staged = stage(con, opened, request.kind, given, secret, request.show_values)
            merge = _merge_until_kept(con, ledger, lake, drafts, request, now, progress)
        finally:
            con.close()
    return ImportSummary(
        kind=request.kind.name,
        files=tuple(str(f) for f in request.files),
        read=staged.read,
        taken=merge.taken,
        already_there=merge.already_there + staged.repeated,
        replaced=merge.replaced + staged.replaced,
        removed=merge.removed,
        refused=staged.refused_rows,
        days=merge.days,
        unknown_columns=_unknown(opened),
        faults=staged.faults,
    )


def _merge_until_kept(
    con: duckdb.DuckDBPyConnection,
    ledger: Engine,
    lake: Lake,
    drafts: Path,
    request: ImportRequest,
    now: datetime,
    progress: Progress,
) -> merging.Merge:
    """Merge and switch; when another import was faster on one of our days, merge again with what it left."""
    kind = request.kind
    shops = merging.staged_shops(con)
    platforms = sorted({platform for platform, _, _ in shops})
    files = _digests(request.files)
    while True:
        with reading(ledger) as session:
            live = {
                (f.platform, f.day): f for platform in platforms for f in day_files.live(session, kind.name, platform)
            }
        merging.find_stored(con, kind, [_path(lake, f) for f in live.values()], request.replace)
        merge = merging.plan_merge(con, kind)
        changes: list[day_files.Change] = []
        for done, (platform, day) in enumerate(merge.days):
            progress("writing days", done, len(merge.days))
            old = live.get((platform, day))
            draft = drafts / "day.parquet"
            rows = merging.write_day(con, kind, platform, day, _path(lake, old) if old else None, draft)
            new = lake.keep(draft, kind.name, platform, day) if rows else None
            changes.append(day_files.Change(kind.name, platform, day, old.generation if old else None, new, rows))
        try:
            _switch(ledger, request, shops, changes, merge, files, now)
        except day_files.LostRaceError:
            continue
        progress("writing days", len(merge.days), len(merge.days))
        return merge


def _switch(
    ledger: Engine,
    request: ImportRequest,
    shops: Sequence[tuple[str, str, date]],
    changes: Sequence[day_files.Change],
    merge: merging.Merge,
    files: Sequence[Mapping[str, str]],
    now: datetime,
) -> None:
    kind = request.kind.name
    with transaction(ledger) as session:
        subjects.ensure_shops(session, {(platform, shop): day for platform, shop, day in shops})
        if not changes:
            return
        day_files.switch(session, changes, now)
        after = {
            "files": list(files),
            "taken": merge.taken,
            "replaced": merge.replaced,
            "removed": merge.removed,
            "days": [[c.platform, c.day.isoformat(), c.old, c.new] for c in changes],
        }
        event = journal.Event(request.actor, "evidence.imported", "evidence", kind, {"after": after})
        journal.append(session, now, [event])


def _given(request: ImportRequest, file: OpenedFile) -> dict[str, str]:
    """Values for columns that the file lacks; a required column that nothing gives is told at once."""
    given = {}
    if request.platform is not None:
        given["platform"] = request.platform
    shop = request.shop or shop_in_name(file.path.name, request.shop_from)
    if shop is not None:
        given["shop"] = shop
    for column in request.kind.columns:
        if column.required and column.name not in file.present and column.name not in given:
            mend = f"; say --{column.name} …" if column.name in {"platform", "shop"} else ""
            raise KaoheError(f"{file.path}: it has no column {column.name!r}{mend}; nothing was imported")
    return {name: value for name, value in given.items() if name not in file.present}


def shop_in_name(file_name: str, pattern: str | None) -> str | None:
    """The shop that a file's name holds.

    >>> shop_in_name("客服数据_小禾_202603.csv", "客服数据_{shop}_*.csv")
    '小禾'
    """
    if pattern is None:
        return None
    if pattern.count("{shop}") != 1:
        raise KaoheError(f"--shop-from {pattern!r}: write {{shop}} once where the shop stands, and * for anything")
    parts = (re.escape(part).replace(r"\*", ".*") for part in pattern.split("{shop}"))
    match = re.fullmatch("(.+)".join(parts), file_name)
    if match is None:
        raise KaoheError(f"{file_name}: its name does not fit --shop-from {pattern!r}; nothing was imported")
    return match[1].strip()


def _path(lake: Lake, file: DayFile) -> Path:
    path = lake.path(file.kind, file.platform, file.day, file.generation)
    if not path.exists():
        raise KaoheError(
            f"{path}: the ledger counts on this day file, but the lake does not have it; "
            "restore it from a backup, or import that day again with --replace into a fresh lake"
        )
    return path


def _digests(files: Sequence[Path]) -> list[dict[str, str]]:
    """Name and sha256 of every file: what the journal says of where evidence came from."""
    found = []
    for path in files:
        with path.open("rb") as stream:
            found.append({"name": path.name, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()})
    return found


def _unknown(opened: Sequence[OpenedFile]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for file in opened for column in file.unknown))
