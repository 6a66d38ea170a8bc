"""The import of evidence: read all files, merge them with what is stored, write new day files, switch all days at once.

Killed at any moment it leaves the old state or the new one: day files are complete before the ledger names them, and
the ledger names all of an import's days in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
from sqlalchemy.engine import Engine
from sqlmodel import Session

from engine.errors import KaoheError
from engine.evidence import merging
from engine.evidence.duck import connect, interruptible, reason
from engine.evidence.formats import open_file
from engine.evidence.given import Options, given_values
from engine.evidence.kinds import Kind
from engine.evidence.lake import Lake
from engine.evidence.opened import OpenedFile, UnreadableFileError
from engine.evidence.quarantine import RowFault
from engine.evidence.staging import stage
from engine.ledger import day_files, journal, subjects
from engine.ledger.database import reading, transaction
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
    """Import all files of `request` as one unit. Bad rows are set aside; an unreadable file stops everything.

    Raises KaoheError where a file or option is no good or the disk or memory is full: then nothing has changed.
    """
    if request.platform is not None:
        known_platform(request.platform)
    with lake.drafts() as drafts, interruptible():
        con = connect(spill=drafts)
        try:
            # The row's number decides which of two rows is the later one, so file order must survive the scan.
            con.execute("SET preserve_insertion_order = true")
            progress("reading", 0, len(request.files))
            opened = [open_file(con, path, request.kind.names) for path in request.files]
            options = Options(request.platform, request.shop, request.shop_from)
            given = [given_values(request.kind, file, options) for file in opened]
            sources = _digests(request.files)
            staged = stage(con, opened, request.kind, given, secret, request.show_values)
            merge = _merge_until_kept(con, ledger, lake, drafts, request, sources, now, progress)
        except duckdb.Error as error:
            raise KaoheError(
                f"the import stopped: {reason(error)}; no evidence was changed",
                zh=f"导入中止：{reason(error)}；证据没有任何变动",
            ) from error
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
    sources: Sequence[Mapping[str, str]],
    now: datetime,
    progress: Progress,
) -> merging.Merge:
    """Merge and switch; when another import was faster, merge again with what it left."""
    kind = request.kind
    shops = merging.staged_shops(con)
    platforms = sorted({platform for platform, _, _ in shops})
    written: dict[tuple[str, date, str | None], day_files.Change] = {}  # a day needs writing once per old generation
    while True:
        with reading(ledger) as session:
            live = _live(session, kind, platforms)
        files = {(p, d): _stored_file(lake, kind, p, d, generation) for (p, d), generation in live.items()}
        merging.find_stored(con, kind, list(files.values()), request.replace)
        merge = merging.plan_merge(con, kind)
        changes: list[day_files.Change] = []
        for done, (platform, day) in enumerate(merge.days):
            progress("writing days", done, len(merge.days))
            old = live.get((platform, day))
            if (platform, day, old) not in written:
                draft = drafts / "day.parquet"
                rows = merging.write_day(con, kind, platform, day, files.get((platform, day)), draft)
                new = lake.keep(draft, kind.name, platform, day) if rows else None
                written[platform, day, old] = day_files.Change(kind.name, platform, day, old, new, rows)
            changes.append(written[platform, day, old])
        try:
            _switch(ledger, request, shops, live, changes, merge, sources, now)
        except day_files.LostRaceError:
            continue
        progress("writing days", len(merge.days), len(merge.days))
        return merge


def _switch(
    ledger: Engine,
    request: ImportRequest,
    shops: Sequence[tuple[str, str, date]],
    live: Mapping[tuple[str, date], str],
    changes: Sequence[day_files.Change],
    merge: merging.Merge,
    sources: Sequence[Mapping[str, str]],
    now: datetime,
) -> None:
    kind = request.kind
    with transaction(ledger) as session:
        subjects.ensure_shops(session, {(platform, shop): day for platform, shop, day in shops})
        if not changes:
            return
        day_files.switch(session, changes, now)
        after = {
            "files": list(sources),
            "taken": merge.taken,
            "replaced": merge.replaced,
            "removed": merge.removed,
            "days": [[c.platform, c.day.isoformat(), c.old, c.new] for c in changes],
        }
        event = journal.Event(request.actor, "evidence.imported", "evidence", kind.name, {"after": after})
        journal.append(session, now, [event])
        # The merge rests on the days that it left alone as well: another import may have filed one of our rows
        # under a day that we do not touch. Every import that changes anything holds the journal's lock by now, so
        # whatever came first is seen here.
        expected = {**live, **{(c.platform, c.day): c.new for c in changes}}
        if _live(session, kind, sorted({p for p, _, _ in shops})) != {k: g for k, g in expected.items() if g}:
            raise day_files.LostRaceError(f"another import has changed the {kind.name} meanwhile; import again")


def _live(session: Session, kind: Kind, platforms: Sequence[str]) -> dict[tuple[str, date], str]:
    """(platform, day) → generation of the live files of these platforms."""
    return {(f.platform, f.day): f.generation for p in platforms for f in day_files.live(session, kind.name, p)}


def _stored_file(lake: Lake, kind: Kind, platform: str, day: date, generation: str) -> Path:
    path = lake.path(kind.name, platform, day, generation)
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
        try:
            with path.open("rb") as stream:
                found.append({"name": path.name, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()})
        except OSError as error:
            raise UnreadableFileError(
                path, f"it cannot be read: {error.strerror}", f"读不了：{error.strerror}"
            ) from error
    return found


def _unknown(opened: Sequence[OpenedFile]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for file in opened for column in file.unknown))
