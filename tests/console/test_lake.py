"""A host whose lake is not the ledger's: told by every command that needs evidence, mended by saying so on purpose."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.usefixtures("english")
NEEDS = [("assess",), ("assess", "--dry-run"), ("outlook",), ("worker", "--once"), ("lake", "check")]


@pytest.fixture
def elsewhere(kaohe, sessions, monkeypatch, tmp_path):
    """A ledger with evidence, opened where another directory stands for the lake."""
    assert kaohe("import", str(sessions(79, 100)), "--kind", "sessions").code == 0
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("KAOHE_LAKE", str(other))
    return other


@pytest.mark.parametrize("words", NEEDS, ids=" ".join)
def test_whatever_needs_evidence_refuses_a_foreign_lake_and_records_nothing(kaohe, elsewhere, words):
    head = kaohe("journal", "verify").out
    said = kaohe(*words)
    assert said.code == 2
    for part in (f"the lake {elsewhere} is not the one of this ledger", "KAOHE_LAKE", "kaohe lake moved --why"):
        assert part in said.err
    assert list(elsewhere.iterdir()) == []
    assert kaohe("journal", "verify").out == head
    assert kaohe("violations", "list", "--json").rows == []


def test_an_import_refuses_it_too_and_the_words_are_chinese_by_default(kaohe, sessions, elsewhere, monkeypatch):
    monkeypatch.delenv("KAOHE_LANGUAGE")
    said = kaohe("import", str(sessions(80, 100)), "--kind", "sessions")
    assert said.code == 2
    assert f"数据湖 {elsewhere} 不是这份台账的" in said.err
    assert list(elsewhere.iterdir()) == []


def test_what_reads_only_the_ledger_goes_on(kaohe, elsewhere):
    assert kaohe("status").code in {0, 1}
    assert kaohe("violations", "list").code == 0


def test_a_lake_that_was_moved_is_taken_when_it_is_said_and_what_it_lacks_is_told(kaohe, elsewhere, home):
    said = kaohe("lake", "moved", "--why", "a larger disk")
    assert said.code == 1
    assert "1 are not there" in said.err or "are not there" in said.err
    assert kaohe("lake", "check").code == 1
    shutil.copytree(home / "lake" / "sessions", elsewhere / "sessions")
    assert "are all there" in kaohe("lake", "check").out
    assert kaohe("assess", "--as-of", "2026-03-10T10:05").code == 0
    [entry] = [e for e in kaohe("journal", "list", "--json").rows if e["event"] == "lake.moved"]
    assert entry["payload"]["why"] == "a larger disk"


def test_a_new_installation_has_no_lake_to_check_yet(kaohe):
    kaohe("shops", "add", "xiaohongshu", "s1")
    said = kaohe("lake", "check")
    assert (said.code, "the first import decides" in said.out) == (0, True)
