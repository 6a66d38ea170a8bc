"""Tallies: what a rule's counters count on one day, per shop and per agent, kept in a cache that may be deleted.

A tally is additive: a cycle's figure is the sum of its days. Its key covers everything that it was reckoned from, so a
kept tally is never stale, and a corrected day has another key. A file of the cache is named by that key and by the
digest of its own bytes: one that was cut short or changed since is not believed, but counted anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.errors import KaoheError
from engine.evidence.duck import reason, text
from engine.evidence.lake import Lake
from engine.ledger.day_files import Live
from engine.measure.counting import count_days
from engine.measure.needs import Need, TallySet, input_key, utc_naive
from engine.progress import Progress

DAYS_AT_ONCE = 92  # bounds the memory of one query; a quarter of a large merchant fits


class CacheLostError(Exception):
    """The cache cannot be written, or what was just seen in it is gone."""


@dataclass(frozen=True, slots=True)
class TallyCache:
    """Where tallies are kept: one small Parquet file per tally set, platform, day, cut-off and input."""

    root: Path

    def shelf(self, tallies: TallySet, platform: str) -> Path:
        """The directory of the tallies of one definition and platform."""
        return self.root / tallies.digest / platform

    def label(self, tallies: TallySet, need: Need, live: Live) -> str | None:
        """How the file of a tally begins: its day and its key. None where there is no evidence to count."""
        key = input_key(tallies, need, live)
        return f"{need.day.isoformat()}.{key}" if key else None


def ensure_tallies(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    cache: TallyCache,
    tallies: TallySet,
    needs: Sequence[Need],
    live: Live,
    progress: Progress,
) -> list[Path]:
    """Reckon the tallies that the cache lacks; return the files of all of them.

    Raises CacheLostError where the cache cannot be used, UncountableError where the evidence cannot be read.
    """
    labels = {need: cache.label(tallies, need, live) for need in dict.fromkeys(needs)}
    wanted = {need: label for need, label in labels.items() if label}
    if not wanted:
        return []
    shelf = cache.shelf(tallies, needs[0].platform)
    kept = _sound(shelf, set(wanted.values()))
    missing = [need for need, label in wanted.items() if label not in kept]
    if missing:
        kept |= _count(con, lake, cache, tallies, {need: wanted[need] for need in missing}, live, progress)
    return [kept[label] for label in wanted.values()]


def _sound(shelf: Path, wanted: set[str]) -> dict[str, Path]:
    """By label: the kept files whose bytes are still what their names say. The others are removed."""
    found: dict[str, Path] = {}
    try:
        paths = sorted(shelf.iterdir())
    except OSError:
        return found  # nothing was kept yet, or nothing is left
    for path in paths:
        label, _, digest = path.stem.rpartition(".")
        if label not in wanted:
            continue
        try:
            if _digest(path) == digest:
                found[label] = path
            else:
                path.unlink()
        except OSError:
            continue  # it is gone, or cannot be read: as good as not kept
    return found


def _count(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    cache: TallyCache,
    tallies: TallySet,
    missing: Mapping[Need, str],
    live: Live,
    progress: Progress,
) -> dict[str, Path]:
    """Count these needs and keep their tallies; by label, where each is kept."""
    kept: dict[str, Path] = {}
    needs = list(missing)
    with _drafts(cache) as drafts:
        for start in range(0, len(needs), DAYS_AT_ONCE):
            progress("counting days", start, len(needs))
            chunk = needs[start : start + DAYS_AT_ONCE]
            count_days(con, lake, tallies, chunk, live)
            shelf = cache.shelf(tallies, chunk[0].platform)
            for need in chunk:
                kept[missing[need]] = _keep(con, need, drafts / "tally.parquet", shelf, missing[need])
    progress("counting days", len(needs), len(needs))
    return kept


@contextmanager
def _drafts(cache: TallyCache) -> Iterator[Path]:
    """A directory for half-written files; what a killed process left in its own is swept away, as in the lake."""
    with ExitStack() as held:
        try:
            drafts = held.enter_context(Lake(cache.root).drafts())
        except (KaoheError, OSError) as error:
            raise CacheLostError(str(error)) from error
        yield drafts


def _keep(con: duckdb.DuckDBPyConnection, need: Need, draft: Path, shelf: Path, label: str) -> Path:
    cut_off = f"TIMESTAMP '{utc_naive(need.cut_off)}'" if need.cut_off else "NULL"
    try:
        con.execute(
            f"COPY (SELECT * FROM tallied WHERE _day = DATE '{need.day}' "
            f"AND _cut_off IS NOT DISTINCT FROM {cut_off} ORDER BY _shop, _grain DESC, _agent) "
            f"TO {text(str(draft))} (FORMAT parquet, COMPRESSION snappy)"  # small, and read soon: zstd would not pay
        )
        path = shelf / f"{label}.{_digest(draft)}.parquet"
        shelf.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
    except duckdb.Error as error:
        raise CacheLostError(reason(error)) from error
    except OSError as error:
        raise CacheLostError(str(error)) from error
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
