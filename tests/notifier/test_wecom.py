"""WeCom's robots, against a server that looks at what comes as WeCom does."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from notifier.channels.http import REST
from tests.notifier import web_server
from tests.notifier.robot_file import LETTER, channel_of, letter

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"


def said(code, words="x"):
    return web_server.answer(json.dumps({"errcode": code, "errmsg": words}))


def wecom(_connection, request):
    """What WeCom answers: the key, the form and the length decide."""
    parts = urlsplit(request.path)
    if parts.path != "/cgi-bin/webhook/send" or parse_qs(parts.query) != {"key": [KEY]}:
        return said(93000, "invalid webhook url")
    if b"\\u" in request.body:
        return said(40033, "invalid charset")
    message = json.loads(request.body)
    most = {"markdown": 4096, "text": 2048}[message["msgtype"]]
    if not 0 < len(message[message["msgtype"]]["content"].encode()) <= most:
        return said(40058, "content exceed max length")
    return said(0, "ok")


@pytest.fixture
def web():
    with web_server.WebServer(usual=wecom) as server:
        yield server


@pytest.fixture
def channel(tmp_path, web):
    def make(more="", key=KEY):
        return channel_of("wecom", tmp_path, f'[wecom.ops]\nkey = "{key}"\nbase = "{web.url}"\n{more}')

    return make


def messages(web):
    return [json.loads(request.body) for request in web.requests]


def test_a_letter_is_one_message_of_markdown(channel, web):
    outcome = channel().send(LETTER, NOW)
    assert (outcome.kind, outcome.answer) == ("accepted", "0 ok")
    assert messages(web) == [{"msgtype": "markdown", "markdown": {"content": LETTER.body.strip()}}]


def test_whoever_is_to_be_mentioned_is_in_a_second_message(channel, web):
    outcome = channel('mention = ["13800001234"]').send(LETTER, NOW)
    assert (outcome.kind, outcome.answer) == ("accepted", "0 ok; mentioned")
    assert messages(web)[1] == {
        "msgtype": "text",
        "text": {"content": LETTER.subject, "mentioned_mobile_list": ["13800001234"]},
    }


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (said(45009, "api freq out of limit"), "throttled 45009 api freq out of limit"),
        (said(-1), "temporary -1 x"),
        (web_server.reset, "unknown "),
        (said(40058, "no 13800001234"), "permanent 40058 no ****"),
    ],
)
def test_a_letter_whose_mention_failed_was_taken_all_the_same(channel, web, act, told):
    web.script = [wecom, act]
    outcome = channel('mention = ["13800001234"]').send(LETTER, NOW)
    assert (outcome.kind, outcome.until) == ("accepted", None)
    assert outcome.answer.startswith(f"0 ok; the mention was not: {told}")


def test_nobody_is_mentioned_for_a_letter_that_was_not_taken(channel, web):
    web.script = [said(45009)]
    assert channel('mention = ["13800001234"]').send(LETTER, NOW).kind == "throttled"
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, "temporary"),
        (93000, "misconfigured"),
        (93004, "misconfigured"),
        (93008, "misconfigured"),
        (60020, "misconfigured"),
        (40008, "permanent"),
        (40058, "permanent"),
        (45002, "permanent"),
    ],
)
def test_each_code_is_read_as_what_it_means(channel, web, code, kind):
    web.usual = said(code, "why")
    outcome = channel().send(LETTER, NOW)
    assert (outcome.kind, outcome.answer, outcome.until) == (kind, f"{code} why", None)


def test_a_robot_that_sent_too_much_rests_for_a_minute(channel, web):
    web.usual = said(45009)
    outcome = channel().send(LETTER, NOW)
    assert (outcome.kind, outcome.until, outcome.for_all) == ("throttled", NOW + REST, False)


def test_a_wrong_key_is_our_mistake(channel):
    assert channel(key="another").send(LETTER, NOW).kind == "misconfigured"


@pytest.mark.parametrize("body", ["字" * 5000, "甲乙丙\n" * 2000, "\n".join("🀄" * n for n in range(200))])
def test_however_long_a_letter_is_wecom_takes_it_with_its_violation(channel, web, body):
    assert channel().send(letter("wecom", body=body), NOW).kind == "accepted"
    [message] = messages(web)
    content = message["markdown"]["content"]
    assert len(content.encode()) <= 4096
    assert content.endswith("kaohe notices show 7")


def test_a_very_long_subject_mentions_all_the_same(channel, web):
    one = letter("wecom", subject="店" * 3000)
    assert channel('mention = ["13800001234"]').send(one, NOW).answer == "0 ok; mentioned"
