import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.email.address import address_fault
from notifier.routing.model import News, Routing
from notifier.routing.recipients import recipients_of

OPENED = News("violation.opened", "default")


def contacts(build, text):
    return [(r.address, r.fault) for r in recipients_of(OPENED, build.shop(contact=text), Routing(), "zh-CN")]


def test_a_shop_without_a_contact_has_no_recipient(build):
    assert contacts(build, None) == []
    assert contacts(build, " ; ；") == []


def test_several_addresses_are_separated_by_either_semicolon(build):
    assert contacts(build, "zhang@example.com; li@example.com；wang@example.cn\n") == [
        ("zhang@example.com", None),
        ("li@example.com", None),
        ("wang@example.cn", None),
    ]


def test_an_address_given_twice_is_one_recipient(build):
    assert contacts(build, "zhang@example.com;zhang@EXAMPLE.com") == [("zhang@example.com", None)]


def test_recipients_know_their_channel_and_language(build):
    [recipient] = recipients_of(OPENED, build.shop(contact="zhang@example.com"), Routing(), "en")
    assert (recipient.channel, recipient.language) == ("email", "en")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zhang@example.com\r\nBcc: everybody@example.com", "could forge a mail header"),
        ("zhang@example.com\nsubject: x", "could forge a mail header"),
        ("zhang@exa\x00mple.com", "could forge a mail header"),
        ("zhang\u202e@example.com", "could forge a mail header"),
        ("zhang@example.com, li@example.com", "separate them with ;"),
        ("=?utf-8?b?QmNj?=@example.com", "beginning of an encoded word"),
        ("Zhang San <zhang@example.com>", "give the bare address"),
        ("13800000000", "it has no @"),
        ("zhang@example", "is no domain"),
        ("zhang@-example.com", "is no domain"),
        ("zhang@example..com", "is no domain"),
        (".zhang@example.com", "what stands before the @ cannot"),
        ("zhang san@example.com", "what stands before the @ cannot"),
        ("@example.com", "what stands before the @ cannot"),
        ("x" * 65 + "@example.com", "what stands before the @ cannot"),
        ("张三@example.com", "write the address in ASCII"),
        ("zhang@例子.cn", "write the address in ASCII"),
    ],
)
def test_what_is_no_single_plain_address_is_refused_with_a_reason_and_a_way_to_mend_it(build, text, why):
    [(shown, fault)] = contacts(build, text)
    assert why in fault
    assert "mend the contact of shop:xiaohongshu/s1 with `kaohe shops import`" in fault
    assert shown.isprintable()
    assert address_fault(shown), "what is shown of it can never be taken for an address"


def test_one_bad_address_does_not_hold_up_the_good_ones(build):
    assert [bool(fault) for _, fault in contacts(build, "zhang@example.com;nobody;li@example.com")] == [
        False,
        True,
        False,
    ]


@given(st.text())
def test_whatever_passes_can_stand_in_a_header_and_in_an_smtp_command(text):
    if address_fault(text) is None:
        assert text.isascii()
        assert not set(text) & set(' \t\r\n<>,;:"\\()[]')
        assert text.count("@") == 1
