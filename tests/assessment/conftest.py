"""For the assessment's tests: an office that takes evidence, assesses, and can be looked into afterwards."""

import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import text
from sqlmodel import col, select

import engine.assessment.assess as assess_module
from engine.assessment.archive import current_outcomes
from engine.assessment.assess import assess_due
from engine.assessment.deciding import decide, ours_to_change
from engine.assessment.explain import explain
from engine.assessment.forecast import forecast_due
from engine.assessment.place import Place
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.evidence.lake import Lake
from engine.judge.reasoner import Reasoner
from engine.ledger.actors import Actor
from engine.ledger.chain import verify
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries, head
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import Assessment, Run, Sanction, Violation
from engine.progress import silent
from engine.rulebook.book import RuleBook, load_or_refuse

COLUMNS = ("platform", *(name for name in SESSIONS.names if name not in {"platform", "buyer"}))
FIGURE = [f"{number}{end}" for number in ("numerator", "denominator") for end in ("", "_low", "_high")]
DAYS = ["cycle_start", "cycle_end", "assessed_on"]
PERSON = Actor.unbounded("a person")
IMPORTED = datetime(2026, 1, 1, tzinfo=UTC)


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


def of_one_day(shop, day, replied, opened):
    """`opened` conversations of a shop on one day, the first `replied` of which were answered."""
    return [
        session(
            f"{day}-{n}", f"{day}T12:00:00", f"{day}T12:0{n % 10}:00" if n < replied else None, shop=shop, agent="a1"
        )
        for n in range(opened)
    ]


