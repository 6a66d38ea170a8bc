"""What a check found: a line of `kaohe doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import KaoheError
from engine.rulebook.model import Language, Text

Level = Literal["ok", "remark", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands how about `subject`, and how to mend it where that is called for."""

    subject: str
    level: Level
    what: Text
    mend: Text | None = None

    def as_json(self) -> dict[str, Any]:
        """The line of `kaohe doctor --json`."""
        return {
            "subject": self.subject,
            "level": self.level,
            "what": self.what.en,
            "mend": self.mend.en if self.mend else None,
        }

    def line(self, language: Language) -> str:
        """The same for people, without subject and level."""
        mend = f"{'；' if language == 'zh-CN' else '; '}{self.mend.in_language(language)}" if self.mend else ""
        return self.what.in_language(language) + mend


def ok(subject: str, zh: str, en: str) -> Finding:
    """Nothing to mend."""
    return Finding(subject, "ok", Text(zh, en))


def remark(subject: str, zh: str, en: str) -> Finding:
    """What may well be meant so, and somebody may want to know."""
    return Finding(subject, "remark", Text(zh, en))


def refused(subject: str, error: KaoheError) -> Finding:
    """An error that tells how to mend it itself."""
    return Finding(subject, "wrong", Text(error.in_language("zh-CN"), str(error)))
