"""DuckDB as kaohe uses it: in memory, one connection a unit of work, UTC, bounded memory, spilling beside the cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "3GB"


def connect(spill: Path | None = None, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """A new in-memory connection; `spill` is a directory for what does not fit in `memory`."""
    con = duckdb.connect(":memory:")
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"SET memory_limit = {text(memory)}")
    con.execute("SET enable_progress_bar = false")
    if spill is not None:
        con.execute(f"SET temp_directory = {text(str(spill))}")
    return con


def text(value: str) -> str:
    """`value` as an SQL string literal.

    >>> text("O'Neill")
    "'O''Neill'"
    """
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """`value` as an SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def one_file(path: Path) -> str:
    """This very file as an SQL literal for `read_csv` and `read_parquet`, which take a name for a pattern.

    >>> one_file(Path("/data/march[1].csv"))
    "'/data/march[[]1].csv'"
    """
    return text("".join(f"[{c}]" if c in "*?[" else c for c in str(path.absolute())))


def parquet(files: Iterable[Path]) -> str:
    """`read_parquet([...])` over these files, by column name; at least one file.

    Columns come from the files alone: by itself DuckDB would also take them from directories called `shop=7`.
    """
    listed = ", ".join(one_file(f) for f in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


@contextmanager
def interruptible() -> Iterator[None]:
    """Makes of an interruption (Ctrl-C) what Python makes of it: DuckDB alone would raise a RuntimeError."""
    try:
        yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def reason(error: duckdb.Error) -> str:
    """What DuckDB says is wrong, without the query and the advice that it adds."""
    return str(error).strip().partition("\n")[0]
