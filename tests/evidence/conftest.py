"""An installation small enough for a test: a ledger, a lake, and a folder to write files of evidence in."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.evidence.duck import connect, parquet
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.evidence.lake import Lake
from engine.ledger import day_files, journal
from engine.ledger.database import open_ledger, reading
from engine.progress import silent

NOW = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
SECRET = bytes(range(32))
SHOP = {"platform": "xiaohongshu", "shop": "s1"}
DEFAULTS = {
    "sessions": SHOP | {"session": "a", "opened_at": "2026-03-02T10:00:00+08:00"},
    "messages": SHOP | {"buyer": "b", "sender": "buyer", "sent_at": "2026-03-02T10:00:00+08:00"},
    "ratings": SHOP | {"rated_at": "2026-03-02T10:00:00+08:00"},
    "counts": SHOP | {"period_start": "2026-03-02", "period_end": "2026-03-08", "counter": "jd.x/good", "value": "1"},
    "penalties": SHOP | {"reference": "p", "noticed_at": "2026-03-02T10:00:00+08:00", "status": "open"},
    "shifts": SHOP
    | {
        "agent": "a1",
        "starts_at": "2026-03-02T10:00:00+08:00",
        "ends_at": "2026-03-10T18:00:00+08:00",
        "state": "on_duty",
    },
}


class House:
    """Files are written with the rows that matter to a test: what a row does not say, DEFAULTS say for it."""

    kind = SESSIONS

    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.ledger = open_ledger(url)
        self.lake = Lake(folder / "home" / "lake")

    def of(self, kind):
        """The same installation, for evidence of this kind."""
        other = copy(self)
        other.kind = kind
        return other

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def csv(self, name, *rows, columns=None, bom=False, **style):
        rows = [DEFAULTS[self.kind.name] | row for row in rows]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(
            text, columns or columns_of(rows, self.kind), extrasaction="ignore", **{"lineterminator": "\n"} | style
        )
        writer.writeheader()
        writer.writerows(rows)
        return self.file(name, ("\ufeff" if bom else "") + text.getvalue())

    def ndjson(self, name, *rows, columns=None):
        rows = [DEFAULTS[self.kind.name] | row for row in rows]
        kept = [{k: v for k, v in row.items() if k in (columns or row)} for row in rows]
        return self.file(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))

    def parquet(self, name, *rows, columns=None, types=None):
        rows = [DEFAULTS[self.kind.name] | row for row in rows]
        fields = [(column, (types or {}).get(column, pa.string())) for column in columns or columns_of(rows, self.kind)]
        path = self.folder / name
        pq.write_table(pa.Table.from_pylist(rows, pa.schema(fields)), path)
        return path

    def take(self, *files, progress=silent, now=NOW, **options):
        request = ImportRequest(self.kind, tuple(files), "tester", **options)
        return import_evidence(self.ledger, self.lake, SECRET, request, now, progress)

    def faults(self, *files, **options):
        """Takes the files; the faults as they are told, each under its file's name alone."""
        return [str(f).removeprefix(f"{self.folder}/") for f in self.take(*files, **options).faults]

    def live(self):
        """(platform, day) → generation."""
        with reading(self.ledger) as session:
            return {(f.platform, f.day.isoformat()): f.generation for f in day_files.live(session, self.kind.name)}

    def live_files(self):
        with reading(self.ledger) as session:
            return [
                self.lake.path(f.kind, f.platform, f.day, f.generation) for f in day_files.live(session, self.kind.name)
            ]

    def rows(self, *columns):
        """The rows that count, as tuples of these columns (or as dicts of all), in the order of their keys."""
        files = self.live_files()
        if not files:
            return []
        con = connect()
        cells = ", ".join(columns) or "*"
        order = ", ".join(f'"{column}"' for column in ("platform", *self.kind.order))
        found = con.execute(f"SELECT {cells} FROM {parquet(files)} ORDER BY {order}")
        names = [column[0] for column in found.description]
        rows = found.fetchall()
        con.close()
        return rows if columns else [dict(zip(names, row, strict=True)) for row in rows]

    def sound(self):
        """Whether every file that counts is whole: there, of the content that names it, and with its rows counted."""
        with reading(self.ledger) as session:
            files = day_files.live(session, self.kind.name)
        return all(
            hashlib.sha256(self.lake.path(f.kind, f.platform, f.day, f.generation).read_bytes()).hexdigest()
            == f.generation
            and pq.read_metadata(self.lake.path(f.kind, f.platform, f.day, f.generation)).num_rows == f.rows
            for f in files
        )

    def lake_files(self):
        return {str(p.relative_to(self.lake.root)): p.stat().st_mtime_ns for p in self.lake.root.rglob("*.parquet")}

    def drafts(self):
        return sorted(p.name for p in self.lake.root.glob(".*") if p.name != ".drafts.lock")

    def head(self):
        with reading(self.ledger) as session:
            return journal.head(session)

    def journal(self):
        with reading(self.ledger) as session:
            return journal.entries(session)

    def state(self):
        """Whatever an import could change."""
        return self.head(), self.live(), self.lake_files(), self.drafts()

    def close(self):
        self.ledger.dispose()


def columns_of(rows, kind):
    found = {column for row in rows for column in row}
    return [c for c in kind.names if c in found] + sorted(found - set(kind.names))


@pytest.fixture(autouse=True)
def quick(one_duck_for_all):
    """Every test of this room shares the one DuckDB."""


@pytest.fixture(scope="session")
def new_house(tmp_path_factory, sqlite_template):
    """Makes any number of installations on SQLite."""
    houses = []

    def make():
        folder = tmp_path_factory.mktemp("house")
        (folder / "ledger.sqlite").write_bytes(sqlite_template.read_bytes())
        houses.append(House(folder, f"sqlite:///{folder}/ledger.sqlite"))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def house(new_house):
    """One installation on SQLite."""
    return new_house()


@pytest.fixture
def empty_house(new_house):
    """The same installation, emptied."""
    house = new_house()
    shutil.copy(house.folder / "ledger.sqlite", house.folder / "ledger.empty")

    def emptied():
        house.close()
        for leftover in house.folder.glob("ledger.sqlite*"):
            leftover.unlink()
        shutil.copy(house.folder / "ledger.empty", house.folder / "ledger.sqlite")
        shutil.rmtree(house.lake.root, ignore_errors=True)
        return house

    return emptied


@pytest.fixture
def any_house(tmp_path, ledger_url):
    """One installation, on each of the two databases."""
    house = House(tmp_path, ledger_url)
    yield house
    house.close()


class Crew:
    """Real processes that import: they start at once, and may be killed."""

    def __init__(self, script):
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, *jobs):
        """Does all `jobs` at once, each in a process of its own; see child_imports.py for what a job may say."""
        self._process.stdin.write(
            json.dumps([{"secret": SECRET.hex(), "now": NOW.isoformat()} | j for j in jobs]) + "\n"
        )
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def crew():
    """Does imports in processes of their own."""
    crew = Crew(str(Path(__file__).parent / "child_imports.py"))
    yield crew
    crew.close()
