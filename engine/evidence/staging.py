"""All files of one import as one clean table, `staged`: bad rows set aside, every row told from every other.

Its columns: file (its index), record, platform, the kind's stored columns, day, second; of a kind with loose rows also
`nth`, and `mark` if it has a key (see identity). Beside it the table `refused`: of each row that was set aside its
file, platform, shop and days (`day` to `last`), null where the row does not say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from sys import intern

import duckdb

from engine.errors import KaoheError, suggestion
from engine.evidence import cells, cleaning, identity
from engine.evidence.columns import Column, Kind
from engine.evidence.counters import UNKNOWN_COUNTER, Counters
from engine.evidence.csv_format import CsvRecord, locate
from engine.evidence.identity import Bad
from engine.evidence.kinds import last_day
from engine.evidence.opened import OpenedFile, UnreadableFileError
from engine.evidence.quarantine import RowFault, shown, shown_figure, shown_time
from engine.evidence.reasons import reason
from engine.evidence.rejects import left_out
from engine.evidence.served import may_lack_shop, place, refuse_unserved
from engine.ledger.people import Served
from engine.ledger.shop_names import Named, ShopNames
from engine.rulebook.model import Text
from engine.rulebook.platforms import CALLED, PLATFORMS


@dataclass(frozen=True, slots=True)
class Staged:
    """What came of reading the files: rows read, cells refused, rows equal to one before them, rows they replaced."""

    read: int
    refused_rows: int
    faults: tuple[RowFault, ...]
    repeated: int
    replaced: int
    named: tuple[Named, ...] = ()
    unknown_reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one file: rows read, bad cells, and where the records begin that had too few or too many cells."""

    read: int
    bad: list[Bad]
    left_out: set[int]


def stage(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[OpenedFile],
    kind: Kind,
    given: Sequence[Mapping[str, str]],
    secret: bytes,
    show_values: bool,
    names: ShopNames,
    counters: Counters | None = None,
    served: Sequence[Served] = (),
) -> Staged:
    """Read all files into the table `staged`; `given[i]` holds the values of columns that `files[i]` lacks.

    Counts are held against `counters` where they are given. A shop that `names` knows by its alias or name gets its id.
    A row that need not name a shop, and does not, is of all at which its agent works by `served`. Raises
    UnreadableFileError when a file proves broken half-way; nothing has been stored then.
    """
    checked = list(counters.checks()) if counters else []
    found = [
        _read(con, index, file, cleaning.statements(file, kind, given[index], secret, checked))
        for index, file in enumerate(files)
    ]
    if may_lack_shop(kind):
        for index, cell in refuse_unserved(con, served):
            found[index].bad.append(cell)
    _keep_refused(con, kind, files, found)
    con.execute("DELETE FROM staged WHERE bad")
    if may_lack_shop(kind):
        place(con)
    con.execute("ALTER TABLE staged DROP COLUMN bad")
    strange = _unknown_words(con, kind, show_values)
    named = _by_their_ids(con, names)
    if kind.loose:
        identity.number_equal_rows(con, kind)
    repeated, replaced = identity.one_row_a_key(con, kind, [f.bad for f in found]) if kind.key else (0, 0)
    faults = [
        fault for file, f in zip(files, found, strict=True) for fault in _told(file, f, kind, show_values, counters)
    ]
    faults.sort(key=attrgetter("file", "line", "column", "reason"))
    refused = sum(len({b.record for b in f.bad}) + len(f.left_out) for f in found)
    aside = sum(file.aside.rows for file in files if file.aside)
    return Staged(
        sum(f.read for f in found) + aside, refused + aside, tuple(faults), repeated, replaced, named, strange
    )


def _keep_refused(
    con: duckdb.DuckDBPyConnection, kind: Kind, files: Sequence[OpenedFile], found: Sequence[_Found]
) -> None:
    """Make the table `refused` of the rows that are bad by themselves; those that contradict each other come later."""
    last = last_day(kind)
    con.execute(
        f"CREATE TEMP TABLE refused AS SELECT file, record, platform, shop, day, {last} AS last FROM staged WHERE bad"
    )
    days = {kind.day_of, "period_start", "period_end"}
    for number, (file, of_it) in enumerate(zip(files, found, strict=True)):
        for columns, unknown in (({"platform", "shop"}, "shop = NULL"), (days, "day = NULL, last = NULL")):
            records = list({b.record for b in of_it.bad if b.column in columns})
            where = "file = ? AND record IN (SELECT unnest(?::BIGINT[]))"
            con.execute(f"UPDATE refused SET {unknown} WHERE {where}", [number, records])
        if of_it.left_out or (file.aside and file.aside.rows):  # rows of which nothing could be read
            con.execute("INSERT INTO refused (file) VALUES (?)", [number])


