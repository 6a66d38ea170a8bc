"""A backup that was never restored is none: taken while a worker goes on, restored, and read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.containerfile import ROOT
from tests.deploy.evidence import week


@pytest.fixture
def kaohe(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAOHE_")}

    def type_in(*words, home=tmp_path / "home", code=0, **settings):
        environment = kept | {"KAOHE_HOME": str(home), "KAOHE_LANGUAGE": "en"} | settings
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        command = (
            [str(ROOT / "deploy" / "kaohe-backup")]
            if words[0] == "backup"
            else [str(Path(sys.executable).parent / "kaohe")]
        )
        command += words[1:] if words[0] == "backup" else words
        said = subprocess.run(command, env=environment, cwd=tmp_path, text=True, check=False, capture_output=True)
        assert said.returncode == code, said.stdout + said.stderr
        return said

    return type_in


def outcomes(kaohe, **where):
    said = kaohe("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--json", **where).stdout
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.slow
def test_a_backup_taken_while_all_goes_on_is_read_and_restored(kaohe, tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(week("a", 79, 100), encoding="utf-8")
    second.write_text(week("b", 20, 20), encoding="utf-8")
    kaohe("import", str(first), "--kind", "sessions")
    before = outcomes(kaohe)
    said = kaohe("backup", "backups")
    assert "day files are all there" in said.stdout
    assert "sound" in said.stdout
    kaohe("import", str(second), "--kind", "sessions")
    after = outcomes(kaohe)
    assert before[0]["numerator"] != after[0]["numerator"]
    kaohe("backup", "backups")  # the lake's copy grows
    days = sorted(path for path in (tmp_path / "backups").iterdir() if path.name != "lake")
    for day, expected in zip(days, (before, after), strict=True):
        restored = tmp_path / "restored"
        shutil.copytree(day, restored)
        shutil.copytree(tmp_path / "backups" / "lake", restored / "lake")
        assert outcomes(kaohe, home=restored) == expected
        kaohe("secret", "check", home=restored)
        shutil.rmtree(restored)


@pytest.mark.slow
def test_a_backup_that_lacks_a_day_file_says_so(kaohe, tmp_path):
    first = tmp_path / "a.csv"
    first.write_text(week("a", 79, 100), encoding="utf-8")
    kaohe("import", str(first), "--kind", "sessions")
    next((tmp_path / "home" / "lake").rglob("*.parquet")).unlink()
    assert "are not there" in kaohe("backup", "backups", code=1).stderr


def test_a_ledger_elsewhere_is_not_passed_over(kaohe, tmp_path):
    (tmp_path / "home").mkdir()
    said = kaohe("backup", "backups", code=2, KAOHE_DATABASE_URL="postgresql+psycopg://kaohe@db/kaohe")
    assert "deploy/README.md" in said.stderr
