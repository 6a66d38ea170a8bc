"""Directories of rules: what loads, what is told, and in which order."""

from pathlib import Path

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.rulebook.book import RuleBook, check_paths, load_or_refuse
from engine.rulebook.faults import RulebookError
from engine.rulebook.platforms import PLATFORMS, platform
from engine.rulebook.relations import RELATIONS


@pytest.fixture
def directory(tmp_path, texts):
    """Two sound rules, one of them in a folder of its own."""
    (tmp_path / "douyin").mkdir()
    (tmp_path / "b.yaml").write_text(texts["graded-by-platform"], "utf-8")
    (tmp_path / "douyin" / "a.yaml").write_text(texts["banded-and-repealed"], "utf-8")
    (tmp_path / "README.md").write_text("not a rule")
    return tmp_path


def test_a_book_holds_the_rules_of_all_folders_by_id(directory):
    book, faults = RuleBook.load([directory])
    assert faults == []
    assert list(book) == ["douyin.late-seconds", "kuaishou.unanswered-share"]
    assert book.rule("douyin.late-seconds").path == str(directory / "douyin" / "a.yaml")
    assert len(load_or_refuse([directory])) == 2
    assert check_paths([directory]) == []


def test_an_unknown_rule_is_told_with_names_near_it(directory):
    book, _ = RuleBook.load([directory])
    with pytest.raises(UnknownNameError, match=r"did you mean 'douyin\.late-seconds'"):
        book.rule("douyin.late-second")


def test_a_file_with_a_fault_contributes_no_rule_and_the_others_do(directory, texts):
    broken = texts["banded-and-repealed"].replace("cycle: rolling", "cycle: roling")
    (directory / "douyin" / "a.yaml").write_text(broken, "utf-8")
    book, faults = RuleBook.load([directory])
    assert list(book) == ["kuaishou.unanswered-share"]
    assert [fault.path for fault in faults] == [str(directory / "douyin" / "a.yaml")]


def test_all_faults_of_all_files_are_told_at_once_and_sorted(directory, texts):
    for name, folder in (("z", directory), ("c", directory / "douyin")):
        broken = texts["graded-by-platform"].replace("month", "mont").replace("subject: shop", "subject: shp")
        (folder / f"{name}.yaml").write_text(broken, "utf-8")
    faults = check_paths([directory / "z.yaml", directory])
    assert faults == sorted(faults)
    assert [(fault.path[len(str(directory)) :], fault.where) for fault in faults] == [
        ("/douyin/c.yaml", "subject"),
        ("/douyin/c.yaml", "versions.2021-01-01.cycle"),
        ("/z.yaml", "subject"),
        ("/z.yaml", "versions.2021-01-01.cycle"),
    ]


def test_an_id_in_two_files_is_told_for_both_and_neither_decides(directory, texts, tmp_path_factory):
    extra = tmp_path_factory.mktemp("extra")
    (extra / "mine.yaml").write_text(texts["graded-by-platform"], "utf-8")
    book, faults = RuleBook.load([directory, extra])
    assert list(book) == ["douyin.late-seconds"]
    assert {(fault.path, fault.line, fault.column, fault.where) for fault in faults} == {
        (str(directory / "b.yaml"), 3, 5, "id"),
        (str(extra / "mine.yaml"), 3, 5, "id"),
    }
    assert str(extra / "mine.yaml") in min(faults, key=lambda f: f.path != str(directory / "b.yaml")).what


def test_a_file_that_two_paths_lead_to_is_one_file(directory):
    (directory / "link.yaml").symlink_to(directory / "b.yaml")
    book, faults = RuleBook.load([directory, directory / "douyin" / ".." / "b.yaml", directory / "link.yaml"])
    assert (len(book), faults) == (2, [])


def test_a_book_with_faults_is_refused_with_all_of_them(directory, texts):
    (directory / "c.yaml").write_text("a: b")
    with pytest.raises(RulebookError, match="9 faults in the rule files") as refused:
        load_or_refuse([directory])
    assert isinstance(refused.value, KaoheError)
    assert len(refused.value.faults) == 9
    assert str(refused.value.faults[0]) in str(refused.value)


def test_a_path_that_is_not_there_and_a_file_of_another_name_are_told(tmp_path):
    (tmp_path / "rule.yml").write_text("a: b")
    faults = [str(fault) for fault in check_paths([tmp_path / "missing", tmp_path])]
    assert faults == [
        f"{tmp_path / 'missing'}:1:1: (file): there is no such file or directory",
        f"{tmp_path / 'rule.yml'}:1:1: (file): rule files end in .yaml; rename it",
    ]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (fault,) = check_paths([tmp_path / "loop.yaml"])
    assert "no such file" in fault.what


def test_the_platforms_keep_their_days_in_shanghai():
    assert {p.zone for p in PLATFORMS.values()} == {"Asia/Shanghai"}
    assert platform("kuaishou").name.in_language("zh-CN") == "快手小店"
    with pytest.raises(UnknownNameError, match="did you mean 'xiaohongshu'"):
        platform("xiaohongsu")


def test_every_relation_and_column_says_what_it_is():
    for name, relation in RELATIONS.items():
        assert relation.name == name
        assert relation.doc
        assert bool(relation.columns) != relation.counted
        assert all(column.doc for column in relation.columns.values())


def test_every_relation_and_every_column_stands_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    for name, relation in RELATIONS.items():
        assert f"`{name}`: " in text
        assert [column for column in relation.columns if column not in text] == []
