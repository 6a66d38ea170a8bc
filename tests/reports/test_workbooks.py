"""Workbooks, read back by another program's reader: what is text stays text, and numbers, days and times are such."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from console.reports import xlsx
from console.reports.safe import MOST_UNITS
from console.reports.sheet import Money, Quantity, Word
from console.reports.xlsx import workbook
from engine.evidence.mapping.workbook import rows as our_rows
from tests.reports.conftest import report, row, todo

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "{=1+1}",
    "https://example.com/?a=1",
    "internal:Sheet1!A1",
    "مرحبا بالعالم",
    "\u202egnp.exe",
    "a\x00b\x07c\x1b[31m",
    "店" * 300,
    "_x000d_",
    "00123",
    "1e9",
    "'quoted",
    "😀" * 20_000,
    "\ud800broken\ufffe",
)


def opened(data):
    return openpyxl.load_workbook(BytesIO(data))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_hostile_name_is_text_and_nothing_else(name):
    data = workbook(report(row(name=name, client=name), title=name))
    cell = opened(data)["临近"]["D2"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    parts = zipfile.ZipFile(BytesIO(data))
    for part in parts.namelist():
        assert b"<f>" not in parts.read(part)
        assert b"TargetMode" not in parts.read(part)  # nothing outside the file is referred to
    assert len(cell.value.encode("utf-16-le")) // 2 <= MOST_UNITS


def test_control_characters_and_turned_writing_are_gone_and_the_rest_is_whole():
    sheet = opened(workbook(report(row(name="a\x00b\x07c\x1b[31m"), row(name="\u202eabc"), row(name="店" * 300))))[
        "临近"
    ]
    assert [sheet[f"D{n}"].value for n in (2, 3, 4)] == ["abc[31m", "abc", "店" * 300]


def test_a_text_that_spreadsheets_would_decode_is_kept_to_the_letter():
    assert "_x005F_x000d_" in shared_strings(workbook(report(row(name="_x000d_"))))


def shared_strings(data):
    return zipfile.ZipFile(BytesIO(data)).read("xl/sharedStrings.xml").decode()


def test_numbers_money_days_and_times_are_what_they_are():
    sheet = opened(workbook(report(row())))["临近"]
    cells = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (cells["指标"].value, cells["指标"].number_format) == (0.7999, "0.00%")
    assert (cells["金额"].value, cells["金额"].number_format) == (300.5, "#,##0.00")
    assert cells["数"].value == -3
    assert (cells["日"].value.date(), cells["日"].number_format) == (date(2026, 3, 9), "yyyy-mm-dd")
    assert (cells["时"].value, cells["时"].number_format) == (datetime(2026, 3, 10, 10, 0), "yyyy-mm-dd hh:mm")


@pytest.mark.parametrize("fen", [1, 99, -5, 10**14 + 1, 123_456_789_012_345, 10**15 - 1])
def test_money_is_exact_to_the_fen(fen):
    value = opened(workbook(report(row(amount_fen=Money(fen)))))["临近"]["H2"].value
    assert round(Decimal(value) * 100) == fen


def test_what_has_more_digits_than_a_spreadsheet_keeps_is_text():
    sheet = opened(
        workbook(report(row(amount_fen=Money(10**17 + 1), count=10**16 + 1, value=Quantity(Decimal(10**13)))))
    )
    cells = {head.value: cell for head, cell in zip(sheet["临近"][1], sheet["临近"][2], strict=True)}
    assert [cells[name].data_type for name in ("金额", "数", "指标")] == ["s", "s", "s"]
    assert cells["金额"].value == "1000000000000000.01"
    assert cells["数"].value == str(10**16 + 1)


def test_a_day_that_spreadsheets_do_not_have_is_text():
    assert opened(workbook(report(row(day=date(1899, 1, 1)))))["临近"]["J2"].value == "1899-01-01"


def test_the_same_report_gives_the_same_bytes():
    assert workbook(report(row())) == workbook(report(row()))
    assert workbook(report(row())) != workbook(report(row(count=4)))


def test_it_was_created_when_it_was_asked_about():
    created = opened(workbook(report(row()))).properties.created
    assert created.replace(tzinfo=UTC) == datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


def test_heads_are_frozen_filtered_and_repeated_on_every_page():
    sheet = opened(workbook(report(row(), row(name="乙"))))["临近"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:K3"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0) or sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_a_column_is_wide_enough_for_chinese():
    wide = opened(workbook(report(row(name="一二三四五六七八九十"))))["临近"].column_dimensions["D"].width
    assert 20 < wide < 50
    assert opened(workbook(report(row(name="店" * 300))))["临近"].column_dimensions["D"].width < 50


def test_the_overview_comes_first_with_counts_and_what_to_do():
    book = opened(workbook(report(row(todo=todo("=later", 1)), row(name="乙", todo=todo("first")))))
    assert book.sheetnames == ["概览", "临近"]
    told = [[cell.value for cell in line] for line in book["概览"].iter_rows()]
    assert ["临近", 2, 2, "今天就补。"] in told
    assert [line[1] for line in told if line[1] and "." in str(line[1])] == ["1. first", "2. =later"]


def test_an_empty_section_says_so():
    assert opened(workbook(report()))["临近"]["A2"].value == "没有。"


def test_more_rows_than_a_worksheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    book = opened(workbook(report(*(row(name=f"店{n}") for n in range(5)))))
    assert book.sheetnames == ["概览", "临近", "临近（2）", "临近（3）"]
    assert [book[name]["D2"].value for name in book.sheetnames[1:]] == ["店0", "店2", "店4"]
    assert ["临近", 5, 5, "今天就补。"] in [[cell.value for cell in line] for line in book["概览"].iter_rows()]


def test_our_own_reader_reads_it_too(tmp_path):
    (tmp_path / "r.xlsx").write_bytes(workbook(report(row(title := "=1+1"), title=title)))
    assert next(our_rows(tmp_path / "r.xlsx"))[1][0] == "=1+1"


def test_a_state_has_its_colour():
    sheet = opened(workbook(report(row(), row(state=Word("x", "别的")))))["临近"]
    assert sheet["F2"].fill.fgColor.rgb == "FFFBE9E7"
    assert sheet["F3"].fill.fill_type is None
