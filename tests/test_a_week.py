"""The week in the documentation can be typed line by line, and ends as it says."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from pathlib import Path

from openpyxl import load_workbook

from console.cli.main import run

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
OURS, THEIRS = "hemu", "qingshan"


class Shell:
    """As much of a shell as the page needs: `export`, `NAME=value command`, `NAME=$(command)` and `$NAME`."""

    def __init__(self, monkeypatch, capsys):
        self.environment, self.capsys = monkeypatch, capsys
        self.variables = {"USER": pwd.getpwuid(os.getuid()).pw_name}

    def type_in(self, line):
        """The exit code that the line promises and the one that it had, and what it printed."""
        assignment = re.match(r"(\w+)=\$\((.*)\)$", line)
        if assignment:
            code, wanted, out = self.type_in(assignment[2])
            self.variables[assignment[1]] = out.strip()
            return code, wanted, out
        line, _, promised = line.partition("   # ")
        words = [re.sub(r"\$(\w+)", lambda m: self.variables[m[1]], word) for word in shlex.split(line)]
        if words[0] == "export":
            name, value = words[1].split("=")
            self.environment.setenv(name, value)
            return 0, 0, ""
        with self.environment.context() as for_this:
            while "=" in words[0]:
                for_this.setenv(*words.pop(0).split("=", 1))
            assert words.pop(0) == "kaohe"
            self.capsys.readouterr()
            return run(words), int(promised or 0), self.capsys.readouterr().out


def test_a_week_can_be_played_line_by_line(tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("KAOHE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    shell, said = Shell(monkeypatch, capsys), {}
    for block in BLOCK.findall((ROOT / "docs/a-week.md").read_text(encoding="utf-8")):
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
