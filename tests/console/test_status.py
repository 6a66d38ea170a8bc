"""`kaohe status`: what is late is told, and so is who should have been there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from console.desk import desk as desk_of
from console.status import status_of
from console.worker import deliver
from engine.ledger.actors import Actor, Grant
from engine.ledger.database import transaction
from engine.ledger.tables import Run, WorkerSeen
from tests.notifier.test_receipts import notice

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


def test_a_provider_that_cannot_be_asked_what_arrived_is_late_in_status_and_doctor_and_alarms(
    kaohe, english, home, monkeypatch
):
    """No channel is set up here, as where its key was taken away: nobody asks."""
    kaohe("shops", "add", "xiaohongshu", "s1")
    now = datetime.now(UTC)
    with desk_of(str(home)) as desk, transaction(desk.ledger) as session:
        notice(session, sent_at=now - timedelta(minutes=8), provider_id="1^0")
    assert kaohe("status").code == 0
    with desk_of(str(home)) as desk, transaction(desk.ledger) as session:
        notice(session, "V-2", sent_at=now - timedelta(minutes=40), provider_id="2^0")
    said = kaohe("status", "--json")
    assert said.code == 1
    [late] = said.rows[0]["late"]
    assert late.startswith("aliyun-sms: it could not be asked whether 1 message arrived, the oldest sent ")
    assert late.endswith("`kaohe notices receipts` tells why")
    assert "late: 1" in kaohe("doctor").out
    for _ in range(2):
        kaohe("worker", "--once")
    [alarm] = [row for row in kaohe("journal", "list", "--json").rows if row["event"] == "operator.alarm"]
    assert "aliyun-sms: it could not be asked" in str(alarm)


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


def test_late_cycles_and_runs_are_told_of_platforms_on_which_one_has_shops(kaohe, english, due, home, tmp_path):
    rows = [f"kuaishou,k1,r{n},2026-03-0{2 + n}T12:00:00,neutral" for n in range(5)]
    (tmp_path / "ratings.csv").write_text("\n".join(["platform,shop,rating,rated_at,score", *rows]), encoding="utf-8")
    kaohe("shops", "add", "kuaishou", "k1", "--client", "acme")
    kaohe("import", str(tmp_path / "ratings.csv"), "--kind", "ratings")
    with desk_of(str(home)) as desk, transaction(desk.ledger) as session:
        more = {"due_at": datetime(2026, 3, 10, 2, tzinfo=UTC), "cycle_start": date(2026, 3, 2), "cycle": "2026-W10"}
        session.add(Run(rule="kuaishou.good-rating", state="failed", failure="k1 has no face", **more))
        session.add(Run(rule="xiaohongshu.reply-rate", state="failed", failure="s1 has no face", **more))

    def told(*grants):
        with desk_of(str(home)) as desk:
            desk.who = Actor("li", grants)
            found = status_of(desk, datetime(2026, 3, 10, 3, tzinfo=UTC), timedelta(minutes=10))
            return {word for what in found.late for word in what.en.split() if "." in word}, found.failed, found.due

    both = {"kuaishou.good-rating", "xiaohongshu.reply-rate"}
    rules, failed, due_by_all = told(Grant("viewer"))
    assert (both <= rules, failed) == (True, 2)
    of_acme = told(Grant("viewer", "acme"))
    of_shop = told(Grant("viewer", shop="shop:xiaohongshu/s1"))
    assert (of_acme[0], of_acme[1]) == ({"kuaishou.good-rating"}, 1)
    assert (of_shop[0], of_shop[1]) == ({"xiaohongshu.reply-rate"}, 1)
    assert (of_acme[2] + of_shop[2], told(Grant("viewer", "nobody"))) == (due_by_all, (set(), 0, 0))
