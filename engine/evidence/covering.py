"""Which days an import covers, for which shops: what it brought of them is all there was.

By itself a file covers the days from its first to its last, for each shop that occurs in it; what has not come yet is
never covered. `--covers` says which days instead, also of shops of which nothing happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
from sqlmodel import Session, col, select

from engine.calendar.spans import Span, Spans, joined
from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.evidence.columns import Kind
from engine.evidence.kinds import COUNTS
from engine.ledger import coverage
from engine.ledger.presence import present
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject
from engine.rulebook.platforms import platform as known_platform

Shop = tuple[str, str]  # platform, id


@dataclass(frozen=True, slots=True)
class Covers:
    """What `--covers` says: these days, of the shops in the files, of the one of `--shop`, or of `all_shops`."""

    first: date
    last: date
    all_shops: bool = False

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise KaoheError(
                f"--covers {self.first}..{self.last}: the earlier day comes first; nothing was imported",
                zh=f"--covers {self.first}..{self.last}：请把较早的日期写在前面；什么都没有导入",
            )

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


@dataclass(frozen=True, slots=True)
class Covered:
    """What an import covers: the days of each shop that it names, and the platforms of which it covers every shop."""

    shops: Mapping[Shop, Spans]
    everyone: Mapping[str, Span]


def found_days(con: duckdb.DuckDBPyConnection, kind: Kind) -> Mapping[Shop, Spans]:
    """The first to the last day of the files of the table `staged`, for each shop that occurs in them.

    Refused rows count for nothing; rows that another of the same command repeats or replaces do.
    """
    last = "greatest(day, period_end)" if kind is COUNTS else "day"
    columns = f"file, platform, shop, day, {last} AS last"
    again = f"UNION ALL SELECT {columns} FROM rivals" if kind.key else ""
    rows = con.execute(
        "SELECT platform, shop, min(min(day)) OVER (PARTITION BY file), max(max(last)) OVER (PARTITION BY file) "
        f"FROM (SELECT {columns} FROM staged {again}) GROUP BY file, platform, shop ORDER BY ALL"
    ).fetchall()
    found: dict[Shop, list[Span]] = defaultdict(list)
    for platform, shop, first, end in rows:
        found[platform, shop].append((first, end))
    return {shop: joined(spans) for shop, spans in found.items()}


def covered(
    found: Mapping[Shop, Spans], covers: Covers | None, platform: str | None, shop: str | None, now: datetime
) -> Covered:
    """What an import covers of which these days were `found` in the files; `platform` and `shop` are the options.

    Raises KaoheError for days to come, and where nothing says which platform is meant.
    """
    if covers is None:
        until_now = {one: _until(spans, local_day(now, known_platform(one[0]).zone)) for one, spans in found.items()}
        return Covered({one: spans for one, spans in until_now.items() if spans}, {})
    span = covers.first, covers.last
    shops = dict.fromkeys(found, (span,))
    if not shops and shop is None and not covers.all_shops:
        raise KaoheError(
            f"--covers {covers}: of whom? There is no shop in the files; say --shop … or --all-shops; "
            "nothing was imported",
            zh=f"--covers {covers}：是谁的？文件里没有店铺；请写 --shop … 或 --all-shops；什么都没有导入",
        )
    platforms = {platform} if platform else {name for name, _ in found}
    if (shop is not None or covers.all_shops) and len(platforms) != 1:
        raise KaoheError(
            f"--covers {covers}: of which platform? Say --platform …; nothing was imported",
            zh=f"--covers {covers}：是哪个平台？请写 --platform …；什么都没有导入",
        )
    for name in platforms:
        today = local_day(now, known_platform(name).zone)
        if covers.last > today:
            raise KaoheError(
                f"--covers {covers}: {covers.last} has not come yet (today is {today}), and nobody knows all of it; "
                "nothing was imported",
                zh=f"--covers {covers}：{covers.last} 还没有到（今天是 {today}），数据不可能已经齐全；什么都没有导入",
            )
        if shop is not None:
            shops[name, shop] = (span,)
    return Covered(shops, dict.fromkeys(platforms, span) if covers.all_shops else {})


def _until(spans: Spans, today: date) -> Spans:
    return joined((first, min(last, today)) for first, last in spans)


def keys_of(session: Session, wanted: Covered) -> dict[str, Spans]:
    """Every shop that is covered, by its key: those that are named, and the registered ones of whole platforms."""
    found = {shop_key(platform, shop): spans for (platform, shop), spans in wanted.shops.items()}
    for platform, span in wanted.everyone.items():
        registered = select(Subject.key).where(
            Subject.kind == "shop", Subject.platform == platform, col(Subject.registered_at).is_not(None)
        )
        found |= {key: joined([*found.get(key, ()), span]) for key in session.exec(registered)}
    return found


def note_covered(session: Session, kind: Kind, keys: Mapping[str, Spans], now: datetime) -> dict[str, Spans]:
    """Put on record that these shops are covered; those that were not, by key. The shops are locked already.

    Raises KaoheError for a shop that is not on record: nobody waits for it, and its name may be a slip of the pen.
    """
    on_record = present(session, keys)
    unknown = sorted(keys.keys() - on_record.keys())
    if unknown:
        name = unknown[0].removeprefix("shop:")
        raise KaoheError(
            f"--shop: {name} is neither in the files nor on record; register it with `kaohe shops add`; "
            "nothing was imported",
            zh=f"--shop：{name} 不在文件里，也没有登记；请先用 `kaohe shops add` 登记；什么都没有导入",
        )
    names = {subject.id: key for key, subject in on_record.items()}
    new = coverage.cover(session, kind.name, {on_record[key].id: spans for key, spans in keys.items()}, now)
    return {names[id_]: spans for id_, spans in new.items()}
