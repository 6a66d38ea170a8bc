"""A file that cannot be taken at all stops the whole import, and nothing has changed."""

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.evidence import importer
from engine.evidence.opened import UnreadableFileError

HEADER = "platform,shop,session,opened_at\n"
ROW = "xiaohongshu,s1,a,2026-03-02T10:00\n"
ALL = "platform, shop, session, buyer, agent, opened_by, opened_at, first_human_reply_at, closed_at"
BLANK = "its first line is blank: the header must stand there; remove what is above it"
SAVE = "save it as CSV UTF-8 (comma delimited) in a spreadsheet program"
XLSX = f"it is an XLSX file: import it with --mapping (under the suffix .xlsx, see `kaohe mappings list`), or {SAVE}"
ENDS = (
    "line 3 ends with CR LF and those before it with LF; save the file anew as CSV UTF-8 in a spreadsheet program, "
    "or give it one kind of line end in a text editor"
)

CASES = {  # name → (content, why)
    "empty.csv": ("", "the file is empty"),
    "mark.csv": ("\ufeff", BLANK),
    "blank.csv": ("\n" + HEADER + ROW, BLANK),
    "blank-marked.csv": ("\ufeff\r\n" + HEADER + ROW, BLANK),
    "spaces.csv": (" \t \n" + HEADER + ROW, BLANK),
    "quoted-blank.csv": ('""\n' + HEADER + ROW, BLANK),
    "nothing-but-blanks.csv": ("\n\n", BLANK),
    "a.xlsx": (
        b"PK\x03\x04",
        XLSX,
    ),
    "a.csv.gz": (b"\x1f\x8b", "unknown format '.gz': .csv, .ndjson or .parquet is read"),
    "nosuffix": (HEADER + ROW, "unknown format '(no suffix)': .csv, .ndjson or .parquet is read"),
    "names.csv": (
        "Platform,Shop,Session\nx,y,z\n",
        f"none of its columns is known; did you mean 'platform'?; expected {ALL}",
    ),
    "none.csv": ("1,2,3\n4,5,6\n", f"none of its columns is known; expected {ALL}"),
    "twice.csv": ("platform,shop, shop ,session,opened_at\n", "column 'shop' stands twice in the header"),
    "utf-8 with a fault.csv": (
        (HEADER + ROW * 3 + ROW.replace("s1", "小禾家")).encode() + b"\xff\n",
        "line 6 is not UTF-8; save the file as UTF-8",
    ),
    "neither header.csv": (
        (HEADER.strip() + ",").encode() + b"\xff\xff\n",
        f"the header is neither UTF-8 nor GBK (GB 18030); {SAVE}",
    ),
    "workbook.csv": (
        b"PK\x03\x04",
        XLSX,
    ),
    "old workbook.csv": (
        b"\xd0\xcf\x11\xe0",
        "it is an old XLS file; save it as CSV UTF-8 (comma delimited), or as .xlsx, in a spreadsheet program",
    ),
    "open quote.csv": (
        HEADER + ROW + ROW.replace("s1", '"s1'),
        "line 3 has a quotation mark that is not closed, or stands within a cell",
    ),
    "open quote early.csv": (
        HEADER + ROW.replace("s1", '"s1') + ROW * 50,
        "line 2 has a quotation mark that is not closed, or stands within a cell",
    ),
    "quote within.csv": (
        HEADER + ROW.replace("s1", '"s"1"'),
        "line 2 has a quotation mark that is not closed, or stands within a cell",
    ),
    "mixed.csv": (
        HEADER + ROW + ROW.replace("\n", "\r\n"),
        ENDS,
    ),
    "long line.csv": (HEADER + ROW + ROW.replace("s1", "s" * 2_000_000), "line 3 is longer than 2,000,000 bytes"),
    "long header.csv": ("x" * 3_000_000 + "\n", f"none of its columns is known; expected {ALL}"),
    "binary.csv": (bytes(range(255, -1, -1)) * 20, f"the header is neither UTF-8 nor GBK (GB 18030); {SAVE}"),
    "nul.csv": (bytes(5000), f"none of its columns is known; expected {ALL}"),
    "text.parquet": (HEADER + ROW, None),
    "empty.parquet": ("", "the file is empty"),
    "tiny.parquet": (b"PAR1PAR1", None),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_cannot_be_read_changes_nothing(house, name):
    content, why = CASES[name]
    good, bad = house.csv("good.csv", {}), house.file(name, content)
    before = house.state()
    with pytest.raises(UnreadableFileError) as error:
        house.take(good, bad)
    told = str(error.value)
    assert told.startswith(f"{bad}: ")
    assert told.endswith("; nothing was imported")
    assert why is None or told == f"{bad}: {why}; nothing was imported"
    assert len(told.splitlines()) == 1
    assert house.state() == before


def test_a_missing_file_and_a_directory_are_told_apart(house):
    for path, why in (
        (house.folder / "no.csv", "there is no such file"),
        (house.folder, "it is a directory; name the files in it"),
    ):
        with pytest.raises(UnreadableFileError) as error:
            house.take(house.csv("good.csv", {}), path)
        assert str(error.value) == f"{path}: {why}; nothing was imported"
    assert house.live() == {}


def test_a_file_that_may_not_be_read_is_told(house, monkeypatch):
    """As the operating system says it; root, who may run this, can read everything."""
    file = house.csv("a.csv", {})

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("engine.evidence.csv_format._records", refuse)
    with pytest.raises(
        UnreadableFileError, match=r"a\.csv: it cannot be read: Permission denied; nothing was imported"
    ):
        house.take(file)


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_file_that_vanishes_while_it_is_read_is_told(house, monkeypatch, form):
    """Between the look at its head and the reading of its rows."""
    file = getattr(house, form)(f"a.{form}", {})
    read = importer.stage

    def vanish(*arguments):
        file.unlink()
        return read(*arguments)

    monkeypatch.setattr(importer, "stage", vanish)
    before = house.state()
    with pytest.raises(KaoheError, match=rf"a\.{form}.*(nothing was imported|no evidence was changed)$"):
        house.take(file)
    assert house.state() == before


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_required_column_that_nobody_gives_is_told(house, form):
    for column, mend in (
        ("platform", "; say --platform …"),
        ("shop", "; say --shop …"),
        ("session", ""),
        ("opened_at", ""),
    ):
        columns = [c for c in ("platform", "shop", "session", "opened_at") if c != column]
        file = getattr(house, form)(f"{column}.{form}", {}, columns=columns)
        with pytest.raises(KaoheError) as error:
            house.take(house.csv("good.csv", {}), file)
        assert str(error.value) == f"{file}: it has no column {column!r}{mend}; nothing was imported"
    assert house.live() == {}


def test_an_unknown_platform_in_the_options_is_told_with_those_near_it(house):
    with pytest.raises(UnknownNameError, match="unknown platform 'xiaohongsu'; did you mean 'xiaohongshu'"):
        house.take(house.csv("a.csv", {}, columns=["shop", "session", "opened_at"]), platform="xiaohongsu")
