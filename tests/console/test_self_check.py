"""The self-check and the switch that it holds: nobody asks when something is wrong, and somebody is told."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.request import ProxyHandler, build_opener, install_opener

import pytest
from prometheus_client import generate_latest
from sqlmodel import select

from console.desk import desk as desk_of
from console.settings import SHIPPED_RULESETS, Origin, load_settings
from console.watch import jobs
from console.watch.clockwork import leave, timetable
from console.watch.jobs import Worker
from console.watch.ping import ping
from console.watch.self_check import Pulse
from engine.assessment.assess import Assessed
from engine.errors import KaoheError
from engine.ledger.database import LedgerError, reading, transaction
from engine.ledger.journal import entries
from engine.ledger.tables import Notice
from engine.ledger.workers import workers
from notifier.deliver import Delivered
from notifier.plan import Planned
from tests.console.switchboard import Switchboard

SECRET = "5f0c8f9c"


@pytest.fixture(autouse=True)
def no_proxy():
    """Whatever the surroundings say: these servers are on this host."""
    install_opener(build_opener(ProxyHandler({})))
    yield
    install_opener(None)


@pytest.fixture
def switch(home, monkeypatch):
    board = Switchboard()
    monkeypatch.setenv("KAOHE_CHECK_URL", board.url)
    yield board
    board.close()


@pytest.fixture
def worker(kaohe, english, home, switch):
    kaohe("shops", "add", "xiaohongshu", "s1")
    with desk_of(str(home)) as desk:
        desk.makes_home = True
        yield Worker(desk)


@pytest.fixture
def told(caplog):
    with caplog.at_level("INFO", logger="kaohe.worker"):
        yield lambda: [r.getMessage() for r in caplog.records if r.name == "kaohe.worker"]


def test_while_all_is_well_the_switch_is_asked_and_the_worker_is_seen(worker, switch, told):
    worker.check()
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e"] * 2
    with reading(worker.desk.ledger) as session:
        (seen,) = workers(session)
    assert (seen.worker, seen.version) == (worker.desk.owner, "0.1.0")
    assert told() == []


def test_what_is_late_turns_the_switch_and_is_told_once(kaohe, worker, switch, sessions, told):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    worker.check()
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"] * 2
    (only,) = told()
    assert only == "self-check: something is late: `kaohe status` names it"
    worker.reconcile()
    worker.check()
    assert switch.asked[-1] == "/5f0c8f9c-1b1e"
    assert told()[-1] == "self-check: all is well"


@pytest.fixture
def rule_file(worker, tmp_path):
    """The one rule file of the worker's installation, of which something may be exchanged."""
    folder = tmp_path / "rules"
    folder.mkdir()
    text = (SHIPPED_RULESETS / "xiaohongshu" / "reply-rate.yaml").read_text()
    worker.desk.settings.values["rulesets"] = Origin(str(folder), "here")

    def write(before="", after=""):
        (folder / "r.yaml").write_text(text.replace(before, after))

    write()
    return write


def test_a_rule_file_that_becomes_faulty_turns_the_switch_until_it_is_mended(
    kaohe, worker, switch, sessions, told, rule_file
):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    rule_file("subject: shop", "subjectt: shop")
    worker.reconcile()
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]
    assert told()[-1] == (
        "self-check: rule files have 1 fault, and their rules are left out: `kaohe rules check` names them"
    )
    metrics = generate_latest(worker.meters.registry).decode()
    assert "kaohe_check_ok 0.0" in metrics
    assert "kaohe_last_reconcile_timestamp_seconds 0.0" in metrics
    assert worker.pulse.still(timedelta(-1)) != []  # it has moved all the same
    rule_file()
    worker.reconcile()
    worker.check()
    assert switch.asked[-1] == "/5f0c8f9c-1b1e"
    assert "kaohe_last_reconcile_timestamp_seconds 0.0" not in generate_latest(worker.meters.registry).decode()


def test_a_rule_that_cannot_be_assessed_is_no_good_end(kaohe, worker, switch, sessions, rule_file):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    rule_file("subject: shop", "subject: agent")
    worker.reconcile()
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]
    assert "kaohe_last_reconcile_timestamp_seconds 0.0" in generate_latest(worker.meters.registry).decode()


def test_a_ledger_that_does_not_answer_turns_the_switch(worker, switch, monkeypatch):
    def gone(*_):
        raise LedgerError("no answer")

    monkeypatch.setattr(jobs, "give_sign_of_life", gone)
    with pytest.raises(LedgerError):
        worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda home, _: (home / "lake").write_text("not a directory"), "lake cannot be written"),
        (lambda _, patch: patch.setattr("console.doctor.disk.TOO_LITTLE", 1 << 80), "left on the disk of"),
    ],
    ids=["lake", "disk"],
)
def test_a_lake_that_cannot_be_written_and_a_full_disk_turn_the_switch(
    worker, switch, home, told, spoil, complaint, monkeypatch
):
    shutil.rmtree(home / "lake", ignore_errors=True)
    spoil(home, monkeypatch)
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]
    assert complaint in told()[0]


