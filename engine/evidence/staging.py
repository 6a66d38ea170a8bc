"""All files of one import as one clean table: bad rows set aside, one row left for each key.

The table `staged` of the connection has: file (its index), record, platform, the kind's stored columns, day, second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from engine.errors import suggestion
from engine.evidence import cleaning
from engine.evidence.duck import name
from engine.evidence.formats import OpenedFile, csv_lines, structural_rejects
from engine.evidence.kinds import Kind
from engine.evidence.quarantine import RowFault, shown
from engine.rulebook.platforms import PLATFORMS

TWO_OPENINGS = "one {key} with two different {day_of} in one file"


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
    bad: list[list[_Bad]] = []
    odd: list[bool] = []
    read = 0
    for index, file in enumerate(files):
        sql = cleaning.statements(file, kind, given[index], secret)
        verb = "CREATE TEMP TABLE staged AS" if index == 0 else "INSERT INTO staged"
        con.execute(f"{verb} SELECT {index}::INTEGER AS file, * FROM ({sql.rows})")
        odd.append(structural_rejects(con, file))
        found = con.execute("SELECT count(*), count(*) FILTER (WHERE bad) FROM staged WHERE file = ?", [index])
        rows, refused = found.fetchone() or (0, 0)
        read += rows
        bad.append([_Bad(*row) for row in con.execute(sql.faults).fetchall()] if refused else [])
    con.execute("DELETE FROM staged WHERE bad")
    con.execute("ALTER TABLE staged DROP COLUMN bad")
    repeated, replaced = _one_row_a_key(con, kind, bad)
    faults: list[RowFault] = []
    refused_rows = 0
    for file, faulty, ragged in zip(files, bad, odd, strict=True):
        located, extra = _located(file, faulty, ragged, show_values)
        faults += located
        refused_rows += len({f.record for f in faulty}) + extra
        read += extra
    return Staged(read, refused_rows, tuple(sorted(faults)), repeated, replaced)


def _one_row_a_key(con: duckdb.DuckDBPyConnection, kind: Kind, bad: list[list[_Bad]]) -> tuple[int, int]:
    """Leave the last row of each key; refuse a key that one file files under two days of opening.

    The common case, no key twice, costs one aggregation over eight-byte hashes.
    """
    key = ", ".join(name(c) for c in ("platform", *kind.key))
    con.execute(
        f"CREATE TEMP TABLE twice AS SELECT {key} FROM staged WHERE hash({key}) IN "
        f"(SELECT h FROM (SELECT hash({key}) AS h FROM staged) GROUP BY h HAVING count(*) > 1) "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    if con.execute("SELECT count(*) FROM twice").fetchone() == (0,):
        con.execute("DROP TABLE twice")
        return 0, 0
    con.execute(f"CREATE TEMP TABLE rivals AS SELECT * FROM staged SEMI JOIN twice USING ({key})")
    con.execute(f"DELETE FROM staged WHERE EXISTS (SELECT 1 FROM twice t WHERE {_same('t', 'staged', kind)})")
    con.execute(
        f"CREATE TEMP TABLE torn AS SELECT file, record, {name(kind.key[-1])} AS value FROM rivals JOIN (SELECT file, "
        f"{key} FROM rivals GROUP BY file, {key} HAVING count(DISTINCT {name(kind.day_of)}) > 1) USING (file, {key})"
    )
    for file, record, value in con.execute("SELECT * FROM torn ORDER BY file, record").fetchall():
        reason = TWO_OPENINGS.format(key=kind.key[-1], day_of=kind.day_of)
        bad[file].append(_Bad(record, kind.key[-1], value, reason))
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
    con.execute("DROP TABLE rivals; DROP TABLE twice; DROP TABLE torn")
    return counted[0], counted[1]


def _same(left: str, right: str, kind: Kind) -> str:
    return " AND ".join(f"{left}.{name(c)} = {right}.{name(c)}" for c in ("platform", *kind.key))


def _located(file: OpenedFile, bad: list[_Bad], odd: bool, show_values: bool) -> tuple[list[RowFault], int]:
    """Give bad records their lines; count the records whose number of cells is wrong."""
    line = {b.record: b.record for b in bad}
    faults: list[RowFault] = []
    extra = 0
    if file.format == "csv" and (bad or odd):
        lines, ragged = csv_lines(file, line)
        line = {record: lines[record].line if record in lines else record for record in line}
        extra = len(ragged)
        for at in ragged:
            reason = f"the row has {at.width} cells, the header {file.width}"
            faults.append(RowFault(str(file.path), at.line, "-", "", reason))
    for b in bad:
        reason = b.reason
        if reason == "unknown platform":
            reason += suggestion(b.value or "", PLATFORMS)
        cell = shown(b.value, show_values or b.column == "platform")
        faults.append(RowFault(str(file.path), line[b.record], b.column, cell, reason))
    return faults, extra
