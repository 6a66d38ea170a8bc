"""For the ledger's tests: empty databases, and races between real processes."""

import json
import subprocess
import sys

import pytest

RACE = """
import json, os, sys
{work}
count, arguments = int(sys.argv[1]), json.loads(sys.argv[2])
ready, go = os.pipe(), os.pipe()
children = []
for number in range(count):
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go[1])
        os.write(ready[1], b".")
        os.read(go[0], 1)  # ends for all at the same moment, when the parent closes its end
        answer = json.dumps(work(number, *arguments))
        os.write(write_end, answer.encode())
        sys.stdout.flush()
        os._exit(0)
    os.close(write_end)
    children.append((child, read_end))
for _ in children:
    os.read(ready[0], 1)
os.close(go[1])
answers = []
for child, read_end in children:
    with open(read_end, "rb") as pipe:
        answers.append(json.loads(pipe.read() or b"null"))
    os.waitpid(child, 0)
print(json.dumps(answers))
"""


@pytest.fixture
def race(pytestconfig):
    """Runs `work(number, *arguments)`, given as source text, in `count` processes that start together.

    Answers what each of them returned; None stands for one that died with a traceback, which is printed.
    """

    def run(work, count, *arguments):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", RACE.format(work=work), str(count), json.dumps(arguments)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=pytestconfig.rootpath,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)

    return run


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
