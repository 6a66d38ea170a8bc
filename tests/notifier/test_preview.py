import pytest

from engine.errors import UnknownNameError
from notifier.plan import plan_notices
from notifier.preview import preview


def test_a_preview_is_what_the_notice_says(office, rulebook, now):
    office.violation("V-1", office.shop())
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    [notice] = office.notices()
    text = preview(office.ledger, rulebook, "V-1")
    assert (text.subject, text.body) == (notice.subject, notice.body)


def test_a_preview_of_a_client_s_shop_names_no_commands(sqlite_office, rulebook):
    sqlite_office.violation("V-1", sqlite_office.shop(client="acme"))
    assert "kaohe " not in preview(sqlite_office.ledger, rulebook, "V-1").body


def test_a_preview_needs_no_contact_and_no_recent_violation_and_sends_nothing(sqlite_office, rulebook):
    sqlite_office.violation("V-1", sqlite_office.shop(contact=None), notify=False, state="closed")
    text = preview(sqlite_office.ledger, rulebook, "V-1", language="en")
    assert text.subject.startswith("[Closed] 演示一店: public-domain traffic limit for 3 days, until 12 March 2026")
    assert sqlite_office.notices() == []
    assert sqlite_office.journal() == []


def test_an_unknown_violation_is_told_with_those_near_it(sqlite_office, rulebook):
    sqlite_office.violation("V-ABCDEFGH2345", sqlite_office.shop())
    with pytest.raises(UnknownNameError, match=r"unknown violation 'V-ABCDEFGH2346'; did you mean 'V-ABCDEFGH2345'"):
        preview(sqlite_office.ledger, rulebook, "V-ABCDEFGH2346")
    with pytest.raises(UnknownNameError, match=r"unknown violation 'X'.*`kaohe violations list` shows those there are"):
        preview(sqlite_office.ledger, rulebook, "X")


def test_an_unknown_channel_is_told_with_those_there_are(sqlite_office, rulebook):
    sqlite_office.violation("V-1", sqlite_office.shop())
    with pytest.raises(UnknownNameError, match="unknown channel 'fax'"):
        preview(sqlite_office.ledger, rulebook, "V-1", "fax")
