"""For the measure's tests: a lake that takes sessions as they are written down, and figures as plain numbers."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from engine.evidence.duck import connect
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS, SESSIONS
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger, reading
from engine.ledger.day_files import live
from engine.measure.figures import Workshop, measure
from engine.measure.tallies import TallyCache
from engine.progress import silent
from engine.rulebook.book import load_or_refuse

NOW = datetime(2026, 4, 1, tzinfo=UTC)
COLUMNS = ("platform", *(name for name in SESSIONS.names if name not in {"platform", "buyer"}))


def session(name, opened_at, first_human_reply_at=None, closed_at=None, *, shop="s1", agent=None, opened_by="buyer"):
    """A conversation as a row of evidence; times without an offset are those of Shanghai."""
    return {
        "platform": "xiaohongshu",
        "shop": shop,
        "session": name,
        "agent": agent,
        "opened_by": opened_by,
        "opened_at": opened_at,
        "first_human_reply_at": first_human_reply_at,
        "closed_at": closed_at,
    }


class Bench:
    """A ledger, a lake and a cache. `take` imports rows; `figures` counts what they come to."""

    def __init__(self, ledger, home):
        self.ledger, self.home = ledger, home
        self.lake, self.cache = Lake(home / "lake"), TallyCache(home / "cache")
        self._numbers = count(1)

    def take(self, *rows, replace_days=False):
        file = self.home / f"{next(self._numbers)}.csv"
        with file.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        request = ImportRequest(SESSIONS, (file,), "tester", replace=replace_days)
        summary = import_evidence(self.ledger, self.lake, bytes(32), request, NOW, silent)
        assert summary.refused == 0, summary.faults

    def take_lines(self, kind, lines):
        """Rows of any kind of evidence, each as a line of JSON, as one file."""
        file = self.home / f"{next(self._numbers)}.ndjson"
        file.write_text("\n".join(lines) + "\n")
        summary = import_evidence(
            self.ledger, self.lake, bytes(32), ImportRequest(KINDS[kind], (file,), "tester"), NOW, silent
        )
        assert summary.refused == 0, summary.faults

    @property
    def live(self):
        with reading(self.ledger) as ledger:
            return {(f.kind, f.platform, f.day): f.generation for kind in KINDS for f in live(ledger, kind)}

    @property
    def shop(self):
        return Workshop(self.lake, self.cache, self.live)

    def rows(self, rule, cycles, version=None, grain="shop", progress=silent):
        """(cycle, shop, agent) → its counters, in the order of the version."""
        version = version or rule.versions[0]
        with connect() as con:
            measure(con, self.shop, rule, version, cycles, progress)
            counters = "".join(f', "{c.name}"' for c in version.counters)
            found = con.execute(f"SELECT _cycle, _shop, _agent{counters} FROM figures WHERE _grain = ?", [grain])
            return {tuple(row[:3]): tuple(row[3:]) for row in found.fetchall()}

    def figures(self, rule, cycle, version=None, progress=silent):
        """Shop → its counters in this cycle."""
        found = self.rows(rule, [cycle], version, progress=progress)
        return {shop: counters for (_, shop, _), counters in found.items()}

    def tallies(self):
        """The files that the cache keeps, in the order of their names."""
        return sorted(self.cache.root.glob("*/*/*.parquet"))


@pytest.fixture(autouse=True)
def quick(one_duck_for_all):
    """Every test of this room shares the one DuckDB."""


@pytest.fixture
def row():
    return session


@pytest.fixture
def bench(sqlite_ledger, tmp_path):
    return Bench(sqlite_ledger, tmp_path)


@pytest.fixture
def make_bench(tmp_path):
    """Makes empty benches, one after the other."""
    numbers, made = count(1), []

    def make():
        home = tmp_path / f"bench{next(numbers)}"
        home.mkdir()
        made.append(open_ledger(f"sqlite:///{home}/ledger.sqlite"))
        return Bench(made[-1], home)

    yield make
    for ledger in made:
        ledger.dispose()


@pytest.fixture(scope="session")
def x1(pytestconfig):
    """The rule that ships: (sessions, replied) of each shop and week."""
    directory = Path(pytestconfig.rootpath) / "rulesets" / "xiaohongshu"
    return load_or_refuse([directory]).rule("xiaohongshu.reply-rate")


@pytest.fixture
def like_x1(x1):
    """Makes versions like the one that ships, but for what is given."""
    return lambda **changes: replace(x1.versions[0], **changes)
