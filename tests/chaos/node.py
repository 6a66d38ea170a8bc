"""Starts the storm's processes by forking from one that has everything imported: workers, and imports.

Its arguments are the directories of the rules. Reads one line of JSON a time: {"start": "worker" | "import", …} is
answered by the process id, {"wait": id} by its status.
A worker does over and over what `kaohe worker` does at each tick, in scaled time.
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from engine.assessment.assess import AssessmentError, assess_due
from engine.assessment.place import Place
from engine.errors import KaoheError
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger, transaction
from engine.ledger.workers import seen
from engine.progress import silent
from engine.rulebook.book import RuleBook
from notifier.channels.email import EmailChannel
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.deliver import deliver_due
from notifier.plan import plan_notices

log = logging.getLogger("worker")
NOTICE_LEASE = timedelta(seconds=5)  # longer than any zombie of ours stands still
WAIT_S = 0.25


def scaled(clock):
    """The storm's time: `days` a second from `base` on."""
    base = datetime.fromisoformat(clock["base"])
    return (base + timedelta(days=clock["days"]) * max(0.0, time.time() - clock["start"])).astimezone(UTC)


def until_the_end(clock):
    """The same, but assessing stops at `end`; what was found is told, and for that time goes on."""
    return min(scaled(clock), datetime.fromisoformat(clock["end"]))


def work(job):
    """Tick until killed, or until whoever started this is gone."""
    parent = os.getppid()
    owner = f"{job['name']}:{os.getpid()}"
    # The server may be down: everything about it is told, and tried again.
    lost = (KaoheError, DBAPIError) if job.get("server_goes_down") else KaoheError
    ledger = None
    while os.getppid() == parent:
        try:
            ledger = ledger or open_ledger(job["ledger"])
            tick(ledger, owner, job)
        except lost as error:
            log.warning("%s: %s", type(error).__name__, " ".join(str(error).split())[:300])
        time.sleep(WAIT_S)


def tick(ledger, owner, job):
    with transaction(ledger) as session:
        seen(session, owner)
    book, faults = RuleBook.load([Path(directory) for directory in job["rules"]])
    assert not faults, faults
    place = Place(ledger, Lake(Path(job["lake"])), Path(job["cache"]), owner, "worker", timedelta(seconds=job["lease"]))
    try:
        assess_due(place, list(book.values()), until_the_end(job["clock"]), silent, patient=True)
    except AssessmentError as error:
        log.warning("not assessed: %s", error)
    if job.get("smtp"):
        plan_notices(ledger, book, scaled(job["clock"]), "zh-CN")
        server = SmtpServer("127.0.0.1", job["smtp"], "plain", timeout=5, host_name="localhost")
        channels = {"email": EmailChannel(Sender("kaohe@example.com"), server)}
        deliver_due(ledger, channels, scaled(job["clock"]), owner, lease=NOTICE_LEASE)


def bring(job):
    """Import once, as `kaohe import` does."""
    ledger = open_ledger(job["ledger"])
    request = ImportRequest(KINDS[job["kind"]], (Path(job["file"]),), "desk", replace=job["replace"])
    summary = import_evidence(ledger, Lake(Path(job["lake"])), bytes(32), request, until_the_end(job["clock"]), silent)
    assert summary.refused == 0, summary.faults


def child(job):
    with open(job["log"], "a") as stream:  # noqa: PTH123  a descriptor, to be put in the place of another
        os.dup2(stream.fileno(), 2)
    logging.basicConfig(level="WARNING", stream=sys.stderr, format="%(asctime)s %(message)s")
    status = 1
    try:
        if job["start"] == "worker":
            work(job)
        else:
            bring(job)
        status = 0
    except KaoheError as error:
        log.warning("%s", error)
        status = 3
    except BaseException:  # whatever ends a child stands in the log, where a traceback fails the test
        log.exception("%s", job["start"])
    finally:
        os._exit(status)


def main():
    RuleBook.load([Path(directory) for directory in sys.argv[1:]])  # read once for all that are forked
    for line in sys.stdin:
        job = json.loads(line)
        if "wait" in job:
            answer = os.waitstatus_to_exitcode(os.waitpid(job["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                sys.stdin.close()
                child(job)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
