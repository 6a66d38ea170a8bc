"""Bad rows are told by line, column, value and reason, and stop nobody else."""

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import UnknownNameError
from engine.evidence.kinds import SESSIONS, kind
from engine.evidence.quarantine import RowFault, write_quarantine
from engine.evidence.reasons import in_words

KNOWN = "douyin, jd, kuaishou, pinduoduo, taobao, tmall, wechat, xiaohongshu"
GALLERY = [  # what is wrong with the row on line 3, and what is told of it
    ({"platform": "xiaohongsu"}, "platform 'xiaohongsu': unknown platform; did you mean 'xiaohongshu'?"),
    ({"platform": "Kuaishou"}, "platform 'Kuaishou': unknown platform; did you mean 'kuaishou'?"),
    ({"platform": "ebay"}, f"platform 'ebay': unknown platform; known: {KNOWN}"),
    ({"platform": "1688"}, f"platform '****': unknown platform; known: {KNOWN}"),
    ({"platform": ""}, "platform: missing"),
    ({"shop": "  "}, "shop: missing"),
    ({"shop": "s" * 201}, f"shop '{'s' * 40}': longer than 200 characters"),
    ({"shop": "店" * 201}, f"shop '{'店' * 40}': longer than 200 characters"),
    ({"session": ""}, "session: missing"),
    ({"session": "a\x00b"}, r"session 'a\x00b': holds a control character"),
    ({"session": "a\nb"}, r"session 'a\nb': holds a control character"),
    ({"session": "a\tb"}, r"session 'a\tb': holds a control character"),
    ({"session": "a\x1b[31mb"}, r"session 'a\x1b[**mb': holds a control character"),
    ({"session": "a\x7f"}, r"session 'a\x7f': holds a control character"),
    ({"session": "a\x85b"}, r"session 'a\x85b': holds a control character"),
    ({"session": "a\u2028b"}, r"session 'a\u2028b': holds a control character"),
    ({"buyer": "Wang Xiaoming\n13800138000"}, "buyer: holds a control character"),
    ({"buyer": "Wang" * 60}, "buyer: longer than 200 characters"),
    ({"agent": "9" * 201}, f"agent '{'*' * 40}': longer than 200 characters"),
    ({"opened_by": "Robot7"}, "opened_by 'Robot*': not one of buyer, agent, system"),
    ({"opened_at": ""}, "opened_at: missing"),
    (
        {"opened_at": "2026-02-30T10:00"},
        "opened_at '2026-02-30T10:00': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00",
    ),
    ({"opened_at": "1999-12-31T10:00"}, "opened_at '1999-12-31T10:00': outside the years 2000 to 2099"),
    ({"opened_at": "x" * 60}, f"opened_at '{'x' * 40}': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"),
    (
        {"first_human_reply_at": "soon"},
        "first_human_reply_at 'soon': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00",
    ),
    (
        {"first_human_reply_at": "2026-03-02T09:59:59.999999"},
        "first_human_reply_at '2026-03-02T09:59:59.999999': a reply before the opening",
    ),
    ({"closed_at": "2026-03-02T01:59:59Z"}, "closed_at '2026-03-02T01:59:59Z': closed before the opening"),
    ({"closed_at": "infinity"}, "closed_at 'infinity': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"),
]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_bad_cells_are_told_and_the_rows_around_them_are_taken(house, form):
    rows = [
        row for n, (cells, _) in enumerate(GALLERY) for row in ({"session": f"{n}"} | cells, {"session": f"good {n}"})
    ]
    file = getattr(house, form)(f"a.{form}", *rows)
    summary = house.take(file)
    lines = [1 + 2 * n for n in range(len(GALLERY))]
    if form == "csv":  # a header, and cells that hold line breaks
        lines = [line + 1 + sum("".join(row.values()).count("\n") for row in rows[: line - 1]) for line in lines]
    assert [str(fault) for fault in summary.faults] == [
        f"{file}:{line}: {told}" for line, (_, told) in zip(lines, GALLERY, strict=True)
    ]
    assert (summary.read, summary.taken, summary.refused) == (len(rows), len(GALLERY), len(GALLERY))
    assert house.rows("session") == sorted((f"good {n}",) for n in range(len(GALLERY)))


