"""The verdict on every subject at once, in DuckDB: the same reckoning as `verdict_of`, in one pass.

Integers only. A counter times a limit is a HUGEINT product; where even that is too narrow, DuckDB ends the
query with an error instead of a wrong verdict.
"""

from __future__ import annotations

from engine.judge.verdict import Reading, UndecidedError, reading_of
from engine.rulebook.model import Bound, Version

_SIGNS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}
_WIDEST_LIMIT = 2**63
_ADDED = ("missing", "verdict", "at_risk")


def screen_sql(version: Version, source_table: str) -> str:
    """A query over `source_table`: a row for each subject, an integer column for each counter, null allowed.

    It gives all columns of the table and three more: `missing` (VARCHAR[]: the counters that are null,
    negative or contradict each other), `verdict` (VARCHAR) and `at_risk` (BOOLEAN). Raises UndecidedError for
    a version that judges nothing, whose limits no 64-bit integer holds, or with a counter of such a name.
    """
    reading = reading_of(version)
    if taken := set(_ADDED) & {counter.name for counter in version.counters}:
        raise UndecidedError(
            f"version {version.key}: give counter {min(taken)!r} another name; the screen adds {_ADDED}"
        )
    numerator, denominator = _figure(reading)
    complies = _admits(reading.standard.complies, numerator, denominator)
    warns = _admits(reading.at_risk, numerator, denominator) if reading.at_risk else "false"
    assessed = " AND ".join(
        [f"{denominator} > 0", *(_admits(bound, _column(name), "1") for name, bound in reading.gate)]
    )
    # Every part is made here of whole numbers and quoted names.
    return f"""
SELECT *, verdict = 'violation' OR (verdict = 'compliant' AND {warns}) AS at_risk
FROM (
    SELECT *, CASE
        WHEN len(missing) > 0 THEN 'no_data'
        WHEN NOT ({assessed}) THEN 'not_assessed'
        WHEN {complies} THEN 'compliant'
        ELSE 'violation' END AS verdict
    FROM (SELECT *, {_missing(reading)} AS missing FROM {_quoted(source_table)})
)"""


def _figure(reading: Reading) -> tuple[str, str]:
    denominator = reading.figure.denominator
    return _column(reading.figure.numerator), _column(denominator) if denominator else "1"


def _missing(reading: Reading) -> str:
    sound = {name: f"coalesce({_quoted(name)} >= 0, false)" for name in reading.counters}
    each = ", ".join(f"CASE WHEN NOT {test} THEN {_text(name)} END" for name, test in sound.items())
    names = f"list_filter([{each}], lambda one_missing: one_missing IS NOT NULL)"
    branches = f"WHEN NOT ({' AND '.join(sound.values())}) THEN {names}"
    if reading.is_part:
        numerator, denominator = reading.figure.numerator, reading.figure.denominator or ""
        both = ", ".join(_text(name) for name in reading.counters if name in (numerator, denominator))
        branches += f" WHEN {_quoted(numerator)} > {_quoted(denominator)} THEN [{both}]"
    return f"CASE {branches} ELSE CAST([] AS VARCHAR[]) END"


def _admits(bound: Bound, numerator: str, denominator: str) -> str:
    """`Bound.admits` in SQL, cross-multiplied."""
    above, below = bound.limit.numerator, bound.limit.denominator
    if max(abs(above), below) >= _WIDEST_LIMIT:
        raise UndecidedError(f"the limit {bound.as_written} is too fine to be compared exactly; write fewer decimals")
    return f"({numerator} * {below} {_SIGNS[bound.comparison]} {denominator} * CAST({above} AS HUGEINT))"


def _column(name: str) -> str:
    return f"CAST({_quoted(name)} AS HUGEINT)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
