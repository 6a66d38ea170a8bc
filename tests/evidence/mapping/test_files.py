"""Files that are not what they seem: refused in whole with a reason, or cell by cell with line and header."""

import zipfile

import pytest

from engine.errors import KaoheError
from engine.evidence.mapping.reading import load

from .conftest import MAIN, workbook
from .test_gallery import SAMPLE

HEADER = "客服,评价数,好评率\n"
WEEK = "2024-06-03~2024-06-09.csv"


@pytest.fixture
def sample(counts):
    """Takes a file by the sample mapping; the faults."""
    mapping = load("sample.yaml", SAMPLE.encode()).mapping

    def take(content, name=WEEK, **options):
        return counts.faults(name, content, mapping=mapping, **options)

    return take


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("甲,12,abc", "好评率 'abc': not a rate; write it like 85.3% or 0.853"),
        ("甲,1.5,50%", "评价数 '1.5': not a whole number of 0 or more; write it like 1234 or 1,234"),
        ("甲,-3,50%", "评价数 '-3': not a whole number of 0 or more; write it like 1234 or 1,234"),
        (
            "甲,7,12.3%",
            "好评率 '12.3%': no whole number fits this cell and the number that it is a part of",
        ),
        ("甲,7,120%", "好评率 '120%': above 100 %"),
        ("甲,7,85.3", "好评率 '85.3': not a rate; write it like 85.3% or 0.853"),
        (",7,0%", "客服: missing"),
        ("甲\x7f,7,0%", "客服 '甲\\x7f': holds a control character"),
        (f"{'长' * 201},7,0%", f"客服 '{'长' * 40}': longer than 200 characters"),
        ("#REF!,#DIV/0!,#DIV/0!", "评价数 '#DIV/*!': not a whole number of 0 or more; write it like 1234 or 1,234"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_and_its_header(sample, row, told):
    assert f"{WEEK}:5: {told}" in sample(f"说明\n\n{HEADER}乙,5,80%\n{row}\n")


def test_a_file_that_is_no_text_is_refused_as_a_whole(sample):
    with pytest.raises(KaoheError, match="neither UTF-8 nor GB18030 text; nothing was imported"):
        sample(f"{HEADER}甲\0,7,0%\n")


def test_values_are_shown_where_that_is_asked_for(sample):
    assert sample(HEADER + "甲,7,12.3%\n", show_values=True)[0].startswith(f"{WEEK}:2: 好评率 '12.3%': ")


def test_an_agent_twice_in_a_period_is_refused_the_second_time_and_the_shop_has_no_sum(counts):
    text = SAMPLE.replace("period: [", "shop: sum of agents\nperiod: [")
    text += "  shop: {basis: assumed, because: ours, review_by: 2027-03-31}\n"
    mapping = load("sample.yaml", text.encode()).mapping
    summary = counts.take(WEEK, HEADER + "甲,10,80%\n乙,10,80%\n甲,10,80%\n", mapping)
    assert [(f.line, f.column, f.reason) for f in summary.faults] == [
        (4, "客服", "stands twice in this period; first on line 2")
    ]
    assert counts.rows("kuaishou.good-rating", None) == [("good", None, None, None), ("rated", None, None, None)]
    assert (summary.read, summary.taken, summary.refused) == (7, 6, 1)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (WEEK, "客服,评价\n甲,5\n", "no header within 30 lines; missing: 评价数"),
        (WEEK, "\n" * 40 + HEADER, "no header within 30 lines; missing: 客服"),
        (WEEK, "客服,评价数,评价数,好评率\n甲,5,5,80%\n", "'评价数' and '评价数' in the header are one column"),
        ("a.csv", HEADER + "甲,5,80%\n", "its period is not told"),
        ("2024-06_2024-07.csv", HEADER + "甲,5,80%\n", "more than one period in its name: 2024-06-01 ~ 2024-06-30, "),
        ("a.csv", "2024-06,2024-07\n" + HEADER, "more than one period above its header"),
        (WEEK, HEADER + '"甲,5,80%\n', "line 2 cannot be read: unexpected end of data"),
        (WEEK, b"\xff" * 100, "neither UTF-8 nor GB18030 text"),
        (WEEK, b"\xff\xfe" + b"\x00\xd8" * 10, "neither UTF-8 nor GB18030 text"),
        (WEEK, b"PK\x03\x04\x00\x00", "it is an XLSX file"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "with a mapping, .csv, .tsv, .txt and .xlsx are read"),
        ("a.xlsx", b"PK\x03\x04", "not an XLSX that can be read"),
        ("a.xlsx", b"", "not an XLSX that can be read"),
        ("a.xlsx", b"<html><table></table></html>", "not an XLSX that can be read"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_changes_nothing(counts, sample, name, content, told):
    before = counts.house.state()
    with pytest.raises(KaoheError) as caught:
        sample(content, name)
    assert f"{name}: {told}" in str(caught.value)
    assert str(caught.value).endswith("; nothing was imported")
    assert counts.house.state() == before


def test_a_file_that_is_missing_or_a_directory_is_told(counts):
    mapping = load("sample.yaml", SAMPLE.encode()).mapping
    (counts.folder / "dir.csv").mkdir()
    for path in (counts.folder / "none.csv", counts.folder / "dir.csv"):
        with pytest.raises(KaoheError, match="there is no such file; nothing was imported"):
            counts.house.take(path, mapping=mapping, shop="s1")


def test_the_shop_must_come_from_somewhere(sample):
    with pytest.raises(KaoheError, match="it has no column 'shop'; say --shop …; nothing was imported"):
        sample(HEADER + "甲,5,80%\n", shop=None)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_any_usual_delimiter_is_found(counts, sample, delimiter):
    assert sample((HEADER + "甲,5,80%\n").replace(",", delimiter)) == []
    assert counts.rows("kuaishou.good-rating", "甲") == [("good", 4, None, None), ("rated", 5, None, None)]


def test_headers_are_known_however_they_are_spaced_and_widened(counts, sample):
    assert sample(" 客 服 ,评价数\u3000,好评率\n甲,５,８０％\n") == []
    assert counts.rows("kuaishou.good-rating", "甲") == [("good", 4, None, None), ("rated", 5, None, None)]


def changed(path, part, content):
    """The workbook with one part replaced, or left out."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            if data is not None:
                book.writestr(name, data)
    return path.read_bytes()


LAUGHS = '<!DOCTYPE x [<!ENTITY a "' + "a" * 1000 + '"><!ENTITY b "' + "&a;" * 1000 + '">]>'
SHEET = "xl/worksheets/sheet1.xml"


def sheet(rows):
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (SHEET, f"{LAUGHS}<worksheet>&b;</worksheet>"),
        (SHEET, "<worksheet><sheetData><row>"),
        (SHEET, None),
        (SHEET, sheet('<row r="x"><c r="A1"><v>1</v></c></row>')),
        (SHEET, sheet('<row r="1"><c r="1A"><v>1</v></c></row>')),
        (SHEET, sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')),
        (SHEET, sheet('<row r="1"><c r="A1" t="s"><v>x</v></c></row>')),
        ("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>'),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>"),
        ("_rels/.rels", None),
        ("xl/styles.xml", b"\x00\x01"),
    ],
)
def test_a_broken_or_hostile_workbook_is_refused(counts, sample, part, content):
    path = workbook(counts.folder / "2024-06-03~2024-06-09.xlsx", [["客服", "评价数", "好评率"], ["甲", 5, 0.8]])
    before = counts.house.state()
    data = changed(path, part, content)
    with pytest.raises(KaoheError, match="nothing was imported"):
        sample(data, path.name)
    assert counts.house.state() == before


def test_a_cell_far_away_and_a_giant_number_cost_nothing(counts, sample):
    path = workbook(counts.folder / "2024-06-03~2024-06-09.xlsx", [["客服", "评价数", "好评率"], ["甲", 5, 0.8]])
    far = '<row r="3"><c r="XFD3"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1E999999999</v></c></row>'
    with zipfile.ZipFile(path) as book:
        data = book.read(SHEET).decode()
    faults = sample(changed(path, SHEET, data.replace("</sheetData>", far + "</sheetData>")), path.name)
    assert [fault.split(":")[1] for fault in faults] == []


def test_a_workbook_that_swells_is_refused(counts, sample, monkeypatch):
    monkeypatch.setattr("engine.evidence.mapping.workbook.MOST_BYTES", 1 << 20)
    path = workbook(counts.folder / "2024-06-03~2024-06-09.xlsx", [["客服", "评价数", "好评率"], ["甲", 5, 0.8]])
    data = changed(path, SHEET, sheet("<row/>" + " " * (8 << 20)))
    assert len(data) < 1 << 16
    with pytest.raises(KaoheError, match="too large when unpacked; nothing was imported"):
        sample(data, path.name)
