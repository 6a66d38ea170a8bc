"""Ratings of the Kuaishou shops. A week that two months share is rated in the first of them alone.

So the poor ratings of a month's weeks are those of the month, and what is planted for weeks and months agrees.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from console.demo.planted import BLAMED, SATISFIED
from console.demo.quarter import LAST, at, dice, mondays, month_of, week_of
from console.demo.shops import SampleShop, of_platform

COLUMNS = (
    *("platform", "shop", "rating", "agent", "agent_kind", "buyer", "sent_at", "rated_at"),
    *("score", "reasons", "origin"),
)
BLAME = ("态度差", "回复慢;态度差", "服务态度差")
OTHER_REASONS = ("", "", "未解决", "回复慢", "不专业", "其他")  # no reason, or another, is not bad attitude
PER_BLAME = 25  # of a background month: so many poor ratings for one that blames the attitude

Row = tuple[str, ...]


def ratings(month: str) -> list[Row]:
    """The ratings of a month."""
    return [row for shop in of_platform("kuaishou") for row in _ratings(shop, month)]


def _ratings(shop: SampleShop, month: str) -> list[Row]:
    rng = dice(shop.shop, "ratings", month)
    weeks = [monday for monday in mondays() if month_of(monday) == month]
    drawn = [(monday, score) for monday in weeks for score in _scores(rng, shop, monday)]
    poor = [n for n, (_, score) in enumerate(drawn) if score != "满意"]
    blamed = set(rng.sample(poor, BLAMED.get((shop.shop, month), len(poor) // PER_BLAME)))
    # A satisfied buyer who names a reason by mistake: no poor rating.
    slips = {next(n for n, (_, score) in enumerate(drawn) if score == "满意")}
    return [
        _rating(rng, shop, n, drawn, BLAME[n % 3] if n in blamed | slips else _reason(rng, drawn[n][1]))
        for n in range(len(drawn))
    ]


def _scores(rng: random.Random, shop: SampleShop, monday: date) -> list[str]:
    planted = SATISFIED.get((shop.shop, week_of(monday)))
    usual = shop.much * min(7, (LAST - monday).days + 1) / 7
    total = planted[1] if planted else round(usual * rng.uniform(0.8, 1.2))
    if planted:
        satisfied = planted[0]
    elif shop.shop in {name for name, _ in SATISFIED}:
        satisfied = total  # the week that the quarter's end cuts: no more poor ratings than were planted
    else:
        satisfied = sum(rng.randrange(100) < shop.well for _ in range(total))
    return ["满意"] * satisfied + [rng.choice(("一般", "失望")) for _ in range(total - satisfied)]


def _rating(rng: random.Random, shop: SampleShop, n: int, drawn: list[tuple[date, str]], reasons: str) -> Row:
    monday, score = drawn[n]
    days = [d for d in (monday + timedelta(days=k) for k in range(7)) if month_of(d) == month_of(monday) and d <= LAST]
    if n == 0 or drawn[n - 1][0] != monday:
        rated = at(monday, 0)  # a week's first instant
    elif n + 1 == len(drawn) or drawn[n + 1][0] != monday:
        rated = at(days[-1], 86_399)  # and its last second
    else:
        rated = at(rng.choice(days), rng.randrange(86_400))
    return (
        shop.platform,
        shop.shop,
        f"{shop.shop}-{week_of(monday)}-{n:04d}",
        rng.choice(shop.agents),
        "human" if rng.randrange(5) else "bot",
        f"buyer{rng.randrange(2000):04d}",
        (rated - timedelta(minutes=rng.randrange(1, 90))).isoformat(),
        rated.isoformat(),
        score,
        reasons,
        rng.choice(("buyer", "invited", "system")),
    )


def _reason(rng: random.Random, score: str) -> str:
    return "" if score == "满意" else rng.choice(OTHER_REASONS)
