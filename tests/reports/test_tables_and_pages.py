"""CSV that no spreadsheet executes, and pages in which no name is more than a name."""

from __future__ import annotations

import csv
import unicodedata
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.reports import page as page_module
from console.reports.page import page
from console.reports.safe import clean, harmless
from console.reports.sheet import Money
from console.reports.table_files import table_files
from tests.reports.conftest import report, row, todo
from tests.reports.test_workbooks import HOSTILE


def table(*rows):
    text = table_files(report(*rows))["near"].decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
UNSEEN = ("\t", "\r", " ", "\u3000", "\u202e", "\x00", "\u200b", "\u200d\u00ad", "\u2060", "\ufeff")


@pytest.mark.parametrize("start", [*SIGNS, *(f"{before}=" for before in UNSEEN)], ids=ascii)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start):
    assert table(row(name=f"{start}cmd()"))[1][3][0] == "'"


def test_negative_numbers_stay_numbers():
    cells = dict(zip(*table(row(count=-3, amount_fen=Money(-123456), name="-12.5")), strict=True))
    assert (cells["数"], cells["金额"], cells["店铺"]) == ("-3", "-1234.56", "-12.5")


def test_figures_and_times_are_written_plainly():
    cells = dict(zip(*table(row()), strict=True))
    assert (cells["指标"], cells["日"], cells["时"], cells["状态"]) == (
        "79.99%",
        "2026-03-09",
        "2026-03-10 10:00",
        "预判违规",
    )


def test_quotes_commas_and_lines_break_no_row():
    assert table(row(name='a","b\r\nc'))[1][3] == 'a","b  c'
    assert len(table(row(name='a","b\r\nc'))) == 2


@given(st.text(max_size=40))
def test_no_text_at_all_begins_like_a_formula_or_holds_controls(text):
    found = harmless(text)
    assert found[:1] not in tuple("=@＝＋－＠") or not found
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in found)
    if found[:1] in ("+", "-"):
        float(found.removesuffix("%"))
    assert not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or 0x202A <= ord(c) <= 0x202E for c in found)
    assert clean(clean(text)) == clean(text)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        assert not any(name.startswith("on") or name == "src" for name, _ in attrs)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_name_is_no_markup(name):
    tags, plain = Tags(), Tags()
    tags.feed(page(report(row(name=name, todo=todo(name)), title=name)).decode())
    plain.feed(page(report(row(name="x", todo=todo("x")), title="x")).decode())
    assert tags.seen == plain.seen
    assert clean(name) in tags.text


def test_a_page_needs_nothing_else():
    text = page(report(row())).decode()
    assert "http://" not in text
    assert "https://" not in text
    assert "@page" in text
    assert "Noto Sans CJK" in text


def test_a_page_of_very_many_rows_says_how_many_are_elsewhere(monkeypatch):
    monkeypatch.setattr(page_module, "MOST_ROWS", 2)
    assert "另有 1 行" in page(report(row(), row(), row(name="last"))).decode()


def test_the_same_report_gives_the_same_page_and_tables():
    assert page(report(row())) == page(report(row()))
    assert table_files(report(row())) == table_files(report(row()))
