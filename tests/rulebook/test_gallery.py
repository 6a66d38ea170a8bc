"""The gallery of errors: every file beside it is wrong in its way, and its .txt has all that is said about it."""

from pathlib import Path

import pytest

from engine.rulebook.loader import load

GALLERY = Path(__file__).parent / "gallery"
FILES = sorted(GALLERY.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_told_all_its_faults_in_these_words(path):
    result = load(path.name, path.read_bytes())
    assert result.rule is None
    assert "".join(f"{fault}\n" for fault in result.faults) == path.with_suffix(".txt").read_text("utf-8")


def test_every_file_has_its_expected_text_and_every_text_its_file():
    assert {path.stem for path in GALLERY.glob("*.txt")} == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_faults_are_sorted_and_point_into_the_file(path):
    data = path.read_bytes()
    lines = data.count(b"\n") + 1
    faults = load(path.name, data).faults
    assert list(faults) == sorted(faults)
    assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in faults)


def test_a_misspelled_key_is_one_fault_and_not_a_missing_key_besides(edited):
    result = edited("graded-by-platform", ("cut_off: assessed", "cutoff: assessed"))
    assert [fault.what for fault in result.faults] == ["unknown key; did you mean 'cut_off'?"]


@pytest.mark.parametrize("condition", ["NOT answered", "  NOT  answered", "second = 1 OR (answered)"])
def test_a_fault_stands_where_the_wrong_word_stands(edited, texts, condition):
    change = ("opened_by = 'buyer' AND NOT replied_before_close", condition)
    (fault,) = edited("graded-by-platform", change).faults
    text = texts["graded-by-platform"].replace(*change, 1)
    assert text.splitlines()[fault.line - 1][fault.column - 1 :].startswith("answered")
    assert fault.where == "versions.2021-01-01.counters.unanswered.where"