def test_a_day_file_that_is_gone_turns_the_switch(kaohe, worker, switch, sessions, home, told):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    worker.reconcile()
    next((home / "lake").rglob("*.parquet")).unlink()
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]
    assert "1 day files that the ledger names are missing or unreadable" in told()[-1]


def test_a_job_that_does_not_move_turns_the_switch(worker, switch, told):
    at = [0.0]
    worker.pulse = Pulse(lambda: at[0])
    worker.pulse.beat("reconcile")
    worker.pulse.beat("deliver")
    at[0] = 601.0
    worker.pulse.beat("deliver")
    worker.check()
    assert switch.asked == ["/5f0c8f9c-1b1e/fail"]
    assert told() == ["self-check: reconcile has not moved for 10 minutes"]


def test_waiting_for_a_run_that_another_process_holds_is_no_movement(worker, switch, told, monkeypatch):
    at = [0.0]
    worker.pulse = Pulse(lambda: at[0])

    def waiting(_desk, _book, _now, _stop, finished, progress, **_):
        for n in range(3):  # a long measuring moves; the run that was measured is held, and it is measured anew
            at[0] += 400
            progress("counting days", n, 3)
        worker.check()
        for _ in range(2):
            for n in range(3):
                at[0] += 200
                progress("counting days", n, 3)
        worker.check()
        finished("x", 1.0)
        progress("counting days", 0, 3)
        worker.check()
        return Assessed(), {}

    monkeypatch.setattr(jobs, "reconcile", waiting)
    worker.reconcile()
    assert switch.asked == ["/5f0c8f9c-1b1e", "/5f0c8f9c-1b1e/fail", "/5f0c8f9c-1b1e"]
    assert "self-check: reconcile has not moved for 20 minutes" in told()


@pytest.mark.parametrize("code", [404, 500])
def test_a_switch_that_does_not_hear_is_told_once_and_without_its_secret(worker, switch, told, code):
    switch.code = code
    worker.check()
    worker.check()
    (only,) = told()
    assert f"HTTP Error {code}" in only
    assert SECRET not in only


def test_a_switch_that_says_nothing_or_is_not_there_is_no_error(switch):
    switch.silent.clear()
    assert "timed out" in ping(switch.url, timeout_s=0.2)
    said = ping("http://127.0.0.1:1/5f0c8f9c")
    assert "refused" in said
    assert SECRET not in said
    assert SECRET not in ping("http://no.such.host.invalid/5f0c8f9c?5f0c8f9c=1")


def test_the_address_of_the_switch_is_shown_without_its_secret(kaohe, switch):
    (row,) = [r for r in kaohe("config", "--json").rows if r["setting"] == "check_url"]
    assert SECRET not in row["value"]
    assert row["value"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "url", ["ftp://x/5f0c8f9c", "file:///5f0c8f9c", "https:///5f0c8f9c", "https://x/5f0c8f9c y", "x"]
)
def test_an_address_that_is_none_is_refused_without_its_secret(tmp_path, url):
    with pytest.raises(KaoheError, match="KAOHE_CHECK_URL: check_url: an address that begins with https") as refused:
        load_settings({"KAOHE_CHECK_URL": url}, tmp_path)
    assert SECRET not in str(refused.value) + refused.value.zh


def test_a_long_catch_up_holds_up_neither_notices_nor_signs_of_life(worker, switch, monkeypatch):
    begun, go_on, delivered = threading.Event(), threading.Event(), threading.Semaphore(0)

    def long_catch_up(*_, **__):
        begun.set()
        assert go_on.wait(60)
        return Assessed(), {}

    def delivering(*_):
        delivered.release()
        return Planned(), Delivered()

    monkeypatch.setattr(jobs, "reconcile", long_catch_up)
    monkeypatch.setattr(jobs, "deliver", delivering)
    monkeypatch.setattr(jobs, "CHECK_S", 1)
    worker.desk.settings.values["tick_seconds"] = type(worker.desk.settings.values["home"])("1", "here")
    scheduler = timetable(worker, datetime.now(UTC))
    scheduler.start()
    try:
        assert begun.wait(30)
        for _ in range(3):
            assert delivered.acquire(timeout=30)
        first = _seen(worker)
        while _seen(worker) == first:
            time.sleep(0.05)
        assert not go_on.is_set()
        assert len(switch.asked) >= 2
    finally:
        go_on.set()
        scheduler.shutdown()
    leave(worker.desk)
    with reading(worker.desk.ledger) as session:
        assert workers(session) == []


