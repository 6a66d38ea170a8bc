"""The verdict on every subject at once, in DuckDB: the same reckoning as `verdict_of`, in one pass.

Integers only. A counter times a limit is a HUGEINT product; where even that is too narrow, DuckDB ends the
query with an error instead of a wrong verdict.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.evidence.duck import name as quoted
from engine.evidence.duck import text
from engine.judge.box import whole_numbers
from engine.judge.verdict import Reading, UndecidedError, reading_of
from engine.measure.counts import high_column, low_column
from engine.rulebook.model import Bound, Version

_SIGNS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}
_WIDEST_LIMIT = 2**63
_ADDED = ("missing", "verdict", "at_risk")
_Columns = dict[str, str]  # the name of a column → what it is, in SQL
_VERDICT = """CASE
    WHEN len(missing) > 0 THEN 'no_data'
    WHEN NOT "!some" THEN 'not_assessed'
    WHEN NOT "!all" OR "!least complies" <> "!greatest complies" THEN 'undetermined'
    WHEN "!least complies" THEN 'compliant'
    ELSE 'violation' END"""


def screen_sql(version: Version, source_table: str) -> str:
    """A query over `source_table`: a row for each subject, an integer column for each counter, null allowed.

    A counter `c` may have ends, in columns `c!low` and `c!high`: null where it is exact, and each may be absent.

    It gives all columns of the table and three more: `missing` (VARCHAR[]: the counters that are null,
    negative, not within their ends or contradict each other), `verdict` (VARCHAR) and `at_risk` (BOOLEAN).
    Raises UndecidedError for a version that judges nothing, whose limits no 64-bit integer holds, or with a
    counter of such a name.
    """
    reading = reading_of(version)
    if taken := set(_ADDED) & {counter.name for counter in version.counters}:
        raise UndecidedError(
            f"version {version.key}: give counter {min(taken)!r} another name; the screen adds {_ADDED}"
        )
    # Every part is made here of whole numbers and quoted names. Each step reads the columns of those before it.
    steps = [_spans(reading), {"missing": _missing(reading)}, _assessed(reading), _points(reading), _corners(reading)]
    query = quoted(source_table)
    for step in (*steps, {"verdict": _VERDICT}):
        columns = ", ".join(f"{value} AS {quoted(name)}" for name, value in step.items())
        query = f"(SELECT *, {columns} FROM {query})"
    ours = ", ".join(quoted(name) for step in steps for name in step if name not in _ADDED)
    risk = """verdict = 'violation' OR (verdict IN ('compliant', 'undetermined') AND "!warns")"""
    return f"SELECT * EXCLUDE ({ours}), {risk} AS at_risk FROM {query}"


def figure_sql(version: Version) -> str:
    """The columns of a figure, from a table as `screen_sql` takes and gives it.

    They are the numerator, its ends, the denominator, its ends; the ends are the number itself where it is exact.
    """
    figure = reading_of(version).figure
    top = (quoted(figure.numerator), *_ends(figure.numerator))
    bottom = (quoted(figure.denominator), *_ends(figure.denominator)) if figure.denominator else ("1", "1", "1")
    return ", ".join((*top, *bottom))


def _ends(counter: str) -> tuple[str, str]:
    """The lower and the upper end, whichever columns there are: least and greatest pass over nulls."""
    return f"least({_either(counter, low_column(counter))})", f"greatest({_either(counter, high_column(counter))})"


def _either(counter: str, end: str) -> str:
    return f"*COLUMNS(lambda one_name: one_name IN ({text(counter)}, {text(end)}))"


def _spans(reading: Reading) -> _Columns:
    """Between which numbers each counter lies, and whether all that is said of it can be so."""
    found = {}
    for name in reading.counters:
        own, (low, high) = quoted(name), _ends(name)
        found[f"!low {name}"] = f"CAST({low} AS HUGEINT)"
        found[f"!high {name}"] = f"CAST({high} AS HUGEINT)"
        found[f"!from low {name}"] = f"coalesce(greatest({_either(name, low_column(name))}) = {own}, false)"
        found[f"!to high {name}"] = f"coalesce(least({_either(name, high_column(name))}) = {own}, false)"
    return found


def _missing(reading: Reading) -> str:
    sound = {
        name: f"({_own('from low', name)} AND {_own('to high', name)} AND {_own('low', name)} >= 0)"
        for name in reading.counters
    }
    each = ", ".join(f"CASE WHEN NOT {test} THEN {text(name)} END" for name, test in sound.items())
    names = f"list_filter([{each}], lambda one_missing: one_missing IS NOT NULL)"
    branches = f"WHEN NOT ({' AND '.join(sound.values())}) THEN {names}"
    if reading.is_part:
        numerator, denominator = reading.figure.numerator, reading.figure.denominator or ""
        both = ", ".join(text(name) for name in reading.counters if name in (numerator, denominator))
        branches += f" WHEN {_own('low', numerator)} > {_own('high', denominator)} THEN [{both}]"
    return f"CASE {branches} ELSE CAST([] AS VARCHAR[]) END"


def _assessed(reading: Reading) -> _Columns:
    """The part of each counter at which a subject is assessed, and whether that is all of it."""
    low = {name: _own("low", name) for name in reading.counters}
    high = {name: _own("high", name) for name in reading.counters}
    if reading.is_part:  # the part is nowhere more than the whole
        top, bottom = reading.figure.numerator, reading.figure.denominator or ""
        low[bottom], high[top] = f"greatest({low[top]}, {low[bottom]})", f"least({high[top]}, {high[bottom]})"
    found = {f"!from {name}": low[name] for name in low} | {f"!to {name}": high[name] for name in high}
    whole = ["true"]
    for name, bound in reading.conditions:
        least, most = (None if n is None else _number(bound, n) for n in whole_numbers(bound))
        if least is not None:
            found[f"!from {name}"] = f"greatest({found[f'!from {name}']}, {least})"
            whole.append(f"{low[name]} >= {least}")
        if most is not None:
            found[f"!to {name}"] = f"least({found[f'!to {name}']}, {most})"
            whole.append(f"{high[name]} <= {most}")
    return found | {"!all": " AND ".join(whole)}


def _points(reading: Reading) -> _Columns:
    """Whether a subject is assessed at some point, and the points at which its figure is least and greatest."""
    top, bottom = reading.figure.numerator, reading.figure.denominator
    some = [f"{_own('from', name)} <= {_own('to', name)}" for name in dict(reading.conditions)]
    least_top, top_, least_bottom, bottom_ = _own("from", top), _own("to", top), "1", "1"
    if bottom:
        least_bottom, bottom_ = _own("from", bottom), _own("to", bottom)
    if reading.is_part:
        some.append(f"{least_top} <= {bottom_}")
        least_bottom = f"greatest({least_top}, {least_bottom})"  # the smallest whole that some part goes with
        top_ = f"least({top_}, {least_bottom})"
    return {
        "!some": " AND ".join(["len(missing) = 0", *some]),
        "!greatest numerator": top_,
        "!greatest denominator": least_bottom,
        "!least numerator": least_top,
        "!least denominator": bottom_,
    }


def _corners(reading: Reading) -> _Columns:
    complies, at_risk = reading.standard.complies, reading.at_risk
    least, greatest = _admits("least"), _admits("greatest")
    warns = f"{least(at_risk)} OR {greatest(at_risk)}" if at_risk else "false"
    both = f"{least(complies)} AND {greatest(complies)}"
    return {
        "!least complies": f'CASE WHEN "!some" THEN {least(complies)} END',
        "!greatest complies": f'CASE WHEN "!some" THEN {greatest(complies)} END',
        "!warns": f'CASE WHEN "!some" THEN NOT ({both}) OR {warns} ELSE false END',
    }


def _admits(which: str) -> Callable[[Bound], str]:
    """`Bound.admits` in SQL, cross-multiplied, at the point where the figure is least or greatest."""
    numerator, denominator = _own(which, "numerator"), _own(which, "denominator")

    def admits(bound: Bound) -> str:
        above, below = bound.limit.numerator, bound.limit.denominator
        left, right = f"{numerator} * {_number(bound, below)}", f"{denominator} * {_number(bound, above)}"
        return f"({left} {_SIGNS[bound.comparison]} {right})"

    return admits


def _number(bound: Bound, number: int) -> str:
    """A number of a bound as a HUGEINT."""
    if max(abs(bound.limit.numerator), bound.limit.denominator) >= _WIDEST_LIMIT:
        raise UndecidedError(f"the limit {bound.as_written} is too fine to be compared exactly; write fewer decimals")
    return f"CAST({number} AS HUGEINT)"


def _own(what: str, name: str) -> str:
    return quoted(f"!{what} {name}")