class Office:
    """An installation: evidence comes in, people say things, assessments are made, and all of it can be read."""

    def __init__(self, ledger, home, rules, lake=None):
        self.ledger, self.home, self.rules = ledger, home, list(rules)
        self.lake = lake or Lake(home / "lake")
        self.place = Place(ledger, self.lake, home / "cache", "office", "officer")
        self._numbers = count(1)
        home.mkdir(exist_ok=True)

    def skip_files(self, number):
        """So many files are there already."""
        self._numbers = count(number + 1)

    @property
    def book(self):
        return RuleBook(self.rules)

    def file(self, rows):
        path = self.home / f"{next(self._numbers)}.csv"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def take(self, *rows, replace_days=False, now=IMPORTED):
        """Import these rows, or these lists of rows, each as a file."""
        lists = [rows] if rows and isinstance(rows[0], dict) else rows
        files = tuple(self.file(rows_of_one) for rows_of_one in lists)
        request = ImportRequest(SESSIONS, files, "officer", replace=replace_days)
        summary = import_evidence(self.ledger, self.lake, bytes(32), request, now, silent)
        assert summary.refused == 0, summary.faults

    def register(self, *shops, now=IMPORTED):
        with transaction(self.ledger) as ledger:
            register_shops(ledger, [ShopRow("xiaohongshu", **shop) for shop in shops], now, "officer")

    def say(self, violation, state, now=IMPORTED, forfeits_appeal=False, **said):
        """What a person records about a violation."""
        notice = PlatformNotice(**said)
        with transaction(self.ledger) as ledger:
            decide(
                ledger,
                self.book,
                violation,
                state,
                PERSON,
                "told so",
                now,
                notice,
                forfeits_appeal=forfeits_appeal,
            )

    def assess(self, now, **more):
        done = assess_due(self.place, self.rules, now, silent, **more)
        assert self.faults() == []
        return done

    def forecast(self, now, **more):
        return self.forecast_whole(now, **more).outcomes

    def forecast_whole(self, now, **more):
        return forecast_due(self.place, self.rules, now, silent, **more)

    def outcomes(self, **wanted):
        """The current outcomes, of all rules or as `wanted` says."""
        with reading(self.ledger) as ledger:
            return current_outcomes(ledger, self.book, **{"rules": None, "first": None, "last": None} | wanted)

    def outcome(self, shop="s1", cycle="2026-W10"):
        """The one current outcome of a shop in a cycle; None if there is none."""
        found = [o for o in self.outcomes() if (o.shop, o.cycle) == (shop, cycle)]
        assert len(found) <= 1
        return found[0] if found else None

    def lines(self):
        """The current outcomes as the lines that `kaohe assess --json` prints."""
        return [json.dumps(o.as_json(), ensure_ascii=False) for o in self.outcomes()]

    def explain(self, violation):
        with reading(self.ledger) as ledger:
            return explain(ledger, self.book, self.lake, self.place.cache, violation)

    def violation(self, name):
        with reading(self.ledger) as ledger:
            return ledger.get(Violation, name)

    def rows(self, table, **wanted):
        """The rows of a table, in the order of their ids."""
        with reading(self.ledger) as ledger:
            return list(ledger.exec(select(table).filter_by(**wanted).order_by(col(table.id))))

    def sanctions(self, name):
        return [(s.kind, s.amount_min_fen, s.amount_max_fen) for s in self.rows(Sanction, violation_id=name)]

    def events(self, name=None):
        """(event, before, after) of what was journalled about a violation, or about all of them."""
        with reading(self.ledger) as ledger:
            found = [e for e in entries(ledger, object_id=name) if e.object_kind == "violation"]
        return [(e.event, e.payload["before"], e.payload["after"]) for e in found]

    def let_rest(self, minutes):
        """Let as many minutes pass for runs that rest."""
        with transaction(self.ledger) as ledger:
            for run in ledger.exec(select(Run).where(Run.state == "failed")):
                run.lease_until -= timedelta(minutes=minutes)

    def entries(self, event):
        """The journal's entries of this event."""
        with reading(self.ledger) as ledger:
            return [entry for entry in entries(ledger) if entry.event == event]

    @property
    def head(self):
        with reading(self.ledger) as ledger:
            return head(ledger)

    def faults(self):
        """Everything in the ledger that must never be so."""
        with reading(self.ledger) as ledger:
            found = verify(ledger)
            runs = {run.id: run for run in ledger.exec(select(Run))}
            rows = ledger.exec(select(Assessment)).all()
            violations = {v.id: v for v in ledger.exec(select(Violation))}
        current = [(a.rule, a.subject_id, a.cycle) for a in rows if a.superseded_at is None]
        found += [f"two current rows: {name}" for name in set(current) if current.count(name) > 1]
        found += [f"row {a.id} of run {a.run_id}, which is not done" for a in rows if runs[a.run_id].state != "done"]
        found += [f"run {r.id} is done by nobody" for r in runs.values() if r.state == "done" and not r.finished_at]
        for a in rows:
            if a.superseded_at is None and a.violation_id:
                v = violations[a.violation_id]
                if any(getattr(v, name) != getattr(a, name) for name in (*FIGURE, *DAYS)):
                    found.append(f"{v.id} is not what its assessment says")
        standing = {a.violation_id for a in rows if a.superseded_at is None}
        return found + [
            f"{v.id} is {v.state} without an assessment that says so"
            for v in violations.values()
            if ours_to_change(v) and v.id not in standing
        ]


@pytest.fixture(autouse=True)
def quick(one_duck_for_all):
    """Every test of this room shares the one DuckDB."""


@pytest.fixture(scope="session")
def reasoner():
    with Reasoner() as open_reasoner:
        yield open_reasoner


@pytest.fixture(autouse=True)
def one_reasoner_for_all(monkeypatch, reasoner):
    """To start the rule engine's process for each assessment would take longer than all the rest of it."""
    monkeypatch.setattr(assess_module, "Reasoner", lambda: nullcontext(reasoner))


@pytest.fixture
def row():
    return session


@pytest.fixture
def week_of():
    """The conversations of a shop in a week: `replied` of `opened`, all on its Wednesday."""

    def rows(shop, cycle, replied, opened):
        year, week = cycle.split("-W")
        return of_one_day(shop, date.fromisocalendar(int(year), int(week), 3), replied, opened)

    return rows


@pytest.fixture
def day_of():
    return of_one_day


@pytest.fixture(scope="session")
def x1(pytestconfig):
    """The rule that ships: at least 80 % of a week's sessions answered, assessed on Tuesday at 10:00."""
    directory = Path(pytestconfig.rootpath) / "rulesets" / "xiaohongshu"
    return load_or_refuse([directory]).rule("xiaohongshu.reply-rate")


@pytest.fixture
def like_x1(x1):
    """Makes rules like the one that ships, whose one version is as shipped but for what is given."""

    def rule(rule_id=x1.id, **changes):
        return replace(x1, id=rule_id, versions=(replace(x1.versions[0], **changes),))

    return rule


