"""Web hooks: what a receiver gets, whether it can trust it, and where no letter ever goes."""

import hashlib
import hmac
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from engine.errors import KaoheError
from notifier.channels.registry import kind
from notifier.channels.webhook.reach import may_reach
from tests.notifier import web_server
from tests.notifier.robot_file import channel_of, installation, letter

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
SECRET = "0123456789abcdef"
ONE = letter("webhook")
DOCS = Path(__file__).parents[2] / "docs" / "notices.md"


def receiver(_connection, request):
    """A receiver that checks what comes by its own code."""
    stamp, name, given = (request.headers[f"x-kaohe-{part}"] for part in ("timestamp", "id", "signature"))
    right = hmac.digest(SECRET.encode(), b".".join([stamp.encode(), name.encode(), request.body]), "sha256").hex()
    if given != f"v1={right}" or abs(int(stamp) - NOW.timestamp()) > 300:
        return web_server.answer("who are you?", 401)
    assert json.loads(request.body)["id"] == name
    return web_server.answer("", 204)


@pytest.fixture
def web():
    with web_server.WebServer(usual=receiver) as server:
        yield server


@pytest.fixture
def channel(tmp_path, web):
    def make(url=None, secret=SECRET, private="true"):
        text = f'[webhook.ops]\nurl = "{url or web.url}/in?k=v"\nsecret = "{secret}"\nallow_private = {private}\n'
        return channel_of("webhook", tmp_path, text, deadline_s=2)

    return make


def test_a_receiver_gets_the_whole_letter_signed(channel, web):
    assert channel().send(ONE, NOW).kind == "accepted"
    [request] = web.requests
    assert request.path == "/in?k=v"
    assert json.loads(request.body) == {
        "id": ONE.digest,
        "event": "violation.opened",
        "violation": "V-ABCDEFGH2345",
        "language": "zh-CN",
        "subject": ONE.subject,
        "body": ONE.body,
        "sent_at": "2026-03-10T02:00:00+00:00",
    }


def test_every_attempt_at_a_letter_has_the_same_name_and_another_letter_another(channel, web):
    channel().send(ONE, NOW)
    channel().send(ONE, NOW + timedelta(minutes=4))
    channel().send(letter("webhook", key="V-OTHER"), NOW)
    first, second, third = (request.headers["x-kaohe-id"] for request in web.requests)
    assert first == second == ONE.digest != third


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken_whatever_the_body_is(channel, web, status):
    web.usual = web_server.answer("" if status == 204 else '{"errcode": 1}', status)
    outcome = channel().send(ONE, NOW)
    assert outcome.kind == "accepted"
    assert outcome.answer.startswith(f"HTTP {status}")


@pytest.mark.parametrize(("given", "when"), [({"secret": "another-secret-of-16"}, NOW), ({}, NOW + timedelta(hours=1))])
def test_a_receiver_that_does_not_trust_us_is_our_mistake(channel, given, when):
    assert channel(**given).send(ONE, when).kind == "misconfigured"


@pytest.mark.parametrize("act", [web_server.answer("", 503), web_server.reset, web_server.answer("", 401)])
def test_what_befalls_one_receiver_says_nothing_of_the_others(channel, web, act):
    web.usual = act
    assert not channel().send(ONE, NOW).for_all


def test_a_receiver_in_here_is_reached_only_where_that_is_allowed(tmp_path, web):
    text = f'[webhook.ops]\nurl = "{web.url.replace("http:", "https:")}"\nsecret = "{SECRET}"\n'
    outcome = channel_of("webhook", tmp_path, text).send(ONE, NOW)
    assert (outcome.kind, outcome.for_all) == ("misconfigured", False)
    assert "127.0.0.1, where nothing may be sent" in outcome.answer
    assert web.requests == []


def test_the_address_that_a_name_stands_for_is_what_counts(tmp_path, web):
    text = f'[webhook.ops]\nurl = "https://localhost:{web.url.rpartition(":")[2]}"\nsecret = "{SECRET}"\n'
    outcome = channel_of("webhook", tmp_path, text).send(ONE, NOW)
    assert outcome.kind == "misconfigured"
    assert web.requests == []


