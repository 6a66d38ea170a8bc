import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from notifier.channels.http import MOST_BYTES, REST, Answer, Post, by_status
from tests.notifier import web_server

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


@pytest.fixture
def web():
    with web_server.WebServer() as server:
        yield server


def post(url, **more):
    return Post(url, b'{"a": 1}', {"Content-Type": "application/json"}, **more).sent()


def test_a_request_is_made_once_as_it_stands_and_its_answer_given_back(web):
    web.usual = web_server.answer('{"errcode": 0}', X_Trace="t")
    found = post(f"{web.url}/hook?key=k")
    assert (found.status, found.document(), found.headers["x-trace"]) == (200, {"errcode": 0}, "t")
    [request] = web.requests
    assert (request.path, request.body, request.headers["content-type"]) == (
        "/hook?key=k",
        b'{"a": 1}',
        "application/json",
    )


@pytest.mark.parametrize("body", ["", "[1]", "{", "\xff", "[" * 100_000])
def test_a_body_that_is_no_object_is_an_empty_one(web, body):
    web.usual = web_server.answer(body.encode("latin-1"))
    assert post(web.url).document() == {}


def test_a_redirect_is_not_followed(web):
    web.usual = web_server.answer(status=302, Location=f"{web.url}/elsewhere")
    assert post(web.url).status == 302
    assert len(web.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(web, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert post(web.url).status == 200


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (web_server.reset, "RemoteDisconnected|closed connection|reset"),
        (web_server.hang(1.5), "timed out|no full answer"),
        (web_server.drip, "no full answer|timed out"),
        (b"HTTP/1.1 banana\r\n\r\n", "banana"),
        (b"", "closed connection|reset"),
    ],
)
def test_once_the_request_is_on_its_way_whatever_goes_wrong_leaves_the_question_open(web, act, said):
    web.script = [act]
    outcome = post(web.url, deadline_s=0.3)
    assert (outcome.kind, outcome.for_all) == ("unknown", False)
    assert len(web.requests) == 1
    assert re.search(said, outcome.answer)


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX-Trace: ", b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"HTTP/1.1 2"])
def test_an_answer_that_comes_byte_by_byte_is_broken_off_at_the_deadline_wherever_it_is(web, begins):
    broken_off = threading.Event()

    def drip(connection, _request):
        connection.sendall(begins)
        try:
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            broken_off.set()

    web.script = [drip]
    outcome = post(web.url, deadline_s=0.3)
    assert (outcome.kind, "no full answer within 0.3 s" in outcome.answer) == ("unknown", True)
    assert broken_off.wait(10)


def test_where_nobody_listens_nothing_was_taken_and_the_others_can_wait():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = post(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (outcome.kind, outcome.for_all) == ("temporary", True)


def test_a_host_without_an_address_is_our_mistake():
    assert post("http://nowhere.invalid").kind in {"misconfigured", "temporary"}


def test_a_certificate_that_is_not_trusted_is_our_mistake(web):
    assert post(web.url.replace("http", "https"), deadline_s=2).kind in {"misconfigured", "temporary"}
    assert web.requests == []


def test_an_address_that_is_not_allowed_is_never_connected_to(web):
    def nowhere_near(address):
        return address not in ip_network("127.0.0.0/8")

    outcome = post(web.url, allowed=nowhere_near)
    assert outcome.kind == "misconfigured"
    assert "127.0.0.1" in outcome.answer
    assert web.requests == []


def test_no_more_of_an_answer_is_read_than_is_of_use(web):
    web.usual = web_server.answer(b"x" * (2 * MOST_BYTES))
    assert len(post(web.url).body) == MOST_BYTES


@pytest.mark.parametrize(
    ("status", "headers", "kind", "until"),
    [
        (429, {"retry-after": "30"}, "throttled", NOW + timedelta(seconds=30)),
        (429, {}, "throttled", NOW + REST),
        (429, {"retry-after": "soon"}, "throttled", NOW + REST),
        (503, {"retry-after": "Tue, 10 Mar 2026 02:05:00 GMT"}, "throttled", NOW + timedelta(minutes=5)),
        (503, {}, "temporary", None),
        (500, {}, "temporary", None),
        (408, {}, "temporary", None),
        (401, {}, "misconfigured", None),
        (404, {}, "misconfigured", None),
        (400, {}, "permanent", None),
        (302, {}, "permanent", None),
    ],
)
def test_what_a_status_says_alone(status, headers, kind, until):
    outcome = by_status(Answer(status, headers, b"busy"), NOW)
    assert (outcome.kind, outcome.until) == (kind, until)
    assert outcome.answer == f"HTTP {status} busy"


def test_of_an_answer_that_came_well_the_body_has_the_word():
    assert by_status(Answer(200, {}, b""), NOW) is None
