"""From text cells to typed columns: one SQL statement per file that also says which records are bad, and why.

Times: ISO 8601; an offset or `Z` decides, and without one they are in the platform's zone. DuckDB's plain TIMESTAMP
cast silently drops an offset, so every time goes through TIMESTAMPTZ or names its zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.evidence.duck import name, text
from engine.evidence.formats import OpenedFile
from engine.evidence.kinds import Column, Kind
from engine.rulebook.platforms import PLATFORMS

LONGEST_NAME = 200
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?"
_OFFSET = r".{16,}(Z|[+-]\d\d(:?\d\d)?)"
_EARLIEST, _LATEST = "2000-01-01", "2100-01-01"


@dataclass(frozen=True, slots=True)
class Statements:
    """SQL for one file. `rows` yields (record, bad, platform, the stored columns, day, second).

    `faults` yields (record, column, value, reason) for the bad records only.
    """

    rows: str
    faults: str


def statements(file: OpenedFile, kind: Kind, given: Mapping[str, str], key: bytes) -> Statements:
    """The SQL that cleans `file`; `given` are values for columns that it lacks, `key` seals the secret columns."""
    raw = ", ".join(f"{_cell(c, file, given)} AS {name(c.name)}" for c in kind.columns)
    extra = ", malformed" if file.format == "ndjson" else ""
    source = f"SELECT record, {raw}{extra} FROM ({file.records}){' WHERE NOT blank' if extra else ''}"
    parsed = ", ".join(f"{_instant(name(c.name))} AS {name(c.name + '!')}" for c in kind.columns if c.type == "instant")
    typed = f"SELECT *, {parsed} FROM ({source})"
    checks = _checks(kind)
    if extra:
        checks.insert(0, ("malformed", "malformed IS NOT NULL", "not a JSON object"))
    reasons = ", ".join(
        f"CASE WHEN {when} THEN {{'column': {text(column)}, 'value': {name(column)}::VARCHAR, "
        f"'reason': {text(reason)}}} END"
        for column, when, reason in checks
    )
    bad = " OR ".join(f"coalesce({when}, false)" for _, when, _ in checks)
    stored = ", ".join(f"{_stored(c, key)} AS {name(c.name)}" for c in kind.stored)
    local = f"({name(kind.day_of + '!')} AT TIME ZONE {_zone()})"
    rows = (
        f"SELECT record, ({bad}) AS bad, platform, {stored}, {local}::DATE AS day, "
        f"(epoch_us({local}::TIME) // 1000000)::INTEGER AS second FROM ({typed})"
    )
    faults = (
        f"SELECT record, fault['column'], fault['value'], fault['reason'] FROM ("
        f"SELECT record, unnest(list_filter([{reasons}], lambda f: f IS NOT NULL)) AS fault "
        f"FROM ({typed}) WHERE {bad}) ORDER BY record"
    )
    return Statements(rows, faults)


def _cell(column: Column, file: OpenedFile, given: Mapping[str, str]) -> str:
    if column.name in file.present:
        cell = f"nullif(trim({name(column.name)}), '')"
    else:
        cell = f"{text(given[column.name])}" if column.name in given else "NULL::VARCHAR"
    if column.choices:
        cell = f"lower({cell})"
    return f"coalesce({cell}, {text(column.default)})" if column.default else cell


def _zone() -> str:
    zones = {p.zone for p in PLATFORMS.values()}
    if len(zones) == 1:
        return text(zones.pop())
    cases = " ".join(f"WHEN {text(p.id)} THEN {text(p.zone)}" for p in PLATFORMS.values())
    return f"CASE platform {cases} ELSE 'UTC' END"


def _instant(cell: str) -> str:
    return (
        f"CASE WHEN NOT regexp_full_match({cell}, {text(_ISO)}) THEN NULL "
        f"WHEN regexp_full_match({cell}, {text(_OFFSET)}) THEN try_cast({cell} AS TIMESTAMPTZ) "
        f"ELSE try_cast({cell} AS TIMESTAMP) AT TIME ZONE {_zone()} END"
    )


def _stored(column: Column, key: bytes) -> str:
    if column.type == "instant":
        return f"({name(column.name + '!')} AT TIME ZONE 'UTC')"
    if column.type == "secret":
        return sealed(f"platform || chr(31) || {name(column.name)}", key)
    return name(column.name)


def sealed(expression: str, key: bytes) -> str:
    """SQL for HMAC-SHA256 (RFC 2104) of a text under `key` (at most 64 bytes), cut to its first 16 bytes (BLOB)."""
    block = key.ljust(64, b"\0")
    inner = "".join(f"\\x{b ^ 0x36:02X}" for b in block)
    outer = "".join(f"\\x{b ^ 0x5C:02X}" for b in block)
    digest = f"unhex(sha256('{inner}'::BLOB || encode({expression})))"
    return f"unhex(sha256('{outer}'::BLOB || {digest}))[1:16]"


def _checks(kind: Kind) -> list[tuple[str, str, str]]:
    """(column, SQL that is true where the cell is bad, reason), the columns in order."""
    checks: list[tuple[str, str, str]] = []
    for column in kind.columns:
        cell = name(column.name)
        if column.required:
            checks.append((column.name, f"{cell} IS NULL", "missing"))
        if column.name == "platform":
            known = ", ".join(text(p) for p in PLATFORMS)
            checks.append(("platform", f"{cell} NOT IN ({known})", "unknown platform"))
        elif column.choices:
            allowed = ", ".join(text(c) for c in column.choices)
            checks.append((column.name, f"{cell} NOT IN ({allowed})", f"not one of {', '.join(column.choices)}"))
        elif column.type == "instant":
            value = name(column.name + "!")
            checks += [
                (column.name, f"{cell} IS NOT NULL AND {value} IS NULL", "not a time in ISO 8601"),
                (
                    column.name,
                    f"{value} < TIMESTAMPTZ '{_EARLIEST}' OR {value} >= TIMESTAMPTZ '{_LATEST}'",
                    "outside the years 2000 to 2099",
                ),
            ]
        else:
            checks += [
                (column.name, f"length({cell}) > {LONGEST_NAME}", f"longer than {LONGEST_NAME} characters"),
                (column.name, rf"regexp_matches({cell}, '[\x00-\x1f\x7f]')", "holds a control character"),
            ]
    checks += [(o.later, f"{name(o.later + '!')} < {name(o.earlier + '!')}", o.reason) for o in kind.orders]
    return checks