def _seen(worker):
    with reading(worker.desk.ledger) as session:
        return [w.seen_at for w in workers(session)]


def test_a_worker_that_leaves_while_the_ledger_is_away_leaves_all_the_same(worker, told, monkeypatch):
    def gone(*_):
        raise LedgerError("no answer")

    monkeypatch.setattr("engine.ledger.database.transaction", gone)
    leave(worker.desk)
    assert told() == ["no answer"]


def test_jobs_do_nothing_once_somebody_has_asked_to_stop(kaohe, worker, switch, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    due = kaohe("status", "--json").rows[0]["due"]
    worker.stop = lambda: True
    for job, _ in worker.jobs():
        job()
    assert switch.asked == []
    assert kaohe("status", "--json").rows[0]["due"] == due > 0
    assert worker.pulse.still(timedelta(0)) == []


def alarms(worker):
    """(event, what it names in English) of the alarms in the journal."""
    with reading(worker.desk.ledger) as session:
        found = [e for e in entries(session) if e.event.startswith("operator.")]
    return [(e.event, [c["en"] for c in e.payload["after"]["complaints"]]) for e in found]


def test_a_faulty_rule_file_is_an_alarm_in_the_journal_from_the_second_check_until_it_is_mended(worker, rule_file):
    rule_file("subject: shop", "subjectt: shop")
    worker.check()
    assert alarms(worker) == []
    for _ in range(3):
        worker.check()
    ((event, (only,)),) = alarms(worker)
    assert event == "operator.alarm"
    assert "r.yaml:" in only
    assert only.endswith("this file's rule is left out")
    rule_file()
    for _ in range(2):
        worker.check()
    assert alarms(worker)[1:] == [("operator.mended", [only])]


def test_what_is_late_and_channels_set_up_wrongly_are_alarms(kaohe, worker, sessions, monkeypatch):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    found = Planned(), Delivered(), {"email": KaoheError("no host", zh="没有主机")}
    monkeypatch.setattr(jobs, "deliver", lambda *_: found)
    worker.deliver()
    for _ in range(2):
        worker.check()
    ((_, (late, channel)),) = alarms(worker)
    assert late.startswith("xiaohongshu.reply-rate 2026-W10")
    assert channel == "the channel email is set up wrongly, and its notices wait: no host"


def test_a_notice_of_an_alarm_that_fails_raises_no_other_alarm(worker, monkeypatch):
    failed = select(Notice).where(Notice.state == "failed")
    monkeypatch.setattr("console.status.failed_notices", lambda session: list(session.exec(failed)))
    day = datetime(2026, 3, 10, 2, tzinfo=UTC)
    words = {"subject": "s", "body": "b", "template": "t", "language": "en", "client": "default", "answer": "550 no"}
    whom = {"recipient": "li@example.com", "channel": "email", "state": "failed"}
    times = {"due_at": day, "next_attempt_at": day, "created_at": day}
    with transaction(worker.desk.ledger) as session:
        session.add(Notice(key="kaohe/1", event="operator.alarm", **words, **whom, **times))
    for _ in range(2):
        worker.check()
    assert alarms(worker) == []
    with transaction(worker.desk.ledger) as session:
        session.add(Notice(key="shop/1", event="warning.at_risk", **words, **whom, **times))
    for _ in range(2):
        worker.check()
    assert len(alarms(worker)) == 1


def test_a_worker_warns_early_and_says_which_rules_it_cannot_look_at(worker, sessions, kaohe, told, monkeypatch):
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    worker.now = lambda: datetime(2026, 3, 6, 4, tzinfo=UTC)
    monkeypatch.setattr(jobs, "refuse_wrong_clock", lambda *_: None)
    worker.reconcile()
    with reading(worker.desk.ledger) as session:
        (warning,) = [e for e in entries(session) if e.event.startswith("warning.")]
    assert (warning.event, warning.object_id) == ("warning.at_risk", "shop:xiaohongshu/s1")
    (row,) = kaohe("outlook", "--as-of", "2026-03-06T12:00", "--json").rows
    assert row["warned"] == "warning.at_risk"

    def failing(*_):
        raise KaoheError("no")

    monkeypatch.setattr("engine.assessment.look_ahead.outlook", failing)
    worker.now = lambda: datetime(2026, 3, 6, 5, tzinfo=UTC)
    worker.reconcile()
    assert "xiaohongshu.reply-rate gives no early warnings: no" in told()
