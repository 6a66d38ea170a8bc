"""One cell of each type in SQL: what it is read as, how it is stored, and what is wrong with it.

`"x"` is the text of the column x, `"x!"` the instant, number or date in it, null where there is none.
Times: ISO 8601, or year first with slashes or 年月日; an offset or `Z` decides, and without one they
are in the platform's zone. DuckDB's plain TIMESTAMP cast silently drops an offset, so every time goes through
TIMESTAMPTZ or names its zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.evidence.columns import Column
from engine.evidence.duck import name, text
from engine.evidence.reasons import reason
from engine.rulebook.platforms import PLATFORMS

LONGEST_NAME = 200
UNKNOWN_PLATFORM = reason("platform")
OTHER = "other"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?"
_EXCEL = r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d(:\d\d)?"  # year first, local: 2026/3/2 9:05
_OFFSET = r".{16,}(Z|[+-]\d\d(:?\d\d)?)"
_CHINESE = r"\d{4}年\d{1,2}月\d{1,2}日 ?\d{1,2}:\d\d(:\d\d)?"
_DATE = r"\d{4}-\d\d-\d\d"
_LOCAL_DATE = r"\d{4}(/\d{1,2}/\d{1,2}|年\d{1,2}月\d{1,2}日)"
_NUMBER = r"\d{1,18}"
_YUAN = r"[¥￥]?(\d{1,13}|\d{1,3}(,\d{3}){1,4})(\.\d{1,2})?元?"
_CONTROL = r"[\p{Cc}\p{Zl}\p{Zp}]"
_BETWEEN_WORDS = "[;；、]"
_EARLIEST, _LATEST = "2000-01-01", "2100-01-01"


@dataclass(frozen=True, slots=True)
class Check:
    """`bad` is SQL that is true where the cell of `column` is refused for `reason`."""

    column: str
    bad: str
    reason: str


def zone() -> str:
    """SQL of the zone of `platform`."""
    zones = {p.zone for p in PLATFORMS.values()}
    if len(zones) == 1:
        return text(zones.pop())
    cases = " ".join(f"WHEN {text(p.id)} THEN {text(p.zone)}" for p in PLATFORMS.values())
    return f"CASE platform {cases} ELSE 'UTC' END"


def parsed(column: Column) -> str | None:
    """SQL of `"x!"`, of the types that have one."""
    cell = name(column.name)
    if column.type == "instant":
        return _instant(cell)
    if column.type == "date":
        return _date(cell)
    if column.type == "deadline":  # of a bare day the last moment is its end: the next local midnight
        return f"coalesce({_instant(cell)}, ({_date(cell)} + INTERVAL 1 DAY)::TIMESTAMP AT TIME ZONE {zone()})"
    if column.type == "integer":
        return f"CASE WHEN regexp_full_match({cell}, {text(_NUMBER)}) THEN try_cast({cell} AS {column.sql_type}) END"
    if column.type == "yuan":  # as decimals, exactly
        plain = f"regexp_replace({cell}, '[¥￥,元]', '', 'g')"
        exact = f"try_cast({plain} AS DECIMAL(18, 2))"
        return f"CASE WHEN regexp_full_match({cell}, {text(_YUAN)}) THEN ({exact} * 100)::{column.sql_type} END"
    return None


def _instant(cell: str) -> str:
    return (
        f"CASE WHEN NOT regexp_full_match({cell}, {text(f'{_ISO}|{_EXCEL}')}) THEN "
        f"CASE WHEN regexp_full_match({cell}, {text(_CHINESE)}) "
        f"THEN try_cast({_dashed(cell)} AS TIMESTAMP) AT TIME ZONE {zone()} END "
        f"WHEN regexp_full_match({cell}, {text(_OFFSET)}) THEN try_cast({cell} AS TIMESTAMPTZ) "
        f"ELSE try_cast({cell} AS TIMESTAMP) AT TIME ZONE {zone()} END"
    )


def _date(cell: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({cell}, {text(_DATE)}) THEN try_cast({cell} AS DATE) "
        f"WHEN regexp_full_match({cell}, {text(_LOCAL_DATE)}) THEN try_cast({_dashed(cell)} AS DATE) END"
    )


def _dashed(cell: str) -> str:
    """SQL of a day with 年月日 or slashes, and what follows it, as one with dashes."""
    return rf"regexp_replace({cell}, '^(\d+)[/年](\d+)[/月](\d+)日? ?', '\1-\2-\3 ')"


def stored(column: Column, key: bytes) -> str:
    """SQL of what a day file holds of the column; `key` seals what is secret."""
    cell, value = name(column.name), name(column.name + "!")
    if column.type in {"instant", "deadline"}:
        return f"({value} AT TIME ZONE 'UTC')"
    if column.type in {"integer", "yuan", "date"}:
        return value
    if column.type == "secret":
        return sealed(f"platform || chr(31) || {cell}", key)
    if column.type == "words":
        meant = f"[{_canonical(column, 'w', text(OTHER))} for w in {_words(column)} if w <> '']"
        return f"nullif(array_to_string(list_sort(list_distinct({meant})), ';'), '')"
    return _canonical(column, cell, f"lower({cell})" if column.choices else cell)


def unknown_words(column: Column) -> str:
    """SQL of the list of the words of a cell that are none of the known ones, and so count as `other`."""
    known = ", ".join(map(text, (*column.choices, *column.synonyms)))
    return f"[w for w in {_words(column)} if w <> '' AND lower(w) NOT IN ({known})]"


def _words(column: Column) -> str:
    return f"[trim(v) for v in string_split_regex({name(column.name)}, {text(_BETWEEN_WORDS)})]"


def sealed(expression: str, key: bytes) -> str:
    """SQL for HMAC-SHA256 (RFC 2104) of a text under `key` (at most 64 bytes), cut to its first 16 bytes (BLOB)."""
    block = key.ljust(64, b"\0")
    inner = "".join(f"\\x{b ^ 0x36:02X}" for b in block)
    outer = "".join(f"\\x{b ^ 0x5C:02X}" for b in block)
    digest = f"unhex(sha256('{inner}'::BLOB || encode({expression})))"
    return f"unhex(sha256('{outer}'::BLOB || {digest}))[1:16]"


def _canonical(column: Column, word: str, otherwise: str) -> str:
    """SQL of the choice that a word stands for."""
    if not column.synonyms:
        return otherwise
    among: Mapping[str, str] = {**{c: c for c in column.choices}, **column.synonyms}
    cases = " ".join(f"WHEN {text(said)} THEN {text(meant)}" for said, meant in among.items())
    return f"CASE lower({word}) {cases} ELSE {otherwise} END"


def checks(column: Column) -> list[Check]:
    """What is checked of a column."""
    missing = [(f"{name(column.name)} IS NULL", reason("missing"))] if column.required and not column.blank else []
    return [Check(column.name, bad, why) for bad, why in (*missing, *_checks(column))]


def _checks(column: Column) -> Iterator[tuple[str, str]]:
    cell, value = name(column.name), name(column.name + "!")
    if column.name == "platform":
        yield f"{cell} NOT IN ({', '.join(map(text, PLATFORMS))})", UNKNOWN_PLATFORM
    elif column.type == "words":
        return
    elif column.choices:
        allowed = ", ".join(map(text, (*column.choices, *column.synonyms)))
        yield f"lower({cell}) NOT IN ({allowed})", reason("choice", ", ".join(column.choices))
    elif column.type in {"instant", "deadline"}:
        earliest, latest = (f"TIMESTAMP '{edge}' AT TIME ZONE {zone()}" for edge in (_EARLIEST, _LATEST))
        yield f"{cell} IS NOT NULL AND {value} IS NULL", reason("time" if column.type == "instant" else "deadline")
        yield f"{value} < {earliest} OR {value} >= {latest}", reason("years")
    elif column.type == "date":
        yield f"{cell} IS NOT NULL AND {value} IS NULL", reason("day")
        yield f"{value} < DATE '{_EARLIEST}' OR {value} >= DATE '{_LATEST}'", reason("years")
    elif column.type in {"integer", "yuan"}:
        yield from _checks_of_integer(column, cell, value)
    else:
        yield f"length({cell}) > {LONGEST_NAME}", reason("long", LONGEST_NAME)
        yield f"regexp_matches({cell}, {text(_CONTROL)})", reason("control")
        if column.pattern:
            yield f"NOT regexp_full_match({cell}, {text(column.pattern)})", reason(column.shape)


def _checks_of_integer(column: Column, cell: str, value: str) -> Iterator[tuple[str, str]]:
    if column.type == "yuan":
        yield f"{cell} IS NOT NULL AND {value} IS NULL", reason("yuan")
    if column.within is None:
        if column.type == "integer":
            yield f"{cell} IS NOT NULL AND {value} IS NULL", reason("whole")
        return
    low, high = column.within
    if column.type == "yuan":
        yield f"{value} NOT BETWEEN {low} AND {high}", reason("within_yuan", low // 100, high // 100)
        return
    bad = f"{cell} IS NOT NULL AND coalesce({value} NOT BETWEEN {low} AND {high}, true)"
    yield bad, reason("within", low, high)
