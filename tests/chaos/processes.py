"""The storm's surroundings: processes to start, stop and kill."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path


class Nursery:
    """Starts processes; each is known by its id until it has been waited for."""

    def __init__(self, process):
        self._process, self._turn = process, threading.Lock()

    def _ask(self, request):
        with self._turn:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def start(self, what, **job):
        return self._ask({"start": what} | job)

    def wait(self, pid):
        """Its exit code; that of a killed one is -9."""
        return self._ask({"wait": pid})


@contextmanager
def nursery(root: Path, rules=()):
    """A process to start others from: one that starts from nothing needs most of a second."""
    command = [sys.executable, "-m", "tests.chaos.node", *map(str, rules)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield Nursery(process)
        finally:
            process.stdin.close()
