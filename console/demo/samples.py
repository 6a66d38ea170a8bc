"""The demo's files: registers, and for each month the evidence as an officer would export it; the same bytes always."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.demo import rated, served, talk
from console.demo.planted import COUNTED
from console.demo.quarter import MONTHS, days_of
from console.demo.shops import CONTACTS, SHOPS
from engine.evidence.columns import Kind
from engine.evidence.kinds import COUNTS, MESSAGES, RATINGS, SESSIONS

COUNT_COLUMNS = ("platform", "shop", "period_start", "period_end", "counter", "value", "value_low", "value_high")
REPLIES = "kuaishou.reply-rate-3min"

Evidence = Sequence[tuple[Kind, tuple[Path, ...]]]  # files by kind, in the order in which they come in


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the samples are: the registers, and by month the files of each kind of evidence."""

    shops: Path
    people: Path
    evidence: dict[str, Evidence]

    def files(self) -> list[Path]:
        """All of them."""
        kinds = [files for month in self.evidence.values() for _, files in month]
        return [self.shops, self.people, *(file for files in kinds for file in files)]


def write_samples(directory: Path) -> Samples:
    """Write all samples into `directory`; the same bytes every time."""
    directory.mkdir(parents=True, exist_ok=True)
    shops = _write(
        directory / "shops.csv",
        ("platform", "shop", "name", "alias", "client", "opened_on", "owner", "contact"),
        (
            (s.platform, s.shop, s.name, s.alias, s.client, str(s.opened_on or ""), s.owner, CONTACTS[s.owner])
            for s in SHOPS
        ),
    )
    people = _write(
        directory / "people.csv",
        ("person", "platform", "shop", "agent", "team"),
        ((agent, s.platform, s.shop, agent, s.client + "客服组") for s in SHOPS for agent in s.agents),
    )
    return Samples(shops, people, {month: _evidence(directory, month) for month in MONTHS})


def _evidence(directory: Path, month: str) -> Evidence:
    def file(name: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Path:
        return _write(directory / f"{name}-{month}.csv", header, rows)

    return [
        (SESSIONS, (file("sessions-xiaohongshu", served.COLUMNS, served.sessions(month)),)),
        (
            MESSAGES,
            tuple(
                file(f"messages-{platform}", talk.COLUMNS, talk.messages(platform, month))
                for platform in ("kuaishou", "pinduoduo")
            ),
        ),
        (RATINGS, (file("ratings-kuaishou", rated.COLUMNS, rated.ratings(month)),)),
        (COUNTS, (file("counts-kuaishou", COUNT_COLUMNS, _counts(month)),)),
    ]


def _counts(month: str) -> Iterable[tuple[str, ...]]:
    days = days_of(month)
    for (shop, counted), (people, value, low, high) in COUNTED.items():
        if counted == month:
            place = ("kuaishou", shop, str(days[0]), str(days[-1]))
            yield (*place, f"{REPLIES}/people", str(people), "", "")
            yield (*place, f"{REPLIES}/in_time", str(value), str(low), str(high))


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path
