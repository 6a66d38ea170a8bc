"""What chat robots have in common: a text that must be short, and an answer in whose code the truth stands."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.rulebook.model import Text
from notifier.channels.contract import Letter
from notifier.channels.http import REST, Answer, by_status, retry_after
from notifier.channels.outcome import Outcome, OutcomeKind

SHORTENED = Text("……消息到此已达长度上限，其余从略", "… the message is as long as it may be")
WHOLE = Text("；全部内容：{}", "; all of it: {}")


@dataclass(frozen=True, slots=True)
class Codes:
    """What a provider's answers mean. A code that is not listed was refused: it is tried again, up to the cap.

    `names`: the fields in which the code may stand, 0 meaning that the message was taken. `rest`: how long a robot that
    sent too much is silent.
    """

    names: Sequence[str]
    words: str
    kinds: Mapping[int, OutcomeKind]
    rest: timedelta = REST
    hints: Mapping[int, str] = field(default_factory=dict)

    def outcome(self, answer: Answer, now: datetime) -> Outcome:
        """What became of a message. Only HTTP 200 with the code 0 was taken; 200 without a code leaves it open."""
        document = answer.document()
        code: int | None = next((document[n] for n in self.names if type(document.get(n)) is int), None)
        words = f"{code} {document.get(self.words, '')}"
        if answer.status == 200 and code == 0:
            return Outcome.of("accepted", words)
        if code is not None and code in self.kinds:
            return self._refused(code, words + self.hints.get(code, ""), answer, now)
        if answer.status == 200 and code is not None:
            return Outcome.of("temporary", words)
        if 200 <= answer.status < 300:
            return Outcome.of("unknown", f"HTTP {answer.status} without {self.names[0]}: {answer.text()}")
        return by_status(answer, now) or Outcome.of("unknown", words)

    def _refused(self, code: int, said: str, answer: Answer, now: datetime) -> Outcome:
        kind = self.kinds[code]
        if kind == "throttled":
            return Outcome.throttled(said, retry_after(answer, now) or now + self.rest)
        return Outcome.of(kind, said)


def size(text: str) -> int:
    """How many bytes the text has."""
    return len(text.encode("utf-8", "replace"))


def compact(document: Mapping[str, object]) -> bytes:
    r"""JSON without blanks and without \u: some providers refuse that, and all count it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def shortened(letter: Letter, most: int, measured: Callable[[str], int] = size) -> str:
    """The letter's body, of at most `most` by `measured` (which never falls when text is added).

    Too long a one keeps as many whole lines from the top as fit, and ends with a line that says so and where the whole
    is, for a reader who can look. Where not even the first line fits, it is cut behind a character.
    """
    text = letter.body.strip("\n")
    if measured(text) <= most:
        return text
    where = WHOLE.in_language(letter.language).format(letter.whole) if letter.whole else ""
    ending = SHORTENED.in_language(letter.language) + where
    lines = text.split("\n")

    def of_lines(count: int) -> str:
        return "\n".join([*lines[:count], ending])

    kept = bisect_right(range(1, len(lines)), most, key=lambda n: measured(of_lines(n)))
    if kept:
        return of_lines(kept)

    def of_characters(count: int) -> str:
        return f"{lines[0][:count]}…\n{ending}"

    return of_characters(bisect_right(range(1, len(lines[0])), most, key=lambda n: measured(of_characters(n))))