def test_a_row_tells_all_of_its_bad_cells(house):
    file = house.csv("a.csv", {"platform": "x", "session": "", "opened_at": "?", "opened_by": "?", "closed_at": "?"})
    summary = house.take(file)
    assert [fault.column for fault in summary.faults] == ["closed_at", "opened_at", "opened_by", "platform", "session"]
    assert (summary.read, summary.refused) == (1, 1)


def test_values_are_shown_in_full_only_when_asked_and_buyers_never(house):
    file = house.csv("a.csv", {"opened_at": "13800138000" * 5, "buyer": "13800138000\n"})
    assert house.faults(file, show_values=True) == [
        "a.csv:2: buyer: holds a control character",
        f"a.csv:2: opened_at '{('13800138000' * 4)[:40]}': {in_words('time').en}",
    ]


def test_whatever_counts_as_a_digit_is_masked(house):
    assert house.faults(house.csv("a.csv", {"opened_at": "1٣५６Ⅳ"})) == [
        "a.csv:2: opened_at '****Ⅳ': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"
    ]


def test_a_reply_or_a_close_at_the_opening_and_a_reply_after_the_close_are_legal(house):
    at, later = "2026-03-02T10:00:00", "2026-03-02T11:00:00"
    rows = [
        {"session": "a", "opened_at": at, "first_human_reply_at": at, "closed_at": at},
        {"session": "b", "opened_at": at, "first_human_reply_at": later, "closed_at": at},
    ]
    assert house.take(house.csv("a.csv", *rows)).taken == 2


def test_who_opened_is_the_buyer_where_nobody_says_and_capitals_do_not_matter(house):
    rows = [{"session": "a"}, {"session": "b", "opened_by": "AGENT"}, {"session": "c", "opened_by": " System "}]
    house.take(house.csv("a.csv", *rows))
    assert house.rows("session", "opened_by") == [("a", "buyer"), ("b", "agent"), ("c", "system")]


def test_an_id_with_two_openings_in_one_file_is_refused_on_all_its_lines(house):
    rows = [
        {"session": "c1", "opened_at": "2026-03-02T10:00"},
        {"session": "c2"},
        {"session": "c1", "opened_at": "2026-03-02T10:01"},
        {"session": "c1", "opened_at": "2026-03-02T10:00"},
        {"session": "c1", "shop": "s2", "opened_at": "2026-03-09T10:00"},  # of another shop: another conversation
    ]
    file = house.csv("a.csv", *rows)
    told = "session 'c*': one session with two different opened_at in one file"
    assert house.faults(file) == [f"a.csv:2: {told}", f"a.csv:4: {told}", f"a.csv:5: {told}"]
    assert house.rows("shop", "session") == [("s1", "c2"), ("s2", "c1")]


def test_one_opening_written_in_two_ways_is_one_opening(house):
    rows = [
        {"opened_at": "2026-03-02T10:00:00+08:00", "agent": "x"},
        {"opened_at": "2026-03-02 02:00Z", "agent": "y"},
    ]
    assert house.faults(house.csv("a.csv", *rows)) == []
    assert house.rows("agent") == [("y",)]


def test_two_openings_are_refused_only_in_the_file_that_has_them(house):
    torn = house.csv("torn.csv", {"opened_at": "2026-03-03T10:00"}, {"opened_at": "2026-03-04T10:00"})
    for order in ("torn first", "torn last"):
        fine = house.csv(f"{order}.csv", {"agent": order})
        files = [torn, fine] if order == "torn first" else [fine, torn]
        summary = house.take(*files)
        assert (summary.read, summary.refused) == (3, 2)
        assert house.rows("day::VARCHAR", "agent") == [("2026-03-02", order)]


def test_a_bad_row_does_not_make_two_openings_of_one(house):
    rows = [{"opened_at": "2026-03-03T10:00", "closed_at": "?"}, {"opened_at": "2026-03-02T10:00"}]
    assert house.faults(house.csv("a.csv", *rows)) == [
        "a.csv:2: closed_at '?': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"
    ]
    assert house.rows("day::VARCHAR") == [("2026-03-02",)]


