"""Tallies: what a rule's counters count on one day, per shop and per agent, kept in a cache that may be deleted.

A tally is additive: a cycle's figure is the sum of its days. Its key covers everything that it was reckoned from, so a
kept tally is never stale, and a corrected day has another key. A file of the cache is named by its key.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from engine.evidence.duck import name, parquet, text
from engine.evidence.lake import Lake
from engine.measure.relations import DERIVATIONS
from engine.progress import Progress
from engine.rulebook.model import Counter

# (kind, platform, day) → generation: which day files count, taken from the ledger once and used throughout.
Live = Mapping[tuple[str, str, date], str]

DAYS_AT_ONCE = 92  # bounds the memory of one query; a quarter of a large merchant fits


@dataclass(frozen=True, slots=True)
class TallySet:
    """The counters of one rule version that select from one relation; they are counted in one pass."""

    relation: str
    counters: tuple[Counter, ...]

    @property
    def digest(self) -> str:
        """Names the definition: equal definitions share their tallies, whatever rule they stand in."""
        definition = [
            self.relation,
            DERIVATIONS[self.relation].edition,
            [[c.name, c.where, str(c.hours) if c.hours else None, c.total_of] for c in self.counters],
        ]
        return hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Need:
    """One day of one platform, counted as of a cut-off (None: what happened later cannot matter).

    All needs of one call are of one platform.
    """

    platform: str
    day: date
    cut_off: datetime | None


def tally_sets(counters: Sequence[Counter]) -> tuple[TallySet, ...]:
    """Group counters by their relation, in order."""
    relations = dict.fromkeys(c.relation for c in counters)
    return tuple(TallySet(r, tuple(c for c in counters if c.relation == r)) for r in relations)


def files_read(relation: str, platform: str, day: date, live: Live) -> list[tuple[str, str, date, str]]:
    """(kind, platform, day, generation) of the live day files that a day's tally of this relation reads."""
    derivation = DERIVATIONS[relation]
    days = (day + timedelta(days=n) for n in range(derivation.days_after + 1))
    keys = ((derivation.kind, platform, d) for d in days)
    return [(*key, live[key]) for key in keys if key in live]


@dataclass(frozen=True, slots=True)
class TallyCache:
    """Where tallies are kept: one small Parquet file per tally set, platform, day, cut-off and input."""

    root: Path

    def path(self, tallies: TallySet, need: Need, live: Live) -> Path | None:
        """The file of this tally, whether it is there or not; None where no day file is to be read at all."""
        read = files_read(tallies.relation, need.platform, need.day, live)
        if not read:
            return None
        cut_off = need.cut_off.isoformat() if need.cut_off else ""
        key = json.dumps([cut_off, [[k, p, d.isoformat(), g] for k, p, d, g in read]])
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        return self.root / tallies.digest / need.platform / f"{need.day.isoformat()}.{digest}.parquet"


def ensure_tallies(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    cache: TallyCache,
    tallies: TallySet,
    needs: Sequence[Need],
    live: Live,
    progress: Progress,
) -> list[Path]:
    """Reckon the tallies that the cache lacks; return the files of all of them."""
    wanted = {need: cache.path(tallies, need, live) for need in dict.fromkeys(needs)}
    paths = {need: path for need, path in wanted.items() if path is not None}
    missing = [need for need, path in paths.items() if not path.exists()]
    for start in range(0, len(missing), DAYS_AT_ONCE):
        progress("counting days", start, len(missing))
        chunk = missing[start : start + DAYS_AT_ONCE]
        _tally(con, lake, tallies, chunk, live)
        for need in chunk:
            _keep(con, need, paths[need])
    if missing:
        progress("counting days", len(missing), len(missing))
    return list(paths.values())


def _tally(con: duckdb.DuckDBPyConnection, lake: Lake, tallies: TallySet, needs: Sequence[Need], live: Live) -> None:
    """Count `needs` into the table `tallied`, in one pass over their day files."""
    wanted_days(con, needs)
    read = {file for n in needs for file in files_read(tallies.relation, n.platform, n.day, live)}
    source = DERIVATIONS[tallies.relation].sql.format(files=parquet(sorted(lake.path(*file) for file in read)))
    counts = ", ".join(f"{_count(c)} AS {name(c.name)}" for c in tallies.counters)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE tallied AS SELECT day, cut_off, shop, agent, "
        f"CASE WHEN grouping(agent) = 0 THEN 'agent' ELSE 'shop' END AS grain, count(*) AS evidence, {counts} "
        f"FROM ({source}) GROUP BY GROUPING SETS ((day, cut_off, shop), (day, cut_off, shop, agent)) "
        f"HAVING grouping(agent) = 1 OR agent IS NOT NULL"
    )


def wanted_days(con: duckdb.DuckDBPyConnection, needs: Sequence[Need]) -> None:
    """Fill the table `wanted` (day, cut_off) that every derivation joins."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest(?::DATE[]) AS day, unnest(?::TIMESTAMP[]) AS cut_off",
        [[n.day for n in needs], [utc_naive(n.cut_off) for n in needs]],
    )


def _count(counter: Counter) -> str:
    """SQL of one counter. A sum is null as soon as one of its numbers is: silence never counts as zero."""
    conditions = [f"({counter.where})"] if counter.where else []
    if counter.hours:
        conditions.append(f"second >= {counter.hours.start} AND second < {counter.hours.end}")
    where = " AND ".join(conditions) or "true"
    if counter.total_of is None:
        return f"count(*) FILTER (WHERE {where})"
    column = name(counter.total_of)
    return (
        f"CASE WHEN count(*) FILTER (WHERE {where} AND {column} IS NULL) = 0 "
        f"THEN coalesce(sum({column}) FILTER (WHERE {where}), 0)::BIGINT END"
    )


def _keep(con: duckdb.DuckDBPyConnection, need: Need, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".draft-", suffix=".parquet", dir=path.parent)
    os.close(handle)
    cut_off = f"TIMESTAMP '{utc_naive(need.cut_off)}'" if need.cut_off else "NULL"
    con.execute(
        f"COPY (SELECT * FROM tallied WHERE day = DATE '{need.day}' "
        f"AND cut_off IS NOT DISTINCT FROM {cut_off} ORDER BY shop, grain DESC, agent) "
        f"TO {text(draft)} (FORMAT parquet, COMPRESSION zstd)"
    )
    Path(draft).replace(path)


def utc_naive(instant: datetime | None) -> datetime | None:
    """The instant as the lake writes it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None
