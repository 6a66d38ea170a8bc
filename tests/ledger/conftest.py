"""For the ledger's tests: databases of their own, and races between real processes."""

import json
import subprocess
import sys

import pytest

from engine.ledger.database import open_ledger

# Imports once and forks for each race: a process that starts from nothing needs most of a second.
STARTER = """
import json, os, sys
import engine.ledger.database, engine.ledger.journal, engine.ledger.subjects

def race(source, count, arguments):
    ready, go = os.pipe(), os.pipe()
    children = []
    for number in range(count):
        answer = os.pipe()
        if os.fork() == 0:
            os.close(go[1])
            names = {}
            exec(source, names)
            os.write(ready[1], b".")
            os.read(go[0], 1)  # ends for all at the same moment, when the starter closes the other end
            os.write(answer[1], json.dumps(names["work"](number, *arguments)).encode())
            os._exit(0)
        os.close(answer[1])
        children.append(answer[0])
    for _ in children:
        os.read(ready[0], 1)
    os.close(go[1])
    answers = []
    for child in children:
        with open(child, "rb") as pipe:
            answers.append(json.loads(pipe.read() or b"null"))
        os.wait()
    for end in (*ready, go[0]):
        os.close(end)
    return answers

for line in sys.stdin:
    print(json.dumps(race(*json.loads(line))), flush=True)
"""


@pytest.fixture(scope="session")
def starter(pytestconfig):
    """The process that all races start from."""
    command = [sys.executable, "-W", "error", "-c", STARTER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=pytestconfig.rootpath
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def race(starter):
    """Runs `work(number, *arguments)`, given as source text, in `count` processes that start together.

    Answers what each of them returned; None stands for one that died, with its traceback on standard error.
    """

    def run(work, count, *arguments):
        starter.stdin.write(json.dumps([work, count, arguments]) + "\n")
        starter.stdin.flush()
        return json.loads(starter.stdout.readline())

    return run


@pytest.fixture
def new_ledger(new_url):
    """A ledger whose tables a test may change, open, on each of the two databases."""
    engine = open_ledger(new_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request, tmp_path):
    """The address of a ledger that is not there yet, on each of the two databases."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    databases = request.getfixturevalue("postgres_databases")
    name = databases.create()
    yield databases.url(name)
    databases.drop(name)
