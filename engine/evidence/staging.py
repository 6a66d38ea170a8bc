"""All files of one import as one clean table: bad rows set aside, one row left for each key.

The tables `staged` and `rivals` of the connection have: file (its index), record, platform, the kind's stored
columns, day, second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from sys import intern

import duckdb

from engine.errors import suggestion
from engine.evidence import cleaning
from engine.evidence.csv_format import CsvRecord, locate
from engine.evidence.duck import name
from engine.evidence.kinds import Kind
from engine.evidence.opened import OpenedFile, UnreadableFileError
from engine.evidence.quarantine import RowFault, shown, shown_time
from engine.evidence.reasons import reason
from engine.evidence.rejects import left_out
from engine.rulebook.model import Text
from engine.rulebook.platforms import PLATFORMS


@dataclass(frozen=True, slots=True)
class Staged:
    """What came of reading the files: rows read, cells refused, rows equal to one before them, rows they replaced."""

    read: int
    refused_rows: int
    faults: tuple[RowFault, ...]
    repeated: int
    replaced: int


@dataclass(frozen=True, slots=True)
class _Bad:
    record: int
    column: str
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one file: rows read, bad cells, and where the records begin that had too few or too many cells."""

    read: int
    bad: list[_Bad]
    left_out: set[int]


def stage(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[OpenedFile],
    kind: Kind,
    given: Sequence[Mapping[str, str]],
    secret: bytes,
    show_values: bool,
) -> Staged:
    """Read all files into the table `staged`; `given[i]` holds the values of columns that `files[i]` lacks.

    Raises UnreadableFileError when a file proves broken half-way; nothing has been stored then.
    """
    found = [
        _read(con, index, file, cleaning.statements(file, kind, given[index], secret))
        for index, file in enumerate(files)
    ]
    con.execute("DELETE FROM staged WHERE bad")
    con.execute("ALTER TABLE staged DROP COLUMN bad")
    repeated, replaced = _one_row_a_key(con, kind, [f.bad for f in found])
    faults = [fault for file, f in zip(files, found, strict=True) for fault in _told(file, f, kind, show_values)]
    faults.sort(key=attrgetter("file", "line", "column", "reason"))
    refused = sum(len({b.record for b in f.bad}) + len(f.left_out) for f in found)
    return Staged(sum(f.read for f in found), refused, tuple(faults), repeated, replaced)


def _read(con: duckdb.DuckDBPyConnection, index: int, file: OpenedFile, sql: cleaning.Statements) -> _Found:
    """Append the rows of one file to `staged`, the bad ones too, and say what is wrong with them."""
    verb = "CREATE TEMP TABLE staged AS" if index == 0 else "INSERT INTO staged"
    try:
        con.execute(f"{verb} SELECT {index}::INTEGER AS file, * FROM ({sql.rows})")
        ragged = left_out(con, file.path) if file.format == "csv" else set()
        counted = con.execute("SELECT count(*), count(*) FILTER (WHERE bad) FROM staged WHERE file = ?", [index])
        rows, refused = counted.fetchone() or (0, 0)
        bad = list(_bad_cells(con, sql.faults)) if refused else []
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise  # not the file's fault
    except duckdb.Error as error:
        raise UnreadableFileError.of(file.path, error) from error
    return _Found(rows + len(ragged), bad, ragged)


