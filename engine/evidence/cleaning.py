"""From text cells to typed columns: one SQL statement per file that also says which records are bad, and why.

Times: ISO 8601, or year first with slashes as spreadsheets write them; an offset or `Z` decides, and without one they
are in the platform's zone. DuckDB's plain TIMESTAMP
cast silently drops an offset, so every time goes through TIMESTAMPTZ or names its zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.evidence.duck import name, text
from engine.evidence.kinds import Column, Kind
from engine.evidence.opened import OpenedFile, fault
from engine.evidence.reasons import reason
from engine.rulebook.platforms import PLATFORMS

LONGEST_NAME = 200
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?"
_EXCEL = r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d(:\d\d)?"  # as spreadsheets write it: year first, local, 2026/3/2 9:05
_OFFSET = r".{16,}(Z|[+-]\d\d(:?\d\d)?)"
_CONTROL = r"[\p{Cc}\p{Zl}\p{Zp}]"
_EARLIEST, _LATEST = "2000-01-01", "2100-01-01"
UNKNOWN_PLATFORM = reason("platform")


@dataclass(frozen=True, slots=True)
class _Check:
    """`bad` is SQL that is true where the cell of `column` is refused for `reason`."""

    column: str
    bad: str
    reason: str


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
    source = f"SELECT record, {raw}, defect FROM ({file.records})"
    parsed = ", ".join(f"{_instant(name(c.name))} AS {name(c.name + '!')}" for c in kind.columns if c.type == "instant")
    typed = f"SELECT *, {parsed} FROM ({source})"
    checks = _checks(kind)
    told = ", ".join(f"CASE WHEN {c.bad} THEN {fault(c.column, name(c.column), c.reason)} END" for c in checks)
    bad = " OR ".join(["defect IS NOT NULL", *(f"coalesce({c.bad}, false)" for c in checks)])
    stored = ", ".join(f"{_stored(c, key)} AS {name(c.name)}" for c in kind.stored)
    local = f"({name(kind.day_of + '!')} AT TIME ZONE {_zone()})"
    rows = (
        f"SELECT record, ({bad}) AS bad, platform, {stored}, {local}::DATE AS day, "
        f"(epoch_us({local}::TIME) // 1000000)::INTEGER AS second FROM ({typed})"
    )
    every = f"CASE WHEN defect IS NOT NULL THEN [defect] ELSE list_filter([{told}], lambda f: f IS NOT NULL) END"
    faults = (
        f"SELECT record, f['column'], f['value'], f['reason'] FROM ("
        f"SELECT record, unnest({every}) AS f FROM ({typed}) WHERE {bad}) ORDER BY record"
    )
    return Statements(rows, faults)


def _cell(column: Column, file: OpenedFile, given: Mapping[str, str]) -> str:
    if column.name in file.present:
        cell = f"nullif(trim({name(column.name)}), '')"
    else:
        cell = text(given[column.name]) if column.name in given else "NULL::VARCHAR"
    return f"coalesce({cell}, {text(column.default)})" if column.default else cell


def _zone() -> str:
    zones = {p.zone for p in PLATFORMS.values()}
    if len(zones) == 1:
        return text(zones.pop())
    cases = " ".join(f"WHEN {text(p.id)} THEN {text(p.zone)}" for p in PLATFORMS.values())
    return f"CASE platform {cases} ELSE 'UTC' END"


def _instant(cell: str) -> str:
    return (
        f"CASE WHEN NOT regexp_full_match({cell}, {text(f'{_ISO}|{_EXCEL}')}) THEN NULL "
        f"WHEN regexp_full_match({cell}, {text(_OFFSET)}) THEN try_cast({cell} AS TIMESTAMPTZ) "
        f"ELSE try_cast({cell} AS TIMESTAMP) AT TIME ZONE {_zone()} END"
    )


def _stored(column: Column, key: bytes) -> str:
    if column.type == "instant":
        return f"({name(column.name + '!')} AT TIME ZONE 'UTC')"
    if column.type == "secret":
        return sealed(f"platform || chr(31) || {name(column.name)}", key)
    return f"lower({name(column.name)})" if column.choices else name(column.name)


def sealed(expression: str, key: bytes) -> str:
    """SQL for HMAC-SHA256 (RFC 2104) of a text under `key` (at most 64 bytes), cut to its first 16 bytes (BLOB)."""
    block = key.ljust(64, b"\0")
    inner = "".join(f"\\x{b ^ 0x36:02X}" for b in block)
    outer = "".join(f"\\x{b ^ 0x5C:02X}" for b in block)
    digest = f"unhex(sha256('{inner}'::BLOB || encode({expression})))"
    return f"unhex(sha256('{outer}'::BLOB || {digest}))[1:16]"


def _checks(kind: Kind) -> list[_Check]:
    """What is checked of each column, the columns in order."""
    checks = [check for column in kind.columns for check in _checks_of(column)]
    earlier = (_Check(o.later, f"{name(o.later + '!')} < {name(o.earlier + '!')}", o.reason) for o in kind.orders)
    return [*checks, *earlier]


def _checks_of(column: Column) -> list[_Check]:
    cell, value = name(column.name), name(column.name + "!")
    found: list[tuple[str, str]] = []
    if column.required:
        found.append((f"{cell} IS NULL", reason("missing")))
    if column.name == "platform":
        found.append((f"{cell} NOT IN ({', '.join(map(text, PLATFORMS))})", UNKNOWN_PLATFORM))
    elif column.choices:
        among = ", ".join(column.choices)
        found.append((f"lower({cell}) NOT IN ({', '.join(map(text, column.choices))})", reason("choice", among)))
    elif column.type == "instant":
        earliest, latest = (f"TIMESTAMP '{edge}' AT TIME ZONE {_zone()}" for edge in (_EARLIEST, _LATEST))
        found += [
            (f"{cell} IS NOT NULL AND {value} IS NULL", reason("time")),
            (f"{value} < {earliest} OR {value} >= {latest}", reason("years")),
        ]
    else:
        found += [
            (f"length({cell}) > {LONGEST_NAME}", reason("long", LONGEST_NAME)),
            (f"regexp_matches({cell}, {text(_CONTROL)})", reason("control")),
        ]
    return [_Check(column.name, bad, why) for bad, why in found]
