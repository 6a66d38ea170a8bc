"""Amounts in yuan as people type them, in fen: exact, or refused."""

from __future__ import annotations

import re

from engine.errors import KaoheError

MOST_YUAN = 10**10
LONGEST_SHOWN = 40  # characters of what somebody typed
_YUAN = re.compile(r"([0-9]+)(?:\.([0-9]{1,2}))?", re.ASCII)


def fen(amount: str, option: str) -> int:
    """The fen of an amount. Raises KaoheError for what is none, and from ten thousand million yuan.

    >>> fen("300", "--amount"), fen("300.5", "--amount")
    (30000, 30050)
    """
    shown = amount if len(amount) <= LONGEST_SHOWN else amount[:LONGEST_SHOWN] + "…"
    found = _YUAN.fullmatch(amount)
    if found is None:
        raise KaoheError(
            f"{option} {shown!r} is not an amount in yuan; write it like 300 or 300.50",
            zh=f"{option} {shown!r} 不是金额；以元为单位，写成 300 或 300.50 这样",
        )
    yuan, rest = found.groups("")
    if len(yuan.lstrip("0")) >= len(str(MOST_YUAN)):
        raise KaoheError(
            f"{option} {shown!r} is too much: it must be less than {MOST_YUAN:,} yuan",
            zh=f"{option} {shown!r} 太大：必须小于 {MOST_YUAN:,} 元",
        )
    return int(yuan) * 100 + int(rest.ljust(2, "0") or "0")
