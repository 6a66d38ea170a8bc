import shutil
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import select

from engine.errors import KaoheError
from engine.ledger import database, troubles
from engine.ledger.database import LedgerError, masked, open_ledger, reading, transaction
from engine.ledger.tables import Cursor

pytestmark = pytest.mark.usefixtures("as_shipped")

OPEN = """
from engine.ledger.database import open_ledger
from sqlalchemy import text

def work(number, url):
    engine = open_ledger(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO cursor (reader, batch) VALUES (:n, 1)"), {"n": str(number)})
    engine.dispose()
    return "opened"
"""
OPEN_ALL = """
from engine.ledger.database import open_ledger

def work(number, urls):
    for url in urls:
        open_ledger(url).dispose()
    return len(urls)
"""


def rows(engine):
    with reading(engine) as session:
        return {cursor.reader: cursor.batch for cursor in session.exec(select(Cursor))}


@pytest.mark.parametrize("attempt", range(2))
def test_several_processes_may_open_a_new_ledger_at_the_same_moment(new_url, race, attempt):
    assert race(OPEN, 6, new_url) == ["opened"] * 6
    engine = open_ledger(new_url)
    assert len(rows(engine)) == 6
    engine.dispose()


def test_opening_again_keeps_what_is_there_and_does_not_load_alembic(ledger, ledger_url):
    with transaction(ledger) as session:
        session.add(Cursor(reader="notifier", batch=7))
    code = (
        "import sys; from engine.ledger.database import open_ledger; open_ledger(sys.argv[1]).dispose(); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code, ledger_url], check=True)
    assert rows(ledger) == {"notifier": 7}


def test_a_ledger_of_a_newer_version_is_refused(new_ledger, new_url):
    with new_ledger.begin() as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=r"has version 9999.*up to \d{4}: a newer kaohe.*upgrade this one"):
        open_ledger(new_url)


