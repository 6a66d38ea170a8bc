"""Evidence under a shop's alias or name is the registered shop's; a slip of the pen is told and can be mended."""

import pytest

HEADER = "platform,shop,session,opened_at\n"


@pytest.fixture
def evidence(tmp_path):
    def write(shop="", name="s.csv", session="a"):
        path = tmp_path / name
        columns = (
            ("platform,shop,session,opened_at", f"kuaishou,{shop}") if shop else ("platform,session,opened_at",) * 2
        )
        row = f"{columns[1]},{session},2026-03-02T10:00" if shop else f"kuaishou,{session},2026-03-02T10:00"
        path.write_text(f"{columns[0]}\n{row}\n", "utf-8")
        return str(path)

    return write


@pytest.fixture
def registered(kaohe):
    assert kaohe("shops", "add", "kuaishou", "ks88", "--alias", "桂花快手", "--name", "桂花旗舰店").code == 0


def shops(kaohe):
    return [row["shop"] for row in kaohe("shops", "list", "--json").rows]


@pytest.mark.parametrize("said", ["ks88", "桂花快手", "桂花旗舰店"])
def test_an_alias_or_name_in_a_cell_or_an_option_is_the_registered_shop(kaohe, evidence, registered, said):
    for arguments in (
        (evidence(said),),
        (evidence(name="bare.csv"), "--shop", said),
        (evidence(name=f"{said}.csv"), "--shop-from", "{shop}.csv"),
    ):
        (answer,) = kaohe("import", *arguments, "--kind", "sessions", "--json").rows
        expected = [] if said == "ks88" else [{"platform": "kuaishou", "said": said, "shop": "ks88"}]
        assert (answer["named"], answer["unregistered"]) == (expected, [])
    assert shops(kaohe) == ["ks88"]
    assert (
        kaohe("import", evidence("桂花快手"), "--kind", "sessions").err == "kuaishou：「桂花快手」是已登记的店铺 ks88\n"
    )


def test_rows_under_an_id_and_its_alias_are_rows_of_one_shop(kaohe, tmp_path, registered):
    rows = "".join(f"kuaishou,{shop},a,2026-03-02T10:00\n" for shop in ("ks88", "桂花快手"))
    (tmp_path / "both.csv").write_text(HEADER + rows, "utf-8")
    (answer,) = kaohe("import", str(tmp_path / "both.csv"), "--kind", "sessions", "--json").rows
    assert (answer["taken"], answer["already_there"]) == (1, 1)


def test_a_shop_that_is_not_registered_is_told_with_what_may_be_meant(kaohe, evidence, registered):
    said = kaohe("import", evidence("ks-88"), "--kind", "sessions")
    assert said.code == 0
    assert "注意：kuaishou 的店铺 ks-88 没有登记，按新店铺收下；是不是 ks88？" in said.err
    (answer,) = kaohe("import", evidence("桂花快首", session="b"), "--kind", "sessions", "--json").rows
    assert answer["unregistered"] == [{"platform": "kuaishou", "shop": "桂花快首", "near": ["ks88"]}]


def test_a_shop_of_another_platform_is_said_to_be_one(kaohe, evidence, registered):
    kaohe("shops", "add", "jd", "j1")
    (answer,) = kaohe("import", evidence("j1"), "--kind", "sessions", "--json").rows
    assert answer["unregistered"] == [{"platform": "kuaishou", "shop": "j1", "near": ["jd/j1"]}]


def test_where_nothing_is_registered_nothing_is_said(kaohe, evidence):
    (answer,) = kaohe("import", evidence("s1"), "--kind", "sessions", "--json").rows
    assert (answer["named"], answer["unregistered"]) == ([], [])


def test_a_name_that_is_also_an_unregistered_shop_with_evidence_is_refused_everywhere(kaohe, evidence):
    kaohe("import", evidence("桂花快手"), "--kind", "sessions")
    kaohe("shops", "add", "kuaishou", "ks88", "--alias", "桂花快手")
    said = kaohe("import", evidence("桂花快手", session="b"), "--kind", "sessions")
    assert said.code == 2
    assert "'ks88' 或 '桂花快手'" in said.err
    said = kaohe("violations", "list", "--shop", "桂花快手")
    assert said.code == 2
    assert "shop:kuaishou/ks88, shop:kuaishou/桂花快手" in said.err
    assert kaohe("violations", "list", "--shop", "kuaishou/桂花快手").code == 0


def test_an_alias_of_two_registered_shops_is_refused(kaohe, evidence, registered):
    kaohe("shops", "add", "kuaishou", "ks89", "--alias", "桂花快手")
    said = kaohe("import", evidence(), "--kind", "sessions", "--shop", "桂花快手")
    assert (said.code, "'ks88' 或 'ks89'" in said.err) == (2, True)


def test_a_registered_id_stands_before_the_alias_of_another(kaohe, evidence, registered):
    kaohe("shops", "add", "kuaishou", "桂花快手")
    (answer,) = kaohe("import", evidence("桂花快手"), "--kind", "sessions", "--json").rows
    assert (answer["named"], answer["unregistered"]) == ([], [])


def test_the_shop_of_a_mapped_file_may_be_told_by_its_name(kaohe, tmp_path, registered):
    path = tmp_path / "满意度-2024-06.csv"
    head = "店铺名称,客服账号,已评价数,满意率,一般率,失望率,一般原因-服务态度差占比,失望原因-服务态度差占比"
    path.write_text(f"{head}\n桂花旗舰店,小禾,100,90%,10%,0%,10%,0%\n", "utf-8")
    (answer,) = kaohe("import", str(path), "--mapping", "kuaishou.satisfaction", "--json").rows
    assert [one["shop"] for one in answer["named"]] == ["ks88"]
    assert shops(kaohe) == ["ks88"]


def test_an_option_that_the_file_says_itself_is_said_to_have_no_effect(kaohe, evidence):
    said = kaohe("import", evidence("s1"), "--kind", "sessions", "--shop", "s2", "--platform", "jd")
    assert "文件里有这一列，--platform --shop 没有用上" in said.err
    assert shops(kaohe) == ["s1"]
