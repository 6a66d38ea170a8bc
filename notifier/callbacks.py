"""Where providers of text messages call to report what arrived: one WSGI application, and nothing else in it.

Neither Aliyun nor Tencent signs its calls. So whoever knows the address is believed: a long random word stands in its
path, is compared in constant time, and is written to no log. A call is answered as its provider expects only once what
it reports is kept; what is never told again is asked for (`notifier.receipt_polls`).
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from engine.errors import KaoheError
from engine.settings import Setting
from notifier.channels.registry import kinds
from notifier.channels.report import NotGenuineError, Reported

LONGEST_BODY = 64 * 1024
SHORTEST_SECRET = 32
AHEAD = timedelta(hours=1)  # of our clock, that a provider's may be
SETTINGS = (
    Setting("callback_secret", "", "the word in the path that providers' calls about delivery come to", secret=True),
    Setting("callback_secret_file", "", "a file that holds callback_secret"),
)
Take = Callable[[Sequence[Reported], datetime], object]
_log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """An answer: its HTTP status and a JSON object."""

    status: str
    body: Mapping[str, object]


class StartResponse(Protocol):
    """How a WSGI server is told the status and the headers of an answer."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object:
        """Begin the answer."""
        ...


NOT_FOUND = Reply("404 Not Found", {"error": "nothing is here"})


def refuse_weak(secret: str) -> None:
    """Raises KaoheError for a secret that is missing, could be guessed, or cannot stand in a path."""
    if len(secret) < SHORTEST_SECRET or not all(c.isascii() and (c.isalnum() or c in "-_") for c in secret):
        raise KaoheError(
            f"callback_secret: set at least {SHORTEST_SECRET} random letters and digits, "
            "e.g. what `openssl rand -hex 32` prints (docs/notices.md)",
            zh=f"callback_secret：请设至少 {SHORTEST_SECRET} 位随机的字母和数字，"
            "如 `openssl rand -hex 32` 的输出（见 docs/notices.md）",
        )


def application(
    secret: str, take: Take, clock: Callable[[], datetime]
) -> Callable[[Mapping[str, Any], StartResponse], Iterable[bytes]]:
    """The WSGI application. `take` keeps what is reported; a call during which it raises is not acknowledged."""

    def answer(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = replied(environ, secret, take, clock())
        except Exception as error:  # noqa: BLE001  a server would log the path, and so the secret
            _log.error("a report of delivery could not be kept: %s", type(error).__name__)
            reply = Reply("503 Service Unavailable", {"error": "try again later"})
        body = json.dumps(reply.body, ensure_ascii=False).encode()
        headers = [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(reply.status, headers)
        return [body]

    return answer


def replied(environ: Mapping[str, Any], secret: str, take: Take, now: datetime) -> Reply:
    """The answer to one call, which is `POST /<secret>/<channel>`. Raises whatever `take` raises."""
    word, _, channel = str(environ.get("PATH_INFO", "")).removeprefix("/").partition("/")
    callback = kinds()[channel].callback if channel in kinds() else None
    if not hmac.compare_digest(word.encode(), secret.encode()) or callback is None:
        return NOT_FOUND
    if environ.get("REQUEST_METHOD") != "POST":
        return Reply("405 Method Not Allowed", {"error": "POST only"})
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        return Reply("411 Length Required", {"error": "no Content-Length"})
    if len(length) > 9 or int(length) > LONGEST_BODY:
        return Reply("413 Content Too Large", {"error": f"more than {LONGEST_BODY} bytes"})
    body: bytes = environ["wsgi.input"].read(int(length))
    try:
        found = callback.read(body)
    except NotGenuineError as error:
        _log.warning("a call about %s was refused: %s", channel, error)
        return Reply("400 Bad Request", {"error": str(error)})
    past = [one for one in found if one.reported_at <= now + AHEAD]  # another would outdo all that comes later
    if len(past) < len(found):
        _log.warning(
            "%d of %d reports about %s are of a time to come: not kept", len(found) - len(past), len(found), channel
        )
    if found and not past:
        return Reply("400 Bad Request", {"error": "reports of a time to come"})
    take(past, now)
    return Reply("200 OK", callback.thanks)