def _bad_cells(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[_Bad]:
    """The bad cells, which may be millions: one text for each column and reason, however often it comes."""
    found = con.execute(sql)
    while part := found.fetchmany(10_000):
        for record, column, value, why in part:
            yield _Bad(record, intern(column), value, intern(why))


def _one_row_a_key(con: duckdb.DuckDBPyConnection, kind: Kind, bad: list[list[_Bad]]) -> tuple[int, int]:
    """Leave the last row of each key; refuse a key that one file files under two days of opening.

    The common case, no key twice, costs one aggregation over eight-byte hashes. The table `rivals` keeps the
    rows of keys that came more than once: `--replace` empties their days too.
    """
    con.execute("CREATE TEMP TABLE rivals AS SELECT * FROM staged LIMIT 0")
    key = ", ".join(name(c) for c in ("platform", *kind.key))
    con.execute(
        f"CREATE TEMP TABLE twice AS SELECT {key} FROM staged WHERE hash({key}) IN "
        f"(SELECT h FROM (SELECT hash({key}) AS h FROM staged) GROUP BY h HAVING count(*) > 1) "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    if con.execute("SELECT count(*) FROM twice").fetchone() == (0,):
        con.execute("DROP TABLE twice")
        return 0, 0
    con.execute(f"INSERT INTO rivals SELECT * FROM staged SEMI JOIN twice USING ({key})")
    con.execute(f"DELETE FROM staged WHERE EXISTS (SELECT 1 FROM twice t WHERE {_same('t', 'staged', kind)})")
    con.execute(
        f"CREATE TEMP TABLE torn AS SELECT file, record, {name(kind.key[-1])} AS value FROM rivals JOIN (SELECT file, "
        f"{key} FROM rivals GROUP BY file, {key} HAVING count(DISTINCT {name(kind.day_of)}) > 1) USING (file, {key})"
    )
    for file, record, value in con.execute("SELECT * FROM torn ORDER BY file, record").fetchall():
        why = reason("contradiction", kind.key[-1], kind.day_of)
        bad[file].append(_Bad(record, kind.key[-1], value, why))
    con.execute("DELETE FROM rivals WHERE (file, record) IN (SELECT (file, record) FROM torn)")
    values = ", ".join(name(c.name) for c in kind.stored)
    counted = con.execute(
        f"SELECT count(*) FILTER (WHERE before IS NOT DISTINCT FROM now), "
        f"count(*) FILTER (WHERE before IS NOT NULL AND before IS DISTINCT FROM now) FROM ("
        f"SELECT row({values}) AS now, lag(row({values})) OVER (PARTITION BY {key} ORDER BY file, record) AS before "
        f"FROM rivals)"
    ).fetchone() or (0, 0)
    con.execute(
        f"INSERT INTO staged SELECT * FROM rivals QUALIFY row_number() OVER "
        f"(PARTITION BY {key} ORDER BY file DESC, record DESC) = 1"
    )
    con.execute("DROP TABLE twice; DROP TABLE torn")
    return counted[0], counted[1]


def _same(left: str, right: str, kind: Kind) -> str:
    return " AND ".join(f"{left}.{name(c)} = {right}.{name(c)}" for c in ("platform", *kind.key))


def _told(file: OpenedFile, found: _Found, kind: Kind, show_values: bool) -> Iterator[RowFault]:
    """The faults of one file with their lines; of a sealed column the value stays untold."""
    sealed = {c.name for c in kind.columns if c.type == "secret"}
    times = {c.name for c in kind.columns if c.type == "instant"}
    path = str(file.path)
    where: dict[int, int] = {}
    ragged: list[CsvRecord] = []
    if file.format == "csv" and (found.bad or found.left_out):
        where, ragged = locate(file, {b.record for b in found.bad}, found.left_out)
    for odd in ragged:
        yield RowFault.of(path, odd.line, "-", "", reason("width", len(odd.cells), file.width))
    for b in found.bad:
        near = near_platforms(b.value or "") if b.reason == cleaning.UNKNOWN_PLATFORM else None
        show = shown_time if b.column in times else shown
        value = "" if b.column in sealed else show(b.value, show_values)
        yield RowFault.of(path, where.get(b.record, b.record), b.column, value, b.reason, near)


def near_platforms(name: str) -> Text:
    """What a platform that is not known may have been meant for."""
    return Text(suggestion(name, PLATFORMS, "zh-CN"), suggestion(name, PLATFORMS))
