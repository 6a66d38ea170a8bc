"""Registers as people really save them, and every fault told with its line."""

from __future__ import annotations

import pytest

NO_ADDRESS = "is not an e-mail address: it has no @; write addresses like zhang@example.com, separated by ;"
HEAD = "platform,shop,name,alias,client,contact"

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def register(tmp_path):
    def write(text, name="register.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_register_is_read_however_a_spreadsheet_saved_it(kaohe, register, delimiter, encoding):
    text = f"{HEAD}\nxiaohongshu,s1,旗舰店,小禾,禾苗,zhao@example.com\n".replace(",", delimiter)
    said = kaohe("shops", "import", register(text, encoding=encoding))
    assert (said.code, said.out) == (0, "shops: 1 new, 0 changed, 0 as before, 0 refused\n")
    (row,) = kaohe("shops", "list", "--json").rows
    assert (row["alias"], row["client"]) == ("小禾", "禾苗")
    assert ("not as UTF-8" in said.err) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_registers_with_chinese_headers_are_read(kaohe, register, encoding):
    shops = "平台,店铺,名称,别名,客户,品类,开店日期,负责人,联系人\n"
    shops += "小红书,s1,小禾旗舰店,小禾,禾苗,母婴,2026/3/1,王,zhao@example.com\n"
    assert kaohe("shops", "import", register(shops, "shops.csv", encoding)).code == 0
    (row,) = kaohe("shops", "list", "--json").rows
    assert (row["alias"], row["client"], row["category"], row["opened_on"]) == ("小禾", "禾苗", "母婴", "2026-03-01")
    people = "姓名;平台;店铺;客服账号;团队;开始日期;结束日期\n张;小红书;小禾;a1;一组;2026-03-01;\n"
    assert kaohe("people", "import", register(people, "people.csv", encoding)).code == 0
    (row,) = kaohe("people", "list", "--json").rows
    assert (row["person"], row["shop"], row["agent"], row["from"]) == ("张", "s1", "a1", "2026-03-01")


def test_a_chinese_header_that_is_misspelt_or_doubled_is_told(kaohe, register):
    said = kaohe("shops", "import", register("平台,店铺,店铺ID,开店日其\n"))
    assert said.code == 2
    assert "column 'shop' stands twice" in said.err
    assert "unknown column '开店日其'; did you mean '开店日' or '开店日期'" in said.err


def test_all_faults_of_all_rows_are_told_at_once_and_the_sound_rows_taken(kaohe, register):
    text = (
        "platform,shop,opened_on,contact\n"
        "xiaohongshu,s1,2026-03-01,zhao@example.com\n"
        "xiaohongsu,,soon,zhao.example.com;li@example.com\n"
        "\n"
        "kuaishou,k1,,\n"
        "kuaishou,k2\n"
    )
    said = kaohe("shops", "import", register(text))
    assert said.code == 1
    assert said.out == "shops: 2 new, 0 changed, 0 as before, 2 refused\n"
    assert [line.split("register.csv:")[1] for line in said.err.splitlines() if "register.csv" in line] == [
        f"3: contact 'zhao.example.com': {NO_ADDRESS}",
        "3: opened_on 'soon': not a day; write it like 2026-03-10",
        "3: platform 'xiaohongsu': unknown platform; did you mean 'xiaohongshu'?",
        "3: shop: missing",
        "6: -: the row has 2 cells, the header 4",
    ]


def test_two_rows_that_contradict_each_other_are_both_told(kaohe, register):
    text = "platform,shop,alias\nxiaohongshu,s1,a\nxiaohongshu,s2,c\nxiaohongshu,s1,b\nxiaohongshu,s2,c\n"
    said = kaohe("shops", "import", register(text))
    assert said.code == 1
    assert "1 new" in said.out
    for line in (2, 4):
        assert f"register.csv:{line}: - 'xiaohongshu/s1': said on lines 2, 4, and not in the same way" in said.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("platform,shp\n", "register.csv:1: the header does not fit"),
        ("platform,shp\n", "it has no column 'shop'"),
        ("platform,shp\n", "unknown column 'shp'; did you mean 'shop'?"),
        ("platform,shop,shop\n", "column 'shop' stands twice"),
        ("PK\x03\x04", "a workbook of a spreadsheet program; save it as CSV UTF-8"),
        ('platform,shop\nxiaohongshu,"s1\n', "register.csv:2: the row cannot be read"),
    ],
)
def test_a_file_that_is_no_register_is_refused_with_what_to_do(kaohe, register, content, message):
    said = kaohe("shops", "import", register(content))
    assert said.code == 2
    assert message in said.err


