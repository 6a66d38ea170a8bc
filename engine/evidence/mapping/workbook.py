"""XLSX: the rows of a workbook's first visible sheet as text, read as a stream, so that no file can fill the memory."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from xml.parsers import expat

from engine.calendar.hours import DAY_SECONDS
from engine.evidence.mapping.refusals import unreadable
from engine.rulebook.model import Text

MOST_COLUMNS = 500
MOST_BYTES = 256 << 20  # of one part, unpacked
MOST_TEXTS = 2_000_000
# What a damaged or forged archive, its XML or its numbers can lead to.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError),
    *(expat.ExpatError, KeyError, IndexError, ValueError, OverflowError),
)
Event = tuple[str, str, dict[str, str]]  # start, end or text; the tag or the text; attributes
_DATES = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}  # the built-in formats of days
_PERCENTS = {9: 0, 10: 2}  # the built-in formats of percentages, with their decimals
_PERCENT = re.compile(r"(?:\.([0#?]+))?\s*%")
EXACT = 15  # digits of a number that a spreadsheet keeps exactly
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")

NO_WORKBOOK = Text(
    "不是能读的 XLSX；请在表格软件里另存为 .xlsx 或 CSV",
    "not an XLSX that can be read; save it as .xlsx or CSV in a spreadsheet program",
)
TOO_LARGE = Text("解开后太大", "too large when unpacked")
NO_SHEET = Text("没有可见的工作表", "it has no visible sheet")


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that is not empty. Raises UnreadableFileError."""
    try:
        with ExitStack() as stack:
            book = stack.enter_context(zipfile.ZipFile(path))
            book_part = _relations(path, book, "").get("officeDocument", "xl/workbook.xml")
            sheet, from_1904 = _first_sheet(path, book, book_part)
            related = _relations(path, book, book_part)
            texts = _texts(path, book, related.get("sharedStrings"))
            styles = _styles(path, book, related.get("styles"))
            yield from _cells(_events(path, book, sheet), texts, styles, from_1904)
    except BROKEN as error:
        raise unreadable(path, NO_WORKBOOK) from error


def _events(path: Path, book: zipfile.ZipFile, part: str) -> Iterator[Event]:
    """What stands in a part, tag by tag. A document type, with which XML can be made to swell, is refused."""
    found: list[Event] = []
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: found.append(("start", tag.rpartition("}")[2], attributes))
    parser.EndElementHandler = lambda tag: found.append(("end", tag.rpartition("}")[2], {}))
    parser.CharacterDataHandler = lambda text: found.append(("text", text, {}))

    def refuse(*_: object) -> None:
        raise unreadable(path, NO_WORKBOOK)

    parser.StartDoctypeDeclHandler = refuse
    size = 0
    with book.open(part) as stream:
        while block := stream.read(1 << 16):
            size += len(block)
            if size > MOST_BYTES:
                raise unreadable(path, TOO_LARGE)
            parser.Parse(block, False)
            yield from found
            found.clear()
        parser.Parse(b"", True)
        yield from found


