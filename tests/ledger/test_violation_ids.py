import re

from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.violation_ids import violation_id

NAMES = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_id_of_a_violation_never_changes():
    assert violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", "2026-W10") == "V-SNLIWC3TZOEK"
    assert violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", "2026-W10", 2) == "V-3DIV4THNBZ6A"
    assert violation_id("kuaishou.good-rating", "shop:kuaishou/旗舰店", "2026-03") == "V-B6E5ZWERKZ4K"


@given(NAMES, NAMES, NAMES, st.integers(1, 9))
def test_an_id_has_a_form_that_can_be_read_out(rule, key, cycle, occurrence):
    assert re.fullmatch(r"V-[A-Z2-7]{12}", violation_id(rule, key, cycle, occurrence))


@given(st.tuples(NAMES, NAMES, NAMES, st.integers(1, 9)), st.tuples(NAMES, NAMES, NAMES, st.integers(1, 9)))
def test_violations_of_different_things_have_different_ids(one, other):
    assert (violation_id(*one) == violation_id(*other)) == (one == other)
