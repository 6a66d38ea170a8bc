"""Files as Chinese people write them: GBK, Chinese headers, platforms and words; each of a closed table."""

import pytest

from engine.evidence.kinds import KINDS
from engine.rulebook.platforms import PLATFORMS

HEADERS = {
    "sessions": "平台,店铺,会话,买家,客服,发起方,开始时间,首次人工回复时间,结束时间",
    "messages": "平台,店铺,会话,买家,客服,发送方,发送时间",
    "ratings": "平台,店铺,评价ID,会话,客服,客服类型,买家,发送时间,评价时间,评价,星级,原因,评价来源",
    "counts": "平台,店铺,客服,开始日期,结束日期,计数,数值,下限,上限",
    "penalties": "平台,店铺,处罚单号,违规类型,规则,考核周期,违规等级,处罚措施,金额（元）,扣款账户,处罚时间,"
    "申诉截止时间,状态,承担方",
    "shifts": "平台,店铺,客服,上班时间,下班时间,状态,接待上限",
}
ROWS = {
    "sessions": "小红书,小禾家,a,张三,王五,买家,2026-03-02 10:00,2026-03-02 10:01,2026-03-02 10:05",
    "messages": "小红书,小禾家,a,张三,王五,客服,2026-03-02 10:00",
    "ratings": "小红书,小禾家,r,a,王五,人工,张三,2026-03-02 10:00,2026-03-02 10:01,满意,5,回复慢,邀请",
    "counts": "小红书,小禾家,王五,2026-03-02,2026-03-08,jd.x/good,5,4,6",
    "penalties": "小红书,小禾家,P1,回复率,回复率,2026-W10,轻微,限制流量,300.50,保证金,2026-03-10 10:00,2026-03-17,"
    "待处理,商家",
    "shifts": "小红书,小禾家,王五,2026-03-02 09:00,2026-03-02 18:00,在岗,5",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_in_chinese_is_the_same_evidence_in_every_encoding(house, kind, encoding):
    house = house.of(KINDS[kind])
    content = f"{HEADERS[kind]}\n{ROWS[kind]}\n"
    first = house.take(house.file("utf.csv", content))
    assert (first.read, first.taken, first.refused, first.unknown_columns, first.read_as) == (1, 1, 0, (), ())
    again = house.take(house.file("other.csv", content.encode(encoding)))
    assert (again.already_there, again.refused) == (1, 0)
    assert [name for _, name in again.read_as] == ([] if "utf-8" in encoding else [encoding.upper()])
    assert house.rows("platform", "shop") == [("xiaohongshu", "小禾家")]


def test_ascii_headers_over_chinese_cells_in_gbk_are_read(house):
    text = "platform,shop,session,opened_at\n" + "".join(
        f"xiaohongshu,小禾家,{n},2026-03-02T10:00\n" for n in range(100)
    )
    assert house.take(house.file("a.csv", text.encode("gbk"))).taken == 100
    assert house.rows("DISTINCT shop") == [("小禾家",)]


def test_a_fault_in_a_gbk_file_is_told_with_its_line_and_header(house):
    text = "平台,店铺,会话,开始时间\n小红书,小禾家,a,2026-03-02T10:00\n小红书,小禾家,b,昨天\n"
    faults = house.take(house.file("a.csv", text.encode("gbk"))).faults
    assert [(fault.line, fault.column, fault.code) for fault in faults] == [(3, "开始时间", "time")]


@pytest.mark.parametrize("name", [(said, p.id) for p in PLATFORMS.values() for said in (p.id, *p.called)])
def test_every_name_of_a_platform_is_taken(house, name):
    said, platform = name
    house.take(house.csv("a.csv", {"platform": said}))
    assert house.rows("platform") == [(platform,)]


def test_the_option_takes_a_platform_s_chinese_name_too(house):
    house.take(house.file("a.csv", "shop,session,opened_at\ns1,a,2026-03-02T10:00\n"), platform="拼多多")
    assert house.rows("platform") == [("pinduoduo",)]


def test_an_unknown_word_is_told_the_chinese_ones(house):
    house = house.of(KINDS["ratings"])
    (fault,) = house.take(house.csv("a.csv", {"score": "很满意"})).faults
    assert fault.zh == "只能是 satisfied（满意）、neutral（一般）、disappointed（失望） 之一"
    assert fault.reason == "not one of satisfied, neutral, disappointed"


def test_one_column_under_two_headers_is_refused(house):
    path = house.file("a.csv", "platform,平台,shop,session,opened_at\n")
    with pytest.raises(Exception, match="'platform' and '平台': one column stands twice"):
        house.take(path)


def test_ndjson_and_parquet_may_have_chinese_headers_too(house):
    row = dict(zip(HEADERS["sessions"].split(","), ROWS["sessions"].split(","), strict=True))
    empty = dict.fromkeys(("platform", "shop", "session", "opened_at"))
    assert house.take(house.ndjson("a.ndjson", row | empty, columns=list(row))).taken == 1
    assert house.take(house.parquet("a.parquet", row | empty, columns=list(row))).already_there == 1