def test_without_tls_no_letter_leaves_for_the_internet(channel, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    outcome = channel(url="http://crm.example.com").send(ONE, NOW)
    assert outcome.kind == "misconfigured"
    assert "8.8.8.8, where nothing may be sent" in outcome.answer


@pytest.mark.parametrize(
    ("address", "open_net", "private_net", "plainly"),
    [
        ("8.8.8.8", True, True, False),
        ("2400:3200::1", True, True, False),
        ("::ffff:8.8.8.8", True, True, False),
        ("64:ff9b::808:808", True, True, False),
        ("127.0.0.1", False, True, True),
        ("::1", False, True, True),
        ("10.0.0.1", False, True, True),
        ("172.16.0.1", False, True, True),
        ("192.168.1.1", False, True, True),
        ("100.64.0.1", False, True, True),
        ("fd00::1", False, True, True),
        ("fec0::1", False, True, True),
        ("::ffff:127.0.0.1", False, True, True),
        ("::ffff:10.0.0.1", False, True, True),
        ("64:ff9b::7f00:1", False, True, True),
        ("2002:7f00:1::", False, True, True),
        ("198.18.0.1", False, True, True),
        ("0.0.0.0", False, False, False),
        ("::", False, False, False),
        ("::ffff:0.0.0.0", False, False, False),
        ("224.0.0.1", False, False, False),
        ("ff0e::1", False, False, False),
        ("169.254.169.254", False, False, False),
        ("::ffff:169.254.169.254", False, False, False),
        ("fe80::1", False, False, False),
    ],
)
def test_where_a_letter_may_go(address, open_net, private_net, plainly):
    found = [
        may_reach(ip_address(address), private=private, plain=plain)
        for private, plain in [(False, False), (True, False), (True, True)]
    ]
    assert found == [open_net, private_net, plainly]


@pytest.mark.parametrize(
    ("lines", "said", "zh"),
    [
        ('url = "http://crm.example.com"', "url must begin with https://", "url 要以 https:// 开头"),
        ('url = "ftp://crm.example.com"', "url must be an address", "url 要写 https://"),
        ('url = "https://"', "url must be an address", "url 要写 https://"),
        ('url = "https://u:p@crm.example.com"', "without a user", "不带用户名"),
        ('url = "https://crm.example.com:99999"', "url must be an address", "url 要写 https://"),
        (
            'url = "https://crm.example.com"\nallow_private = "yes"',
            "allow_private must be true or false",
            "true 或 false",
        ),
        ('url = "https://crm.example.com"\nsecret = "short"', "secret must have at least 16", "secret 至少要有 16"),
        ('url = "https://crm.example.com"\nallow_local = true', "allow_local is no key of it", "不是这里的项"),
    ],
)
def test_an_entry_that_is_wrong_is_told(tmp_path, lines, said, zh):
    secret = "" if "secret" in lines else f'secret = "{SECRET}"\n'
    with pytest.raises(KaoheError, match=re.escape(said)) as caught:
        kind("webhook").build(installation(tmp_path, f"[webhook.ops]\n{secret}{lines}\n"))
    assert zh in caught.value.zh
    assert "short" not in str(caught.value)


@pytest.fixture
def genuine():
    """The receiver's check, as the documentation gives it."""
    [code] = re.findall(r"```python\n(import hashlib.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code, names)
    return names["genuine"]


def test_the_check_of_the_documentation_takes_what_is_sent_and_nothing_else(channel, web, genuine):
    channel().send(ONE, NOW)
    [request] = web.requests
    headers = {
        f"X-Kaohe-{part}": request.headers[f"x-kaohe-{part.lower()}"] for part in ("Timestamp", "Id", "Signature")
    }
    now = NOW.timestamp()
    assert genuine(headers, request.body, SECRET, now)
    assert genuine(headers, request.body, SECRET, now + 300)
    assert not genuine(headers, request.body, SECRET, now + 301)
    assert not genuine(headers, request.body, SECRET, now - 301)
    assert not genuine(headers, request.body + b" ", SECRET, now)
    assert not genuine(headers, request.body, "another-secret-of-16", now)
    for part in ("Timestamp", "Id", "Signature"):
        assert not genuine(headers | {f"X-Kaohe-{part}": "1" * 10}, request.body, SECRET, now)
    assert not genuine({}, request.body, SECRET, now)
    assert not genuine(headers | {"X-Kaohe-Timestamp": "soon"}, request.body, SECRET, now)


def test_the_signature_is_what_the_documentation_says(channel, web):
    channel().send(ONE, NOW)
    headers = web.requests[0].headers
    signed = f"1773108000.{ONE.digest}.".encode() + web.requests[0].body
    assert headers["x-kaohe-timestamp"] == "1773108000"
    assert headers["x-kaohe-signature"] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
