"""What every section needs to put rows into words: the language, the day, and what shops and rules are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from console.names import ShopNames
from console.reports.sheet import Cell, Column, Kind, Quantity, Tone, Word
from console.reports.words import column, word_of
from engine.calendar.zones import local_day
from engine.rulebook.model import Bound, Interval, Language, Rule, Version
from engine.rulebook.platforms import PLATFORMS
from notifier.words.figures import figure, figure_range, standard
from notifier.words.vocabulary import SEVERITIES, STATES, word

LOCAL_ZONE = "Asia/Shanghai"
SOON = 3  # days
_TONES: Mapping[str, Tone] = {
    "open": "bad",
    "acknowledged": "warn",
    "confirmed": "bad",
    "appealed": "warn",
    "overturned": "good",
    "waived": "quiet",
    "withdrawn": "quiet",
    "closed": "quiet",
}
# Columns that stand at the head of every table about shops, in their order.
OF_A_SHOP = "client platform shop name"
# What no client sees: whose shops others are, and who did or was told what, in whatever words.
INTERNAL = frozenset({"client", "agent", "holder", "what", "borne_by", "asked_by", "decided_by", "reason", "check"})


@dataclass(frozen=True, slots=True)
class Look:
    """How a report speaks. `day` is the local day that it is about, `now` the instant at which things stood so."""

    language: Language
    day: date
    now: datetime
    names: ShopNames
    rules: Mapping[str, Rule]

    def said(self, name: str, **values: object) -> str:
        """A sentence or a word of reports."""
        return word_of(name, self.language, **values)

    def columns(self, keys: str, **kinds: Kind) -> tuple[Column, ...]:
        """Columns by their keys, those of no kind given being text. Clients and agents are internal."""
        return tuple(
            column(key, self.language, kinds.get(key, "text"), internal=key in INTERNAL) for key in keys.split()
        )

    def shop(self, platform: str | None, number: str | None) -> str:
        """What a shop is called."""
        return self.names.get((platform or "", number or ""), number or "")

    def of_shop(self, client: str, platform: str | None, number: str | None) -> tuple[Cell, ...]:
        """The cells under `OF_A_SHOP`."""
        return (client, self.platform(platform), number, self.shop(platform, number))

    def platform(self, name: str | None) -> Cell:
        """A platform by its name in this language."""
        known = PLATFORMS.get(name or "")
        return Word(known.id, known.name.in_language(self.language)) if known else name

    def title(self, rule: str) -> Cell:
        """What a rule is called; its id where its file is gone."""
        known = self.rules.get(rule)
        return Word(rule, known.title.in_language(self.language) if known else rule)

    def title_words(self, rule: str) -> str:
        """The same within a sentence."""
        known = self.rules.get(rule)
        return known.title.in_language(self.language) if known else rule

    def local(self, instant: datetime | None, platform: str | None = None) -> datetime | None:
        """An instant on the clock of a platform."""
        known = PLATFORMS.get(platform or "")
        return instant.astimezone(ZoneInfo(known.zone if known else LOCAL_ZONE)) if instant else None

    def state(self, name: str) -> Word:
        """The state of a violation."""
        return Word(name, word(STATES, name, self.language), _TONES.get(name, ""))

    def severity(self, name: str | None) -> Cell:
        """The severity of a violation."""
        return Word(name, word(SEVERITIES, name, self.language)) if name else None

    def standard(self, version: Version | None) -> Cell:
        """The standard of a version, in words."""
        if version is None or version.standard is None:
            return None
        bound = version.standard.complies
        return Word(str(bound), standard(bound, self.language))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of days that no platform is known of."""
        return ZoneInfo(LOCAL_ZONE)

    def deadline(self, instant: datetime | None, platform: str | None = None) -> date | datetime | None:
        """A first instant that is too late, as people say it: the last day where it is a day's end, else the time."""
        local = self.local(instant, platform)
        if local is None or local.time() != time(0):
            return local
        return local.date() - timedelta(days=1)

    def until(self, deadline: date | datetime, *, platform: str | None = None) -> Word:
        """How near a deadline is, an instant that is excluded or the last day."""
        if isinstance(deadline, datetime):
            days = (local_day(deadline - timedelta(microseconds=1), self._zone(platform)) - self.day).days
            over = deadline <= self.now
        else:
            days = (deadline - self.day).days
            over = days < 0
        near = "overdue" if over else "today" if days <= 0 else "soon" if days <= SOON else "later"
        tones: Mapping[str, Tone] = {"overdue": "bad", "today": "bad", "soon": "warn"}
        return Word(near, self.said(near), tones.get(near, ""))

    @staticmethod
    def _zone(platform: str | None) -> str:
        known = PLATFORMS.get(platform or "")
        return known.zone if known else LOCAL_ZONE


def figure_cell(
    numerator: int | None,
    denominator: int | None,
    bound: Bound | None,
    numerator_range: Interval | None = None,
    denominator_range: Interval | None = None,
) -> Cell:
    """A figure as a cell: a number cut towards failing, the two ends in words where it was rounded, or nothing.

    >>> from fractions import Fraction
    >>> figure_cell(79999, 100000, Bound("at_least", Fraction(4, 5), "80%"))
    Quantity(value=Decimal('79.99'), percent=True)
    """
    if denominator is None or (numerator is None and numerator_range is None):
        return None
    if numerator_range or denominator_range:
        top = numerator_range or Interval(numerator or 0, numerator or 0)
        return figure_range(top, denominator_range or Interval(denominator, denominator), bound)
    assert numerator is not None
    told = figure(numerator, denominator, bound)
    if "/" in told:
        return told
    return Quantity(Decimal(told.removesuffix("%")), percent=told.endswith("%"))
