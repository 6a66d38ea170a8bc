"""Reading the registers that people keep as CSV: shops, and who works where. Bad rows are told, the others taken."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from engine.errors import KaoheError, suggestion
from engine.evidence.quarantine import RowFault, shown, shown_time
from engine.evidence.reasons import reason
from engine.evidence.staging import near_platforms
from engine.ledger.subjects import PersonRow, ShopRow
from engine.rulebook.model import Text
from engine.rulebook.platforms import PLATFORMS

T = TypeVar("T")
Row = Mapping[str, str | None]

SHOP_COLUMNS = ("platform", "shop", "name", "alias", "client", "category", "opened_on", "owner", "contact")
PEOPLE_COLUMNS = ("person", "platform", "shop", "agent", "team", "from", "to")


class _BadCellError(Exception):
    def __init__(self, column: str, value: str | None, reason: str, detail: Text | None = None) -> None:
        self.column, self.value, self.reason, self.detail = column, value, reason, detail
        super().__init__(reason)


def read_shops(path: Path) -> tuple[list[ShopRow], list[RowFault]]:
    """The shops of a CSV register, and the rows that cannot be taken."""
    return _read(path, SHOP_COLUMNS, ("platform", "shop"), _shop)


def read_people(path: Path) -> tuple[list[PersonRow], list[RowFault]]:
    """The assignments of a CSV register, and the rows that cannot be taken."""
    return _read(path, PEOPLE_COLUMNS, ("person", "platform", "shop", "agent"), _person)


def _shop(row: Row) -> ShopRow:
    return ShopRow(
        platform=_platform(row),
        shop=_required(row, "shop"),
        name=row.get("name"),
        alias=row.get("alias"),
        client=row.get("client"),
        category=row.get("category"),
        opened_on=_day(row, "opened_on"),
        owner=row.get("owner"),
        contact=row.get("contact"),
    )


def _person(row: Row) -> PersonRow:
    return PersonRow(
        person=_required(row, "person"),
        platform=_platform(row),
        shop=_required(row, "shop"),
        agent=_required(row, "agent"),
        team=row.get("team"),
        starts_on=_day(row, "from"),
        ends_on=_day(row, "to"),
    )


def _read(
    path: Path, columns: Sequence[str], required: Sequence[str], make: Callable[[Row], T]
) -> tuple[list[T], list[RowFault]]:
    rows: list[T] = []
    faults: list[RowFault] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            header = [cell.strip() for cell in next(reader, [])]
            _check_header(path, header, columns, required)
            start = reader.line_num + 1
            for cells in reader:
                line, start = start, reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                try:
                    rows.append(make(_named(header, cells)))
                except _BadCellError as bad:
                    show = shown_time if bad.reason == "day" else shown
                    value = show(bad.value, show_values=bad.column == "platform")
                    faults.append(RowFault.of(str(path), line, bad.column, value, bad.reason, bad.detail))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise KaoheError(
            f"{path}: {why}; give a CSV in UTF-8", zh=f"{path}：读不了（{why}）；请给 UTF-8 编码的 CSV"
        ) from error
    return rows, faults


def _named(header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise _BadCellError("-", None, reason("width", len(cells), len(header)))
    return {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    for name in required:
        if name not in header:
            raise KaoheError(
                f"{path}: it has no column {name!r}; the columns are {', '.join(columns)}",
                zh=f"{path}：缺少 {name!r} 列；全部列名是 {'、'.join(columns)}",
            )
    for name in header:
        if name not in columns:
            raise KaoheError(
                f"{path}: unknown column {name!r}{suggestion(name, columns)}",
                zh=f"{path}：不认识的列 {name!r}{suggestion(name, columns, 'zh-CN')}",
            )


def _required(row: Row, column: str) -> str:
    value = row.get(column)
    if value is None:
        raise _BadCellError(column, None, reason("missing"))
    return value


def _platform(row: Row) -> str:
    value = _required(row, "platform")
    if value not in PLATFORMS:
        raise _BadCellError("platform", value, reason("platform"), near_platforms(value))
    return value


def _day(row: Row, column: str) -> date | None:
    value = row.get(column)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _BadCellError(column, value, reason("day")) from None
