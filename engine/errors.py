"""The one family of errors: every message says what is wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KaoheError(Exception):
    """An error that a person can act on. `exit_code` is what the command line ends with."""

    exit_code = 2


class NothingToDoError(KaoheError):
    """Nothing could be done for lack of data (exit code 3)."""

    exit_code = 3


class UnknownNameError(KaoheError):
    """A name that nothing has: the message lists names near it.

    >>> print(UnknownNameError("rule", "xiaohongshu.replyrate", ["xiaohongshu.reply-rate"]))
    unknown rule 'xiaohongshu.replyrate'; did you mean 'xiaohongshu.reply-rate'?
    """

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.what, self.name = what, name
        super().__init__(f"unknown {what} {name!r}{suggestion(name, known)}{hint and '; ' + hint}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with up to three names near `name`, or all of them where there are few, or nothing.

    >>> suggestion("sesions", ["sessions", "ratings"])
    "; did you mean 'sessions'?"
    >>> suggestion("zzz", ["sessions", "ratings"])
    '; known: ratings, sessions'
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "; did you mean " + " or ".join(repr(n) for n in near) + "?"
    if 0 < len(names) <= 8:
        return "; known: " + ", ".join(names)
    return ""
