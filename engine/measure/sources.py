"""Day files as tables of SQL: the columns that measuring reads of each kind, even where no file has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.evidence.duck import name, parquet

_INSTANT, _TEXT, _WHOLE = "TIMESTAMP", "VARCHAR", "INTEGER"
_DAY = {"day": "DATE", "second": _WHOLE, "shop": _TEXT}

# A file of an older release lacks some of them: there they are null.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "sessions": {
        **_DAY,
        **dict.fromkeys(("session", "agent", "opened_by"), _TEXT),
        **dict.fromkeys(("opened_at", "first_human_reply_at", "closed_at"), _INSTANT),
        **dict.fromkeys(("derived", "shadowed"), "BOOLEAN"),
    },
    "messages": {
        **_DAY,
        **dict.fromkeys(("session", "agent", "sender", "answered_by", "previous"), _TEXT),
        **dict.fromkeys(("sent_at", "answered_at"), _INSTANT),
        "buyer": "BLOB",
    },
    "ratings": {
        **_DAY,
        **dict.fromkeys(("rating", "session", "agent", "agent_kind", "score", "reasons", "origin"), _TEXT),
        **dict.fromkeys(("sent_at", "rated_at"), _INSTANT),
        "stars": _WHOLE,
    },
    "counts": {
        **_DAY,
        **dict.fromkeys(("agent", "counter"), _TEXT),
        **dict.fromkeys(("period_start", "period_end"), "DATE"),
        **dict.fromkeys(("value", "value_low", "value_high"), "BIGINT"),
    },
}


def source(kind: str, paths: Sequence[Path]) -> str:
    """These day files of `kind` as a table of SQL; without any, an empty one with the same columns."""
    nothing = ", ".join(f"NULL::{type_} AS {name(column)}" for column, type_ in COLUMNS[kind].items())
    empty = f"SELECT {nothing} WHERE false"
    return f"(FROM {parquet(paths)} UNION ALL BY NAME {empty})" if paths else f"({empty})"
