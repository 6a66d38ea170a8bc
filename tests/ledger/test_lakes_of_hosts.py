"""Hosts that share a ledger begin at one moment: they agree on one lake, and whoever has another is refused."""

from engine.evidence.lake_identity import FILE

RACE = """
from datetime import UTC, datetime
from pathlib import Path
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.evidence.lake_identity import noted_lake
from engine.ledger.database import open_ledger

def work(number, url, roots):
    ledger = open_ledger(url)
    try:
        return noted_lake(ledger, Lake(Path(roots[number % len(roots)])), datetime(2026, 3, 10, tzinfo=UTC), "x")
    except KaoheError as error:
        return "refused" if "is not the one of this ledger" in str(error) else str(error)
    finally:
        ledger.dispose()
"""


def test_of_several_hosts_with_lakes_of_their_own_one_is_let_in(new_url, race, tmp_path):
    for attempt in range(3):
        roots = [str(tmp_path / f"{attempt}-{number}") for number in range(3)]
        answers = race(RACE, 6, new_url if attempt == 0 else f"sqlite:///{tmp_path}/{attempt}.sqlite", roots)
        names = {answer for answer in answers if answer != "refused"}
        assert len(names) == 1
        assert len(names.pop()) == 32
        assert answers.count("refused") == 4


def test_processes_that_share_a_new_lake_agree_on_it(new_url, race, tmp_path):
    answers = race(RACE, 6, new_url, [str(tmp_path / "lake")])
    assert len(set(answers)) == 1
    assert len(answers[0]) == 32
    assert sorted(path.name for path in (tmp_path / "lake").iterdir()) == [FILE]
