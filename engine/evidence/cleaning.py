"""From text cells to typed columns: one SQL statement per file that also says which records are bad, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.evidence.cells import Check, checks, parsed, stored, unknown_words, zone
from engine.evidence.columns import Column, Kind
from engine.evidence.duck import name, text
from engine.evidence.opened import OpenedFile, fault


@dataclass(frozen=True, slots=True)
class Statements:
    """SQL for one file. `rows` yields (record, bad, platform, the stored columns, day, second).

    Of a kind with loose rows also `nth`, not counted yet: 1, or 0 for a row that has its key. `faults` yields
    (record, column, value, reason) for the bad records only. Of a kind with words, `rows` also has `strange`: those of
    the row that are not known.
    """

    rows: str
    faults: str


def statements(
    file: OpenedFile, kind: Kind, given: Mapping[str, str], key: bytes, more: Sequence[Check] = ()
) -> Statements:
    """The SQL that cleans `file`; `given` are values for columns that it lacks, `key` seals the secret columns.

    `more` is checked beside what is always checked of this kind.
    """
    kind = _as_told(file, kind)
    raw = ", ".join(f"{_cell(c, file, given)} AS {name(c.name)}" for c in kind.columns)
    source = f"SELECT record, {raw}, defect FROM ({file.records})"
    values = ", ".join(f"{sql} AS {name(c.name + '!')}" for c in kind.columns if (sql := parsed(c)) is not None)
    typed = f"SELECT *, {values} FROM ({source})"
    every_check = [*_checks(kind), *more]
    strange = "".join(f"{unknown_words(c)} AS strange, " for c in kind.columns if c.type == "words")
    told = ", ".join(f"CASE WHEN {c.bad} THEN {fault(c.column, name(c.column), c.reason)} END" for c in every_check)
    bad = " OR ".join(["defect IS NOT NULL", *(f"coalesce({c.bad}, false)" for c in every_check)])
    cells = ", ".join(f"{stored(c, key)} AS {name(c.name)}" for c in kind.stored)
    number = f", ({name(kind.key[-1])} IS NULL)::INTEGER AS nth" if kind.key else ", 1::INTEGER AS nth"
    rows = (
        f"SELECT record, ({bad}) AS bad, {strange}platform, {cells}, {_day_and_second(kind)}"
        f"{number if kind.loose else ''} FROM ({typed})"
    )
    every = f"CASE WHEN defect IS NOT NULL THEN [defect] ELSE list_filter([{told}], lambda f: f IS NOT NULL) END"
    faults = (
        f"SELECT record, f['column'], f['value'], f['reason'] FROM ("
        f"SELECT record, unnest({every}) AS f FROM ({typed}) WHERE {bad}) ORDER BY record"
    )
    return Statements(rows, faults)


def _as_told(file: OpenedFile, kind: Kind) -> Kind:
    """The kind with those numbers of fen that the file's header tells in yuan as what they are."""
    headers = file.aside.headers if file.aside else file.headers
    columns = (replace(c, type="yuan") if headers.get(c.name) in c.in_yuan else c for c in kind.columns)
    return replace(kind, columns=tuple(columns))


def _cell(column: Column, file: OpenedFile, given: Mapping[str, str]) -> str:
    if column.name in file.present:
        cell = f"nullif(trim({name(column.name)}), '')"
        if column.name == "platform":
            called = " ".join(f"WHEN {text(said)} THEN {text(id_)}" for said, id_ in column.synonyms.items())
            cell = f"CASE {cell} {called} ELSE {cell} END"
    else:
        cell = text(given[column.name]) if column.name in given else "NULL::VARCHAR"
    return f"coalesce({cell}, {text(column.default)})" if column.default else cell


def _day_and_second(kind: Kind) -> str:
    value = name(kind.day_of + "!")
    if kind.column(kind.day_of).type == "date":
        return f"{value} AS day, 0::INTEGER AS second"
    return day_and_second(f"({value} AT TIME ZONE {zone()})")


def day_and_second(local: str) -> str:
    """SQL of the columns `day` and `second` of a local time."""
    return f"{local}::DATE AS day, (epoch_us({local}::TIME) // 1000000)::INTEGER AS second"


def _checks(kind: Kind) -> list[Check]:
    """What is checked of each column, the columns in order."""
    found = [check for column in kind.columns for check in checks(column)]
    earlier = (Check(o.later, f"{name(o.later + '!')} < {name(o.earlier + '!')}", o.reason) for o in kind.orders)
    return [*found, *earlier]
