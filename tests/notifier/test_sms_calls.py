"""What becomes of a call whose TLS breaks: before the request was taken, and after."""

import os
import socket
import ssl
import threading
from contextlib import suppress

import pytest
import requests

from notifier.sms.calls import called
from tests.mail_server import CERTIFICATE


def in_the_clear(raw):
    os.write(raw, b"HTTP/1.1 502 Bad Gateway\r\n\r\n")


def alert(raw):
    os.write(raw, b"\x15\x03\x03\x00\x02\x02\x50")  # an alert that nobody encrypted


def eof(_raw):
    """The end of the stream without the end of TLS."""


@pytest.fixture
def taken():
    return []


@pytest.fixture
def url(request, taken):
    """A server that secures the connection, takes the request, and then does what the test's `act` says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def serve():
        with suppress(OSError):
            connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                data = b""
                while not data.endswith(b"}"):
                    data += secure.recv(65536)
                taken.append(data)
                request.param(secure.fileno())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://localhost:{listening.getsockname()[1]}/"
        thread.join(10)


def asked(url, verify):
    return called(lambda: requests.post(url, data=b"{}", verify=verify, timeout=10), "a.host", 20)


@pytest.mark.parametrize("url", [in_the_clear, alert, eof], indirect=True)
def test_a_secure_connection_that_breaks_once_the_request_was_taken_leaves_the_question_open(url, taken):
    found = asked(url, str(CERTIFICATE))
    assert len(taken) == 1
    assert (found.kind, found.for_all) == ("unknown", False)
    assert found.answer.startswith("the connection was lost before the answer: ")
    assert "permitted" not in found.answer


@pytest.mark.parametrize("url", [eof], indirect=True)
def test_a_certificate_that_nobody_vouches_for_is_our_set_up_and_is_named(url, taken):
    found = asked(url, verify=True)
    assert (found.kind, found.for_all, taken) == ("misconfigured", True, [])
    assert found.answer == "no secure connection: certificate verify failed (a.host)"
