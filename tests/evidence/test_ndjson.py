"""NDJSON: one object a line."""

import pytest

from engine.evidence.opened import UnreadableFileError

GOOD = '{{"platform": "xiaohongshu", "shop": "s1", "session": "{}", "opened_at": "2026-03-02T10:00"}}'


def test_lines_that_are_no_object_are_told_by_number_and_stop_nobody_else(house):
    lines = [
        GOOD.format("a"),
        "",
        "not json",
        "[]",
        "null",
        "1",
        '"x"',
        " \t ",
        GOOD.format("b")[:-1],
        GOOD.format("c") + GOOD.format("d"),
        "{'platform': 'xiaohongshu'}",
        GOOD.format("e").replace("s1", "\\ud800"),
        GOOD.format("f").replace("s1", "a\tb"),
        "  " + GOOD.format("last") + "  ",
    ]
    for name, end in (("lf.ndjson", "\n"), ("crlf.ndjson", "\r\n")):
        summary = house.take(house.file(name, end.join(lines) + end))
        assert [(f.line, f.column, f.value, f.reason) for f in summary.faults] == [
            (number, "-", "", "not a JSON object") for number in (3, 4, 5, 6, 7, 9, 10, 11, 12, 13)
        ]
        assert (summary.read, summary.refused) == (12, 10)
    assert house.rows("session") == [("a",), ("last",)]


def test_a_line_that_cannot_be_read_is_never_repeated(house):
    """It may hold a buyer's id."""
    [fault] = house.take(house.file("a.ndjson", GOOD.format("a") + '\n{"buyer": "Wang",'), show_values=True).faults
    assert str(fault).endswith("a.ndjson:2: -: not a JSON object")


def test_a_mark_at_the_beginning_and_a_missing_end_do_not_matter(house):
    assert house.take(house.file("a.ndjson", "\ufeff" + GOOD.format("a") + "\n" + GOOD.format("b"))).taken == 2


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1.5", "'*.*'"),
        ("17.0", "'**.*'"),
        ("1e3", "'****.*'"),
        ("true", "'true'"),
        ("[1]", "'[*]'"),
        ('{"id": "x"}', '\'{"id":"x"}\''),
    ],
)
def test_values_are_texts_or_whole_numbers(house, value, told):
    line = GOOD.format("a").replace('"a"', value)
    assert house.faults(house.file("a.ndjson", f"{line}\n{GOOD.format('b')}\n")) == [
        f"a.ndjson:1: session {told}: not a text or a whole number"
    ]
    assert house.rows("session") == [("b",)]


def test_a_buyer_that_is_no_text_is_not_repeated(house):
    line = GOOD.format("a").replace("{", '{"buyer": {"name": "Wang"}, ', 1)
    assert house.faults(house.file("a.ndjson", line), show_values=True) == [
        "a.ndjson:1: buyer: not a text or a whole number"
    ]


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ('"session": "b"', "session"),
        ('"session": null', "session"),
        ('"session": "a"', "session"),
        ('"sess\\u0069on": "b"', "session"),
        ('"note": 1, "note": 2', "-"),
    ],
)
def test_a_line_with_a_key_twice_is_refused_since_readers_disagree_which_counts(house, more, column):
    lines = [GOOD.format("x"), GOOD.format("a")[:-1] + f", {more}}}", GOOD.format("y")]
    assert house.faults(house.file("a.ndjson", "\n".join(lines))) == [
        f"a.ndjson:2: {column}: the key stands twice in the object"
    ]
    assert house.rows("session") == [("x",), ("y",)]


def test_a_key_may_stand_in_many_lines_and_deeper_down(house):
    lines = [GOOD.format("a")[:-1] + ', "note": {"x": 1, "x": 2}}', GOOD.format("b")]
    assert house.take(house.file("a.ndjson", "\n".join(lines))).taken == 2


def test_null_and_empty_and_absent_are_the_same(house):
    lines = [GOOD.format("a"), GOOD.format("b")[:-1] + ', "agent": null}', GOOD.format("c")[:-1] + ', "agent": " "}']
    house.take(house.file("a.ndjson", "\n".join(lines)))
    assert house.rows("agent") == [(None,)] * 3


def test_a_key_that_only_some_lines_have_is_missing_in_the_others(house):
    lines = [GOOD.format("a"), GOOD.format("b").replace('"shop": "s1", ', "")]
    assert house.faults(house.file("a.ndjson", "\n".join(lines)), shop="other") == ["a.ndjson:2: shop: missing"]


def test_escapes_and_long_numbers_are_read_exactly(house):
    line = GOOD.format('\\u5c0f\\u79be \\ud83d\\ude00 \\"x\\" \\/')
    number = GOOD.format("b").replace('"b"', "123456789012345678901234567890")
    house.take(house.file("a.ndjson", f"{line}\n{number}\n"))
    assert house.rows("session") == [("123456789012345678901234567890",), ('小禾 😀 "x" /',)]


def test_unknown_keys_of_any_line_are_named(house):
    lines = [
        GOOD.format("a")[:-1] + ', "remark": {"deep": 1}}',
        GOOD.format("b")[:-1] + ', "手机号": 1, "PLATFORM": 2}',
    ]
    assert house.take(house.file("a.ndjson", "\n".join(lines))).unknown_columns == ("PLATFORM", "remark", "手机号")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ((GOOD.format("a") + "\n" + GOOD.format("小禾")).encode("gbk"), "line 2 is not UTF-8; save the file as UTF-8"),
        (GOOD.format("a").encode("utf-16"), "line 1 is not UTF-8; save the file as UTF-8"),
        (GOOD.format("a") + "\r\n" + GOOD.format("b") + "\n", "line 2 ends with LF and those before it with CR LF"),
        (GOOD.format("a") + "\n\n" + GOOD.format("\x01b"), "line 3 holds a control character"),
        (GOOD.format("a") + "\n" + " " * 2_000_000 + "{}\n", "line 2 is longer than 2,000,000 bytes"),
        ("\n\n", "none of its columns is known; expected platform, shop"),
        ("{}\nnot json\n", "none of its columns is known; expected platform, shop"),
        ('{"shopp": 1}', "none of its columns is known; did you mean 'shop'?; expected platform, shop"),
    ],
    ids=["gbk", "utf-16", "mixed line ends", "control character", "long line", "blank", "no keys", "unknown keys"],
)
def test_a_file_that_cannot_be_read_changes_nothing(house, content, why):
    before = house.state()
    with pytest.raises(UnreadableFileError) as error:
        house.take(house.csv("good.csv", {}), house.file("a.ndjson", content))
    assert str(error.value).startswith(f"{house.folder}/a.ndjson: {why}")
    assert str(error.value).endswith("; nothing was imported")
    assert house.state() == before
