"""What the platform decided, as evidence: amounts, deadlines, words, and rows that are replaced."""

from datetime import date, datetime

import pytest

from engine.evidence.kinds import KINDS, PENALTIES
from engine.evidence.mapping.reading import load
from engine.ledger.database import reading
from engine.ledger.subjects import shop, shops

HEADER = "平台,店铺,处罚单号,处罚时间,状态"


@pytest.fixture
def desk(house):
    return house.of(PENALTIES)


def taken(desk, header, cell):
    """What one row with this cell under this header comes to: the stored value, or the code of its fault."""
    content = f"{HEADER},{header}\n快手,k1,P1,2026-03-10 10:00,待处理,{cell}\n"
    faults = desk.take(desk.file("p.csv", content)).faults
    return faults[0].code if faults else desk.rows("* EXCLUDE (second)")[0]


@pytest.mark.parametrize(
    ("header", "cell", "fen"),
    [
        ("amount_fen", "300", 300),
        ("金额(分)", "30000", 30000),
        ("金额（元）", "300", 30000),
        ("金额(元)", "300.5", 30050),
        ("违约金", "0.01", 1),
        ("违约金", '"1,234.56"', 123456),
        ("违约金", "￥100.00元", 10000),
        ("违约金", "9999999999.99", 999_999_999_999),
    ],
)
def test_an_amount_is_exact_whether_it_is_told_in_fen_or_in_yuan(desk, header, cell, fen):
    taken(desk, header, cell)
    assert desk.rows("amount_fen") == [(fen,)]


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("amount_fen", "300.50", "within"),
        ("amount_fen", "-1", "within"),
        ("违约金", "300.505", "yuan"),
        ("违约金", "三百", "yuan"),
        ("违约金", "-300", "yuan"),
        ("违约金", '"1,23"', "yuan"),
        ("违约金", "10000000000", "within_yuan"),
        ("违约金", "100000000000000", "yuan"),
        ("申诉截止", "明天", "deadline"),
        ("申诉截止", "2026-03-09", "appeal_first"),
        ("考核周期", "上周", "cycle"),
        ("扣款账户", "支付宝", "choice"),
    ],
)
def test_a_cell_that_says_nothing_certain_is_refused(desk, header, cell, code):
    assert taken(desk, header, cell) == code


def test_a_bare_amount_is_not_guessed_to_be_yuan_or_fen(desk):
    summary = desk.take(desk.file("p.csv", f"{HEADER},金额\n快手,k1,P1,2026-03-10 10:00,待处理,300\n"))
    assert (summary.unknown_columns, desk.rows("amount_fen")) == (("金额",), [(None,)])


def test_one_amount_under_two_headers_is_refused(desk):
    path = desk.file("p.csv", f"{HEADER},金额(元),amount_fen\n快手,k1,P1,2026-03-10 10:00,待处理,3,300\n")
    with pytest.raises(Exception, match="one column stands twice"):
        desk.take(path)


@pytest.mark.parametrize(
    ("cell", "until"),
    [
        ("2026-03-17", datetime(2026, 3, 17, 16)),  # the end of that day in Shanghai
        ("2026年3月17日", datetime(2026, 3, 17, 16)),
        ("2026-03-10", datetime(2026, 3, 10, 16)),  # the day of the notice itself
        ("2026-03-17T18:00", datetime(2026, 3, 17, 10)),
        ("2026-03-17T18:00Z", datetime(2026, 3, 17, 18)),
    ],
)
def test_a_deadline_is_the_instant_at_which_it_is_too_late(desk, cell, until):
    taken(desk, "申诉截止时间", cell)
    assert desk.rows("appeal_until") == [(until,)]


@pytest.mark.few(8)
@pytest.mark.parametrize("word", [*PENALTIES.column("status").synonyms, *PENALTIES.column("status").choices])
def test_every_word_for_a_status_is_taken(desk, word):
    desk.take(desk.csv("p.csv", {"status": word}))
    meant = PENALTIES.column("status").synonyms.get(word, word)
    assert desk.rows("status") == [(meant,)]


@pytest.mark.parametrize(("said", "meant"), [("特别严重", "grave"), ("serious", "serious"), ("A级", "A级")])
def test_a_severity_is_known_by_its_word_and_else_kept_as_it_is(desk, said, meant):
    desk.take(desk.csv("p.csv", {"severity": said}))
    assert desk.rows("severity") == [(meant,)]


def test_free_text_is_kept_as_it_is(desk):
    told = {"kind": "=1+1 服务态度", "measure": "限流 3 天; DROP TABLE x", "borne_by": "代运营"}
    desk.take(desk.csv("p.csv", told))
    assert desk.rows(*told) == [tuple(told.values())]


def test_text_longer_than_a_name_is_refused(desk):
    (fault,) = desk.take(desk.csv("p.csv", {"measure": "罚" * 201})).faults
    assert fault.code == "long"


def test_a_newer_notice_replaces_the_older_and_moves_it_to_its_day(desk):
    desk.take(desk.csv("a.csv", {"status": "open"}, {"reference": "q"}))
    summary = desk.take(desk.csv("b.csv", {"status": "overturned", "noticed_at": "2026-03-05T09:00"}))
    assert (summary.taken, summary.replaced) == (0, 1)
    assert desk.rows("reference", "status", "day::VARCHAR") == [
        ("p", "overturned", "2026-03-05"),
        ("q", "open", "2026-03-02"),
    ]


def test_one_number_of_two_shops_is_two_penalties(desk):
    desk.take(desk.csv("a.csv", {"shop": "s1"}, {"shop": "s2"}))
    assert desk.rows("shop") == [("s1",), ("s2",)]


def test_a_penalty_is_no_beginning_of_a_shop_s_work_but_its_shop_is_known(desk, house):
    desk.take(desk.csv("a.csv", {"noticed_at": "2026-01-05T10:00"}))
    with reading(desk.ledger) as session:
        assert shop(session, "s1").first_evidence_on is None
        assert shops(session) == []
    sessions = house.of(KINDS["sessions"])
    sessions.take(sessions.csv("s.csv", {}))
    with reading(desk.ledger) as session:
        assert shop(session, "s1").first_evidence_on == date(2026, 3, 2)


MAPPING = """schema: mapping/v1
id: kuaishou.notices
platform: kuaishou
kind: penalties
title: {zh-CN: 处罚通知, en: Notices}
columns:
  reference: {headers: [单号], required: yes}
  noticed_at: {headers: [时间], required: yes}
  status: {headers: [状态], required: yes}
  amount_fen: {headers: [金额（元）, 金额分]}
provenance:
  headers: {basis: assumed, because: {zh-CN: 假定, en: ours}, review_by: 2027-03-31}
"""


@pytest.mark.parametrize(("header", "fen"), [("金额（元）", 30000), ("金额分", 300)])
def test_a_mapping_takes_yuan_for_yuan_too(desk, header, fen):
    loaded = load("notices.yaml", MAPPING.encode())
    assert loaded.mapping, loaded.faults
    path = desk.file("n.csv", f"单号,时间,状态,{header}\nP1,2026-03-10 10:00,待处理,300\n")
    assert desk.take(path, mapping=loaded.mapping, shop="k1").taken == 1
    assert desk.rows("amount_fen") == [(fen,)]
