"""CSV as people export it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evidence.columns import Column
from engine.evidence.csv_format import locate, open_csv
from engine.evidence.duck import connect
from engine.evidence.rejects import left_out

LINE = "xiaohongshu,s1,{},2026-03-02T10:00\n"


def test_a_file_with_a_header_alone_is_legal_and_has_no_rows(house):
    for number, header in enumerate(
        [
            "platform,shop,session,opened_at\n",
            "platform,shop,session,opened_at",
            "\ufeffopened_at;platform;session;shop\r\n\r\n",
        ]
    ):
        summary = house.take(house.file(f"{number}.csv", header))
        assert (summary.read, summary.days, summary.faults) == (0, (), ())
    assert house.live() == {}


def test_spaces_around_names_and_cells_do_not_matter(house):
    house.take(
        house.file("a.csv", ' platform , "shop" ,session  ,  opened_at\n xiaohongshu , s1 , "a" ,  2026-03-02T10:00 \n')
    )
    assert house.rows("platform", "shop", "session", "second") == [("xiaohongshu", "s1", "a", 36000)]


def test_blank_lines_are_no_rows_wherever_they_stand(house):
    summary = house.take(
        house.file(
            "a.csv", "platform,shop,session,opened_at\n\n" + LINE.format("a") + "\n\n" + LINE.format("b") + "\n\n"
        )
    )
    assert (summary.read, summary.taken) == (2, 2)


def test_a_last_line_without_an_end_is_a_row(house):
    text = "platform,shop,session,opened_at\n" + LINE.format("a") + LINE.format("b").rstrip()
    assert house.take(house.file("a.csv", text)).taken == 2


def test_rows_of_empty_cells_miss_what_is_required(house):
    assert house.faults(house.file("a.csv", "platform,shop,session,opened_at\n,,,\n")) == [
        f"a.csv:2: {column}: missing" for column in ("opened_at", "platform", "session", "shop")
    ]


def test_quoted_line_breaks_are_part_of_their_cell_and_lines_are_still_told_rightly(house):
    """Line breaks in columns that are not kept, of every kind, as spreadsheets put them."""
    for number, end in enumerate(["\n", "\r\n"]):
        rows = [
            {"session": f"{number}a", "note": "one\ntwo\r\nthree"},
            {"session": f"{number}b", "note": 'say "hi"\n\n', "opened_by": "?"},
            {"session": f"{number}c", "note": "\n"},
            {"session": f"{number}d", "closed_at": "?"},
        ]
        name = f"{number}.csv"
        assert house.faults(house.csv(name, *rows, lineterminator=end)) == [
            f"{name}:5: opened_by '?': not one of buyer, agent, system",
            f"{name}:10: closed_at '?': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00",
        ]
    assert house.rows("session") == [("0a",), ("0c",), ("1a",), ("1c",)]


def test_a_header_may_have_quoted_line_breaks_and_delimiters(house):
    text = (
        '\ufeffplatform,"shop","note;\nin, two ""lines""",session,opened_at,\nxiaohongshu,s1,x,a,2026-03-02T10:00,\nx\n'
    )
    summary = house.take(house.file("a.csv", text))
    assert (summary.taken, summary.unknown_columns) == (1, ('note;\nin, two "lines"',))
    assert [(f.line, f.reason) for f in summary.faults] == [(4, "the row has 1 cell, the header 6")]


def test_the_delimiter_is_the_one_that_makes_most_columns_known(house):
    header = 'platform;shop;session;opened_at;"notes, remarks, hints, tips, and more, and more"\n'
    text = header + "xiaohongshu;s1;a;2026-03-02T10:00;x\n"
    assert house.take(house.file("a.csv", text)).taken == 1


def test_a_quotation_mark_within_a_plain_cell_is_a_character(house):
    text = 'platform,shop,session,opened_at\nxiaohongshu,5" screens,a,2026-03-02T10:00\n'
    house.take(house.file("a.csv", text))
    assert house.rows("shop") == [('5" screens',)]


def test_unknown_columns_are_named_and_an_empty_name_is_none(house):
    rows = [{"session": "a", "remark": "x", "": "y", "手机号": "13800138000"}]
    summary = house.take(house.csv("a.csv", *rows), house.csv("b.csv", {"session": "b", "remark": "", "x y": ""}))
    assert summary.unknown_columns == ("remark", "手机号", "x y")
    assert "手机号" not in house.rows()[0]


def test_bytes_of_an_unknown_column_may_be_anything(house):
    """Nobody reads them; but the lines of bad rows are still found."""
    text = "platform,shop,session,opened_at,note\n" + "xiaohongshu,s1,{},{},备注\n" * 2
    house.file("a.csv", text.format("a", "2026-03-02T10:00", "b", "?").encode("gbk"))
    assert house.faults(house.folder / "a.csv") == [
        "a.csv:3: opened_at '?': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"
    ]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    """Reads a CSV with the columns a, b, c: [(line, cells)], and the lines of rows that were left out."""
    path = tmp_path_factory.mktemp("csv") / "a.csv"

    def read(data):
        path.write_bytes(data)
        con = connect()
        file = open_csv(con, path, [Column(c) for c in "abc"], path.parent)
        rows = con.execute(file.records).fetchall()
        lines, odd = locate(file, range(1, len(rows) + 1), left_out(con, path))
        con.close()
        return [(lines[number], [cell or "" for cell in cells]) for number, *cells, _ in rows], [o.line for o in odd]

    return read


CELL = st.text(st.sampled_from('ab ,;\t|"\n\r\\#=中😀\u2028\u3000'), max_size=6) | st.sampled_from(
    ["", "\r\n", '""', '"\n"']
)
ROW = st.lists(CELL, min_size=3, max_size=3) | st.lists(CELL, max_size=5)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(ROW, max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans()
)
def test_cells_and_lines_are_those_that_python_finds(parsed, rows, delimiter, end, marked, all_quoted):
    """Any cells, quoted where they need it; rows of any width; blank lines; either line end; with a mark or none."""
    text, taken, odd, line = delimiter.join("abc") + end, [], [], 2
    for row in rows:
        cells = [cell.strip(" ") for cell in row]  # the parser keeps such spaces, or not; an import never does
        written = delimiter.join(quoted(cell) if all_quoted or needs_quoting(cell) else cell for cell in cells)
        if written:
            full = len(cells) == 3 or (len(cells) > 3 and not any(cells[3:]))
            odd += [] if full else [line]
            taken += [(line, cells[:3])] if full else []
        text += written + end
        line += len((written + end).encode().splitlines())
    assert parsed((("\ufeff" if marked else "") + text).encode()) == (taken, odd)


def needs_quoting(cell):
    return any(character in cell for character in ',;\t|"\n\r')


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'
