"""A mapped file as the importer takes any other: numbered records, with the lines from which they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from engine.errors import near_names
from engine.evidence.duck import name
from engine.evidence.kinds import kind
from engine.evidence.mapping.counting import Counted, Tally, fed_by, tally
from engine.evidence.mapping.model import MappingFile
from engine.evidence.mapping.refusals import MISSING, Refusal
from engine.evidence.mapping.sheet import Sheet, Skipped, open_sheet, spelling
from engine.evidence.opened import SOUND, Aside, OpenedFile
from engine.ledger.shop_names import Named
from engine.numbers import Number
from engine.rulebook.model import Text

CHUNK = 10_000
SAID = ("text", "period")  # columns that are no numbers
Record = tuple[int, Mapping[str, str | None]]  # its line, and its cells


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping made of one file, to be told: rows about somebody, rows skipped, headers that came again.

    `shop` is the one that the command names, where the file does not.
    """

    file: str
    mapping: str
    rows: int
    skipped: tuple[Skipped, ...]
    repeated_headers: int
    notes: tuple[Text, ...] = ()
    counted: tuple[Counted, ...] = field(default=(), repr=False)
    shop: str | None = None
    counts: bool = False

    @property
    def in_vain(self) -> bool:
        """Whether a file with rows gave no number at all."""
        return self.counts and self.rows > 0 and not self.counted

    def of_shop(self, shop: str | None, named: Sequence[Named]) -> Mapped:
        """The same, of the shop that the command names; shops that were called by other names have their ids."""
        ids: Mapping[str | None, str] = {one.said: one.shop for one in named}
        counted = tuple(replace(one, shop=ids[one.shop]) if one.shop in ids else one for one in self.counted)
        return replace(self, shop=ids.get(shop, shop), counted=counted)


def open_mapped(
    con: duckdb.DuckDBPyConnection, path: Path, mapping: MappingFile, number: int, show_values: bool
) -> tuple[OpenedFile, Mapped]:
    """Read the file by the mapping, into the table `mapped_<number>`. Raises UnreadableFileError."""
    sheet = open_sheet(path, mapping)
    if mapping.kind == "counts":
        counted = tally(sheet)
        records, refused, rows = list(_of_counts(counted)), counted.refused, counted.rows
        columns = ("agent", "period_start", "period_end", "counter", "value", "value_low", "value_high")
        present = (*(("shop",) if "shop" in sheet.header.at else ()), *columns)
        notes = tuple(_notes(sheet, counted))
        told = tuple(counted.counted)
    else:
        records, refused = _renamed(sheet)
        rows, notes, told = len(records) + len({r.line for r in refused}), (), ()
        present = tuple(sheet.header.at)
    table = f"mapped_{number}"
    _fill(con, table, present, records)
    aside = Aside(
        rows=len({r.line for r in refused}),
        faults=tuple(r.told(path, show_values) for r in refused),
        lines=tuple(line for line, _ in records),
        headers=_headers(sheet),
    )
    cells = "".join(f", {name(column)}" for column in present)
    opened = OpenedFile(
        path, "mapped", f"SELECT record{cells}, {SOUND} AS defect FROM {table}", present, sheet.unknown, aside=aside
    )
    return opened, Mapped(
        str(path), mapping.id, rows, tuple(sheet.skipped), sheet.repeated, notes, told, counts=mapping.kind == "counts"
    )


def _of_counts(found: Tally) -> list[Record]:
    """The records of kind `counts`: bounds only where a number was rounded."""
    records: list[Record] = []
    for one in found.counted:
        rounded = one.span is not None and one.span.low < one.span.high
        cells = {
            "shop": one.shop,
            "agent": one.agent,
            "period_start": one.period[0].isoformat(),
            "period_end": one.period[1].isoformat(),
            "counter": f"{one.rule}/{one.counter}",
            "value": str(one.span.likely) if one.span else None,
            "value_low": str(one.span.low) if one.span and rounded else None,
            "value_high": str(one.span.high) if one.span and rounded else None,
        }
        records.append((one.line, cells))
    return records


