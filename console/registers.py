"""Reading the registers that people keep as tables: shops, and who works where. Bad rows are told, the others taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from console.expecting import KINDS, kinds_in
from console.register_headers import CALLED, both, column_of, spellings
from engine.calendar.written import written_day
from engine.errors import KaoheError, UnknownNameError, os_words, suggestion
from engine.evidence.cells import LONGEST_NAME
from engine.evidence.csv_format import DELIMITERS
from engine.evidence.quarantine import RowFault, shown, shown_time
from engine.evidence.reasons import reason
from engine.evidence.staging import near_platforms
from engine.evidence.text_table import BrokenRowError, decoded, records
from engine.ledger.masking import masked
from engine.ledger.subjects import PersonRow, ShopRow, Wish
from engine.rulebook.model import Text
from engine.rulebook.platforms import PLATFORMS, platform_id
from notifier.routing.recipients import contact_faults

T = TypeVar("T")

SHOP_COLUMNS = (
    *("platform", "shop", "name", "alias", "client", "category", "opened_on", "owner", "contact"),
    *("expects", "expects_from", "expects_until"),
)
PEOPLE_COLUMNS = ("person", "platform", "shop", "agent", "team", "from", "to")
DAYS = frozenset({"opened_on", "from", "to", "expects_from", "expects_until"})
MENDED = Text("；请另存为 CSV UTF-8", "; save it as CSV UTF-8")


@dataclass(frozen=True, slots=True)
class Register(Generic[T]):
    """What a file said: each row with the line on which it begins, the cells that cannot be taken, and remarks."""

    path: Path
    rows: tuple[tuple[int, T], ...]
    faults: tuple[RowFault, ...]
    notes: tuple[Text, ...] = ()

    def fault(self, line: int, column: str, why: Text) -> RowFault:
        """A fault of this file that only the ledger could tell."""
        return RowFault(str(self.path), line, column, "", why.en, zh=why.zh)


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
        self.wrong: list[tuple[str, str, str, Text | None]] = []
        if len(cells) != len(names):
            self.blame("-", None, reason("width", len(cells), len(names)))

    def blame(self, column: str, value: str | None, why: str, detail: Text | None = None) -> None:
        show = shown_time if column in DAYS else shown
        self.wrong.append((column, show(masked(value or ""), show_values=column == "platform"), why, detail))

    def text(self, column: str) -> str | None:
        return self._cells.get(column)

    def required(self, column: str) -> str:
        value = self._cells.get(column)
        if value is None:
            self.blame(column, None, reason("missing"))
        elif len(value) > LONGEST_NAME:
            self.blame(column, value, reason("long", LONGEST_NAME))
        elif not value.isprintable():
            self.blame(column, ascii(value)[1:-1], reason("control"))
        return value or ""

    def platform(self) -> str:
        value = platform_id(self.required("platform"))
        if value and value not in PLATFORMS:
            self.blame("platform", value, reason("platform"), near_platforms(value))
        return value

    def day(self, column: str) -> date | None:
        value = self._cells.get(column)
        try:
            return written_day(value) if value else None
        except ValueError:
            self.blame(column, value, reason("day"))
            return None

    def contact(self) -> str | None:
        value = self._cells.get("contact")
        for address, why in contact_faults(value or ""):
            self.blame("contact", address, reason("address"), why)
        return value

    def expects(self) -> Wish | None:
        since, until = self.day("expects_from"), self.day("expects_until")
        try:
            kinds = kinds_in(self._cells.get("expects") or "")
        except UnknownNameError as unknown:
            self.blame("expects", unknown.name, reason("choice", ", ".join(KINDS)))
            return None
        if not kinds and (since or until):
            self.blame("expects", None, reason("missing"))
        if until and not since:
            self.blame("expects_from", None, reason("missing"))
        if since and until and until < since:
            self.blame("expects_until", self.text("expects_until"), reason("ends_first", since))
        return Wish(kinds, since, until) if kinds else None


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
        expects=cells.expects(),
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
        cells.blame("to", cells.text("to"), reason("ends_first", row.starts_on))
    return row


def _read(
    path: Path,
    columns: Sequence[str],
    required: Sequence[str],
    make: Callable[[_Cells], T],
    name: Callable[[T], tuple[str, ...]],
) -> Register[T]:
    text, notes = _text(path)
    rows_of_file = _records(path, text, columns)
    said = [cell.strip() for cell in next(rows_of_file, (1, []))[1]]
    header = [column_of(cell) for cell in said]
    _check_header(path, header, columns, required)
    rows: list[tuple[int, T]] = []
    faults: list[RowFault] = []
    for line, cells in rows_of_file:
        if any(cell.strip() for cell in cells):
            read = _Cells(header, cells)
            row = make(read)
            faults += (RowFault.of(str(path), line, *wrong) for wrong in read.wrong)
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
            why = reason("said_twice", ", ".join(map(str, every)))
            value = shown("/".join(named[:4]), show_values=True)
            faults += [RowFault.of(str(path), line, "-", value, why) for line in every]
    return sound, faults


def _text(path: Path) -> tuple[str, tuple[Text, ...]]:
    """The file as text, whatever Chinese spreadsheets have written it in, and what was remarkable about that."""
    try:
        if path.is_dir():
            raise KaoheError(f"{path}: it is a directory; name a file in it", zh=f"{path}：这是目录；请写出里面的文件")
        content = path.read_bytes()
    except FileNotFoundError:
        raise KaoheError(f"{path}: there is no such file", zh=f"{path}：没有这个文件") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise KaoheError(f"{path}: it cannot be read: {why}", zh=f"{path}：读不了：{os_words(error)}") from error
    if not content.strip():
        raise KaoheError(f"{path}: the file is empty", zh=f"{path}：文件是空的")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise KaoheError(
            f"{path}: it is a workbook of a spreadsheet program{MENDED.en}",
            zh=f"{path}：这是表格软件的工作簿{MENDED.zh}",
        )
    found = decoded(content)
    if found is not None:
        text, encoding = found
        return text, () if encoding == "utf-8-sig" else (_read_as(path, encoding.upper()),)
    raise KaoheError(
        f"{path}: it is neither UTF-8 nor GBK (GB 18030){MENDED.en}",
        zh=f"{path}：既不是 UTF-8，也不是 GBK（GB 18030）{MENDED.zh}",
    )


def _read_as(path: Path, encoding: str) -> Text:
    return Text(f"{path}：按 {encoding} 读取，不是 UTF-8", f"{path}: it was read as {encoding}, not as UTF-8")


def _records(path: Path, text: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The records with the line on which each begins, cut by the delimiter under which most columns are known."""
    first = text.splitlines()[0]
    known = {d: len({column_of(cell.strip().strip('"')) for cell in first.split(d)} & set(columns)) for d in DELIMITERS}
    try:
        yield from records(text, max(DELIMITERS, key=lambda d: known[d]))
    except BrokenRowError as error:
        raise KaoheError(
            f"{path}:{error.line}: the row cannot be read: {error}{MENDED.en}",
            zh=f"{path}:{error.line}：这一行读不了：引号没有闭合，或单元格过长{MENDED.zh}",
        ) from error


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    """Refuse a header with all that is wrong with it."""
    wrong = [
        Text(f"缺少 {name!r}（{CALLED[name][0]}）列", f"it has no column {name!r}")
        for name in required
        if name not in header
    ]
    wrong += [
        Text(
            f"不认识的列 {name!r}{suggestion(name, spellings(columns), 'zh-CN')}",
            f"unknown column {name!r}{suggestion(name, spellings(columns))}",
        )
        for name in header
        if name not in columns
    ]
    wrong += [
        Text(f"{name!r} 列出现了两次", f"column {name!r} stands twice") for name in columns if header.count(name) > 1
    ]
    if wrong:
        zh, en = ("".join(f"\n  {what.in_language(language)}" for what in wrong) for language in ("zh-CN", "en"))
        raise KaoheError(
            f"{path}:1: the header does not fit; the columns are {both(columns).en}{en}",
            zh=f"{path}:1：表头不对；全部列名是 {both(columns).zh}{zh}",
        )
