"""A small report to write and read back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from console.reports.sheet import Column, Money, Quantity, Report, Row, Sheet, Todo, Word

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 3, 10, 9, 0, tzinfo=SHANGHAI)
COLUMNS = (
    Column("client", "客户", internal=True),
    Column("platform", "平台"),
    Column("shop", "店铺编号"),
    Column("name", "店铺"),
    Column("agent", "客服/人员", internal=True),
    Column("state", "状态"),
    Column("value", "指标", "figure"),
    Column("amount_fen", "金额", "money"),
    Column("count", "数", "number"),
    Column("day", "日", "day"),
    Column("at", "时", "time"),
)


def row(client="甲", name="店", *, agent=None, internal=False, todo=None, **other):
    cells = {
        "client": client,
        "platform": "kuaishou",
        "shop": f"s-{name}"[:20],
        "name": name,
        "agent": agent,
        "state": Word("open", "预判违规", "bad"),
        "value": Quantity(Decimal("79.99"), percent=True),
        "amount_fen": Money(30050),
        "count": -3,
        "day": date(2026, 3, 9),
        "at": datetime(2026, 3, 10, 10, 0, tzinfo=SHANGHAI),
    } | other
    return Row(client, tuple(cells.values()), internal, todo)


def report(*rows, title="日报", sheets=None, client=None):
    sheet = Sheet("near", "临近", COLUMNS, tuple(rows), "没有。", "今天就补。")
    return Report("daily", "2026-03-10", title, AS_OF, "zh-CN", sheets or (sheet,), client)


@pytest.fixture
def made():
    """Reports of these rows."""
    return report


def todo(text, rank=0, at=None):
    return Todo(rank, at, text)
