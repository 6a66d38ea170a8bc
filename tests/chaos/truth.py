"""What must stand in the ledger when all is over: reckoned from the accepted evidence in plain Python alone."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from fractions import Fraction

from tests.chaos.world import FIRST, SHANGHAI, SHOPS


def answered(row):
    replied, closed = row["first_human_reply_at"], row["closed_at"]
    return bool(replied) and (not closed or datetime.fromisoformat(replied) <= datetime.fromisoformat(closed))


def satisfied(row):
    return row["score"] == "satisfied"


def poor(row):
    return not satisfied(row)


def rude(row):
    return poor(row) and "bad_attitude" in row["reasons"].split(";")


def every(_row):
    return True


def weeks(day):
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def months(day):
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class Plain:
    """A rule as a person would reckon it. `cycle` gives the first and last day of the cycle that ends by a day."""

    kind: str
    cycle: object
    after: int  # days from the last day of the cycle to its assessment
    at: time
    good: object
    counted: object
    keeps: object  # whether a share complies
    least: int = 1
    window: int = 0  # days within which confirmed violations make the next one worse
    severe: bool = True


RULES = {
    "xiaohongshu.reply-rate": Plain(
        "sessions", weeks, 2, time(10), answered, every, lambda s: s >= Fraction(4, 5), least=5, severe=False
    ),
    "xiaohongshu.daily-replies": Plain(
        "sessions", lambda d: (d, d), 1, time(10), answered, every, lambda s: s >= Fraction(3, 5), window=30
    ),
    "xiaohongshu.three-days": Plain(
        "sessions",
        lambda d: (d - timedelta(days=2), d),
        1,
        time(0, 30),
        answered,
        every,
        lambda s: s >= Fraction(7, 10),
        window=20,
    ),
    "kuaishou.good-rating": Plain(
        "ratings", weeks, 2, time(10), satisfied, every, lambda s: s >= Fraction(4, 5), window=180
    ),
    "kuaishou.service-attitude": Plain(
        "ratings", months, 1, time(10), rude, poor, lambda s: s <= Fraction(6, 100), window=180
    ),
    "kuaishou.daily-ratings": Plain(
        "ratings", lambda d: (d, d), 1, time(21), satisfied, every, lambda s: s >= Fraction(3, 5), window=25
    ),
    # Nobody gives any messages: of every listed shop there is nothing but that.
    "kuaishou.reply-rate-3min": Plain("messages", months, 1, time(10), every, every, lambda s: s >= Fraction(7, 10)),
}
STEPS = {1: "minor", 2: "serious"}  # and from the third on: grave


@dataclass
class Truth:
    """Grows with every import that was accepted; `confirmed` are the violations that a person has confirmed."""

    evidence: dict = field(default_factory=dict)  # (kind, shop, day) → rows
    confirmed: dict = field(default_factory=lambda: defaultdict(list))  # (rule, shop) → assessment days
    spoken: set = field(default_factory=set)  # (rule, shop, first day) of those
    settled: dict = field(
        default_factory=dict
    )  # (rule, shop, first day) → severity with which it was confirmed; its violation keeps it

    def accept(self, world, load):
        for shop, day, edition in load.parts:
            self.evidence[load.kind, shop, day] = world.rows(load.kind, shop, day, edition)

    def cycles(self, now):
        """(rule, first, last, assessment day) of all that is due."""
        newest = now.astimezone(SHANGHAI).date()
        for name, rule in RULES.items():
            days = [FIRST + timedelta(days=n) for n in range((newest - FIRST).days + 1)]
            for first, last in sorted({rule.cycle(day) for day in days}):
                assessed = last + timedelta(days=rule.after)
                if datetime.combine(assessed, rule.at, SHANGHAI) <= now:
                    yield name, first, last, assessed

    def standing(self, now):
        """(rule, shop, first day) → (numerator, denominator, verdict, severity)."""
        found = {}
        for name, first, last, assessed in self.cycles(now):
            for shop in SHOPS:
                line = self._line(name, shop, first, last, assessed)
                if line:
                    found[name, shop, first] = line
        return found

    def _line(self, name, shop, first, last, assessed):
        rule = RULES[name]
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        given = [self.evidence[rule.kind, shop, day] for day in days if (rule.kind, shop, day) in self.evidence]
        rows = [row for rows in given for row in rows if rule.counted(row)]
        if not rows and first < FIRST:
            return None  # the shop is listed from FIRST on
        if not given:
            return None, None, "no_data", None
        good = sum(rule.good(row) for row in rows)
        if len(rows) < rule.least:
            return good, len(rows), "not_assessed", None
        if rule.keeps(Fraction(good, len(rows))):
            return good, len(rows), "compliant", None
        return good, len(rows), "violation", self._severity(name, shop, first, assessed)

    def _severity(self, name, shop, first, assessed):
        rule = RULES[name]
        if not rule.severe:
            return None
        past = self.confirmed[name, shop]
        before = sum(0 < (assessed - day).days <= rule.window for day in past)
        return STEPS.get(before + 1, "grave")
