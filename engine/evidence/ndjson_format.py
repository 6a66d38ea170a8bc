"""NDJSON: one JSON object a line; its keys are the columns, its values text or whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from engine.evidence.columns import Column
from engine.evidence.duck import name, one_file, text
from engine.evidence.opened import SOUND, OpenedFile, UnreadableFileError, divide, fault, numbered
from engine.evidence.rejects import left_out, line_of

NOT_AN_OBJECT = "not_object"
NOT_A_VALUE = "not_value"
KEY_TWICE = "key_twice"


def open_ndjson(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[Column], _room: Path) -> OpenedFile:
    """Read the keys of all lines, and say how the records are read: a record's number is its line's number."""
    # One cell a line, with a delimiter that JSON must escape.
    table = (
        f"read_csv({one_file(path)}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
        "columns = {'line': 'VARCHAR'}, hive_partitioning = false, store_rejects = true, rejects_limit = 0)"
    )
    found = con.execute(
        f"SELECT DISTINCT unnest(json_keys(line)), {_twice('json_keys(line)')} FROM {table} "
        "WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"
    ).fetchall()
    if odd := left_out(con, path):
        line = line_of(path, min(odd))
        raise UnreadableFileError(path, f"line {line} holds a control character", f"第 {line} 行含有控制字符")
    present, unknown = divide(path, sorted({key for key, _ in found}), wanted)
    # To look for keys that stand twice is to parse each line once more: only where there are some.
    keys = "json_keys(j)" if any(twice for _, twice in found) else "NULL::VARCHAR[]"
    parsed = f"SELECT line, CASE WHEN json_valid(line) THEN line::JSON END AS j FROM {table}"
    # All cells of a line at once: each call parses the line anew.
    paths = ", ".join(text("$." + name(said)) for said in present.values())
    table = (
        f"(SELECT line, json_type(j) AS form, json_extract_string(j, [{paths}]) AS cells, "
        f"{keys} AS keys, json_type(j, [{paths}]) AS forms FROM ({parsed}))"
    )
    cells = {column: f"cells[{i}]" for i, column in enumerate(present, 1)}
    space = "' ' || chr(9) || chr(13)"
    blank = f"CASE WHEN form IS NULL THEN coalesce(trim(line, {space}), '') = '' ELSE false END"
    records = numbered(table, {**cells, "blank": blank}, _defect(present))
    return OpenedFile(
        path,
        "ndjson",
        f"SELECT * EXCLUDE (blank) FROM ({records}) WHERE NOT blank",
        tuple(present),
        unknown,
        headers=present,
    )


def _defect(present: Mapping[str, str]) -> str:
    """SQL of what is wrong with a line. A fraction is no id, and JSON readers disagree about its digits."""
    odd = " ".join(
        f"WHEN forms[{i}] IN ('ARRAY', 'OBJECT', 'BOOLEAN') "
        f"OR forms[{i}] = 'DOUBLE' AND NOT regexp_full_match(cells[{i}], '-?\\d+') "
        f"THEN {fault(column, f'cells[{i}]', NOT_A_VALUE)}"
        for i, column in enumerate(present, 1)
    )
    nothing = "NULL::VARCHAR"
    doubled = " ".join(
        f"WHEN len(list_filter(keys, lambda k: k = {text(said)})) > 1 THEN {fault(column, nothing, KEY_TWICE)}"
        for column, said in present.items()
    )
    return (
        f"CASE WHEN form IS DISTINCT FROM 'OBJECT' THEN {fault('-', nothing, NOT_AN_OBJECT)} "
        f"WHEN {_twice('keys')} THEN CASE {doubled} ELSE {fault('-', nothing, KEY_TWICE)} END "
        f"WHEN list_has_any(forms, ['ARRAY', 'OBJECT', 'BOOLEAN', 'DOUBLE']) THEN CASE {odd} END "
        f"ELSE {SOUND} END"
    )


def _twice(keys: str) -> str:
    """SQL that is true where one of these keys stands twice: JSON readers disagree about which of the two counts."""
    return f"len({keys}) > len(list_distinct({keys}))"
