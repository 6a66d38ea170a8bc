"""The dead man's switch: an address that is asked while all is well, so that somebody else notices when that stops.

As healthchecks.io and its like understand it: the address means well, the address and `/fail` means not well. Its
path is what makes it ours, so it is never told in full.
"""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit, urlunsplit

TIMEOUT_S = 10.0


def failing(url: str) -> str:
    """The address that says that something is wrong.

    >>> failing("https://hc-ping.com/5f0c8f9c?create=1")
    'https://hc-ping.com/5f0c8f9c/fail?create=1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))


def ping(url: str, timeout_s: float = TIMEOUT_S) -> str | None:
    """Ask `url` (http or https) once; None if it answered that it heard, and else why not. Never raises."""
    request = urllib.request.Request(url, headers={"User-Agent": "kaohe"})  # noqa: S310  settings let only http(s) in
    try:
        with urllib.request.urlopen(request, timeout=timeout_s):  # noqa: S310  as above
            return None
    except (OSError, HTTPException, ValueError) as error:
        return _without_path(" ".join(str(error).split()) or type(error).__name__, url)


def _without_path(said: str, url: str) -> str:
    parts = urlsplit(url)
    for secret in (url, f"{parts.path}?{parts.query}", parts.path.strip("/"), parts.query):
        said = said.replace(secret, "…") if len(secret) > 1 else said
    return said