@pytest.fixture
def open_office(tmp_path):
    """Opens an office on a ledger that is already open."""
    numbers = count(1)
    return lambda ledger, rules, lake=None: Office(ledger, tmp_path / f"office{next(numbers)}", rules, lake)


@pytest.fixture
def office(ledger, open_office, x1):
    """An office under the rule that ships, on each of the two databases."""
    return open_office(ledger, [x1])


@pytest.fixture
def small_office(sqlite_ledger, open_office, x1):
    """The same in SQLite alone: for what does not depend on the database."""
    return open_office(sqlite_ledger, [x1])


def instant(text):
    """The instant at which clocks in Shanghai show this."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def at():
    return instant


@pytest.fixture
def in_a_thread():
    """Calls a function in a thread of its own; gives its future."""
    with ThreadPoolExecutor() as pool:
        yield pool.submit


@pytest.fixture
def waits_for_a_lock():
    """Returns as soon as some session of a ledger in PostgreSQL waits for a lock."""

    def wait(ledger):
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        for _ in range(1000):
            with ledger.connect() as connection:
                if connection.execute(waiting).scalar_one():
                    return
            sleep(0.01)
        raise AssertionError("nobody waits for a lock")

    return wait


# Imports once and forks for each process: one that starts from nothing needs most of a second.
STARTER = """
import json, os, signal, sys, time
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from sqlalchemy import event
import engine.assessment.assess
from engine.assessment.assess import assess_due
from engine.assessment.place import Place
from engine.evidence.lake import Lake
from engine.judge.process import ChildLostError
from engine.judge.reasoner import Reasoner
from engine.ledger.database import open_ledger
from engine.progress import silent
from engine.rulebook.book import load_or_refuse

rules = list(load_or_refuse([Path(sys.argv[1])]).values())

def no_child():
    raise ChildLostError("is not started here: the interpreter decides")

def assess(url, lake, cache, owner, lease_s, now, go, dies_at):
    ledger = open_ledger(url)
    if dies_at:
        what, number = dies_at
        steps = count(1)
        event.listen(ledger, what, lambda *_: next(steps) == number and os.kill(os.getpid(), signal.SIGKILL))
    engine.assessment.assess.Reasoner = lambda: Reasoner(no_child)  # a process more would take longer than all the rest
    place = Place(ledger, Lake(Path(lake)), Path(cache), owner, "worker", timedelta(seconds=lease_s))
    time.sleep(max(0, go - time.time()))
    done = assess_due(place, rules, datetime.fromisoformat(now), silent, pause=lambda _: time.sleep(0.01))
    ledger.dispose()
    return [done.runs, len(done.changed)]

for line in sys.stdin:
    what, *given = json.loads(line)
    if what == "start":
        answer = given.pop()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            done = assess(*given)
            Path(answer).write_text(json.dumps(done))
            os._exit(0)
        print(pid, flush=True)
    else:
        print(os.waitpid(given[0], 0)[1], flush=True)
"""


class Starter:
    """Starts processes that assess what is due and end; they can be killed at any moment."""

    def __init__(self, process):
        self._process = process

    def _ask(self, *request):
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, office, owner, now, lease_s, go=0.0, dies_at=None):
        """Start a process; gives its id, and the file in which it will tell how many runs and outcomes there were.

        `dies_at` is a step of the ledger's engine and its number: ("commit", 3) is just before the third commit.
        """
        answer = office.home / f"answer-{owner}.json"
        url = office.ledger.url.render_as_string(hide_password=False)
        place = [url, str(office.lake.root), str(office.place.cache), owner]
        return self._ask("start", *place, lease_s, now.isoformat(), go, dies_at, str(answer)), answer

    def wait(self, pid):
        """Wait until a process has ended; gives its status."""
        return self._ask("wait", pid)


@pytest.fixture(scope="session")
def starter(pytestconfig, x1):
    """The process that all others are started from; they assess under the rule that ships."""
    command = [sys.executable, "-W", "error", "-c", STARTER, str(Path(x1.path).parent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=pytestconfig.rootpath
    ) as process:
        yield Starter(process)
        process.stdin.close()
