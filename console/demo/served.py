"""Sessions of the Xiaohongshu shops. A planted week holds replies on both sides of the close and of the cut-off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from console.demo.planted import REPLIED
from console.demo.quarter import LAST, at, dice, mondays, month_of, week_of
from console.demo.shops import SampleShop, of_platform

COLUMNS = (
    *("platform", "shop", "session", "buyer", "agent", "opened_by"),
    *("opened_at", "first_human_reply_at", "closed_at"),
)
PECULIAR_FROM = 47  # answered sessions in a planted week that has room for what is peculiar
DAY = 86_400
TUESDAY_10 = 8 * DAY + 36_000  # seconds from a week's Monday to its assessment instant

Row = tuple[str, ...]


def sessions(month: str) -> list[Row]:
    """A month's export: from the Monday of the week that it begins in, so that neighbouring exports overlap."""
    found = []
    for shop in of_platform("xiaohongshu"):
        rows = list(_sessions(shop)) if shop.much else []
        first = min((m for m in mondays() if month_of(m + timedelta(days=6)) >= month), default=LAST).isoformat()
        found += [row for row in rows if row[6] >= first and row[6][:7] <= month]
    return found


def _sessions(shop: SampleShop) -> Iterator[Row]:
    rng = dice(shop.shop, "sessions")
    number = 0
    for monday in mondays():
        planted = REPLIED.get((shop.shop, week_of(monday)))
        usual = shop.much * _days(monday) / 7
        total = planted[1] if planted else max(1, round(usual * rng.uniform(0.8, 1.2)))
        replied = planted[0] if planted else sum(rng.randrange(100) < shop.well for _ in range(total))
        for fate in _fates(rng, replied, total, peculiar=planted is not None and replied >= PECULIAR_FROM):
            number += 1
            yield _session(rng, shop, monday, number, fate)


def _days(monday: date) -> int:
    """How many days of a week lie in the quarter."""
    return min(7, (LAST - monday).days + 1)


def _fates(rng: random.Random, replied: int, total: int, peculiar: bool) -> list[str]:
    """`replied` of `total` sessions count as answered; what an agent opened counts for nobody."""
    well = ["at the close", "at the cut-off"] if peculiar else []
    badly = ["a second after the close", "a second after the cut-off"] if peculiar else []
    well += ["answered"] * (replied - len(well))
    badly += [rng.choice(("never", "never", "after the close")) for _ in range(total - replied - len(badly))]
    fates = well + badly
    rng.shuffle(fates)
    return [*fates, "agent opened", "agent opened, unanswered"]


def _session(rng: random.Random, shop: SampleShop, monday: date, number: int, fate: str) -> Row:
    second = rng.randrange(_days(monday) * DAY - 3600)
    if "cut-off" in fate:
        second = 7 * DAY - 600  # on Sunday, ten minutes before midnight: open over the week's end
    opened = at(monday, second)
    closed = opened + timedelta(minutes=rng.randrange(55, 120))
    if "cut-off" in fate:
        closed = at(monday, TUESDAY_10) + timedelta(hours=3)
    replied = _replied(fate, opened, closed, at(monday, TUESDAY_10), min(3000, int(rng.expovariate(1 / 90))))
    return (
        shop.platform,
        shop.shop,
        f"{shop.shop}-{number:05d}",
        f"buyer{rng.randrange(2000):04d}",
        rng.choice(shop.agents),
        "agent" if fate.startswith("agent") else "buyer",
        opened.isoformat(),
        replied.isoformat() if replied else "",
        closed.isoformat(),
    )


def _replied(fate: str, opened: datetime, closed: datetime, cut_off: datetime, wait: int) -> datetime | None:
    second = timedelta(seconds=1)
    return {
        "answered": opened + wait * second,
        "agent opened": opened,
        "at the close": closed,
        "a second after the close": closed + second,
        "after the close": closed + 420 * second,
        "at the cut-off": cut_off,
        "a second after the cut-off": cut_off + second,
    }.get(fate)
