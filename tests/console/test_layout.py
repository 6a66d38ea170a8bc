"""Tables on a terminal: fitted into its width without losing anything; elsewhere a row stays a line."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.layout import Table, fitted, whole
from console.output import table

CELLS = st.text("ab店铺-", max_size=12)
TABLES = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=5).map(
        lambda rows: Table([f"c{i}" for i in range(n)], rows)
    )
)


@given(TABLES, st.integers(40, 120))
def test_no_line_is_wider_than_the_terminal_and_no_cell_is_lost(found, width):
    same, lines = fitted(found, width)
    assert all(cell_len(line) <= width for line in lines)
    shown = "\n".join([*same, *lines])
    assert all(cell.strip() in shown for row in found.rows for cell in row if cell.strip() != "-")


def test_what_is_the_same_in_every_row_is_said_once():
    rows = [["s1", "kuaishou", "7/10"], ["s2", "kuaishou", "8/10"]]
    same, lines = fitted(Table(["shop", "platform", "figure"], rows), 80)
    assert same == ["platform kuaishou"]
    assert lines == ["shop  figure", "s1    7/10", "s2    8/10"]


def test_one_row_alone_keeps_all_its_columns():
    same, lines = fitted(Table(["shop", "platform"], [["s1", "kuaishou"]]), 80)
    assert (same, lines) == ([], ["shop  platform", "s1    kuaishou"])


def test_years_are_left_out_only_where_there_is_but_one():
    days = [["2026-03-10"], ["2026-04-07"]]
    assert fitted(Table(["day"], days), 80)[1] == ["day", "03-10", "04-07"]
    assert fitted(Table(["day"], [["2025-12-30"], *days]), 80)[1][1:] == ["2025-12-30", "2026-03-10", "2026-04-07"]


def test_without_a_terminal_every_row_is_one_whole_line(capsys):
    rows = [["x" * 90, "y" * 90, "2026-04-07 10:00:00+08:00"]] * 3
    table(["a", "b", "c"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1] == f"{'x' * 90}  {'y' * 90}  2026-04-07 10:00:00+08:00"
    assert lines == whole(Table(["a", "b", "c"], rows))


def test_a_terminal_gets_what_is_meant_for_it(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    table(["shop"], [["ks-1"]], on_a_terminal=Table(["shop"], [["小禾"]]))
    assert "小禾" in capsys.readouterr().out


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("words", [("violations", "list"), ("assess", "--from", "2026-03-10", "--to", "2026-03-10")])
def test_lists_fit_a_terminal_and_call_shops_by_their_alias(kaohe, sessions, monkeypatch, width, language, words):
    kaohe("shops", "add", "xiaohongshu", "s1", "--alias", "演示一店", "--client", "acme")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05")
    monkeypatch.setenv("KAOHE_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    said = kaohe(*words).out.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "演示一店" in said
    assert max(map(cell_len, said.splitlines())) <= int(width)
