"""Sample shops of two clients on three platforms: one quarter of sessions from a fixed seed, with planted outcomes.

The shops are invented. Most weeks are drawn at random around a shop's habit; the planted weeks fail by one, stand
exactly at the standard, or lie one below the gate, so that the demo shows each kind of verdict.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SEED = 20260301
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_MONDAY = date(2026, 1, 5)
WEEKS = 13  # the first quarter
AS_OF = datetime(2026, 4, 7, 10, 5, tzinfo=ZONE)  # five minutes after the last week's assessment

SESSION_COLUMNS = (
    *("platform", "shop", "session", "buyer", "agent", "opened_by"),
    *("opened_at", "first_human_reply_at", "closed_at"),
)


@dataclass(frozen=True, slots=True)
class SampleShop:
    """A shop and its habit: sessions a week, and how many of 100 get a human reply in time."""

    platform: str
    shop: str
    name: str
    alias: str
    client: str
    owner: str
    sessions: int
    answered: int
    agents: tuple[str, ...]


SHOPS = (
    SampleShop("xiaohongshu", "xhs-1001", "小禾母婴旗舰店", "小禾母婴", "禾苗集团", "赵敏", 120, 93, ("林晓", "周舟")),
    SampleShop("xiaohongshu", "xhs-1002", "青柠美妆集合店", "青柠美妆", "禾苗集团", "赵敏", 60, 82, ("陈思远", "吴桐")),
    SampleShop("xiaohongshu", "xhs-2001", "北巷咖啡旗舰店", "北巷咖啡", "北巷食品", "孙悦", 30, 88, ("张子轩",)),
    SampleShop("xiaohongshu", "xhs-2002", "拾光数码小店", "拾光数码", "北巷食品", "孙悦", 4, 75, ("李佳怡",)),
    SampleShop("kuaishou", "ks-3001", "小禾母婴快手店", "小禾快手", "禾苗集团", "赵敏", 80, 90, ("王雨桐", "周舟")),
    SampleShop("pinduoduo", "pdd-4001", "北巷咖啡拼多多店", "北巷拼多多", "北巷食品", "孙悦", 70, 85, ("钱多",)),
)

# (shop, week number from 0) → (answered, sessions): outcomes that are known beforehand.
PLANTED: Mapping[tuple[str, int], tuple[int, int]] = {
    ("xhs-1001", 3): (79, 100),  # fails by one
    ("xhs-1001", 4): (80, 100),  # exactly at the standard
    ("xhs-1002", 5): (863, 1079),  # a campaign week: 79.98 %, and no rounding saves it
    ("xhs-2001", 7): (4, 5),  # at the gate and at the standard
    ("xhs-2001", 8): (0, 4),  # one below the gate: not assessed, whatever it is
    ("xhs-2001", 12): (20, 30),  # the newest week: its notice goes out
    ("xhs-1002", 12): (47, 60),
}


def write_samples(directory: Path) -> tuple[Path, Path, list[Path]]:
    """Write the registers of shops and people, and one file of sessions a platform; the same bytes every time."""
    directory.mkdir(parents=True, exist_ok=True)
    shops, people = directory / "shops.csv", directory / "people.csv"
    _write(
        shops,
        ("platform", "shop", "name", "alias", "client", "owner", "contact"),
        ((s.platform, s.shop, s.name, s.alias, s.client, s.owner, _contact(s)) for s in SHOPS),
    )
    _write(
        people,
        ("person", "platform", "shop", "agent", "team"),
        ((agent, s.platform, s.shop, agent, s.client + "客服组") for s in SHOPS for agent in s.agents),
    )
    files = []
    for platform in dict.fromkeys(s.platform for s in SHOPS):
        file = directory / f"sessions-{platform}.csv"
        _write(file, SESSION_COLUMNS, (row for s in SHOPS if s.platform == platform for row in _sessions(s)))
        files.append(file)
    return shops, people, files


def _contact(shop: SampleShop) -> str:
    return {"赵敏": "zhaomin@example.com", "孙悦": "sunyue@example.com"}[shop.owner]


def _sessions(shop: SampleShop) -> Iterator[tuple[str, ...]]:
    rng = random.Random(f"{SEED} {shop.shop}")  # noqa: S311 — samples, not secrets
    number = 0
    for week in range(WEEKS):
        monday = FIRST_MONDAY + timedelta(weeks=week)
        planted = PLANTED.get((shop.shop, week))
        total = planted[1] if planted else max(1, round(shop.sessions * rng.uniform(0.8, 1.2)))
        answered = planted[0] if planted else sum(rng.randrange(100) < shop.answered for _ in range(total))
        for fate in _fates(rng, total, answered):
            number += 1
            yield _session(rng, shop, monday, number, fate)
        number += 1
        yield _session(rng, shop, monday, number, "agent opened")  # counts for nobody


def _fates(rng: random.Random, total: int, answered: int) -> list[str]:
    """`answered` sessions that count; the others were never answered, or only after the close."""
    missed = [rng.choice(("never", "never", "after close")) for _ in range(total - answered)]
    fates = ["answered"] * answered + missed
    rng.shuffle(fates)
    return fates


def _session(rng: random.Random, shop: SampleShop, monday: date, number: int, fate: str) -> tuple[str, ...]:
    second = rng.randrange(7 * 86_400 - 3600)
    opened = datetime.combine(monday, datetime.min.time(), ZONE) + timedelta(seconds=second)
    wait = timedelta(seconds=min(3000, int(rng.expovariate(1 / 90))))
    closed = opened + timedelta(minutes=rng.randrange(55, 120))
    replied = {"answered": opened + wait, "agent opened": opened, "after close": closed + timedelta(minutes=7)}.get(
        fate
    )
    return (
        shop.platform,
        shop.shop,
        f"{shop.shop}-{number:05d}",
        f"buyer{rng.randrange(2000):04d}",
        rng.choice(shop.agents),
        "agent" if fate == "agent opened" else "buyer",
        opened.isoformat(),
        replied.isoformat() if replied else "",
        closed.isoformat(),
    )


def _write(path: Path, header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