def test_rows_with_too_few_or_too_many_cells_are_refused(house):
    file = house.file(
        "a.csv",
        "platform,shop,session,opened_at\n"
        "xiaohongshu,s1,a,2026-03-02T10:00\n"
        "xiaohongshu,s1,b\n"
        "\n"
        "xiaohongshu,s1,c,2026-03-02T10:00,x\n"
        "xiaohongshu\n"
        "   \n"
        "xiaohongshu,s1,d,2026-03-02T10:00\n",
    )
    summary = house.take(file)
    assert [str(fault).removeprefix(f"{file}:") for fault in summary.faults] == [
        "3: -: the row has 3 cells, the header 4",
        "5: -: the row has 5 cells, the header 4",
        "6: -: the row has 1 cell, the header 4",
        "7: -: the row has 1 cell, the header 4",
    ]
    assert (summary.read, summary.taken, summary.refused) == (6, 2, 4)


def test_empty_cells_beyond_the_header_are_no_cells(house):
    file = house.file("a.csv", "platform,shop,session,opened_at\nxiaohongshu,s1,a,2026-03-02T10:00,,\n,,,,\n")
    summary = house.take(file)
    assert {fault.line for fault in summary.faults} == {3}
    assert (summary.read, summary.taken, summary.refused) == (2, 1, 1)


def test_a_file_of_bad_rows_alone_changes_nothing(house):
    house.take(house.csv("a.csv", {}))
    before = house.state()
    for replace in (False, True):
        summary = house.take(house.csv("b.csv", {"closed_at": "?"}, {"shop": ""}), replace=replace)
        assert (summary.read, summary.taken, summary.refused) == (2, 0, 2)
    assert house.state() == before


def test_faults_come_by_file_line_and_column(house):
    files = [house.csv(f"{n}.csv", {"opened_by": "?", "closed_at": "?"}, {"shop": ""}) for n in (2, 1)]
    told = [(f.file[-5:], f.line, f.column) for f in house.take(*files).faults]
    assert told == [
        (name, line, column)
        for name in ("1.csv", "2.csv")
        for line, column in ((2, "closed_at"), (2, "opened_by"), (3, "shop"))
    ]


def test_the_quarantine_file_can_be_opened_in_a_spreadsheet_without_harm(tmp_path):
    faults = [
        RowFault("a.csv", 2, "agent", '=HYPERLINK("x")', "holds a control character", "control"),
        RowFault("=cmd.csv", 3, "agent", "-1", "too\nlong"),
        RowFault("b.csv", 4, "agent", "小禾", "x"),
    ]
    path = tmp_path / "deep" / "quarantine.csv"
    write_quarantine(path, faults)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["file", "line", "column", "value", "reason", "code"],
            ["a.csv", "2", "agent", '\'=HYPERLINK("x")', "holds a control character", "control"],
            ["'=cmd.csv", "3", "agent", "'-1", "too\nlong", ""],
            ["b.csv", "4", "agent", "小禾", "x", ""],
        ]


def test_an_unknown_kind_is_told_with_those_near_it():
    assert kind("sessions") is SESSIONS
    with pytest.raises(UnknownNameError, match=r"unknown kind of evidence 'sesions'; did you mean 'sessions'\?"):
        kind("sesions")


CELL = st.sampled_from(
    ["", " ", "a", "b", "s1", "xiaohongshu", "kuaishou", "2026-03-02T10:00", "2026-03-03T10:00Z", "?", "x\ny", '"', ","]
)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=6), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=2), st.booleans())
def test_every_row_read_is_taken_or_there_or_replaced_or_refused(house, files, replace):
    """Rows of any cells, in any number."""
    paths = []
    for number, rows in enumerate(files):
        path = house.folder / f"{number}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([["platform", "shop", "session", "opened_at", "closed_at"], *rows])
        paths.append(path)
    before = len(house.rows())
    summary = house.take(*paths, replace=replace)
    assert summary.read == sum(len(rows) for rows in files)
    assert summary.read == summary.taken + summary.already_there + summary.replaced + summary.refused
    assert len({(f.file, f.line) for f in summary.faults}) == summary.refused
    assert len(house.rows()) == before + summary.taken - summary.removed
    assert house.sound()
