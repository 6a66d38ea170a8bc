"""What happens in the storm, by a seed: shops, their evidence day by day and how it is corrected. Nothing of kaohe."""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property
from pathlib import Path
from random import Random

SHANGHAI = timezone(timedelta(hours=8))
FIRST = date(2026, 6, 1)  # a Monday, and the first of a month: the evidence begins with whole cycles
DAWN = date(2026, 6, 15)  # here the storm begins; the fortnight before it is history
SHOPS = tuple(f"s{n:02}" for n in range(1, 11))
PLATFORMS = {"sessions": "xiaohongshu", "ratings": "kuaishou"}  # the kind of evidence → its platform
COLUMNS = {
    "sessions": ("platform", "shop", "session", "opened_at", "first_human_reply_at", "closed_at"),
    "ratings": ("platform", "shop", "rating", "rated_at", "score", "reasons"),
}


def midnight(day):
    """The instant at which a day begins in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


@dataclass(frozen=True)
class Load:
    """One import command: a kind, the shops and days in it with the edition of each, whether it replaces."""

    at: datetime
    kind: str
    parts: tuple[tuple[str, date, int], ...]  # (shop, day, edition)
    replace: bool = False


@dataclass(frozen=True)
class World:
    """`days` of storm from DAWN on."""

    seed: int
    days: int

    @property
    def end(self):
        """Where the clock stops: after the assessments of the day after the last day."""
        return (midnight(DAWN) + timedelta(days=self.days, hours=23)).astimezone(UTC)

    def rows(self, kind, shop, day, edition):
        """The rows of one shop and day as its file says in an edition; never none."""
        chance = Random(f"{self.seed} {kind} {shop} {day} {edition}")
        quality = 0.3 if chance.random() < 0.1 else 0.93
        make = self._session if kind == "sessions" else self._rating
        return [make(chance, shop, day, number, quality) for number in range(chance.randint(3, 8))]

    def _session(self, chance, shop, day, number, quality):
        opened = midnight(day) + timedelta(seconds=chance.randrange(23 * 3600))
        replied = opened + timedelta(seconds=chance.randrange(1, 900)) if chance.random() < quality else None
        closed = opened + timedelta(seconds=chance.choice([600, 1800])) if chance.random() < 0.5 else None
        told = [when.isoformat() if when else "" for when in (opened, replied, closed)]
        return dict(zip(COLUMNS["sessions"], ("xiaohongshu", shop, f"{day}-{number}", *told), strict=True))

    def _rating(self, chance, shop, day, number, quality):
        rated = midnight(day) + timedelta(seconds=chance.randrange(86400))
        good = chance.random() < quality
        score = "satisfied" if good else chance.choice(["neutral", "disappointed"])
        reasons = "" if good else chance.choice(["", "slow", "slow", "slow;other", "bad_attitude"])
        told = ("kuaishou", shop, f"{day}-{number}", rated.isoformat(), score, reasons)
        return dict(zip(COLUMNS["ratings"], told, strict=True))

    @cached_property
    def history(self):
        """What was there before the storm: everything, in time."""
        days = [FIRST + timedelta(days=n) for n in range((DAWN - FIRST).days)]
        parts = tuple((shop, day, 0) for day in days for shop in SHOPS)
        return [Load(midnight(DAWN), kind, parts) for kind in PLATFORMS]

    @cached_property
    def whole(self):
        """Instead of the storm's loads: all days, in one import of each kind."""
        days = [DAWN + timedelta(days=n) for n in range(self.days)]
        parts = tuple((shop, day, 0) for day in days for shop in SHOPS)
        return [Load(self.end, kind, parts) for kind in PLATFORMS]

    @cached_property
    def loads(self):
        """The imports of the storm, oldest first: each morning a file of the day before, some of it days late, some of
        it never; and corrections, of which the last one counts."""
        chance = Random(f"{self.seed} loads")
        found, editions = [], {}
        late = {kind: [] for kind in PLATFORMS}
        for number in range(self.days):
            day = DAWN + timedelta(days=number)
            morning = midnight(day + timedelta(days=1)) + timedelta(hours=6)
            for kind in PLATFORMS:
                parts = [(shop, then) for due, shop, then in late[kind] if due <= day]
                late[kind] = [waiting for waiting in late[kind] if waiting[0] > day]
                for shop in SHOPS:
                    luck = chance.random()
                    if luck < 0.1:
                        late[kind].append((day + timedelta(days=chance.randint(1, 5)), shop, day))
                    elif luck < 0.97:
                        parts.append((shop, day))
                editions |= dict.fromkeys(((kind, *part) for part in parts), 0)
                found.append(Load(morning, kind, tuple((*part, 0) for part in parts)))
                if editions and chance.random() < 0.35:
                    found.append(self._correction(chance, morning + timedelta(hours=chance.randint(1, 12)), editions))
        return sorted(found, key=lambda load: load.at)

    def _correction(self, chance, at, editions):
        kind = chance.choice(sorted({k for k, _, _ in editions}))
        known = sorted({day for k, _, day in editions if k == kind})
        day = chance.choice(known[-6:])
        shops = sorted(shop for k, shop, then in editions if (k, then) == (kind, day))
        parts = []
        for shop in chance.sample(shops, min(len(shops), chance.randint(1, 4))):
            editions[kind, shop, day] += chance.choice([1, 1, 2, -editions[kind, shop, day]])  # or as it was at first
            parts.append((shop, day, editions[kind, shop, day]))
        return Load(at, kind, tuple(parts), replace=True)

    def write(self, load, path: Path):
        """The file of an import."""
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS[load.kind])
            writer.writeheader()
            for part in load.parts:
                writer.writerows(self.rows(load.kind, *part))
        return path
