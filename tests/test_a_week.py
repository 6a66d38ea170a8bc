"""The week in the documentation can be typed line by line, and ends as it says."""

from __future__ import annotations

import os
from pathlib import Path

from openpyxl import load_workbook

from tests.typed import CONSOLE, Shell

ROOT = Path(__file__).parents[1]
OURS, THEIRS = "hemu", "qingshan"


def test_a_week_can_be_played_line_by_line(tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("KAOHE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    shell, said = Shell(monkeypatch, capsys), {}
    for block in CONSOLE.findall((ROOT / "docs/a-week.md").read_text(encoding="utf-8")):
        for line in block.splitlines():
            assert line.startswith("$ ")
            code, promised, out = shell.type_in(line[2:])
            assert code == promised, line
            said[line[2:]] = out

    def answer(*words):
        (found,) = [out for line, out in said.items() if all(word in line for word in words)]
        return found

    assert answer("outlook").count("2026-W10") == 3
    assert "187/240" in answer("assess", "03-10T10:05")
    assert "2026-03-12" in answer("sanctions")  # the last of the three days
    assert "V-MZNMHIBBXKT4" in answer("penalties match")
    deadlines = answer("appeals list").splitlines()
    assert "2026-03-19" in next(line for line in deadlines if "V-WIC4364BKF5J" in line)
    files = sorted(path.name for path in Path("week-data/reports").iterdir())
    assert [name for name in files if name.startswith("month")] == [
        f"month-2026-03.client-{OURS}.xlsx",
        f"month-2026-03.client-{THEIRS}.xlsx",
        "month-2026-03.internal.xlsx",
    ]
    for name in (name for name in files if THEIRS in name):
        assert not _cells(name) & {"xhs-1001", "小禾", "禾木", "优选", "V-T2IXRL6PMGKU", OURS}
    listed = answer("KAOHE_TOKEN", "violations list")
    assert "V-MYUL3OCFXDEA" in listed
    assert OURS not in listed
    assert answer("KAOHE_TOKEN", "violations show") == ""


def _cells(name):
    book = load_workbook(Path("week-data/reports") / name)
    return {
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    }
