"""What follows from a violation, in words: each measure with its days or amount, and the last day of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from engine.ledger.tables import Sanction
from engine.rulebook.measures import MEASURES
from engine.rulebook.model import Language, Text
from notifier.words import dates
from notifier.words.figures import money_range, percent
from notifier.words.vocabulary import ACCOUNTS, SCOPED, word

DISCRETION = Text("平台可酌情决定", "at the platform's discretion")


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """Puts measures into words. `titles` are those that the rule's own file declares.

    >>> days = {"starts": date(2026, 3, 10), "ends": date(2026, 3, 12)}
    >>> limit = Sanction(violation_id="V-1", position=0, kind="traffic_limit", scope="public_domain", **days)
    >>> MeasureWords("zh-CN").measure(limit), MeasureWords("en").measure(limit, dated=True)
    ('限制公域流量3天', 'public-domain traffic limit for 3 days (10–12 March 2026)')
    """

    language: Language
    titles: Mapping[str, Text] = field(default_factory=dict)

    def measure(self, sanction: Sanction, *, dated: bool = False) -> str:
        """One measure: what it is, how long or how much, and with `dated` from when to when.

        Where the platform may leave it, it may cost nothing: an amount then begins at 0, as the exposure does.
        """
        zh = self.language == "zh-CN"
        text = self._name(sanction)
        if sanction.amount_max_fen is not None:
            low = sanction.amount_max_fen if sanction.amount_min_fen is None else sanction.amount_min_fen
            low = 0 if sanction.discretionary else low
            amount = money_range(low, sanction.amount_max_fen, self.language)
            text += f" {amount}" if zh else f" of {amount}"
        text += self._terms(sanction)
        asides = self._taken_from(sanction)
        if sanction.starts is not None and sanction.ends is not None:
            text += self._lasting(sanction.days_min, (sanction.ends - sanction.starts).days + 1)
            if dated:
                asides.append(dates.span(sanction.starts, sanction.ends, self.language))
        if sanction.discretionary:
            asides.append(DISCRETION.in_language(self.language))
        if not asides:
            return text
        return f"{text}（{'，'.join(asides)}）" if zh else f"{text} ({', '.join(asides)})"

    def consequence(self, sanctions: Sequence[Sanction], *, settled: bool = False) -> str:
        """All measures in one phrase; says so where the rule names none, or where the violation is `settled`."""
        if settled:
            return "没有须执行的处罚" if self.language == "zh-CN" else "no measure stands"
        if not sanctions:
            return "规则未列明处罚" if self.language == "zh-CN" else "the rule names no measure"
        return ("、" if self.language == "zh-CN" else ", ").join(self.measure(s) for s in sanctions)

    def _terms(self, sanction: Sanction) -> str:
        """Points, and the share of a bonus."""
        zh = self.language == "zh-CN"
        text = ""
        if sanction.points is not None:
            text += f" {sanction.points}分" if zh else f": {sanction.points}"
        if sanction.share is not None:
            share = Fraction(sanction.share)
            part = percent(share.numerator, share.denominator, "up")
            text += f" {part}" if zh else f" of {part}"
        return text

    def _taken_from(self, sanction: Sanction) -> list[str]:
        """The accounts that money is taken from, in one phrase."""
        names = [word(ACCOUNTS, name, self.language) for name in sanction.accounts or ()]
        if not names:
            return []
        return [f"从{'、'.join(names)}扣除" if self.language == "zh-CN" else f"taken from {' and '.join(names)}"]

    def _lasting(self, shortest: int | None, longest: int) -> str:
        zh = self.language == "zh-CN"
        if shortest is not None and shortest < longest:
            return f"{shortest}至{longest}天" if zh else f" for {shortest} to {longest} days"
        return f"{longest}天" if zh else f" for {longest} day{'' if longest == 1 else 's'}"

    def _name(self, sanction: Sanction) -> str:
        scoped = SCOPED.get(f"{sanction.kind}/{sanction.scope}")
        if scoped:
            return scoped.in_language(self.language)
        known = {kind: measure.title for kind, measure in MEASURES.items()} | dict(self.titles)
        name = word(known, sanction.kind, self.language)
        if sanction.scope is None:
            return name
        scope = sanction.scope.replace("_", " ")
        return f"{name}（{scope}）" if self.language == "zh-CN" else f"{name} ({scope})"


def last_day(sanctions: Sequence[Sanction]) -> date | None:
    """The last day on which a measure still holds, or None where none has days."""
    return max((s.ends for s in sanctions if s.ends is not None), default=None)
