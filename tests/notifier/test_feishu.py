"""Feishu's robots, against a server that checks their signature by its own code."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from notifier.channels.http import REST
from tests.notifier import web_server
from tests.notifier.robot_file import channel_of, letter

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOOK = "5f0c8f9c-1b1e-4a1f-9d3e"
SECRET = "s3cr3t-of-feishu"
ONE = letter("feishu")


def said(code, words="x", status=200):
    return web_server.answer(json.dumps({"code": code, "msg": words, "data": {}}), status)


def feishu(_connection, request):
    """What Feishu answers: the hook, the length, the form, the time and the signature decide."""
    if request.path != f"/open-apis/bot/v2/hook/{HOOK}":
        return said(19001, "param invalid: incoming webhook access token invalid")
    message = json.loads(request.body)
    if len(request.body) > 20 * 1024 or message["msg_type"] != "interactive":
        return said(9499, "Bad Request")
    card = message["card"]
    [element] = card["body"]["elements"]
    if (card["schema"], card["header"]["title"]["tag"], element["tag"]) != ("2.0", "plain_text", "markdown"):
        return said(11246, "parse card json err")
    signing = hmac.new(b"%s\n%s" % (message["timestamp"].encode(), SECRET.encode()), digestmod=hashlib.sha256)
    fresh = abs(int(message["timestamp"]) - NOW.timestamp()) <= 3600
    if not fresh or message["sign"] != base64.b64encode(signing.digest()).decode():
        return said(19021, "sign match fail or timestamp is not within one hour from current time")
    return said(0, "success")


@pytest.fixture
def web():
    with web_server.WebServer(usual=feishu) as server:
        yield server


@pytest.fixture
def channel(tmp_path, web):
    def make(hook=HOOK, secret=SECRET):
        return channel_of(
            "feishu", tmp_path, f'[feishu.ops]\nhook = "{hook}"\nsecret = "{secret}"\nbase = "{web.url}"\n'
        )

    return make


def test_a_letter_is_one_signed_card(channel, web):
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.answer) == ("accepted", "0 success")
    card = json.loads(web.requests[0].body)["card"]
    assert card["header"]["title"]["content"] == ONE.subject
    assert card["body"]["elements"] == [{"tag": "markdown", "content": ONE.body.strip()}]


def test_a_robot_without_a_secret_signs_nothing(tmp_path, web):
    web.usual = said(0, "success")
    built = channel_of("feishu", tmp_path, f'[feishu.ops]\nhook = "h"\nbase = "{web.url}/"\n')
    assert built.send(ONE, NOW).kind == "accepted"
    assert not {"sign", "timestamp"} & set(json.loads(web.requests[0].body))
    assert web.requests[0].path == "/open-apis/bot/v2/hook/h"


def test_an_answer_as_it_was_of_old_is_understood(channel, web):
    web.usual = web_server.answer('{"StatusCode": 0, "StatusMessage": "success"}')
    assert channel().send(ONE, NOW).kind == "accepted"


@pytest.mark.parametrize(("given", "code"), [({"secret": "another"}, "19021"), ({"hook": "another"}, "19001")])
def test_a_wrong_secret_or_hook_is_our_mistake(channel, given, code):
    outcome = channel(**given).send(ONE, NOW)
    assert (outcome.kind, outcome.for_all) == ("misconfigured", False)
    assert outcome.answer.startswith(code)


def test_a_clock_that_is_wrong_is_our_mistake_and_named(channel):
    outcome = channel().send(ONE, NOW - timedelta(hours=2))
    assert outcome.kind == "misconfigured"
    assert "the clock of this host" in outcome.answer


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (19007, "misconfigured"),
        (19021, "misconfigured"),
        (19022, "misconfigured"),
        (19024, "misconfigured"),
        (9499, "permanent"),
        (19002, "permanent"),
        (11246, "permanent"),
        (1500, "temporary"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_each_code_is_read_as_what_it_means_whatever_the_status(channel, web, code, kind, status):
    web.usual = said(code, "why", status)
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.until) == (kind, None)
    assert outcome.answer.startswith(f"{code} why")


@pytest.mark.parametrize("code", [11232, 99991400])
@pytest.mark.parametrize("status", [200, 400, 429])
def test_a_robot_that_sent_too_much_rests_for_a_minute(channel, web, code, status):
    web.usual = said(code, "frequency limited psm", status)
    outcome = channel().send(ONE, NOW)
    assert (outcome.kind, outcome.until, outcome.for_all) == ("throttled", NOW + REST, False)


def test_a_robot_that_is_told_when_to_come_again_rests_until_then(channel, web):
    web.usual = web_server.answer('{"code": 11232}', 429, Retry_After="7")
    assert channel().send(ONE, NOW).until == NOW + timedelta(seconds=7)


@pytest.mark.parametrize("body", ["字" * 50_000, '"\n' * 30_000, '甲"乙\n' * 9000])
def test_however_long_a_letter_is_feishu_takes_it_with_its_violation(channel, web, body):
    assert channel().send(letter("feishu", body=body, subject="店" * 9000), NOW).kind == "accepted"
    [request] = web.requests
    assert 19_900 < len(request.body) <= 20_000
    [element] = json.loads(request.body)["card"]["body"]["elements"]
    assert element["content"].endswith("kaohe notices show 7")
