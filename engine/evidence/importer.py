"""The import of evidence: read all files, merge them with what is stored, write new day files, switch all days at once.

Killed at any moment it leaves the old state or the new one: day files are complete before the ledger names them, and
the ledger names all of an import's days in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy.engine import Engine

from engine.errors import KaoheError, os_words
from engine.evidence.columns import Kind
from engine.evidence.contradictions import Contradiction, Excess
from engine.evidence.counters import Counters, Partial
from engine.evidence.covering import Covered, Covers, covered, found_days, keys_of, note_covered
from engine.evidence.declared import Declared, declared
from engine.evidence.duck import connect, interruptible, reason
from engine.evidence.formats import open_file
from engine.evidence.given import Options, given_values, unused_options
from engine.evidence.kinds import COUNTS, switched_with
from engine.evidence.lake import Lake
from engine.evidence.mapping.model import MappingFile
from engine.evidence.mapping.opening import Mapped, open_mapped
from engine.evidence.merging import Counted
from engine.evidence.opened import OpenedFile, UnreadableFileError
from engine.evidence.permitting import must_import
from engine.evidence.quarantine import RowFault
from engine.evidence.rewriting import Rewriting, Rewritten
from engine.evidence.served import may_lack_shop
from engine.evidence.staging import stage
from engine.evidence.switching import live_files as _live
from engine.evidence.switching import told_days as _told_days
from engine.ledger import day_files, journal, subjects
from engine.ledger.actors import Actor
from engine.ledger.database import EVERYTHING, reading, transaction
from engine.ledger.day_files import Live
from engine.ledger.people import served_shops
from engine.ledger.presence import ensure, hold, shop_row
from engine.ledger.shop_names import Named, ShopNames, Unregistered
from engine.progress import Progress
from engine.rulebook.model import Rule
from engine.rulebook.platforms import platform as known_platform


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported. `platform` and `shop` stand in for columns that a file lacks.

    `shop_from` takes the shop from each file's name: `*` is anything, `{shop}` is the shop. `mapping` reads files as
    back offices give them; it knows the kind and the platform. Counts are held against `rules` where they are given.
    `covers` says which days the files are all of.
    """

    kind: Kind
    files: tuple[Path, ...]
    actor: str
    platform: str | None = None
    shop: str | None = None
    shop_from: str | None = None
    replace: bool = False
    show_values: bool = False
    mapping: MappingFile | None = None
    rules: tuple[Rule, ...] | None = None
    covers: Covers | None = None
    allowed: Actor | None = None  # who may import of which shops; None: of all


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did: read = taken + already_there + replaced + refused + held_back.

    `named` are shops called by their alias or name, `unregistered` those not registered where others are, `unused` the
    options that had no effect, since every file says it itself. `unknown_reasons` count as `other`; `contradictions`
    are counts that leave a number missing, as are `excesses`, counts above what they are part of; `partial` periods of
    counts that are less than a cycle. `read_as`: files
    that are not UTF-8, and what they are.
    `covered` counts the shops of which days are covered now and were not before; `declared`: the days among them on
    which nothing is said to have happened, and those that refused rows leave open.
    Only under `replace`: `removed` counts stored rows that went, `held_back` good rows of files of which others were
    refused. Then nothing is changed: the stored row that a refused one was to replace would be lost.
    """

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
    held_back: int = 0
    mapped: tuple[Mapped, ...] = ()
    named: tuple[Named, ...] = ()
    unregistered: tuple[Unregistered, ...] = ()
    unused: tuple[str, ...] = ()
    unknown_reasons: tuple[tuple[str, int], ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    excesses: tuple[Excess, ...] = ()
    partial: tuple[Partial, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()
    covered: int = 0
    declared: tuple[Declared, ...] = ()


def import_evidence(
    ledger: Engine, lake: Lake, secret: bytes, request: ImportRequest, now: datetime, progress: Progress
) -> ImportSummary:
    """Import all files of `request` as one unit. Bad rows are set aside; an unreadable file stops everything.

    Under `replace` a bad row stops everything too, and the summary says so.

    Raises KaoheError where a file or option is no good or the disk or memory is full: then nothing has changed.
    """
    if request.platform is not None:
        request = replace(request, platform=known_platform(request.platform).id)
    with lake.drafts() as drafts, interruptible():
        con = connect(spill=drafts)
        try:
            # The row's number decides which of two rows is the later one, so file order must survive the scan.
            con.execute("SET preserve_insertion_order = true")
            # Else a column is written as one without nulls where the plan shows that there are none, and elsewhere
            # not: equal content would have other bytes.
            con.execute("SET disabled_optimizers = 'statistics_propagation'")
            progress("reading", 0, len(request.files))
            opened, mapped = _opened(con, drafts, request)
            platform = request.mapping.platform if request.mapping else request.platform
            options = Options(platform, request.shop, request.shop_from)
            given = [given_values(request.kind, file, options) for file in opened]
            with reading(ledger, request.allowed.scope if request.allowed else EVERYTHING) as session:
                names = ShopNames.of(session)
                served = served_shops(session) if may_lack_shop(request.kind) else []
            counters = Counters(request.rules) if request.rules and request.kind is COUNTS else None
            checked = None if request.mapping else counters  # a mapping may feed rules that are not installed
            sources = _digests(request.files, request.mapping)
            staged = stage(con, opened, request.kind, given, secret, request.show_values, names, checked, served)
            partial = counters.partial(con) if counters else []
            shops = con.execute("SELECT DISTINCT platform, shop FROM staged ORDER BY ALL").fetchall()
            named_shop = names.meant(platform, request.shop) if platform and request.shop else request.shop
            found = found_days(con, request.kind)
            covers = covered(found, request.covers, platform, named_shop, now)
            declares = declared(con, request.kind, found, covers)
            if request.allowed is not None:
                must_import(ledger, request.allowed, shops, covers)
            held_back = staged.read - staged.refused_rows if request.replace and staged.refused_rows else None
            if held_back is None:
                rewriting = Rewriting(
                    con, lake, drafts, request.kind, request.replace, progress, parts=counters.parts if counters else ()
                )
                rewritten, newly = _rewrite_until_kept(rewriting, ledger, request, covers, sources, now)
            else:
                rewritten, newly = Rewritten(Counted(), ()), 0
                staged = replace(staged, repeated=0, replaced=0)
        except duckdb.Error as error:
            raise KaoheError(
                f"the import stopped: {reason(error)}; no evidence was changed",
                zh=f"导入中止：{reason(error)}；证据没有任何变动",
            ) from error
        finally:
            con.close()
    counted = rewritten.counted
    return ImportSummary(
        kind=request.kind.name,
        files=tuple(str(f) for f in request.files),
        read=staged.read,
        taken=counted.taken,
        already_there=counted.already_there + staged.repeated,
        replaced=counted.replaced + staged.replaced,
        removed=counted.removed,
        refused=staged.refused_rows,
        days=tuple((c.platform, c.day) for c in rewritten.changes if c.kind == request.kind.name),
        unknown_columns=_unknown(opened),
        faults=staged.faults,
        held_back=held_back or 0,
        mapped=tuple(one.of_shop(v.get("shop"), staged.named) for one, v in zip(mapped, given, strict=False)),
        named=staged.named,
        unregistered=() if held_back else tuple(names.unregistered(shops)),
        unused=unused_options(options, opened),
        unknown_reasons=staged.unknown_reasons,
        contradictions=rewritten.contradictions,
        excesses=rewritten.excesses,
        partial=tuple(partial),
        read_as=tuple((str(file.path), file.encoding) for file in opened if file.encoding),
        covered=newly,
        declared=() if held_back else tuple(declares),
    )


def _opened(
    con: duckdb.DuckDBPyConnection, drafts: Path, request: ImportRequest
) -> tuple[list[OpenedFile], tuple[Mapped, ...]]:
    """All files, opened; by a mapping, with what it made of each."""
    if request.mapping is None:
        return [open_file(con, path, request.kind.columns, drafts) for path in request.files], ()
    found = [
        open_mapped(con, path, request.mapping, number, request.show_values)
        for number, path in enumerate(request.files)
    ]
    return [opened for opened, _ in found], tuple(mapped for _, mapped in found)


def _rewrite_until_kept(
    rewriting: Rewriting,
    ledger: Engine,
    request: ImportRequest,
    covers: Covered,
    sources: Sequence[Mapping[str, str]],
    now: datetime,
) -> tuple[Rewritten, int]:
    """Write new day files and switch; when another import was faster, again with what it left.

    Also says of how many shops days are covered that were not before.
    """
    kinds = switched_with(request.kind)
    shops = rewriting.shops()
    platforms = sorted({platform for platform, _, _ in shops})
    while True:
        with reading(ledger) as session:
            live = _live(session, kinds, platforms)
        rewritten = rewriting.rewrite(live)
        try:
            newly = _switch(ledger, request, shops, live, rewritten, covers, sources, now)
        except day_files.LostRaceError:
            continue
        return rewritten, newly


def _switch(
    ledger: Engine,
    request: ImportRequest,
    shops: Sequence[tuple[str, str, date]],
    live: Live,
    rewritten: Rewritten,
    covers: Covered,
    sources: Sequence[Mapping[str, str]],
    now: datetime,
) -> int:
    kind, kinds = request.kind, switched_with(request.kind)
    counted, changes = rewritten.counted, rewritten.changes
    with transaction(ledger) as session:
        keys = keys_of(session, covers)
        hold(session, keys)
        if kind.judged:
            subjects.ensure_shops(session, {(platform, shop): day for platform, shop, day in shops})
        else:  # there is such a shop, and that says nothing of when its work began
            ensure(session, [shop_row(platform, shop) for platform, shop, _ in shops])
        newly = note_covered(session, kind, keys, now)
        after: dict[str, Any] = {"files": list(sources)}
        if newly:
            days = [day for spans in newly.values() for span in spans for day in span]
            after["covered"] = {"shops": len(newly), "first": min(days).isoformat(), "last": max(days).isoformat()}
        if not changes:
            told = [journal.Event(request.actor, "evidence.covered", "evidence", kind.name, {"after": after})]
            journal.append(session, now, told if newly else [])
            return len(newly)
        day_files.switch(session, changes, now)
        after |= {
            "taken": counted.taken,
            "replaced": counted.replaced,
            "removed": counted.removed,
            "days": _told_days(changes, kind),
            **{f"{other.name}_days": _told_days(changes, other) for other in kinds if other is not kind},
        }
        event = journal.Event(request.actor, "evidence.imported", "evidence", kind.name, {"after": after})
        journal.append(session, now, [event])
        # The merge rests on the days that it left alone as well: another import may have filed one of our rows
        # under a day that we do not touch. Every import that changes anything holds the journal's lock by now, so
        # whatever came first is seen here.
        expected = {**live, **{(c.kind, c.platform, c.day): c.new for c in changes}}
        if _live(session, kinds, sorted({p for p, _, _ in shops})) != {k: g for k, g in expected.items() if g}:
            raise day_files.LostRaceError(f"another import has changed the {kind.name} meanwhile; import again")
    return len(newly)


def _digests(files: Sequence[Path], mapping: MappingFile | None) -> list[dict[str, str]]:
    """Name and sha256 of every file, and the mapping that read it: where the journal says that evidence came from."""
    by = {"mapping": mapping.id, "mapping_sha256": mapping.sha256} if mapping else {}
    found = []
    for path in files:
        try:
            with path.open("rb") as stream:
                found.append({"name": path.name, "sha256": hashlib.file_digest(stream, "sha256").hexdigest(), **by})
        except OSError as error:
            raise UnreadableFileError(
                path, f"it cannot be read: {error.strerror}", f"读不了：{os_words(error)}"
            ) from error
    return found


def _unknown(opened: Sequence[OpenedFile]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for file in opened for column in file.unknown))