def _unknown_words(con: duckdb.DuckDBPyConnection, kind: Kind, show_values: bool) -> tuple[tuple[str, int], ...]:
    """The words that were not known and how often each came, the most frequent first; shown as refused values are."""
    if not any(column.type == "words" for column in kind.columns):
        return ()
    counted: Counter[str] = Counter()
    for word, n in con.execute("SELECT unnest(strange), count(*) FROM staged GROUP BY 1").fetchall():
        counted[shown(word, show_values)] += n
    con.execute("ALTER TABLE staged DROP COLUMN strange")
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _by_their_ids(con: duckdb.DuckDBPyConnection, names: ShopNames) -> tuple[Named, ...]:
    """Call all shops of `staged` by their ids; those that were called otherwise."""
    said = con.execute("SELECT DISTINCT platform, shop FROM staged ORDER BY ALL").fetchall()
    every = [Named(platform, shop, names.meant(platform, shop)) for platform, shop in said]
    named = tuple(one for one in every if one.said != one.shop)
    for one in named:
        where = [one.shop, one.platform, one.said]
        con.execute("UPDATE staged SET shop = ? WHERE platform = ? AND shop = ?", where)
    aside = con.execute("SELECT DISTINCT platform, shop FROM refused WHERE shop IS NOT NULL").fetchall()
    for platform, shop in aside:
        try:
            meant = names.meant(platform, shop)
        except KaoheError:  # one of several: whoever it is, the row is refused
            meant = None
        if meant != shop:
            con.execute("UPDATE refused SET shop = ? WHERE platform = ? AND shop = ?", [meant, platform, shop])
    return named


def _read(con: duckdb.DuckDBPyConnection, index: int, file: OpenedFile, sql: cleaning.Statements) -> _Found:
    """Append the rows of one file to `staged`, the bad ones too, and say what is wrong with them."""
    verb = "CREATE TEMP TABLE staged AS" if index == 0 else "INSERT INTO staged"
    try:
        con.execute(f"{verb} SELECT {index}::INTEGER AS file, * FROM ({sql.rows})")
        ragged = left_out(con, file.path, file.copy) if file.format == "csv" else set()
        counted = con.execute("SELECT count(*), count(*) FILTER (WHERE bad) FROM staged WHERE file = ?", [index])
        rows, refused = counted.fetchone() or (0, 0)
        bad = list(_bad_cells(con, sql.faults)) if refused else []
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise  # not the file's fault
    except duckdb.Error as error:
        raise UnreadableFileError.of(file.path, error) from error
    return _Found(rows + len(ragged), bad, ragged)


def _bad_cells(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Bad]:
    """The bad cells, which may be millions: one text for each column and reason, however often it comes."""
    found = con.execute(sql)
    while part := found.fetchmany(10_000):
        for record, column, value, why in part:
            yield Bad(record, intern(column), value, intern(why))


def _told(
    file: OpenedFile, found: _Found, kind: Kind, show_values: bool, counters: Counters | None
) -> Iterator[RowFault]:
    """The faults of one file with their lines; of a sealed column the value stays untold."""
    sealed = {c.name for c in kind.columns if c.type == "secret"}
    times = {c.name for c in kind.columns if c.type in {"instant", "deadline", "date"}}
    figures = {c.name for c in kind.columns if c.type == "integer"}
    path = str(file.path)
    where: dict[int, int] = {}
    ragged: list[CsvRecord] = []
    if file.format == "csv" and (found.bad or found.left_out):
        where, ragged = locate(file, {b.record for b in found.bad}, found.left_out)
    headers = file.headers
    if file.aside is not None:
        yield from file.aside.faults
        where, headers = dict(enumerate(file.aside.lines, 1)), file.aside.headers
    for odd in ragged:
        yield RowFault.of(path, odd.line, "-", "", reason("width", len(odd.cells), file.width))
    for b in found.bad:
        near = near_platforms(b.value or "") if b.reason == cells.UNKNOWN_PLATFORM else None
        if counters and b.reason == UNKNOWN_COUNTER:
            near = counters.near(b.value or "")
        show = shown_time if b.column in times else shown_figure if b.column in figures else shown
        if b.reason.startswith("choice:"):
            near = choices(kind.column(b.column))
        value = "" if b.column in sealed else show(b.value, show_values)
        column = headers.get(b.column, b.column)
        yield RowFault.of(path, where.get(b.record, b.record), column, value, b.reason, near)


def choices(column: Column) -> Text:
    """What the cells of a column may say: the choices, in Chinese with the first word that is taken for each."""
    zh = {meant: said for said, meant in reversed(list(column.synonyms.items()))}
    return Text("、".join(f"{c}（{zh[c]}）" if c in zh else c for c in column.choices), ", ".join(column.choices))


def near_platforms(name: str) -> Text:
    """What a platform that is not known may have been meant for."""
    known = PLATFORMS if name.isascii() else CALLED
    return Text(suggestion(name, known, "zh-CN"), suggestion(name, known))
