"""Imports in processes of their own: started at once by forking from here, and killed where a test wants it.

Reads one line of JSON a time, a list of jobs; does each job in a child; answers one line, a list of what came of them:
a list of summaries, or {"error": …}, or {"signal": 9}. A job says `ledger`, `lake`, `secret`, `now`, and `imports`, a
list of {"files": […], "kind": …, options…}, of sessions where no kind is said; and, if it is to be disturbed, one of

    kill_after   seconds after which it is killed from outside
    die_at       it kills itself just before the n-th thing that it does to the disk or the ledger
    file_limit   bytes beyond which no file may grow
"""

import json
import os
import resource
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import event

from engine.errors import KaoheError
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.evidence.secret import load_secret
from engine.ledger.database import open_ledger
from engine.progress import silent

TOUCHING = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "shutil.rmtree", "tempfile.mkdtemp"}


def work(job):
    if "make_secret" in job:
        return [load_secret(Path(job["make_secret"])).hex()]
    if "file_limit" in job:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_limit"],) * 2)
    ledger = open_ledger(job["ledger"])
    if "die_at" in job:
        die_at(job["die_at"], job["lake"], ledger)
    done = []
    for wanted in job["imports"]:
        kind = KINDS[wanted.pop("kind", "sessions")]
        request = ImportRequest(kind, tuple(map(Path, wanted.pop("files"))), "tester", **wanted)
        now, secret = datetime.fromisoformat(job["now"]), bytes.fromhex(job["secret"])
        summary = import_evidence(ledger, Lake(Path(job["lake"])), secret, request, now, silent)
        done.append({n: getattr(summary, n) for n in ("read", "taken", "already_there", "replaced", "removed")})
    return done


def die_at(number, lake, ledger):
    left = number

    def count(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(name, arguments):
        if name in TOUCHING and arguments and str(arguments[0]).startswith(lake):
            count()

    sys.addaudithook(audit)
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(ledger, name, count)


def child(job, ready, go, answer):
    try:
        os.write(ready, b".")
        os.read(go, 1)  # ends for all at the same moment, when the parent closes its end
        told = work(job)
    except KaoheError as error:
        told = {"error": str(error)}
    os.write(answer, json.dumps(told).encode())
    os._exit(0)


def do(jobs):
    ready, go = os.pipe(), os.pipe()
    children = []
    for job in jobs:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go[1])
            child(job, ready[1], go[0], write_end)
        os.close(write_end)
        children.append((pid, read_end, job.get("kill_after")))
    for _ in children:
        os.read(ready[0], 1)
    for end in (*ready, *go):
        os.close(end)
    answers = []
    for pid, read_end, seconds in children:
        if seconds is not None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(read_end, "rb") as pipe:
            said = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.append(json.loads(said) if status == 0 and said else {"signal": -status})
    return answers


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(do(json.loads(line))) + "\n")
        sys.stdout.flush()
