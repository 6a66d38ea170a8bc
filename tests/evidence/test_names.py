"""Names that nobody expected: of files, of directories, of shops; and the shop that stands in a file's name."""

import os
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from engine.evidence.given import shop_in_name
from engine.evidence.lake import Lake
from engine.evidence.opened import UnreadableFileError

HOSTILE = [
    "a[1]",
    "a*",
    "**",
    "a?",
    "[!a]",
    "[a-z]",
    "[",
    "]",
    "{a,b}",
    "~",
    "~root",
    "o'neil",
    "'; DROP TABLE staged; --",
    'q"q',
    "back\\slash",
    "new\nline",
    "tab\t",
    " space ",
    "%41",
    "$HOME",
    "-rf",
    ".hidden",
    "小禾 家😀",
    "a" * 200,
    "s3:",
    "x=1",
]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_file_is_read_whatever_its_name_and_no_other_in_its_place(house, form):
    """DuckDB takes a name for a pattern: `a[1].csv` would be `a1.csv`, and `a*.csv` many."""
    names = [*HOSTILE, "a1", "ab", "b", "aa", "xx"]
    files = [getattr(house, form)(f"{name}.{form}", {"session": str(n)}) for n, name in enumerate(names)]
    assert house.take(*files[: len(HOSTILE)]).read == len(HOSTILE)
    assert sorted(house.rows("session::INTEGER")) == [(n,) for n in range(len(HOSTILE))]


def test_bad_rows_are_told_whatever_the_files_name(house):
    for name in ("a[1]", "a*", "o'neil", "a1"):
        file = house.file(f"{name}.csv", "platform,shop,session,opened_at\nx\n\njd,s,a,?\n")
        assert house.faults(file) == [
            f"{name}.csv:2: -: the row has 1 cell, the header 4",
            f"{name}.csv:4: opened_at '?': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00",
        ]
    with pytest.raises(UnreadableFileError, match="line 2 is not UTF-8"):
        house.take(house.file("b[1].csv", b"platform,shop,session,opened_at\njd,\xff\xff,a,?\n"))


def test_a_name_relative_to_the_working_directory_is_read(house, monkeypatch):
    house.csv("deep/~/a[1].csv", {})
    monkeypatch.chdir(house.folder / "deep")
    assert house.take(Path("~/a[1].csv")).taken == 1
    assert house.take(Path("../deep/./~/a[1].csv")).already_there == 1


def test_a_name_that_is_not_utf8_is_refused(house):
    file = Path(os.fsdecode(os.fsencode(house.folder) + b"/\xff.csv"))
    file.write_text("platform,shop,session,opened_at\n")
    with pytest.raises(UnreadableFileError, match="its name, or that of a directory above it, is not UTF-8; rename it"):
        house.take(file)


def test_a_link_is_the_file_that_it_points_to(house):
    link = house.folder / "link.csv"
    link.symlink_to(house.csv("a.csv", {}))
    assert house.take(link).taken == 1


@pytest.mark.parametrize("name", ["a[1]", "x*?", "shop=other", "o'neil", "day=1", "小禾 家"])
def test_a_lake_may_lie_in_any_directory(house, name):
    house.lake = Lake(house.folder / name / "lake")
    house.take(house.csv("a.csv", {"session": "a"}))
    house.take(house.csv("b.csv", {"session": "b"}))
    house.take(house.csv("c.csv", {"session": "a", "agent": "x"}))
    assert house.rows("shop", "session", "agent", "day::VARCHAR") == [
        ("s1", "a", "x", "2026-03-02"),
        ("s1", "b", None, "2026-03-02"),
    ]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_values_are_stored_as_they_are(house, form):
    names = [
        "O'Neil",
        "''",
        '"',
        "'; DELETE FROM staged; --",
        "${x} {0} %s %(x)s",
        "\\x41\\n",
        "=1+1",
        "小禾家的店",
        "👩‍👩‍👧 🇨🇳",
        "e\u0301",
        "\u00e9",
        "\u202eabc",
        "NULL",
        "null",
        "nan",
        "true",
        "0",
        "00",
        "1e5",
        "a/b%2F",
        "x" * 200,
        "店" * 200,
        "😀" * 200,
    ]
    rows = [{"shop": name, "session": name, "agent": name} for name in names]
    house.take(getattr(house, form)(f"a.{form}", *rows))
    assert sorted(house.rows("shop", "session", "agent")) == sorted((name,) * 3 for name in names)


def test_a_column_that_the_file_lacks_comes_from_the_option(house):
    file = house.csv("a.csv", {}, columns=["session", "opened_at"])
    for shop in ("O'Neil; --", " spaced ", "小禾"):
        house.take(file, platform="jd", shop=shop)
    assert house.rows("platform", "shop") == [("jd", "O'Neil; --"), ("jd", "spaced"), ("jd", "小禾")]


