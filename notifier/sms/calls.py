"""One call of a provider's SDK: with one deadline for all of it, and its failure known by how far the request came.

SDKs wrap what went wrong, and their messages repeat the address they called, number and signature included. So an
answer is made from the kinds of the errors wrapped in each other, never from their words.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from engine.errors import KaoheError
from notifier.channels.outcome import Outcome, OutcomeKind
from notifier.words.lines import masked

CONNECT_S, READ_S, DEADLINE_S = 5.0, 10.0, 20.0
# These write whole requests down when they are told to speak, numbers included.
TALKERS = ("darabonba-core", "tencentcloud_sdk_common", "urllib3.connectionpool", "urllib3.retry")
_NOT_SENT = frozenset(
    {"NewConnectionError", "ConnectTimeoutError", "ConnectTimeout", "NameResolutionError", "ProxyError"}
)
_SECURING = frozenset({"do_handshake", "ssl_wrap_socket"})  # functions of Python's and urllib3's
_T = TypeVar("_T")


class Timing(NamedTuple):
    """How long a call may take, in seconds: to connect, until the next bytes, and in all."""

    connect: float = CONNECT_S
    read: float = READ_S
    whole: float = DEADLINE_S


USUAL = Timing()


class Endpoint(NamedTuple):
    """Where a provider is spoken to: `https` or `http`, and the host with its port, if it has one."""

    scheme: str
    host: str


def endpoint_of(setting: str, url: str) -> Endpoint:
    """The endpoint that a setting names. Raises KaoheError for one that is none, or would send keys in the clear."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.netloc and parts.path in ("", "/"):
        return Endpoint("https", parts.netloc)
    if parts.scheme == "http" and parts.netloc and _is_this_host(parts.hostname or ""):
        return Endpoint("http", parts.netloc)
    raise KaoheError(
        f"{setting} {url!r}: write https://host (http:// only for this very host)",
        zh=f"{setting} {url!r}：写作 https://主机（http:// 只能用于本机）",
    )


def called(call: Callable[[], _T], host: str, whole: float) -> _T | Outcome:
    """What the call answers, or what became of it. An error that is the provider's answer is the caller's to catch.

    The call runs in a thread of its own: an answer that comes byte by byte holds up nobody after `whole` seconds.
    """
    found: list[_T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001  SDKs raise anything; whatever it is, it is told below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="sms")
    thread.start()
    thread.join(whole)
    if failed:
        return unanswered(failed[0], host)
    return found[0] if found else Outcome.of("unknown", f"no full answer within {whole:.0f} s ({host})")


def unanswered(error: BaseException, host: str) -> Outcome:
    """What became of a request that has no answer that could be read, by the errors wrapped in this one."""
    wrapped = list(_wrapped(error))
    kinds = {kind.__name__ for one in wrapped for kind in type(one).__mro__}
    why = next((w for w in map(_words, wrapped) if w), "") or type(wrapped[-1]).__name__
    if "SSLError" in kinds and any(_is_of_securing(one) for one in wrapped):
        return Outcome.of("misconfigured", f"no secure connection: {why} ({host})", for_all=True)
    if kinds & _NOT_SENT:
        no_such_host = any(isinstance(e, socket.gaierror) and e.errno != socket.EAI_AGAIN for e in wrapped)
        kind: OutcomeKind = "misconfigured" if no_such_host else "temporary"
        return Outcome.of(kind, f"no connection: {why} ({host})", for_all=True)
    if any(isinstance(e, OSError) for e in wrapped):
        return Outcome.of("unknown", f"the connection was lost before the answer: {why} ({host})")
    return Outcome.of("unknown", f"the answer cannot be read: {why} ({host})")


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it holds or came from, the outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner: list[Any] = [one.__cause__, one.__context__, getattr(one, "inner_exception", None)]
        inner += [getattr(one, "reason", None), *one.args]
        waiting += [e for e in inner if isinstance(e, BaseException)]


def _is_of_securing(error: BaseException) -> bool:
    """Whether it came while a connection was being secured: the same errors come later, once a request was taken."""
    return any(frame.f_code.co_name in _SECURING for frame, _ in traceback.walk_tb(error.__traceback__))


def _words(error: BaseException) -> str:
    """The system's own word, or that of TLS, for an error of a connection; nothing else is sure to name no number."""
    if isinstance(error, TimeoutError) or type(error).__name__ in {"ReadTimeout", "ConnectTimeout"}:
        return "timed out"
    if isinstance(error, socket.gaierror):
        return "the host has no address"
    if isinstance(error, ssl.SSLError):  # its number is TLS's own, not the system's
        return (error.reason or "").lower().replace("_", " ")
    code = error.errno if isinstance(error, OSError) else None
    return os.strerror(code) if code is not None and code in errno.errorcode else ""


def hush() -> None:
    """Let the libraries below write no request down, whatever is logged elsewhere."""
    for name in TALKERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
        if not any(isinstance(f, _Mask) for f in logger.filters):
            logger.addFilter(_Mask())


class _Mask(logging.Filter):
    """Masks numbers in what is said all the same."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True


def _is_this_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