def test_a_database_of_something_else_is_refused_and_left_as_it_is(new_url):
    engine = create_engine(new_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name text)"))
    with pytest.raises(LedgerError, match=r"holds other tables \(recipes\) and no ledger; name an empty"):
        open_ledger(new_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM recipes")).scalar() == 0
    engine.dispose()


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like the page of one " * 100)
    with pytest.raises(LedgerError, match=r"notes\.txt is a file of something else, not a ledger"):
        open_ledger(f"sqlite:///{path}")


def test_a_directory_that_is_missing_is_named(tmp_path):
    with pytest.raises(LedgerError, match=r"no directory .*nowhere for the ledger .*; create it first"):
        open_ledger(f"sqlite:///{tmp_path}/nowhere/ledger.sqlite")


def test_a_ledger_that_cannot_be_written_is_named():
    # Nobody, not even root, makes files there.
    with pytest.raises(LedgerError, match=r"cannot open the ledger sqlite:////proc/ledger\.sqlite: unable to"):
        open_ledger("sqlite:////proc/ledger.sqlite")


def test_a_server_out_of_reach_is_named_without_the_password(tmp_path):
    url = f"postgresql://kaohe:s3cret@/kaohe?host={tmp_path}&sslpassword=s3cret"
    with pytest.raises(LedgerError) as caught:
        open_ledger(url)
    assert "s3cret" not in str(caught.value)
    assert "cannot open the ledger postgresql+psycopg://kaohe:***@/kaohe" in str(caught.value)
    assert "is the server running" in str(caught.value)
    assert caught.value.__cause__ is None  # whose text could hold the password
    assert isinstance(caught.value, KaoheError)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ledger.sqlite", "the ledger's address cannot be read; expected sqlite:///PATH"),
        ("s3cret@@://", "the ledger's address cannot be read; expected sqlite:///PATH"),
        ("mysql://u:s3cret@h/d", "cannot be kept in 'mysql'; expected sqlite:///PATH or postgresql"),
        ("sqlite://", "needs a file that all processes can open"),
        ("sqlite:///:memory:", "needs a file that all processes can open"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_with_the_expected_forms(url, message):
    with pytest.raises(LedgerError) as caught:
        open_ledger(url)
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_session_that_reads_can_write_nothing(ledger):
    with reading(ledger) as session:
        session.add(Cursor(reader="notifier", batch=7))
        with pytest.raises(DBAPIError, match=r"(?i)read-?\s?only"):
            session.flush()
    with transaction(ledger) as session:  # the same connection writes again
        session.add(Cursor(reader="notifier", batch=8))
    assert rows(ledger) == {"notifier": 8}


def test_a_session_that_reads_sees_one_moment(ledger):
    with reading(ledger) as session:
        assert session.exec(select(Cursor)).all() == []
        with transaction(ledger) as other:
            other.add(Cursor(reader="notifier", batch=7))
        assert session.exec(select(Cursor)).all() == []
    assert rows(ledger) == {"notifier": 7}


def test_a_transaction_that_fails_leaves_nothing(ledger):
    def fail():
        with transaction(ledger) as session:
            session.add(Cursor(reader="notifier", batch=7))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows(ledger) == {}


def test_a_ledger_that_stays_busy_is_named(sqlite_ledger, sqlite_ledger_url, monkeypatch):
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 10)
    impatient = open_ledger(sqlite_ledger_url)
    with transaction(sqlite_ledger) as session:
        session.add(Cursor(reader="notifier", batch=7))
        late = transaction(impatient)
        with pytest.raises(LedgerError, match="is busy: another process keeps writing to it; try again"):
            late.__enter__()
    impatient.dispose()


def test_a_disk_that_fills_up_under_a_ledger_is_told_and_leaves_nothing_of_the_step(sqlite_ledger):
    """A limit on the pages of the file stands in for the disk."""
    event.listen(sqlite_ledger, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 1"))  # as many as it has
    sqlite_ledger.dispose()

    def fill():
        with transaction(sqlite_ledger) as session:
            for number in range(20):
                session.add(Cursor(reader=f"{number} {'x' * 4000}", batch=number))

    with pytest.raises(
        LedgerError, match=r"the disk of the ledger .* is full: .*nothing of this step.*make room"
    ) as told:
        fill()
    assert "所在的磁盘已满" in told.value.zh
    assert rows(sqlite_ledger) == {}
    with transaction(sqlite_ledger) as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1073741823")
    fill()
    assert len(rows(sqlite_ledger)) == 20


def test_a_server_that_goes_away_within_a_step_is_told(postgres_ledger_url):
    engine = open_ledger(postgres_ledger_url)
    step = transaction(engine)
    session = step.__enter__()
    session.add(Cursor(reader="notifier", batch=7))
    session.flush()
    other = open_ledger(postgres_ledger_url)
    with other.connect() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    other.dispose()
    with pytest.raises(LedgerError, match=r"gave up in the middle of a step: .*as a whole or not at all; run it again"):
        step.__exit__(None, None, None)
    assert rows(engine) == {}  # it connects again
    engine.dispose()


def test_a_ledger_in_sqlite_keeps_what_it_committed_and_checks_references(sqlite_ledger):
    with sqlite_ledger.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_several_processes_may_open_a_copy_that_lost_its_write_ahead_log(sqlite_ledger, tmp_path, race):
    copies = [tmp_path / f"copy{number}.sqlite" for number in range(20)]
    raw = sqlite_ledger.raw_connection()
    raw.cursor().execute(f"VACUUM INTO '{copies[0]}'")
    raw.close()
    for copy in copies[1:]:
        shutil.copy(copies[0], copy)
    assert race(OPEN_ALL, 8, [f"sqlite:///{copy}" for copy in copies]) == [20] * 8
    for copy in copies:
        engine = open_ledger(f"sqlite:///{copy}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        engine.dispose()


def test_a_password_that_the_driver_repeats_is_masked():
    error = OperationalError("SELECT 1", {}, Exception('password "s3cret" was refused'))
    told = str(troubles.unopened(make_url("postgresql://u:s3cret@h/d"), error))
    assert "s3cret" not in told
    assert 'password "***" was refused' in told


def test_passwords_are_masked_wherever_they_stand():
    assert masked(make_url("postgresql://u:abc@h/d?password=abc&x=1")) == "postgresql://u:***@h/d?password=***&x=1"
