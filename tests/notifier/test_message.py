import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from notifier.channels.contract import Letter
from notifier.channels.email.headers import header_block
from notifier.channels.email.message import LONGEST_SUBJECT, Sender, mail_of
from notifier.channels.email.page import page_of
from notifier.words.lines import cut, one_line

SENDER = Sender("kaohe@example.com", "考核通知")


def letter(**changes):
    told = {
        "key": "V-ABCDEFGH2345",
        "violation": "V-ABCDEFGH2345",
        "event": "violation.opened",
        "channel": "email",
        "recipient": "zhang@example.com",
        "language": "zh-CN",
        "subject": "【预判违规】演示一店：回复率 77%",
        "body": "【预判违规】演示一店：限制公域流量3天。\n\n先做这件事\n补排班。\n\n接下来\n1. 加人\n2. 降低上限\n",
    }
    return Letter(**(told | changes))


def parsed(mail):
    return message_from_bytes(mail.content, policy=policy.default)


def message_id(what, now):
    [line] = [n for n in mail_of(what, SENDER, now).content.split(b"\r\n") if n.startswith(b"Message-ID:")]
    return line


def test_a_mail_has_one_recipient_and_readable_headers(now):
    mail = mail_of(letter(), SENDER, now)
    message = parsed(mail)
    assert (mail.sender, mail.recipient) == ("kaohe@example.com", "zhang@example.com")
    assert message["To"] == "zhang@example.com"
    assert message["From"] == "考核通知 <kaohe@example.com>"
    assert message["Subject"] == "【预判违规】演示一店：回复率 77%"
    assert message["Date"].datetime == now
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Cc" not in message
    assert "Bcc" not in message


def test_a_mail_says_the_same_as_text_and_as_a_page(now):
    message = parsed(mail_of(letter(), SENDER, now))
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(["plain"]).get_content().replace("\r\n", "\n") == letter().body
    page = message.get_body(["html"]).get_content()
    for line in ("【预判违规】演示一店：限制公域流量3天。", "先做这件事", "补排班。", "加人"):
        assert line in page


def test_a_mail_is_seven_bit_with_short_lines_so_that_no_relay_has_to_change_it(now):
    content = mail_of(letter(body="很长的一行" * 500 + "\n"), SENDER, now).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_message_id_is_the_same_at_every_attempt_and_different_for_every_other_notice(now):
    first = message_id(letter(), now)
    assert message_id(letter(body="corrected\n"), now.replace(hour=9)) == first
    assert re.fullmatch(rb"Message-ID: <[0-9a-f]{32}@example\.com>", first)
    others = [
        letter(recipient="li@example.com"),
        letter(key="V-2"),
        letter(event="x.y"),
        letter(channel="z"),
    ]
    assert len({message_id(other, now) for other in others} | {first}) == 5


def test_the_same_letter_at_the_same_time_gives_the_same_bytes(now):
    assert mail_of(letter(), SENDER, now) == mail_of(letter(), SENDER, now)


HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Content-Language", "Auto-Submitted"} | {
    "X-Kaohe-Violation",
    "MIME-Version",
    "Content-Type",
}


def display_name(mail):
    """The newer parser of Python 3.11 leaves blanks between the encoded words of a name, the older one does not."""
    shown, _ = parseaddr(message_from_bytes(mail.content, policy=policy.compat32)["From"].replace("\r\n", ""))
    return str(make_header(decode_header(shown)))


INSTANT = datetime(2026, 3, 10, tzinfo=UTC)
FORGERY = "店 =?utf-8?q?x=0D=0ABcc:_e@v.il?= y"
HOSTILE = st.lists(
    st.sampled_from(
        ["=?utf-8?q?", "=?utf-8?b?QmNj?=", "=0D=0A", "\r\nBcc: e@v.il\r\n", "?=", "=?", " ", "店", '"', "<e@v.il>"]
    )
    | st.text(max_size=8),
    max_size=30,
).map("".join)


@settings(max_examples=200, deadline=None)
@example("题目\r\nBcc: x@example.com", "考核\r\nBcc: x@example.com")
@example(FORGERY, FORGERY)
@example("=?utf-8?q?a?=", "=?utf-8?q?a?=")
@example("a" * 300, "b" * 300)
@given(HOSTILE | st.text(max_size=300), HOSTILE | st.text(max_size=60))
def test_every_text_arrives_letter_for_letter_and_none_forges_a_header(subject, name):
    mail = mail_of(letter(subject=subject), Sender("kaohe@example.com", name), INSTANT)
    message = parsed(mail)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["Subject"] == cut(subject, LONGEST_SUBJECT)
    assert [a.addr_spec for a in message["From"].addresses] == ["kaohe@example.com"]
    assert message["To"] == "zhang@example.com"
    assert display_name(mail) == one_line(name)
    head = mail.content.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 76


@settings(max_examples=200, deadline=None)
@example("zhang@example.com")
@example("=?utf-8?q?x=0D=0ABcc:_e@v.il?=@example.com")
@given(st.one_of(HOSTILE, HOSTILE.map("{}@example.com".format), HOSTILE.map("zhang@{}".format)))
def test_a_mail_goes_to_exactly_its_recipient_or_is_not_made(recipient):
    try:
        mail = mail_of(letter(recipient=recipient), SENDER, INSTANT)
    except KaoheError:
        return
    message = parsed(mail)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [a.addr_spec for a in message["To"].addresses] == [mail.recipient] == [recipient]


def test_a_sender_that_is_no_address_is_refused_and_masked():
    with pytest.raises(KaoheError, match="could forge a mail header") as error:
        Sender("kaohe@example.com\nBcc: x@example.com")
    assert "kaohe@" not in str(error.value)


@pytest.mark.parametrize("value", ["a\r\nBcc: e@v.il", "a\nb", "a\r\n\tb", "店"])
def test_a_header_that_would_make_another_is_never_written(value):
    with pytest.raises(ValueError, match="the header X would hold"):
        header_block({"X": value})


class Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_a_page_escapes_everything_that_comes_from_the_letter():
    page = page_of(letter(subject="<b>", body="<script>x</script>店\n\n<i>\n<u>x</u>\n\n- <a href=x>\n"))
    outline = Outline()
    outline.feed(page)
    assert not {"script", "b", "i", "u", "a"} & set(outline.tags)
    assert "<script>x</script>店" in "".join(outline.text)


def test_a_page_has_headings_and_lists_where_the_text_has_them():
    outline = Outline()
    outline.feed(
        page_of(letter(body="头一行。\n\n接下来\n1. 加人\n2. 降上限\n\n编号：V-1\n依据：x\n\n路径\n- a › b\n"))
    )
    assert (outline.tags.count("ol"), outline.tags.count("ul"), outline.tags.count("li")) == (1, 1, 3)
    assert "".join(outline.text).count("编号：V-1") == 1
