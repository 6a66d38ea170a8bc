"""What is wrong with a rule file, and where: faults are values, since a run shows all of all files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from engine.errors import KaoheError, suggestion

LONGEST_SHOWN = 40
LONGEST_NAME = 60  # a longer name is no misspelling of anything, and comparing it would take long
MOST_NAMES = 100  # among more names none is looked for: a file could hold thousands, and misspell each
_PLAIN = re.compile(r"[\w.\[\]-]+")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault. `line` and `column` count from 1; `where` is the way through the file to the key.

    >>> print(Fault("rule.yaml", 12, 3, "versions.2021-01-01.cyle", "unknown key; did you mean 'cycle'?"))
    rule.yaml:12:3: versions.2021-01-01.cyle: unknown key; did you mean 'cycle'?
    """

    path: str
    line: int
    column: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.where}: {self.what}"


class RulebookError(KaoheError):
    """Rules that cannot be used, because some file has a fault. `faults` holds all of them, sorted."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = "\n".join(str(fault) for fault in self.faults)
        zh = f"规则文件有 {len(self.faults)} 处错误，请先改正：\n{lines}"
        super().__init__(f"{count} in the rule files; correct them first:\n{lines}", zh=zh)


def shown(text: str) -> str:
    """`text` as a message shows it: quoted, on one line, without control characters, and not long.

    >>> shown("line\\nbreak"), len(shown("x" * 1000))
    ("'line\\\\nbreak'", 43)
    """
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")


def step(key: str) -> str:
    """`key` as a step of the way through a file: as it is where it is plain, otherwise as `shown`."""
    return key if len(key) <= LONGEST_NAME and _PLAIN.fullmatch(key) else shown(key)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that nothing has.

    >>> unknown("counter", "sesions", ["sessions", "replied"])
    "unknown counter 'sesions'; did you mean 'sessions'?"
    """
    return f"unknown {what} {shown(name)}{near(name, known)}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelled one probably means, so that reading can go on as if it stood there.

    >>> nearest("cyle", ["cycle", "figure"]), nearest("x", ["cycle", "figure"])
    ('cycle', None)
    """
    names = sorted(known)
    if len(name) > LONGEST_NAME or len(names) > MOST_NAMES:
        return None
    return next(iter(get_close_matches(name, names, n=1)), None)


def near(name: str, known: Iterable[str]) -> str:
    """`suggestion` among plain names: files choose names too, and some would not fit a line of a message."""
    plain = [other for other in known if len(other) <= LONGEST_NAME and other.isprintable()]
    return suggestion(name, plain) if len(name) <= LONGEST_NAME and len(plain) <= MOST_NAMES else ""