def _renamed(sheet: Sheet) -> tuple[list[Record], list[Refusal]]:
    """The rows of any other kind: the cells as they stand, under the names of its columns."""
    missing = set(sheet.mapping.missing)
    records: list[Record] = []
    refused: list[Refusal] = []
    required = [c.name for c in kind(sheet.mapping.kind).columns if c.required and c.name in sheet.header.at]
    for row in sheet.rows():
        cells = {column: cell if cell and cell not in missing else None for column, cell in row.cells.items()}
        bad = [column for column in required if cells[column] is None]
        if bad:
            refused += [Refusal(row.line, sheet.header.headers[c], row.cells[c], MISSING) for c in bad]
        else:
            records.append((row.line, cells))
    return records, refused


def _fill(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], records: Sequence[Record]) -> None:
    cells = ", ".join(f"{name(column)} VARCHAR" for column in columns)
    con.execute(f"CREATE TEMP TABLE {table} (record BIGINT, {cells})")
    values = ", ".join(["unnest(?::BIGINT[])", *("unnest(?::VARCHAR[])" for _ in columns)])
    for start in range(0, len(records), CHUNK):
        part = records[start : start + CHUNK]
        numbers = list(range(start + 1, start + len(part) + 1))
        con.execute(
            f"INSERT INTO {table} SELECT {values}", [numbers, *([c.get(column) for _, c in part] for column in columns)]
        )


def _headers(sheet: Sheet) -> dict[str, str]:
    """The header under which each column of the kind stands in the file."""
    period = sheet.header.headers.get("period")
    both = {"period_start": period, "period_end": period} if period else {}
    return {**both, **sheet.header.headers}


def _lacking(sheet: Sheet) -> Text:
    """The optional columns that a file lacks, and which of its unknown headers may be meant for one of them."""
    missed = [c for c in sheet.mapping.columns.values() if c.name not in sheet.header.at and c.kind not in SAID]
    near = {
        said: found[:1] for said in sheet.unknown for c in missed if (found := near_names(spelling(said), c.headers))
    }
    meant = [(said, headers[0]) for said, headers in near.items() if headers]
    if meant:
        return Text(
            "；" + "，".join(f"不认识的「{said}」是不是「{known}」？" for said, known in meant),
            "; " + ", ".join(f"is the unknown {said!r} meant for {known!r}?" for said, known in meant),
        )
    names = [c.headers[0] for c in missed]
    return Text(f"：{'、'.join(names)}", f": {', '.join(names)}") if names else Text("", "")


def _notes(sheet: Sheet, found: Tally) -> list[Text]:
    """What the file did not give, and what the sum of the agents assumes."""
    notes = []
    fed = {f.rule for f in fed_by(sheet.mapping, sheet.header.at)}
    for rule in sheet.mapping.feeds:
        if rule.rule not in fed:
            lacks = _lacking(sheet)
            notes.append(
                Text(
                    f"没有给 {rule.rule} 的数：文件里没有算它所需的列{lacks.zh}",
                    f"nothing for {rule.rule}: the file lacks columns that it needs{lacks.en}",
                )
            )
        elif (rows := found.outside.get(rule.rule)) and (rows < found.rows or not found.counted):
            zh = {"day": "按日", "week": "按周", "month": "按月"}.get(rule.within.name, "")
            notes.append(
                Text(
                    f"{rule.rule} {zh}考核：{rows} 行的期间不在它的一个周期之内，不能用于它",
                    f"{Number(rows):row} gave nothing for {rule.rule}: no {rule.within} holds the whole period",
                )
            )
    lacking = list(dict.fromkeys(c.period for c in found.counted if c.agent is None and c.span is None))
    if sheet.mapping.shop_is_sum and lacking:
        days = f"{lacking[0][0]} ~ {lacking[0][1]}" + (", …" if len(lacking) > 1 else "")
        notes.append(
            Text(
                f"全店的数有缺（{days}）：有客服的行被拒收或没有填数，不能相加",
                f"the shop's own numbers lack some ({days}): an agent's row was refused or has no number to add",
            )
        )
    claim = sheet.mapping.claim("shop")
    if claim is not None and claim.basis == "assumed" and claim.because and found.counted:
        notes.append(Text(f"假定：{claim.because.zh}", f"assumed: {claim.because.en}"))
    return notes
