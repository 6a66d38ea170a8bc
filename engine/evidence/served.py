"""Rows that name no shop: a shift of a sub-account holds for every shop at which it works, by the register of people.

Each such row becomes one row a shop, as if the file had said so: from here on nothing need know of rows without a shop.
Works on the table `staged` (see staging).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from engine.evidence.columns import Kind
from engine.evidence.identity import Bad
from engine.evidence.reasons import reason
from engine.ledger.people import Served


def may_lack_shop(kind: Kind) -> bool:
    """Whether rows of this kind need not name a shop."""
    return not kind.column("shop").required


def refuse_unserved(con: duckdb.DuckDBPyConnection, served: Sequence[Served]) -> list[tuple[int, Bad]]:
    """Mark rows as bad that name no shop and whose sub-account works nowhere on their day; file and cell of each."""
    columns = [list(column) for column in zip(*served, strict=True)] or [[] for _ in Served._fields]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE served AS SELECT unnest(?::VARCHAR[]) AS platform, unnest(?::VARCHAR[]) AS shop, "
        "unnest(?::VARCHAR[]) AS agent, unnest(?::DATE[]) AS first, unnest(?::DATE[]) AS last",
        columns,
    )
    on_that_day = "v.platform = s.platform AND v.agent = s.agent AND s.day BETWEEN v.first AND v.last"
    nowhere = f"s.shop IS NULL AND NOT s.bad AND NOT EXISTS (SELECT 1 FROM served v WHERE {on_that_day})"
    rows = con.execute(f"SELECT file, record, agent FROM staged s WHERE {nowhere} ORDER BY file, record").fetchall()
    con.execute(f"UPDATE staged AS s SET bad = true WHERE {nowhere}")
    return [(file, Bad(record, "agent", agent, reason("unserved"))) for file, record, agent in rows]


def place(con: duckdb.DuckDBPyConnection) -> None:
    """Write each row that names no shop once for each shop in `served`, and number the rows of `staged` anew."""
    wanted = con.execute("SELECT count(*) FROM staged WHERE shop IS NULL").fetchone()
    if wanted == (0,):
        return
    con.execute("""
CREATE TEMP TABLE placed AS
WITH everywhere AS (
    SELECT DISTINCT s.file, s.record, v.shop FROM staged s JOIN served v
    ON s.shop IS NULL AND v.platform = s.platform AND v.agent = s.agent AND s.day BETWEEN v.first AND v.last
)
SELECT s.* REPLACE (coalesce(s.shop, e.shop) AS shop, row_number() OVER (ORDER BY s.file, s.record, e.shop) AS record)
FROM staged s LEFT JOIN everywhere e ON s.file = e.file AND s.record = e.record ORDER BY s.file, s.record, e.shop""")
    con.execute("DROP TABLE staged")
    con.execute("ALTER TABLE placed RENAME TO staged")
