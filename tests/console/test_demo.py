"""The demo: what it plants is what it finds, and a second run changes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from console.cli.main import run
from console.demo.samples import PLANTED, write_samples


def test_the_samples_are_the_same_every_time(tmp_path):
    first = [p.read_bytes() for p in _flat(write_samples(tmp_path / "a"))]
    assert first == [p.read_bytes() for p in _flat(write_samples(tmp_path / "b"))]


def test_the_demo_finds_what_was_planted_and_changes_nothing_when_run_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["demo"]) == 0
    assert "V-" in capsys.readouterr().out
    week = ["assess", "--from", "2026-01-01", "--to", "2026-04-07", "--as-of", "2026-04-07T10:05", "--json"]
    assert run([*week, "--home", "demo-data"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {(r["shop"], int(r["cycle"][-2:]) - 2): r for r in rows}
    for key, (answered, total) in PLANTED.items():
        row = found[key]
        assert (row["numerator"], row["denominator"]) == (answered, total)
        expected = "not_assessed" if total < 5 else "compliant" if answered * 5 >= total * 4 else "violation"
        assert row["verdict"] == expected
    assert {r["client"] for r in rows} == {"禾苗集团", "北巷食品"}
    before = _content(tmp_path / "demo-data")
    assert run(["demo"]) == 0
    assert _content(tmp_path / "demo-data") == before


def _content(home: Path) -> dict[str, str]:
    files = [
        p for p in [*home.glob("outbox/*"), *home.glob("lake/**/*.parquet"), *home.glob("samples/*")] if p.is_file()
    ]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _flat(found):
    shops, people, files = found
    return [shops, people, *files]
