"""`kaohe status`: what is late is told, and so is who should have been there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.desk import desk as desk_of
from console.status import status_of
from console.worker import deliver
from engine.ledger.database import transaction
from engine.ledger.tables import WorkerSeen

ASSESSED = "2026-03-10T10:05+08:00"


def at(time):
    return ("status", "--json", "--as-of", f"2026-03-10T{time}+08:00")


@pytest.fixture
def due(kaohe, english, sessions):
    """One run is due at 10:00."""
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")


def test_how_long_something_may_be_due_is_a_setting(kaohe, due, monkeypatch):
    assert kaohe(*at("10:10")).code == 0
    assert kaohe(*at("10:11")).code == 1
    monkeypatch.setenv("KAOHE_LATE_MINUTES", "60")
    assert kaohe(*at("11:00")).code == 0
    assert kaohe(*at("11:01")).code == 1


def test_notices_that_should_have_gone_out_are_late(kaohe, english, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", ASSESSED)
    assert kaohe(*at("10:15")).code == 0
    said = kaohe(*at("10:16"))
    assert said.code == 1
    assert said.rows[0]["late"] == ["1 notice not sent, the oldest due 2026-03-10 10:05:00+08:00"]
    kaohe("notices", "send")
    assert kaohe(*at("10:16")).code == 0


def seen(home, name, minutes_before_ten):
    moment = datetime(2026, 3, 10, 2, tzinfo=UTC) - timedelta(minutes=minutes_before_ten)
    with desk_of(str(home)) as desk, transaction(desk.ledger) as session:
        session.add(WorkerSeen(worker=name, started_at=moment, seen_at=moment))


def test_a_worker_that_died_is_missed_once_something_is_due(kaohe, due, home):
    assert kaohe(*at("10:00")).code == 0  # nobody was ever there: somebody assesses by hand
    seen(home, "w:1", 11)
    assert kaohe(*at("09:59")).code == 0
    said = kaohe(*at("10:00"))
    assert said.code == 1
    assert said.rows[0]["late"] == ["1 run due, and the last worker was seen 2026-03-10 09:49:00+08:00"]
    seen(home, "w:2", 5)  # another one lives
    assert kaohe(*at("10:00")).code == 0


def test_mail_that_is_refused_again_and_again_is_late_since_its_first_attempt(
    kaohe, english, sessions, home, monkeypatch
):
    monkeypatch.setenv("KAOHE_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("KAOHE_MAIL_FROM", "kaohe@mycorp.cn")
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@mycorp.cn")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", ASSESSED)
    first = datetime.fromisoformat(ASSESSED)
    told = []
    with desk_of(str(home)) as desk:
        for minutes in (0, 1, 10, 11, 60, 600):
            now = first + timedelta(minutes=minutes, seconds=30)
            deliver(desk, desk.rulebook, now)
            told.append((minutes, [what.en for what in status_of(desk, now, desk.settings.late_after).late]))
    late = ["1 notice not sent, the oldest due 2026-03-10 10:05:00+08:00"]
    assert told == [(minutes, late if minutes >= 10 else []) for minutes in (0, 1, 10, 11, 60, 600)]