def test_a_file_that_is_nowhere_or_no_text_is_refused(kaohe, tmp_path):
    assert "no.csv: there is no such file" in kaohe("shops", "import", str(tmp_path / "no.csv")).err
    assert "it is a directory" in kaohe("shops", "import", str(tmp_path)).err
    (tmp_path / "x.csv").write_bytes(b"platform,shop\nkuaishou,\xff\xff\xff\n")
    assert "neither UTF-8 nor GBK" in kaohe("shops", "import", str(tmp_path / "x.csv")).err


def test_a_contact_that_is_no_address_is_refused_on_the_command_line_too(kaohe):
    kaohe("worker", "--once")
    said = kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "Zhao <zhao@example.com>")
    assert said.code == 2
    assert "--contact 'Zhao <z***@example.com>'" in said.err
    assert "give the bare address" in said.err
    assert kaohe("shops", "list").out == "No shops yet.\n"


@pytest.fixture
def people(kaohe, register):
    kaohe("shops", "add", "xiaohongshu", "s1", "--alias", "flag")

    def import_(*rows):
        return kaohe("people", "import", register("\n".join(["person,platform,shop,agent,from,to", *rows]) + "\n"))

    return import_


def test_a_list_of_people_says_from_when_to_when(kaohe, people):
    assert people("Zhang,xiaohongshu,flag,a1,2026-03-01,2026-03-31", "Li,xiaohongshu,s1,a1,2026-04-01,").code == 0
    lines = kaohe("people", "list").out.splitlines()
    assert lines[1].split() == ["Zhang", "xiaohongshu", "s1", "a1", "2026-03-01", "2026-03-31"]
    assert lines[2].split() == ["Li", "xiaohongshu", "s1", "a1", "2026-04-01", "-"]


def test_a_sub_account_that_two_people_hold_on_one_day_is_refused_with_both_lines(kaohe, people):
    said = people(
        "Zhang,xiaohongshu,s1,a1,,2026-03-31",
        "Li,xiaohongshu,flag,a1,2026-03-31,",
        "Wang,xiaohongshu,s1,a2,,",
    )
    assert said.code == 1
    assert "1 new" in said.out
    assert "register.csv:2: agent: a1 is also held by Li (line 3) on the same days" in said.err
    assert "register.csv:3: agent: a1 is also held by Zhang (line 2) on the same days" in said.err


def test_a_sub_account_that_is_somebody_elses_by_the_record_is_refused(kaohe, people):
    people("Zhang,xiaohongshu,s1,a1,,")
    said = people("Li,xiaohongshu,s1,a1,2026-03-01,")
    assert said.code == 1
    assert "a1 is also held by Zhang (on record always) on the same days; end one of them with `to`" in said.err
    assert people("Zhang,xiaohongshu,s1,a1,,2026-02-28", "Li,xiaohongshu,s1,a1,2026-03-01,").code == 0
    assert len(kaohe("people", "list", "--json").rows) == 2


def test_people_of_an_unknown_shop_or_with_days_the_wrong_way_round_are_told_by_line(kaohe, people):
    said = people(
        "Zhang,xiaohongshu,flagg,a1,,", "Li,xiaohongshu,s1,a1,2026-03-02,2026-03-01", "Wang,xiaohongshu,s1,a3,,"
    )
    assert said.code == 1
    assert "register.csv:2: shop: unknown shop 'flagg'; did you mean 'flag'?" in said.err
    assert "register.csv:3: to '2026-03-01': before its beginning on 2026-03-02" in said.err
    assert "1 new, 0 changed, 0 as before, 2 refused" in said.out
