"""How a row is known again: by its key, or without one by all that it holds and its number among equal rows.

Works on the tables `staged` and `refused` (see staging).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from engine.evidence.columns import Kind
from engine.evidence.duck import name
from engine.evidence.kinds import last_day
from engine.evidence.reasons import reason


@dataclass(frozen=True, slots=True)
class Bad:
    """One refused cell of a file."""

    record: int
    column: str
    value: str | None
    reason: str


def key_columns(kind: Kind) -> list[str]:
    """The columns, quoted, that tell a row of a kind with a key from all others; none of them is ever null."""
    last = "mark" if kind.loose else kind.key[-1]
    return [name(c) for c in ("platform", *kind.key[:-1], last)]


def mark(kind: Kind) -> str:
    """SQL of the column `mark`: the key's last column, or a digest of the whole row where that is null."""
    cells = [f"hex({name(c.name)})" if c.type == "secret" else f"{name(c.name)}::VARCHAR" for c in kind.stored]
    content = f"to_json([{', '.join(cells)}, nth::VARCHAR])::VARCHAR"
    return f"coalesce('=' || {name(kind.key[-1])}, '#' || sha256({content}))"


def number_equal_rows(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Count `nth` for the rows without a key: the n-th of the equal rows of its file is the n-th, in file order.

    The common case, no two rows alike, costs one aggregation over eight-byte hashes. Of a kind with a key, every row
    has its `mark` then.
    """
    values = ", ".join(name(c) for c in ("platform", *(c.name for c in kind.stored)))
    loose = f"{name(kind.key[-1])} IS NULL" if kind.key else "true"
    con.execute(
        f"CREATE TEMP TABLE alike AS SELECT file, h FROM (SELECT file, hash({values}) AS h FROM staged WHERE {loose}) "
        "GROUP BY file, h HAVING count(*) > 1"
    )
    if con.execute("SELECT count(*) FROM alike").fetchone() != (0,):
        numbered = (
            f"SELECT file, record, row_number() OVER (PARTITION BY file, {values} ORDER BY record) AS nth FROM staged "
            f"WHERE {loose} AND (file, hash({values})) IN (SELECT (file, h) FROM alike)"
        )
        con.execute(
            f"UPDATE staged SET nth = n.nth FROM ({numbered}) n "
            "WHERE n.nth > 1 AND staged.file = n.file AND staged.record = n.record"
        )
    con.execute("DROP TABLE alike")
    if kind.key:
        con.execute("ALTER TABLE staged ADD COLUMN mark VARCHAR")
        con.execute(f"UPDATE staged SET mark = {mark(kind)}")


def one_row_a_key(con: duckdb.DuckDBPyConnection, kind: Kind, bad: Sequence[list[Bad]]) -> tuple[int, int]:
    """Leave the last row of each key; refuse a key that one file files under two openings, adding to `bad` of it.

    Returns how many rows are equal to one before them, and how many replaced one. The common case, no key twice,
    costs one aggregation over eight-byte hashes. The table `rivals` keeps the rows of keys that came more than once:
    `--replace` empties their days too.
    """
    con.execute("CREATE TEMP TABLE rivals AS SELECT * FROM staged LIMIT 0")
    columns = key_columns(kind)
    key = ", ".join(columns)
    con.execute(
        f"CREATE TEMP TABLE twice AS SELECT {key} FROM staged WHERE hash({key}) IN "
        f"(SELECT h FROM (SELECT hash({key}) AS h FROM staged) GROUP BY h HAVING count(*) > 1) "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    if con.execute("SELECT count(*) FROM twice").fetchone() == (0,):
        con.execute("DROP TABLE twice")
        return 0, 0
    same = " AND ".join(f"t.{c} = staged.{c}" for c in columns)
    con.execute(f"INSERT INTO rivals SELECT * FROM staged SEMI JOIN twice USING ({key})")
    con.execute(f"DELETE FROM staged WHERE EXISTS (SELECT 1 FROM twice t WHERE {same})")
    con.execute(
        f"CREATE TEMP TABLE torn AS SELECT file, record, {name(kind.key[-1])} AS value FROM rivals JOIN (SELECT file, "
        f"{key} FROM rivals GROUP BY file, {key} HAVING count(DISTINCT {name(kind.day_of)}) > 1) USING (file, {key})"
    )
    for file, record, value in con.execute("SELECT * FROM torn ORDER BY file, record").fetchall():
        why = reason("contradiction", kind.key[-1], kind.day_of)
        bad[file].append(Bad(record, kind.key[-1], value, why))
    con.execute(
        f"INSERT INTO refused SELECT file, record, platform, shop, day, {last_day(kind)} FROM rivals "
        "WHERE (file, record) IN (SELECT (file, record) FROM torn)"
    )
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
