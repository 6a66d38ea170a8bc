"""Several notices told as one message: what came in the quiet hours, or is more than the recipient may get singly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.rulebook.model import Language
from notifier.digest_facts import PLAIN_CLIENT
from notifier.words.lines import cut, one_line

MOST_LINES = 50
LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class GatheredFacts:
    """What a template may say about notices that are told together, in one language: every field is a variable.

    client     whose they are; None where they are of several, or of the one that shops have which were given none
    count      how many there are; `lines` are their subjects, at most 50, and `unlisted` are not among them
    first      the first of the lines; every message has at least one
    at_cap     no more messages may come for now: what comes next is found in the console alone
    morning    they came while the recipient's hours were closed
    example    the number of the first that has one; `command` the command that shows the notices
    """

    language: Language
    client: str | None
    count: int
    lines: tuple[str, ...]
    unlisted: int
    first: str
    at_cap: bool
    morning: bool
    example: str | None
    command: str


def gathered_facts(
    subjects: Sequence[str],
    language: Language,
    *,
    client: str | None = None,
    at_cap: bool = False,
    morning: bool = False,
    example: str | None = None,
) -> GatheredFacts:
    """The facts of a message that tells these notices, by their subjects, in their order; at least one.

    A subject that stands there twice is listed once, with how often. Raises ValueError without any.
    """
    if not subjects:
        raise ValueError("nothing is gathered")
    often: dict[str, int] = {}
    for subject in subjects:
        line = cut(subject, LONGEST_LINE) or "-"
        often[line] = often.get(line, 0) + 1
    lines = tuple(line if n == 1 else f"{line} ×{n}" for line, n in often.items())
    return GatheredFacts(
        language=language,
        client=None if client in (None, "", PLAIN_CLIENT) else one_line(client or ""),
        count=len(subjects),
        lines=lines[:MOST_LINES],
        unlisted=sum(list(often.values())[MOST_LINES:]),
        first=lines[0],
        at_cap=at_cap,
        morning=morning,
        example=one_line(example) if example else None,
        command="kaohe notices list",
    )
