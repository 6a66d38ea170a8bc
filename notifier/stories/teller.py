"""What a story is told from: the journal's words, read without trusting their shape, and what is known besides.

A journal is kept for years, and what it told under an event may lack what is told today. So nothing here raises for a
missing key or another type: it answers None, and the story is shorter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from engine.ledger.tables import Subject
from engine.rulebook.model import Language, Rule, Version
from engine.rulebook.platforms import PLATFORMS, zone_of
from notifier.facts import NoticeFacts
from notifier.readers import Reader
from notifier.records import Record
from notifier.sheets import Sheet, Sheets
from notifier.words import dates
from notifier.words.lines import cut

LONGEST_TEXT = 300  # of one text from outside
FIRST_YEAR, LAST_YEAR = 2000, 9000  # beyond them no zone or term can be reckoned with


@dataclass(frozen=True, slots=True)
class Teller:
    """One piece of news. `facts` are those of its violation, if it is about one; `about` is the journal's object.

    `subject` is the shop, where it is known; `reader` whom it is told.
    """

    event: str
    news: Mapping[str, Any]
    record: Record | None
    records: Sequence[Record]
    facts: NoticeFacts | None
    rulebook: Mapping[str, Rule]
    sheets: Sheets
    language: Language
    now: datetime
    subject: Subject | None
    about: str | None
    reader: Reader

    @property
    def zh(self) -> bool:
        """Whether it is told in Chinese."""
        return self.language == "zh-CN"

    def say(self, zh: str, en: str) -> str:
        """The sentence of its language."""
        return zh if self.zh else en

    def command(self, command: str) -> str | None:
        """The command, for those who can type it."""
        return command if self.reader.commands else None

    def joined(self, words: Sequence[str]) -> str:
        """Several words as an enumeration."""
        return ("、" if self.zh else ", ").join(words)

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str | None:
        """A text, on one line; None where there is none."""
        value = self.news.get(name)
        return (cut(value, longest) or None) if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.news.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """Whether this is said to be so."""
        return self.news.get(name) is True

    def instant(self, name: str) -> datetime | None:
        """An instant with its offset."""
        found = parsed(self.news.get(name))
        return found if found is not None and found.tzinfo is not None else None

    def day(self, name: str) -> date | None:
        """A day."""
        found = parsed(self.news.get(name))
        return found.date() if found is not None else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, each on one line."""
        value = self.news.get(name)
        found = value if isinstance(value, list | tuple) else ()
        return tuple(line for one in found if isinstance(one, str) and (line := cut(one, LONGEST_TEXT)))

    def words(self, name: str, longest: int = LONGEST_TEXT) -> tuple[str, ...]:
        """A text in both languages, or a list of such, in this one."""
        value = self.news.get(name)
        found = value if isinstance(value, list | tuple) else (value,)
        return tuple(line for one in found if (line := self._worded(one, longest)))

    def _worded(self, value: Any, longest: int) -> str:
        if isinstance(value, Mapping):
            other = "en" if self.zh else "zh-CN"
            value = value.get(self.language) or value.get(other)
        return cut(value, longest) if isinstance(value, str) else ""

    def inner(self, name: str) -> Mapping[str, Any]:
        """What is told under this name in turn; nothing where there is nothing."""
        value = self.news.get(name)
        return value if isinstance(value, Mapping) else {}

    @property
    def key(self) -> tuple[str | None, str | None]:
        """Platform and number of the shop, from its key (`shop:xiaohongshu/s1`)."""
        key = self.subject.key if self.subject else self.text("shop")
        if not key:
            return self.text("platform"), None
        platform, _, shop = key.removeprefix("shop:").partition("/" if "/" in key else ":")
        return (platform, unquote(shop)) if shop else (self.text("platform"), key)

    @property
    def platform(self) -> str | None:
        """The platform's id."""
        if self.record:
            return self.record.violation.platform
        return self.key[0] or (self.rule.platform if self.rule else None)

    @property
    def platform_name(self) -> str | None:
        """What people call the platform."""
        known = PLATFORMS.get(self.platform or "")
        return known.name.in_language(self.language) if known else self.platform and cut(self.platform, LONGEST_TEXT)

    @property
    def zone(self) -> str:
        """The zone that its days are kept in."""
        return zone_of(self.platform)

    @property
    def rule_id(self) -> str | None:
        """The rule that it is about."""
        return self.record.violation.rule if self.record else self.text("rule")

    @property
    def rule(self) -> Rule | None:
        """The rule's file: of a violation, as it was when it decided."""
        if self.record:
            return self.record.rule(self.rulebook)
        return self.rulebook.get(self.rule_id or "")

    @property
    def version(self) -> Version | None:
        """The version that is told, else the one in force now."""
        rule = self.rule
        if rule is None:
            return None
        key = self.record.violation.version if self.record else self.text("version")
        today = self.now.date()
        return next((v for v in rule.versions if v.key == key), None) or rule.version_for(today)

    @property
    def sheet(self) -> Sheet | None:
        """The advice about its rule; None where it is about none that is known."""
        return self.sheets.sheet(self.rule.id, self.language) if self.rule else None

    def day_words(self, of: date) -> str:
        """A day, without its year where that is this one."""
        return dates.day(of, self.language, with_year=of.year != self._today.year)

    def instant_words(self, at: datetime) -> str:
        """A deadline, without its year where that is this one."""
        year = at.astimezone(ZoneInfo(self.zone)).year
        return dates.deadline(at, self.zone, self.language, with_year=year != self._today.year)

    def tight(self, when: str) -> str:
        """A day and time without blanks, as text messages have it."""
        return when.replace(" ", "") if self.zh else when

    def left(self, until: datetime) -> str:
        """How long it is till then."""
        return dates.left(until, self.now, self.language)

    @property
    def _today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def parsed(value: Any) -> datetime | None:
    """An instant or a day as a journal tells it, of a year that can be reckoned with; None where there is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
