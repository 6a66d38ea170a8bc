"""From the lines of a file to the rows of a mapping: the header found, sums skipped, merged cells filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.evidence.mapping.amounts import plain
from engine.evidence.mapping.model import MappedColumn, MappingFile
from engine.evidence.mapping.refusals import unreadable
from engine.evidence.mapping.tables import Lines, readings
from engine.rulebook.model import Text

HEADER_WITHIN = 30  # lines
MOST_SKIPPED_TOLD = 1000


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns of a mapping stand, and under which of their headers."""

    at: Mapping[str, int]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is about nobody, and the word that says so."""

    line: int
    word: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row: its line, and the text of every cell whose column the mapping knows ('' where it is empty)."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Sheet:
    """A file whose header was found. `skipped`, `repeated` and `above` are whole once `rows` was gone through."""

    path: Path
    mapping: MappingFile
    header: Header
    above: tuple[str, ...]
    unknown: tuple[str, ...]
    lines: Lines
    skipped: list[Skipped] = field(default_factory=list)
    repeated: int = 0

    def rows(self) -> Iterator[DataRow]:
        """The rows about somebody, in the order of the file."""
        header = self.header
        carried: dict[str, str] = {}
        columns = self.mapping.columns
        for line, cells in self.lines:
            if not any(cell.strip() for cell in cells):
                continue
            again = _header(self.path, self.mapping, cells)
            if again is not None:
                header, carried, self.repeated = again, {}, self.repeated + 1
                continue
            row = {name: cells[i].strip() if i < len(cells) else "" for name, i in header.at.items()}
            word = self._skipped_for(row)
            if word is not None:
                self.skipped.append(Skipped(line, word))
                continue
            filled = {name: cell or carried.get(name, "") for name, cell in row.items() if columns[name].fill}
            carried |= filled
            row |= filled
            yield DataRow(line, row)

    def _skipped_for(self, row: Mapping[str, str]) -> str | None:
        """The word that makes the row one about nobody: it stands where a name or a day should."""
        for name, cell in row.items():
            if self.mapping.columns[name].kind in {"text", "period"} and plain(cell).rstrip(":") in self.mapping.skip:
                return plain(cell).rstrip(":")
        return None


def open_sheet(path: Path, mapping: MappingFile) -> Sheet:
    """Find the header. Raises UnreadableFileError where there is none, naming the columns that were missed."""
    nearest: list[str] | None = None
    for lines in readings(path):
        above: list[str] = []
        for line, cells in lines:
            header = _header(path, mapping, cells)
            if header is not None:
                unknown = tuple(
                    dict.fromkeys(c.strip() for i, c in enumerate(cells) if c.strip() and i not in header.at.values())
                )
                return Sheet(path, mapping, header, tuple(above), unknown, lines)
            missed = _missed(mapping, cells)
            if nearest is None or len(missed) < len(nearest):
                nearest = missed
            above += [c for c in cells if c.strip()]
            if line >= HEADER_WITHIN:
                break
    names = nearest if nearest is not None else [c.name for c in mapping.columns.values() if c.required]
    said = ["/".join(mapping.columns[name].headers[:3]) for name in names]
    raise unreadable(
        path,
        Text(
            f"前 {HEADER_WITHIN} 行里没有找到表头；缺少的列：{'、'.join(said)}（映射 {mapping.id} 写明认得哪些表头）",
            f"no header within {HEADER_WITHIN} lines; missing: {', '.join(said)} "
            f"(the mapping {mapping.id} says which headers it knows)",
        ),
    )


def _header(path: Path, mapping: MappingFile, cells: Sequence[str]) -> Header | None:
    """The header that these cells are; None where they lack a column that it must have."""
    at: dict[str, int] = {}
    headers: dict[str, str] = {}
    for i, cell in enumerate(cells):
        column = _column(mapping, cell)
        if column is None:
            continue
        if column.name in at:
            first, again = headers[column.name], cell.strip()
            if _missed(mapping, cells):
                return None
            raise unreadable(
                path,
                Text(
                    f"表头的 {first!r} 和 {again!r} 是同一列（{column.name}），不知该用哪个；请在映射里只留一个",
                    f"{first!r} and {again!r} in the header are one column ({column.name}); "
                    "leave only one of them in the mapping",
                ),
            )
        at[column.name], headers[column.name] = i, cell.strip()
    return Header(at, headers) if at and not _missed(mapping, cells) else None


def _missed(mapping: MappingFile, cells: Sequence[str]) -> list[str]:
    found = {column.name for cell in cells if (column := _column(mapping, cell)) is not None}
    return [c.name for c in mapping.columns.values() if c.required and c.name not in found]


def _column(mapping: MappingFile, cell: str) -> MappedColumn | None:
    spelled = spelling(cell)
    return next((c for c in mapping.columns.values() if spelled and spelled in c.headers), None)


def spelling(header: str) -> str:
    """A header as it is compared: letters and digits plain and small, and no blanks in it.

    >>> spelling("好评率 （％）")
    '好评率(%)'
    """
    return "".join(plain(header).split()).casefold()
