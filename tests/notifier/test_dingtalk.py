"""DingTalk's robots, against a server that checks their signature by its own code."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.notifier import web_server
from tests.notifier.robot_file import channel_of, letter

NOW = datetime(2026, 3, 10, 2, 0, 0, 123000, tzinfo=UTC)
TOKEN = "t+=&k%"
SECRET = "SECabc0123456789"
TWO = 'mention = ["13800001234", "13900001234"]'


def said(code, words="x"):
    return web_server.answer(json.dumps({"errcode": code, "errmsg": words}))


def dingtalk(_connection, request):
    """What DingTalk answers: the token, the signature, the time and the length decide."""
    parts = urlsplit(request.path)
    given = {name: value for name, [value] in parse_qs(parts.query, strict_parsing=True).items()}
    if parts.path != "/robot/send" or given["access_token"] != TOKEN:
        return said(300005, "token is not exist")
    if abs(int(given["timestamp"]) - NOW.timestamp() * 1000) > 3_600_000:
        return said(310000, "invalid timestamp")
    text = (given["timestamp"] + "\n" + SECRET).encode()
    if base64.b64decode(given["sign"]) != hmac.digest(SECRET.encode(), text, hashlib.sha256):
        return said(310000, "sign not match")
    if len(request.body) > 20_000:
        return said(460101, "body")
    message = json.loads(request.body)
    if message["msgtype"] != "markdown" or not message["markdown"]["title"] or not message["markdown"]["text"]:
        return said(40035, "params error")
    return said(0, "ok")


@pytest.fixture
def web():
    with web_server.WebServer(usual=dingtalk) as server:
        yield server


@pytest.fixture
def channel(tmp_path, web):
    def make(more="", token=TOKEN, secret=SECRET):
        text = f'[dingtalk.ops]\ntoken = "{token}"\nsecret = "{secret}"\nbase = "{web.url}"\n{more}'
        return channel_of("dingtalk", tmp_path, text)

    return make


ONE = letter("dingtalk")


def test_a_letter_is_one_signed_message_whose_lines_stay_lines(channel, web):
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.answer) == ("accepted", "0 ok")
    [request] = web.requests
    assert json.loads(request.body) == {
        "msgtype": "markdown",
        "markdown": {"title": ONE.subject, "text": ONE.body.strip().replace("\n", "  \n")},
        "at": {"atMobiles": [], "isAtAll": False},
    }
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_whoever_is_to_be_mentioned_stands_in_the_same_message(channel, web):
    assert channel(TWO).send(ONE, NOW).kind == "accepted"
    [request] = web.requests
    message = json.loads(request.body)
    assert message["at"]["atMobiles"] == ["13800001234", "13900001234"]
    assert message["markdown"]["text"].endswith("\n@13800001234 @13900001234")


def test_a_robot_without_a_secret_signs_nothing(tmp_path, web):
    web.usual = said(0, "ok")
    text = f'[dingtalk.ops]\ntoken = "t"\nbase = "{web.url}"\n'
    assert channel_of("dingtalk", tmp_path, text).send(ONE, NOW).kind == "accepted"
    assert web.requests[0].path == "/robot/send?access_token=t"


@pytest.mark.parametrize(
    ("given", "code"), [({"secret": "SECanother"}, "310000 sign not match"), ({"token": "another"}, "300005")]
)
def test_a_wrong_secret_or_token_is_our_mistake(channel, given, code):
    outcome = channel(**given).send(ONE, NOW)
    assert (outcome.kind, outcome.for_all) == ("misconfigured", False)
    assert outcome.answer.startswith(code)


def test_a_clock_that_is_wrong_is_our_mistake_and_named(channel):
    outcome = channel().send(ONE, NOW + timedelta(hours=2))
    assert outcome.kind == "misconfigured"
    assert "the clock of this host" in outcome.answer


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, "temporary"),
        (310000, "misconfigured"),
        (300001, "misconfigured"),
        (400013, "misconfigured"),
        (400101, "misconfigured"),
        (400102, "misconfigured"),
        (400106, "misconfigured"),
        (40035, "permanent"),
        (400105, "permanent"),
        (430101, "permanent"),
        (430104, "permanent"),
        (460101, "permanent"),
    ],
)
def test_each_code_is_read_as_what_it_means(channel, web, code, kind):
    web.usual = said(code, "why")
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.until) == (kind, None)
    assert outcome.answer.startswith(f"{code} why")


@pytest.mark.parametrize("code", [130101, 410100, 660026])
def test_a_robot_that_sent_too_much_rests_for_ten_minutes(channel, web, code):
    web.usual = said(code, "send too fast, exceed 20 times per minute")
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.until, outcome.for_all) == ("throttled", NOW + timedelta(minutes=10), False)


@pytest.mark.parametrize("body", ["字" * 50_000, '"\n' * 30_000, '甲"乙\n' * 9000])
def test_however_long_a_letter_is_dingtalk_takes_it_with_its_violation(channel, web, body):
    assert channel(TWO).send(letter("dingtalk", body=body, subject="店" * 9000), NOW).kind == "accepted"
    [request] = web.requests
    assert 19_900 < len(request.body) <= 20_000
    assert "kaohe notices show 7  \n  \n@13800001234" in json.loads(request.body)["markdown"]["text"]


def test_no_answer_repeats_a_number_or_a_secret(channel, web):
    web.usual = said(40035, f"at 13800001234 with {SECRET}")
    assert channel(TWO).send(ONE, NOW).answer == "40035 at **** with ****"
