"""Can the dead man's switch be reached? It is not pinged: that would say that a worker is well."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from console.doctor.finding import Finding, ok, remark
from console.settings import short_address
from engine.rulebook.model import Text

SUBJECT = "check_url"
TIMEOUT_S = 10.0


def check_switch(url: str, timeout_s: float = TIMEOUT_S) -> list[Finding]:
    """Whether the host of `url` takes a connection, with a certificate that is valid where it should have one."""
    if not url:
        zh, en = "没有设：值守进程死了没有人会知道", "none is set: nobody hears of a worker that dies"
        return [remark(SUBJECT, zh, en)]
    parts, shown = urlsplit(url), short_address(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout_s) as connection:
            if parts.scheme == "https":
                ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname).close()
    except OSError as error:
        what = Text(f"{shown} 连不上：{error}", f"{shown} cannot be reached: {error}")
        mend = Text("请检查 check_url 和从这里出去的网络", "look at check_url, and at the way out from here")
        return [Finding(SUBJECT, "wrong", what, mend)]
    return [ok(SUBJECT, f"{shown} 可以连上", f"{shown} can be reached")]
