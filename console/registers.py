"""Reading the registers that people keep as tables: shops, and who works where. Bad rows are told, the others taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from engine.errors import KaoheError, suggestion
from engine.evidence.csv_format import DELIMITERS
from engine.evidence.quarantine import RowFault, shown
from engine.ledger.masking import masked
from engine.ledger.subjects import PersonRow, ShopRow
from engine.rulebook.platforms import PLATFORMS
from notifier.routes import contact_faults

T = TypeVar("T")

SHOP_COLUMNS = ("platform", "shop", "name", "alias", "client", "category", "opened_on", "owner", "contact")
PEOPLE_COLUMNS = ("person", "platform", "shop", "agent", "team", "from", "to")
LONGEST_ID = 200
MENDED = "; save it as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class Register(Generic[T]):
    """What a file said: each row with the line on which it begins, the cells that cannot be taken, and remarks."""

    path: Path
    rows: tuple[tuple[int, T], ...]
    faults: tuple[RowFault, ...]
    notes: tuple[str, ...] = ()

    def fault(self, line: int, column: str, value: str | None, reason: str) -> RowFault:
        """A fault of this file."""
        return RowFault(str(self.path), line, column, value or "", reason)


def read_shops(path: Path) -> Register[ShopRow]:
    """The shops of a CSV register; a shop that stands there twice must be the same both times."""
    return _read(path, SHOP_COLUMNS, ("platform", "shop"), _shop, lambda row: (row.platform, row.shop))


def read_people(path: Path) -> Register[PersonRow]:
    """The assignments of a CSV register."""
    required = ("person", "platform", "shop", "agent")
    return _read(
        path,
        PEOPLE_COLUMNS,
        required,
        _person,
        lambda row: (row.person, row.platform, row.shop, row.agent, str(row.starts_on)),
    )


class _Cells:
    """The cells of one row, by column; what is wrong with any of them is kept."""

    def __init__(self, names: Sequence[str], cells: Sequence[str]) -> None:
        self._cells = {name: cell.strip() or None for name, cell in zip(names, cells, strict=False)}
        self.wrong: list[tuple[str, str, str]] = []
        if len(cells) != len(names):
            self.blame("-", None, f"the row has {len(cells)} cells, the header {len(names)}")

    def blame(self, column: str, value: str | None, reason: str) -> None:
        self.wrong.append((column, shown(masked(value or ""), show_values=column == "platform"), reason))

    def text(self, column: str) -> str | None:
        return self._cells.get(column)

    def required(self, column: str) -> str:
        value = self._cells.get(column)
        if value is None:
            self.blame(column, None, "missing")
        elif len(value) > LONGEST_ID:
            self.blame(column, value, f"longer than {LONGEST_ID} characters")
        elif not value.isprintable():
            self.blame(column, ascii(value)[1:-1], "holds a line break or another control character")
        return value or ""

    def platform(self) -> str:
        value = self.required("platform")
        if value and value not in PLATFORMS:
            self.blame("platform", value, "unknown platform" + suggestion(value, PLATFORMS))
        return value

    def day(self, column: str) -> date | None:
        value = self._cells.get(column)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.blame(column, value, "not a day; write it like 2026-03-10")
            return None

    def contact(self) -> str | None:
        value = self._cells.get("contact")
        for address, reason in contact_faults(value or ""):
            self.blame("contact", address, f"{reason}; write addresses like zhang@example.com, separated by ;")
        return value


def _shop(cells: _Cells) -> ShopRow:
    return ShopRow(
        platform=cells.platform(),
        shop=cells.required("shop"),
        name=cells.text("name"),
        alias=cells.text("alias"),
        client=cells.text("client"),
        category=cells.text("category"),
        opened_on=cells.day("opened_on"),
        owner=cells.text("owner"),
        contact=cells.contact(),
    )


def _person(cells: _Cells) -> PersonRow:
    row = PersonRow(
        person=cells.required("person"),
        platform=cells.platform(),
        shop=cells.required("shop"),
        agent=cells.required("agent"),
        team=cells.text("team"),
        starts_on=cells.day("from"),
        ends_on=cells.day("to"),
    )
    if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
        cells.blame("to", cells.text("to"), f"before its beginning on {row.starts_on}")
    return row


def _read(
    path: Path,
    columns: Sequence[str],
    required: Sequence[str],
    make: Callable[[_Cells], T],
    name: Callable[[T], tuple[str, ...]],
) -> Register[T]:
    text, notes = _text(path)
    records = _records(path, text, columns)
    header = [cell.strip() for cell in next(records, (1, []))[1]]
    _check_header(path, header, columns, required)
    rows: list[tuple[int, T]] = []
    faults: list[RowFault] = []
    for line, cells in records:
        if any(cell.strip() for cell in cells):
            read = _Cells(header, cells)
            row = make(read)
            faults += (RowFault(str(path), line, *wrong) for wrong in read.wrong)
            if not read.wrong:
                rows.append((line, row))
    sound, twice = _without_contradictions(path, rows, name)
    return Register(path, sound, tuple(sorted([*faults, *twice])), notes)


def _without_contradictions(
    path: Path, rows: Sequence[tuple[int, T]], name: Callable[[T], tuple[str, ...]]
) -> tuple[tuple[tuple[int, T], ...], list[RowFault]]:
    """The rows that no other row contradicts, and the others as faults."""
    lines: dict[tuple[str, ...], dict[T, list[int]]] = {}
    for line, row in rows:
        lines.setdefault(name(row), {}).setdefault(row, []).append(line)
    sound = tuple((line, row) for line, row in rows if len(lines[name(row)]) == 1)
    faults = []
    for named, said in lines.items():
        if len(said) > 1:
            every = sorted(line for of_one in said.values() for line in of_one)
            where = ", ".join(map(str, every))
            reason = f"said on lines {where}, and not in the same way; keep one of them"
            faults += [
                RowFault(str(path), line, "-", shown("/".join(named[:4]), show_values=True), reason) for line in every
            ]
    return sound, faults


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    """The file as text, whatever Chinese spreadsheets have written it in, and what was remarkable about that."""
    try:
        if path.is_dir():
            raise KaoheError(f"{path}: it is a directory; name a file in it")
        content = path.read_bytes()
    except FileNotFoundError:
        raise KaoheError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise KaoheError(f"{path}: it cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not content.strip():
        raise KaoheError(f"{path}: the file is empty")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise KaoheError(f"{path}: it is a workbook of a spreadsheet program{MENDED}")
    for encoding, remark in (
        ("utf-8-sig", None),
        ("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "gb18030", "it was read as {}, not as UTF-8"),
    ):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, (f"{path}: {remark.format(encoding.upper())}",) if remark else ()
    raise KaoheError(f"{path}: it is neither UTF-8 nor GBK (GB 18030){MENDED}")


def _records(path: Path, text: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The records with the line on which each begins, cut by the delimiter under which most columns are known."""
    first = text.splitlines()[0]
    known = {d: len({cell.strip().strip('"') for cell in first.split(d)} & set(columns)) for d in DELIMITERS}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=lambda d: known[d]), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise KaoheError(f"{path}:{line}: the row cannot be read: {error}{MENDED}") from error


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    """Refuse a header with all that is wrong with it."""
    wrong = [f"it has no column {name!r}" for name in required if name not in header]
    wrong += [f"unknown column {name!r}{suggestion(name, columns)}" for name in header if name not in columns]
    wrong += [f"column {name!r} stands twice" for name in columns if header.count(name) > 1]
    if wrong:
        told = "".join(f"\n  {what}" for what in wrong)
        raise KaoheError(f"{path}:1: the header does not fit; the columns are {', '.join(columns)}{told}")
