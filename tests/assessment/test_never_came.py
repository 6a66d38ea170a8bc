"""Who went without a figure in a rule's last cycle, because what was expected of them never came."""

from datetime import UTC, date, datetime

from engine.assessment.never_came import never_came
from engine.ledger.database import reading, transaction
from engine.ledger.subjects import ShopRow, Wish, register_shops

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_is_those_of_the_last_cycle_alone_and_not_who_was_silent_without_being_expected(office, week_of):
    wish = Wish(("sessions",), date(2026, 3, 2), date(2026, 3, 8))
    rows = [
        ShopRow("xiaohongshu", "s2", opened_on=date(2026, 3, 2), expects=wish),
        ShopRow("xiaohongshu", "s3", opened_on=date(2026, 3, 2)),
    ]
    with transaction(office.ledger) as session:
        register_shops(session, rows, JANUARY, "zhang")
    office.take(*week_of("s1", "2026-W10", 7, 10))

    def found():
        with reading(office.ledger) as session:
            return [(one.rule.id, one.cycle, one.shop, one.missing) for one in never_came(session, office.rules)]

    assert found() == []
    office.assess(datetime(2026, 3, 11, 3, tzinfo=UTC))
    assert found() == [("xiaohongshu.reply-rate", "2026-W10", "s2", ("sessions 2026-03-02..2026-03-08",))]
    office.take(*week_of("s1", "2026-W11", 7, 10))
    office.assess(datetime(2026, 3, 18, 3, tzinfo=UTC))
    assert found() == []
