"""Which days an import covers, for which shops: what it brought of them is all there was.

By itself a file covers the days from its first to its last, for each shop that occurs in it; what has not come yet is
never covered. `--covers` says which days instead, also of shops of which nothing happened.

A day of which a row was refused is not covered, whatever is said: the row might have tipped a verdict. Where the
row does not say its day or its shop, it may be any day or any shop of its file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

import duckdb
from sqlmodel import Session, col, select

from engine.calendar.spans import FOR_EVER, Span, Spans, joined, without
from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.evidence.columns import Kind
from engine.evidence.kinds import last_day
from engine.ledger import coverage
from engine.ledger.presence import present
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject
from engine.rulebook.platforms import platform as known_platform

Shop = tuple[str, str]  # platform, id
Refused = Mapping[Shop | None, Spans]
Of = TypeVar("Of")


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
    """What an import covers: the days of each shop that it names, and the platforms of which it covers every shop.

    But for `refused`, the days of rows that were refused; under None those of rows that may be of any shop.
    """

    shops: Mapping[Shop, Spans]
    everyone: Mapping[str, Span]
    refused: Refused


@dataclass(frozen=True, slots=True)
class Found:
    """What the files hold: the days that each shop in them has there, and the days of the rows that were refused.

    `span`: from the first day of a file to the last, where any row has one.
    """

    days: Mapping[Shop, Spans]
    refused: Refused
    span: Span | None = None


def found_days(con: duckdb.DuckDBPyConnection, kind: Kind) -> Found:
    """The first to the last day of each file of the table `staged`, for each shop that occurs in it.

    The days of rows that the same file has in the table `refused` are left out; rows that another of the same command
    repeats or replaces count.
    """
    columns = f"file, platform, shop, day, {last_day(kind)} AS last"
    again = f"UNION ALL SELECT {columns} FROM rivals" if kind.key else ""
    rows = con.execute(
        "SELECT file, platform, shop, min(min(day)) OVER (PARTITION BY file), max(max(last)) OVER (PARTITION BY file) "
        f"FROM (SELECT {columns} FROM staged {again}) GROUP BY file, platform, shop ORDER BY ALL"
    ).fetchall()
    refused = _refused(con)
    found: dict[Shop, list[Span]] = defaultdict(list)
    for file, platform, shop, first, end in rows:
        found[platform, shop] += _less([(first, end)], refused.get(file, {}), (platform, shop))
    every: dict[Shop | None, list[Span]] = defaultdict(list)
    for of_file in refused.values():
        for one, spans in of_file.items():
            every[one] += spans
    span = (min(row[3] for row in rows), max(row[4] for row in rows)) if rows else None
    return Found(_joined(found), _joined(every), span)


def _refused(con: duckdb.DuckDBPyConnection) -> dict[int, Refused]:
    """File → the days of its rows that were refused: all days where a row does not say which."""
    rows = con.execute("SELECT DISTINCT file, platform, shop, day, last FROM refused").fetchall()
    found: dict[int, dict[Shop | None, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for file, platform, shop, first, last in rows:
        known = first is not None and last is not None
        found[file][(platform, shop) if shop else None].append((first, last) if known else (date.min, FOR_EVER))
    return {file: _joined(spans) for file, spans in found.items()}


def _joined(found: Mapping[Of, Iterable[Span]]) -> dict[Of, Spans]:
    return {one: joined(spans) for one, spans in found.items()}


def _less(spans: Iterable[Span], refused: Refused, shop: Shop) -> Spans:
    """The days that no refused row may be about."""
    return without(spans, joined([*refused.get(None, ()), *refused.get(shop, ())]))


def covered(found: Found, covers: Covers | None, platform: str | None, shop: str | None, now: datetime) -> Covered:
    """What an import covers of which this was `found` in the files; `platform` and `shop` are the options.

    Raises KaoheError for days to come, and where nothing says which platform is meant.
    """
    if covers is None:
        zones = {one: known_platform(one[0]).zone for one in found.days}
        until_now = {one: _until(spans, local_day(now, zones[one])) for one, spans in found.days.items()}
        return Covered({one: spans for one, spans in until_now.items() if spans}, {}, {})
    span = covers.first, covers.last
    shops = dict.fromkeys(found.days, (span,))
    if not shops and shop is None and not covers.all_shops:
        raise KaoheError(
            f"--covers {covers}: of whom? There is no shop in the files; say --shop … or --all-shops; "
            "nothing was imported",
            zh=f"--covers {covers}：是谁的？文件里没有店铺；请写 --shop … 或 --all-shops；什么都没有导入",
        )
    platforms = {platform} if platform else {name for name, _ in found.days}
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
    return Covered(shops, dict.fromkeys(platforms, span) if covers.all_shops else {}, found.refused)


def _until(spans: Spans, today: date) -> Spans:
    return joined((first, min(last, today)) for first, last in spans)


def keys_of(session: Session, wanted: Covered) -> dict[str, Spans]:
    """Every shop that is covered, by its key: those that are named, and the registered ones of whole platforms."""
    found = {shop_key(*shop): spans for shop, spans in wanted.shops.items()}
    for platform, span in wanted.everyone.items():
        registered = select(Subject.key).where(
            Subject.kind == "shop", Subject.platform == platform, col(Subject.registered_at).is_not(None)
        )
        found |= {key: joined([*found.get(key, ()), span]) for key in session.exec(registered)}
    less = {shop_key(*shop) if shop else None: spans for shop, spans in wanted.refused.items()}
    return {key: without(spans, joined([*less.get(None, ()), *less.get(key, ())])) for key, spans in found.items()}


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