def test_a_column_that_the_file_has_decides_against_the_option(house):
    house.take(house.csv("a.csv", {}), house.ndjson("b.ndjson", {"session": "b"}), platform="jd", shop="other")
    assert house.rows("platform", "shop") == [("xiaohongshu", "s1")] * 2


def test_an_option_is_checked_like_a_cell(house):
    file = house.csv("a.csv", {}, columns=["session", "opened_at"])
    assert house.faults(file, platform="jd", shop="s" * 201) == [
        f"a.csv:2: shop '{'s' * 40}': longer than 200 characters"
    ]
    assert house.faults(file, platform="jd", shop="a\nb") == [r"a.csv:2: shop 'a\nb': holds a control character"]
    for shop, why in (("  ", "is empty"), ("", "is empty"), ("\udcff", "is not UTF-8")):
        with pytest.raises(KaoheError) as error:
            house.take(file, platform="jd", shop=shop)
        assert str(error.value) == f"--shop {shop!r} {why}; nothing was imported"


def test_the_shop_may_stand_in_the_files_name(house):
    names = ["客服数据_小禾_202603.csv", "客服数据_O'Neil [x]_202603.csv", "客服数据_ a_b _x_y.csv"]
    files = [house.csv(name, {"session": str(n)}, columns=["session", "opened_at"]) for n, name in enumerate(names)]
    house.take(*files, platform="jd", shop_from="客服数据_{shop}_*.csv")
    assert house.rows("session", "shop") == [("1", "O'Neil [x]"), ("2", "a_b _x"), ("0", "小禾")]


@pytest.mark.parametrize(
    ("name", "pattern", "shop"),
    [
        ("s1.csv", "{shop}.csv", "s1"),
        ("s1.csv", "{shop}*", "s1.csv"),
        ("a.b.csv", "a.{shop}.csv", "b"),
        ("x(1)s1.csv", "x(1){shop}.csv", "s1"),
        ("x[1]s1+.csv", "*]{shop}+.csv", "s1"),
        ("小禾_2026.csv", "{shop}_*.csv", "小禾"),
    ],
)
def test_a_pattern_is_literal_but_for_its_stars(name, pattern, shop):
    assert shop_in_name(name, pattern) == shop


PIECES = st.text("ab*", max_size=6)


@settings(max_examples=1000)
@given(st.text("ab", min_size=1, max_size=10), PIECES, PIECES)
def test_a_pattern_finds_what_a_regular_expression_finds(name, before, after):
    pattern = f"{before}{{shop}}{after}"
    found = re.fullmatch(f"{before.replace('*', '.*')}(.+){after.replace('*', '.*')}", name)
    try:
        assert shop_in_name(name, pattern) == found[1]
    except KaoheError:
        assert found is None


@pytest.mark.parametrize("pattern", ["*a" * 40 + "{shop}.txt", "{shop}" + "a*" * 40 + "b.csv", "*" * 99 + "{shop}b"])
def test_no_pattern_takes_longer_than_a_name_is_long(pattern):
    started = time.process_time()
    with pytest.raises(KaoheError):
        shop_in_name("a" * 200 + "!.csv", pattern)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_the_same_however_its_accents_are_written(form):
    """macOS keeps the names of files apart into letters and accents, keyboards do not."""
    name = unicodedata.normalize(form, "données_café.csv")
    for other in ("NFC", "NFD"):
        assert shop_in_name(name, unicodedata.normalize(other, "données_{shop}.csv")) == "caf\u00e9"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("s1.csv", "data_{shop}.csv"),
        ("data_.csv", "data_{shop}.csv"),
        ("data_ .csv", "data_{shop}.csv"),
        ("as1bcsv", "a{shop}.csv"),
    ],
)
def test_a_name_that_does_not_fit_the_pattern_changes_nothing(house, name, pattern):
    file = house.csv(name, {}, columns=["session", "opened_at"])
    file = file.rename(file.with_name(name + "x.csv")) if file.suffix != ".csv" else file
    with pytest.raises(KaoheError) as error:
        house.take(house.csv("data_s2.csv", {}), file, platform="jd", shop_from=pattern)
    assert "its name does not fit --shop-from" in str(error.value)
    assert str(error.value).endswith("; nothing was imported")
    assert house.live() == {}


@pytest.mark.parametrize("pattern", ["", "*.csv", "{shop}_{shop}.csv", "{Shop}.csv", "shop"])
def test_a_pattern_that_names_no_shop_or_two_is_told(house, pattern):
    with pytest.raises(KaoheError) as error:
        house.take(house.csv("a.csv", {}), shop_from=pattern)
    assert str(error.value) == f"--shop-from {pattern!r}: write {{shop}} once where the shop stands, and * for anything"