def _relations(path: Path, book: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts to which a part leads, by their kind and by their id."""
    folder, name = posixpath.split(part)
    found: dict[str, str] = {}
    for sort, tag, attributes in _events(path, book, posixpath.join(folder, "_rels", name + ".rels")):
        if sort == "start" and tag == "Relationship":
            target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
            found.setdefault(attributes["Type"].rpartition("/")[2], target)
            found[attributes["Id"]] = target
    return found


def _first_sheet(path: Path, book: zipfile.ZipFile, part: str) -> tuple[str, bool]:
    """The part of the first visible sheet, and whether days are counted from 1904."""
    sheets, from_1904 = [], False
    for sort, tag, attributes in _events(path, book, part):
        if sort == "start" and tag == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true"}
        if sort == "start" and tag == "sheet" and attributes.get("state", "visible") == "visible":
            sheets.append(next(value for key, value in attributes.items() if key.endswith("}id")))
    if not sheets:
        raise unreadable(path, NO_SHEET)
    return _relations(path, book, part)[sheets[0]], from_1904


def _texts(path: Path, book: zipfile.ZipFile, part: str | None) -> list[str]:
    """The texts that cells name by number."""
    found: list[str] = []
    for text in _texts_of(_events(path, book, part), "si") if part else ():
        found.append(text)
        if len(found) > MOST_TEXTS:
            raise unreadable(path, TOO_LARGE)
    return found


def _texts_of(events: Iterator[Event], around: str) -> Iterator[str]:
    """The text within each element `around`, without readings (phonetic runs) beside it."""
    pieces: list[str] = []
    inside, aside = False, False
    for sort, tag, _ in events:
        if sort == "text":
            if inside and not aside:
                pieces.append(tag)
        elif tag == "t":
            inside = sort == "start"
        elif tag == "rPh":
            aside = sort == "start"
        elif tag == around and sort == "end":
            yield "".join(pieces)
            pieces = []


@dataclass(frozen=True, slots=True)
class _Styles:
    """The numbers of the styles that show a number as a day, and those that show a percentage, with its decimals."""

    days: frozenset[int]
    percents: Mapping[int, int]


def _styles(path: Path, book: zipfile.ZipFile, part: str | None) -> _Styles:
    days: dict[int, bool] = {}
    percents = dict(_PERCENTS)
    styles: list[int] = []
    inside = False
    for sort, tag, attributes in _events(path, book, part) if part else ():
        if tag == "cellXfs" and sort != "text":
            inside = sort == "start"
        elif sort == "start" and tag == "numFmt":
            number, shown = int(attributes["numFmtId"]), _QUOTED.sub("", attributes.get("formatCode", "")).lower()
            days[number] = bool(re.search("[yd年日]|mm?月", shown))
            if percent := _PERCENT.search(shown.partition(";")[0]):
                percents[number] = len(percent[1] or "")
        elif sort == "start" and tag == "xf" and inside:
            styles.append(int(attributes.get("numFmtId", 0)))
    return _Styles(
        frozenset(i for i, number in enumerate(styles) if days.get(number, number in _DATES)),
        {i: percents[number] for i, number in enumerate(styles) if number in percents},
    )


def _cells(
    events: Iterator[Event], texts: list[str], styles: _Styles, from_1904: bool
) -> Iterator[tuple[int, list[str]]]:
    row: list[str] = []
    number, column = 0, 0
    cell: dict[str, str] = {}
    pieces: list[str] = []
    inside = False
    for sort, tag, attributes in events:
        if sort == "text":
            if inside:
                pieces.append(tag)
        elif tag in {"v", "t"}:
            inside = sort == "start"
        elif tag == "row" and sort == "start":
            row, column, number = [], 0, int(attributes.get("r", number + 1))
        elif tag == "row":
            if any(row):
                yield number, row
        elif tag == "c" and sort == "start":
            cell, pieces = attributes, []
            column = _column(attributes["r"]) if "r" in attributes else column + 1
        elif tag == "c" and column <= MOST_COLUMNS:
            row.extend([""] * (column - len(row)))
            row[column - 1] = _value(cell, "".join(pieces), texts, styles, from_1904)


def _column(reference: str) -> int:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _value(cell: dict[str, str], text: str, texts: list[str], styles: _Styles, from_1904: bool) -> str:
    sort = cell.get("t", "n")
    if sort == "s":
        return texts[int(text)]
    if sort != "n" or not text:
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > 30:
        return text
    style = int(cell.get("s", 0))
    if style in styles.days and 0 < value < 100_000:
        return _day(value, from_1904)
    if len(value.as_tuple().digits) > EXACT:  # the digits after these are noise
        value = Context(prec=EXACT).plus(value).normalize()
    if style in styles.percents:
        return _percent(value * 100, styles.percents[style])
    return str(int(value)) if value == int(value) else format(value, "f")


def _percent(value: Decimal, decimals: int) -> str:
    """A percentage with the decimals that its cell shows, or more where it has more.

    >>> _percent(Decimal("50"), 2), _percent(Decimal("12.345"), 2)
    ('50.00%', '12.345%')
    """
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{value:.{max(decimals, -exponent)}f}%"


def _day(value: Decimal, from_1904: bool) -> str:
    days, seconds = divmod(round(value * DAY_SECONDS), DAY_SECONDS)
    day = (date(1904, 1, 1) if from_1904 else date(1899, 12, 30)) + timedelta(days=days)
    minutes, second = divmod(seconds, 60)
    return f"{day} {minutes // 60:02d}:{minutes % 60:02d}:{second:02d}" if seconds else str(day)
