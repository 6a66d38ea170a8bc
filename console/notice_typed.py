"""What the platform's notice says, from the words of a command line: times, deadlines, amounts."""

from __future__ import annotations

from datetime import datetime

from console.desk import LOCAL_ZONE, instant
from engine.calendar.deadlines import end_of, printed
from engine.calendar.written import written_day
from engine.calendar.zones import day_bounds
from engine.errors import KaoheError, UnknownNameError
from engine.evidence.kinds import KINDS
from notifier.words.vocabulary import ACCOUNTS

MOST_YUAN = 10**10
LONGEST_SHOWN = 40  # characters of what somebody typed


def deadline(text: str | None, option: str) -> datetime | None:
    """The first instant that is too late: the end of a day, or the hour that was typed, in UTC.

    >>> deadline("2026-03-17", "--appeal-until").isoformat(), deadline("2026-03-17T18:00", "--appeal-until").isoformat()
    ('2026-03-17T16:00:00+00:00', '2026-03-17T10:00:00+00:00')
    """
    if text is None:
        return None
    try:
        day = written_day(text)
    except ValueError:
        return printed(instant(text, option), LOCAL_ZONE)
    return end_of(day, LOCAL_ZONE)


def moment(text: str | None, option: str) -> datetime | None:
    """The instant that was typed, in UTC; of a day its beginning.

    >>> moment("2026-03-17", "--noticed-at").isoformat()
    '2026-03-16T16:00:00+00:00'
    """
    if text is None:
        return None
    try:
        return day_bounds(written_day(text), LOCAL_ZONE)[0]
    except ValueError:
        return instant(text, option)


def known_account(text: str) -> str:
    """`deposit` or `balance`, from what people call it. Raises UnknownNameError naming both.

    >>> known_account("保证金")
    'deposit'
    """
    column = KINDS["penalties"].column("account")
    found = column.synonyms.get(text.strip(), text.strip())
    if found not in column.choices:
        zh = "、".join(f"{ACCOUNTS[name].zh}（{name}）" for name in column.choices)
        raise UnknownNameError("account", text, column.choices, zh=zh)
    return found


def fen(amount: str | None) -> int | None:
    """Yuan as typed, in fen.

    >>> fen("300.5")
    30050
    """
    if amount is None:
        return None
    shown = amount if len(amount) <= LONGEST_SHOWN else amount[:LONGEST_SHOWN] + "…"
    yuan, _, rest = amount.partition(".")
    if not (
        yuan.isascii() and yuan.isdigit() and (rest == "" or (rest.isascii() and rest.isdigit() and len(rest) <= 2))
    ):
        raise KaoheError(
            f"--amount {shown!r} is not an amount in yuan; write it like 300 or 300.50",
            zh=f"--amount {shown!r} 不是金额；以元为单位，写成 300 或 300.50 这样",
        )
    if len(yuan.lstrip("0")) >= len(str(MOST_YUAN)):
        raise KaoheError(
            f"--amount {shown!r} is no penalty: it must be less than {MOST_YUAN:,} yuan",
            zh=f"--amount {shown!r} 不是罚款金额：必须小于 {MOST_YUAN:,} 元",
        )
    return int(yuan) * 100 + int(rest.ljust(2, "0") or "0")
