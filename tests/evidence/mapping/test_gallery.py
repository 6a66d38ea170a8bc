"""The gallery of mappings: every file beside it is wrong in its way, and its .txt has all that is said about it."""

from pathlib import Path

import pytest

from engine.evidence.mapping import shelf
from engine.evidence.mapping.reading import load

HERE = Path(__file__).parent
FILES = sorted((HERE / "gallery").glob("*.yaml"))
SAMPLE = (HERE / "sample.yaml").read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mapping_is_told_all_its_faults_in_these_words(path):
    result = load(path.name, path.read_bytes())
    assert result.mapping is None
    assert "".join(f"{fault}\n" for fault in result.faults) == path.with_suffix(".txt").read_text("utf-8")


def test_every_file_has_its_expected_text_and_every_text_its_file():
    assert {path.stem for path in (HERE / "gallery").glob("*.txt")} == {path.stem for path in FILES}


def test_the_sample_behind_the_gallery_is_sound():
    mapping = load("sample.yaml", SAMPLE.encode()).mapping
    assert (mapping.id, mapping.numbers) == ("kuaishou.sample", ("rated", "good"))


def test_numbers_come_after_what_they_are_a_part_of_however_they_are_written():
    text = SAMPLE.replace("good: rated * good_rate", "best: good * good_rate\n  good: rated * good_rate")
    text = text.replace("rated: {headers: [评价数]", "some: {headers: [x], is: count, of: best}\n"
                        "  rated: {headers: [评价数]")  # fmt: skip
    assert load("sample.yaml", text.encode()).mapping.numbers == ("rated", "good", "best", "some")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50)),
        "[" * 100_000,
        "x: " * 50_000,
        "columns: {" + ", ".join(f"c{i}: {{headers: [h{i}], is: count, of: c{i + 1}}}" for i in range(3000)) + "}",
        SAMPLE.replace("rated * good_rate", "rated + " * 10_000 + "x"),
        SAMPLE.replace("[客服]", "[" + ", ".join(f"h{i}" for i in range(15_000)) + "]"),
        SAMPLE + "x" * 1_000_000,
        SAMPLE.replace("good: rated", "!!python/object:os.system good: rated"),
    ],
    ids=["aliases", "nested", "keys", "chain", "sum", "headers", "long", "tag"],
)
def test_hostile_mappings_end_in_faults_or_a_mapping_and_soon(text):
    result = load("hostile.yaml", text.encode())
    assert (result.mapping is None) == bool(result.faults)


def test_all_faults_of_all_files_are_found_and_an_id_is_one_files(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(SAMPLE, "utf-8")
    (tmp_path / "c.yaml").write_text("- x\n", "utf-8")
    told = [str(fault).removeprefix(f"{tmp_path}/") for fault in shelf.check([tmp_path, tmp_path / "d.yaml"])]
    assert told == [
        f"b.yaml:1:1: id: kuaishou.sample is the id of another file too: {tmp_path}/a.yaml",
        "c.yaml:1:1: (file): expected a mapping (key: value), found a list",
        "d.yaml:1:1: (file): cannot be read: No such file or directory",
    ]
    assert shelf.check([shelf.SHIPPED]) == []
