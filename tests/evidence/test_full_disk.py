"""A disk that refuses: a clear word, and nothing is switched."""

import errno
import os
import signal
import tempfile
import threading
import time

import pytest

from engine.errors import KaoheError
from engine.evidence import importer
from engine.evidence.duck import connect
from engine.evidence.lake import Lake


def rows(count):
    return [{"session": os.urandom(16).hex(), "buyer": str(n), "agent": os.urandom(16).hex()} for n in range(count)]


def test_a_disk_that_is_full_while_a_day_is_written_changes_nothing(house, crew):
    """A limit on the size of files stands in for the disk; a real process is needed for it."""
    house.take(house.csv("stored.csv", {}))
    before = house.state()
    file = house.csv("big.csv", *rows(8_000))
    job = {
        "ledger": house.url,
        "lake": str(house.lake.root),
        "imports": [{"files": [str(file)]}],
        "file_limit": 200_000,
    }
    [answer] = crew(job)
    assert answer["error"].startswith("the import stopped: ")
    assert "File too large" in answer["error"]
    assert answer["error"].endswith("; no evidence was changed")
    assert house.state() == before
    assert house.take(file).taken == 8_000


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_to_keep_a_day_changes_nothing(house, monkeypatch, call, number):
    house.take(house.csv("stored.csv", {}))
    before = house.state()

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(KaoheError) as error:
            house.take(house.csv("a.csv", {"session": "b"}))
    assert str(error.value) == (
        f"the lake {house.lake.root} cannot be written: {os.strerror(number)}; no evidence was changed"
    )
    assert house.state() == before


def test_a_lake_that_may_only_be_read_is_told(house, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(KaoheError, match=r"lake cannot be written: Permission denied; no evidence was changed$"):
        house.take(house.csv("a.csv", {}))


def test_a_lake_that_can_be_no_directory_is_told(house):
    house.lake = Lake(house.file("file", "x") / "lake")
    with pytest.raises(KaoheError, match=r"the lake .*/file/lake cannot be written: .*; no evidence was changed$"):
        house.take(house.csv("a.csv", {}))


def test_too_little_memory_is_told(house, monkeypatch):
    """Without a disk to spill to, a large import ends here."""
    file = house.csv("big.csv", *rows(60_000))
    before = house.state()
    monkeypatch.setattr(importer, "connect", lambda spill: connect(memory="16MB"))
    with pytest.raises(KaoheError, match=r"^the import stopped: Out of Memory Error: .*; no evidence was changed$"):
        house.take(file)
    assert house.state() == before


def test_a_day_file_that_is_gone_is_told(house):
    house.take(house.csv("a.csv", {}))
    [file] = house.live_files()
    file.unlink()
    with pytest.raises(KaoheError) as error:
        house.take(house.csv("b.csv", {"session": "b"}))
    assert str(error.value) == (
        f"{file}: the ledger counts on this day file, but the lake does not have it; "
        "restore it from a backup, or import that day again with --replace into a fresh lake"
    )


def test_a_day_file_that_is_damaged_is_told(house):
    house.take(house.csv("a.csv", {}))
    [file] = house.live_files()
    file.write_bytes(file.read_bytes()[:-20])
    before = house.state()
    with pytest.raises(KaoheError, match=rf"^the import stopped: .*{file.name}.*; no evidence was changed$"):
        house.take(house.csv("b.csv", {"session": "b"}))
    assert house.state() == before


def test_an_interruption_is_an_interruption_and_changes_nothing(house, monkeypatch):
    """Ctrl-C while DuckDB works, which says so in words of its own, at once or when its query has ended."""
    file = house.csv("a.csv", {})
    before = house.state()

    def seconds(con, *_):
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        con.execute("SELECT sum(a.range * b.range) FROM range(100_000) a, range(4_000) b")
        time.sleep(60)

    monkeypatch.setattr(importer, "stage", seconds)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            house.take(file)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert house.state() == before


def test_any_other_fault_of_ours_is_not_taken_for_an_interruption(house, monkeypatch):
    def fail(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(importer, "stage", fail)
    with pytest.raises(RuntimeError, match="something else"):
        house.take(house.csv("a.csv", {}))
    assert house.drafts() == []
