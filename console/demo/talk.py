"""Messages of the Kuaishou and Pinduoduo shops: people who ask, bots that are quick, and agents who answer, or not.

A planted month or day holds, besides plain talks, one of each kind that is easily counted wrong; what each must count
as is written beside it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from console.demo.planted import COUNTED, EFFECTIVE, IN_TIME
from console.demo.quarter import at, days_of, dice
from console.demo.shops import SampleShop, of_platform

COLUMNS = ("platform", "shop", "session", "buyer", "agent", "sender", "sent_at")
LIMIT = {"kuaishou": 180, "pinduoduo": 3600}
OPENS = 8 * 3600
CLOSES = {"kuaishou": 24 * 3600, "pinduoduo": 23 * 3600}
BUYERS = 3000  # of a Pinduoduo shop in a month
LATEST_START = 21 * 3600  # of plain talks, so that they end on their day

Row = tuple[str, ...]
Line = tuple[int, int, str]  # which of the buyer's sessions, seconds after the start, sender


@dataclass(frozen=True, slots=True)
class Talk:
    """What one buyer writes and hears on a day. `well`: answered as the rule wants it; None: it counts for nothing."""

    starts: int
    lines: tuple[Line, ...]
    well: bool | None


def peculiar(platform: str) -> list[Talk]:
    """The talks that are easily counted wrong."""
    limit, closes = LIMIT[platform], CLOSES[platform]
    ten = 10 * 3600
    talks = [
        Talk(ten, ((0, 0, "buyer"), (0, 2, "bot"), (0, 60, "agent")), True),  # a bot first, then a human in time
        Talk(ten, ((0, 0, "buyer"), (0, 2, "bot")), False),  # bots never answer
        Talk(ten, ((0, 0, "buyer"), (0, 2, "bot"), (0, limit + 1, "agent")), False),
        Talk(ten, ((0, 0, "buyer"), (0, 0, "agent")), True),  # the same instant answers
        Talk(ten, ((0, 0, "buyer"), (0, limit, "agent")), True),  # exactly at the limit
        Talk(ten, ((0, 0, "buyer"), (0, limit + 1, "agent")), False),  # a second later
        Talk(ten, ((0, 0, "buyer"), (0, 0, "buyer"), (0, 30, "agent")), True),  # two messages in one second: one person
        Talk(ten, ((0, 0, "agent"), (0, 30, "buyer"), (0, 60, "agent")), True),  # whoever opened it
        Talk(
            ten, ((0, 0, "buyer"), (0, 9, "agent"), (0, 40, "buyer")), False
        ),  # one message without an answer is enough
        # Over the end of the hours, on Kuaishou over midnight, an answer belongs to the day of its question.
        Talk(closes - 20, ((0, 0, "buyer"), (0, limit, "agent")), True),
        Talk(closes - 20, ((0, 0, "buyer"), (0, limit + 1, "agent")), False),
        Talk(OPENS, ((0, 0, "buyer"), (0, 10, "agent")), True),  # the first second of the hours
        Talk(OPENS - 1, ((0, 0, "buyer"),), None),  # a second too early: nobody asked
    ]
    if platform == "pinduoduo":
        return [*talks, Talk(closes, ((0, 0, "buyer"),), None)]  # the hours are over: nobody asked
    # One buyer, two sessions, and no human in the second.
    return [*talks, Talk(ten, ((0, 0, "buyer"), (0, 5, "agent"), (1, 600, "buyer"), (1, 602, "bot")), False)]


def messages(platform: str, month: str) -> list[Row]:
    """All messages of a month; on Pinduoduo they name no session."""
    return [row for shop in of_platform(platform) for row in _messages(shop, month)]


def _messages(shop: SampleShop, month: str) -> Iterator[Row]:
    if (shop.shop, month) in COUNTED:
        return  # of this shop there are figures only
    rng = dice(shop.shop, "messages", month)
    days = days_of(month)
    if shop.platform == "pinduoduo":
        for day in days:
            talks = _talks(rng, shop, EFFECTIVE.get((shop.shop, day)), 1)
            for number, (talk, buyer) in enumerate(zip(talks, rng.sample(range(BUYERS), len(talks)), strict=True)):
                yield from _rows(rng, shop, day, number, buyer, talk)
        return
    for number, talk in enumerate(_talks(rng, shop, IN_TIME.get((shop.shop, month)), len(days) / 7)):
        # Not on the month's last day, so that what is said after midnight is said in the month as well; and each buyer
        # on two days, who is two of the month's people.
        yield from _rows(rng, shop, days[number % (len(days) - 1)], number, number // 2, talk)


def _talks(rng: random.Random, shop: SampleShop, planted: tuple[int, int] | None, times: float) -> list[Talk]:
    """The talks of a day or month: `planted` (well, people) of them, or so many `times` the shop's habit."""
    if planted is None:
        people = round(shop.much * times * rng.uniform(0.9, 1.1))
        return [_plain(rng, shop.platform, rng.randrange(100) < shop.well) for _ in range(people)]
    strange = peculiar(shop.platform)
    well = planted[0] - sum(talk.well is True for talk in strange)
    badly = planted[1] - planted[0] - sum(talk.well is False for talk in strange)
    plain = [_plain(rng, shop.platform, n < well) for n in range(well + badly)]
    rng.shuffle(plain)
    return strange + plain


def _plain(rng: random.Random, platform: str, well: bool) -> Talk:
    limit = LIMIT[platform]
    first = rng.randrange(5, limit // 2)
    lines: list[Line] = [(0, 0, "buyer")]
    if rng.randrange(3) == 0:
        lines.append((0, 1, "bot"))
    if well:
        lines.append((0, first, "agent"))
        if rng.randrange(2):
            again = first + rng.randrange(10, 120)
            lines += [(0, again, "buyer"), (0, again + rng.randrange(5, limit), "agent")]
    elif rng.randrange(2):
        lines.append((0, limit + rng.randrange(1, limit), "agent"))
    return Talk(rng.randrange(OPENS + 60, LATEST_START), tuple(lines), well)


def _rows(rng: random.Random, shop: SampleShop, day: date, number: int, buyer: int, talk: Talk) -> Iterator[Row]:
    agent = rng.choice(shop.agents)
    for part, after, sender in talk.lines:
        yield (
            shop.platform,
            shop.shop,
            "" if shop.platform == "pinduoduo" else f"{shop.shop}-{day:%m%d}-{number:04d}-{part}",
            f"buyer{day:%m}{buyer:04d}",  # others each month: nobody's conversation goes on for long
            agent if sender == "agent" else "",
            sender,
            at(day, talk.starts + after).isoformat(),
        )
