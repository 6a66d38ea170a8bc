"""`kaohe doctor`: every check in its failing form, with how to mend it; and none where all is in order."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from console.doctor.channels import check_channels
from console.doctor.check_url import check_switch
from console.doctor.database import check_clocks, check_version
from console.doctor.disk import check_disk
from console.doctor.judge import check_judge
from console.doctor.lake import check_lake
from console.doctor.mail import check_mail
from console.doctor.rules import check_rules
from console.doctor.settings import check_home, check_privacy, check_settings
from console.doctor.workers import check_workers
from console.doctor.zones import check_zones
from console.settings import load_settings
from console.watch.clocks import Times
from engine.evidence.lake import Lake
from engine.judge.process import ChildLostError
from engine.judge.reasoner import Reasoner
from engine.ledger.database import known_versions
from engine.ledger.tables import DayFile, WorkerSeen
from engine.rulebook.book import RuleBook
from tests.console.switchboard import Switchboard
from tests.console.test_language import english_in
from tests.mail_server import MailServer
from tests.ready import ready_home

NOW = datetime(2026, 4, 1, tzinfo=UTC)
TEN = timedelta(minutes=10)


def told(findings):
    """(level, what, mend) of each finding, which must be told in Chinese too, but for what others answered."""
    for finding in findings:
        assert finding.level == "ok" or re.search("[\u4e00-\u9fff]", finding.what.zh)
        assert finding.mend is None or english_in(finding.mend.zh) == []
    return [(f.level, f.what.en, f.mend.en if f.mend else None) for f in findings]


def only(findings):
    (found,) = told(findings)
    return found


@pytest.fixture
@ready_home
def sound(kaohe, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")


def test_where_all_is_in_order_every_subject_is_told_and_it_ends_with_zero(kaohe, sound):
    said = kaohe("doctor", "--json")
    assert [(row["subject"], row["level"], row["mend"]) for row in said.rows] == [
        (subject, "remark" if subject in {"workers", "check_url"} else "ok", None)
        for subject in (
            *("settings", "home", "rights", "disk", "zones", "rules", "judge"),
            *("database", "clock", "lake", "workers", "work", "mail", "channels", "check_url"),
        )
    ]
    assert said.code == 0
    assert english_in(kaohe("doctor").out) == []


def test_the_doctor_makes_and_migrates_nothing(kaohe, sound, home, tmp_path):
    with sqlite3.connect(home / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE ledger_version SET version_num = '0002'")
    ledger.close()
    said = kaohe("doctor", "--json")
    assert said.code == 1
    (row,) = [r for r in said.rows if r["level"] not in {"ok", "remark"}]
    assert (row["subject"], row["level"]) == ("database", "warning")
    assert "has pending migrations: 0003, " in row["what"]
    with sqlite3.connect(home / "ledger.sqlite") as ledger:
        assert ledger.execute("SELECT version_num FROM ledger_version").fetchone() == ("0002",)
    ledger.close()


def test_a_home_that_is_not_there_is_a_finding_and_is_not_made(kaohe, home):
    said = kaohe("doctor", "--json")
    assert said.code == 1
    assert [r["subject"] for r in said.rows if r["level"] == "wrong"] == ["home", "database"]
    assert not home.exists()
    assert only(check_home(home))[0] == "wrong"


def test_all_faults_of_the_settings_are_told_at_once(kaohe, tmp_path, english):
    text = 'langauge = "en"\ntick_seconds = 0\nlate_minutes = "soon"\nmetrics_port = 70000\ncheck_url = "x"\n'
    (tmp_path / "kaohe.toml").write_text(text, encoding="utf-8")
    assert kaohe("status").code == 2
    wrong = [r["what"] for r in kaohe("doctor", "--json").rows if r["subject"] == "settings"]
    assert [w.split("kaohe.toml:")[1].split(": ", 1)[0] for w in wrong] == ["1", "2", "3", "4", "5"]
    assert "unknown setting 'langauge'" in wrong[0]
    assert all("a whole number from" in w for w in wrong[1:4])


def test_a_file_of_settings_that_cannot_be_read_is_a_finding(tmp_path):
    (tmp_path / "kaohe.toml").write_text("language = ", encoding="utf-8")
    assert only(check_settings(load_settings({}, tmp_path, forgiving=True)))[0] == "wrong"


def test_what_others_can_get_at_is_told_with_the_command_that_mends_it(tmp_path):
    home, secret, gone = tmp_path / "home", tmp_path / "home" / "secret", tmp_path / "gone"
    home.mkdir(mode=0o755)
    secret.touch(mode=0o640)
    assert told(check_privacy(home, secret, gone)) == [
        ("wrong", f"{home} has mode 0755: others can get at it", f"run `chmod 0700 {home}`"),
        ("wrong", f"{secret} has mode 0640: others can get at it", f"run `chmod 0600 {secret}`"),
    ]
    home.chmod(0o700)
    secret.chmod(0o600)
    assert only(check_privacy(home, secret, gone))[0] == "ok"


@pytest.mark.parametrize(("free", "level"), [(1 << 40, "ok"), (1 << 30, "warning"), (1 << 20, "wrong")])
def test_room_on_the_disk(tmp_path, free, level):
    places = [tmp_path / "not" / "there", tmp_path]  # one disk, told once
    assert only(check_disk(places, lambda _: SimpleNamespace(free=free)))[0] == level


def test_a_zone_that_this_machine_does_not_know():
    level, what, mend = only(check_zones({"mars": "Mars/Olympus", "moon": "Mars/Olympus", "jd": "Asia/Shanghai"}))
    assert (level, what) == ("wrong", "the zone Mars/Olympus is unknown (mars, moon)")
    assert "tzdata" in mend


def test_rules_with_faults_and_no_rules_at_all(tmp_path):
    (tmp_path / "bad.yaml").write_text("schema: ruleset/v1\n", encoding="utf-8")
    findings = check_rules(*RuleBook.load([tmp_path]), [tmp_path])
    assert {f.level for f in findings} == {"wrong"}
    assert all("bad.yaml:" in f.what.en for f in findings)
    (tmp_path / "bad.yaml").unlink()
    level, what, _ = only(check_rules(*RuleBook.load([tmp_path]), [tmp_path]))
    assert level == "wrong"
    assert what.startswith(f"there is no rule in {tmp_path}; put rule files (.yaml) there")


def test_a_rule_engine_that_does_not_start():
    def never():
        raise ChildLostError("could not be started (no such file)")

    level, what, _ = only(check_judge(Reasoner(never)))
    assert level == "warning"
    assert "could not be started (no such file)" in what
    assert only(check_judge(Reasoner()))[0] == "ok"


def test_a_ledger_that_is_newer_or_does_not_answer(kaohe, sound, home, english, monkeypatch):
    ledger = create_engine(f"sqlite:///{home}/ledger.sqlite")
    assert only(check_version(ledger, known_versions()[-1]))[0] == "ok"
    assert only(check_version(ledger, "9999"))[::2] == ("wrong", "upgrade kaohe on this host")
    assert only(check_version(ledger, None))[0] == "warning"
    ledger.dispose()
    monkeypatch.setenv("KAOHE_DATABASE_URL", "postgresql://kaohe:hunter2@127.0.0.1:1/kaohe")
    (row,) = [r for r in kaohe("doctor", "--json").rows if r["subject"] == "database"]
    assert row["level"] == "wrong"
    assert "cannot open the ledger postgresql+psycopg://kaohe:***@127.0.0.1:1/kaohe" in row["what"]
    assert "hunter2" not in row["what"]


def test_clocks_that_do_not_agree():
    assert only(check_clocks(Times(NOW, NOW, NOW)))[0] == "ok"
    assert "the database's says" in only(check_clocks(Times(NOW, NOW + TEN, None)))[1]
    assert "the last entry of the journal" in only(check_clocks(Times(NOW, NOW, NOW + TEN)))[1]


def test_a_lake_that_is_not_there_cannot_be_written_or_lacks_files(tmp_path):
    lake, day = Lake(tmp_path / "lake"), date(2026, 3, 2)
    file = DayFile(kind="sessions", platform="jd", day=day, generation="a" * 64, rows=1, since=NOW)
    assert only(check_lake(lake, []))[0] == "ok"
    assert only(check_lake(lake, [file]))[:2] == ("wrong", f"{lake.root} is not there")
    lake.root.mkdir()
    level, what, mend = only(check_lake(lake, [file]))
    assert (level, "restore" in mend) == ("wrong", True)
    assert what == (
        "1 day files that the ledger names are missing or unreadable: "
        f"{lake.path('sessions', 'jd', day, 'a' * 64).relative_to(lake.root)}"
    )
    path = lake.path("sessions", "jd", day, "a" * 64)
    path.parent.mkdir(parents=True)
    path.touch()
    assert only(check_lake(lake, [file]))[0] == "wrong"  # an empty file is no day file
    path.write_bytes(b"PAR1")
    assert only(check_lake(lake, [file]))[0] == "ok"
    spoilt = Lake(path)  # a file where the directory should be
    assert told(check_lake(spoilt, []))[0][::2] == ("wrong", "look at its rights, its room and how it is mounted")


def test_workers_that_died_or_were_not_upgraded():
    def worker(minutes, version="1"):
        return WorkerSeen(worker="h:1", started_at=NOW, seen_at=NOW - timedelta(minutes=minutes), version=version)

    assert only(check_workers([], NOW, TEN, "1"))[0] == "remark"
    assert only(check_workers([worker(9)], NOW, TEN, "1"))[0] == "ok"
    assert only(check_workers([worker(11)], NOW, TEN, "1"))[0] == "warning"
    assert only(check_workers([worker(1, "0.9")], NOW, TEN, "1"))[1] == "h:1 is of version 0.9, this is 1"
    assert only(check_workers([worker(1, None)], NOW, TEN, "1"))[0] == "warning"


def test_late_work_is_a_finding(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("doctor", "--json")
    assert said.code == 1
    assert [r["subject"] for r in said.rows if r["level"] not in {"ok", "remark"}] == ["work"]


def mail(tmp_path, url, **more):
    given = {"smtp_url": url, "mail_from": "kaohe@merchant.cn"} | more
    return load_settings({f"KAOHE_{name.upper()}": value for name, value in given.items()}, tmp_path)


def test_a_mail_server_is_asked_whether_it_takes_the_sender_and_gets_no_mail(tmp_path):
    with MailServer() as server:
        settings = mail(tmp_path, f"smtp://127.0.0.1:{server.port}")
        assert only(check_mail(settings))[0] == "ok"
        server.answers["MAIL"] = "550 not from you"
        level, what, _ = only(check_mail(settings))
        assert (level, "550 not from you" in what) == ("wrong", True)
        assert only(check_mail(settings, logs_in=False))[0] == "ok"
        assert server.received == []


def test_a_wrong_password_a_missing_sender_and_a_server_that_is_not_there(tmp_path):
    with MailServer(password="hunter2", implicit_tls=False) as server:
        url = f"smtp://kaohe@127.0.0.1:{server.port}"
        level, what, mend = only(check_mail(mail(tmp_path, url, smtp_password="guess")))
        assert level == "wrong"
        assert "when logging in" in what
        assert "guess" not in what + mend
        assert only(check_mail(mail(tmp_path, url, smtp_password="guess"), logs_in=False))[0] == "ok"
        assert "there is no password: set KAOHE_SMTP_PASSWORD" in only(check_mail(mail(tmp_path, url)))[1]
    assert only(check_mail(mail(tmp_path, "smtp://127.0.0.1:1")))[0] == "warning"
    assert [f[0] for f in told(check_mail(mail(tmp_path, "smtp://127.0.0.1:1", mail_from="kaohe@example.com")))] == [
        "wrong",
        "warning",
    ]
    assert only(check_mail(mail(tmp_path, "http://x")))[0] == "wrong"
    assert told(check_mail(mail(tmp_path, "smtp://127.0.0.1:1", mail_from="nobody")))[0][0] == "wrong"


def test_the_switch_is_connected_to_and_not_asked():
    board = Switchboard()
    try:
        assert only(check_switch(board.url))[0] == "ok"
        level, what, _ = only(check_switch(board.url.replace("http:", "https:"), timeout_s=5))  # no certificate there
        assert level == "wrong"
        assert "5f0c8f9c" not in what
    finally:
        board.close()
    assert board.asked == []
    assert only(check_switch("http://127.0.0.1:1/5f0c8f9c"))[0] == "wrong"
    assert only(check_switch(""))[0] == "remark"


def test_a_check_that_cannot_be_carried_out_keeps_no_other_from_being_made(kaohe, sound, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("console.doctor.examination.check_disk", broken)
    said = kaohe("doctor", "--json")
    assert [r["subject"] for r in said.rows if r["level"] not in {"ok", "remark"}] == ["disk"]
    assert len(said.rows) == 15


def test_a_channel_that_is_set_up_wrongly_is_told_and_those_that_are_ready_are_named(tmp_path):
    path = tmp_path / "robots.toml"
    path.write_text('[wecom.ops]\nkee = "1"\n[dingtalk.night]\ntoken = "t"\nsecret = "s"\n', encoding="utf-8")
    path.chmod(0o600)
    wrong, ready = check_channels(load_settings({"KAOHE_ROBOTS_FILE": str(path)}, tmp_path, str(tmp_path)))
    assert (wrong.level, "robots.toml" in wrong.what.en) == ("wrong", True)
    assert (ready.level, ready.what.en) == ("ok", "set up: dingtalk; try them with `kaohe notices test`")


def test_a_provider_of_text_messages_that_cannot_be_reached_is_told(tmp_path):
    given = {"KAOHE_ALIYUN_SMS_KEY_ID": "k", "KAOHE_ALIYUN_SMS_KEY_SECRET": "s"}
    given |= {"KAOHE_SMS_BINDINGS": str(tmp_path / "b.toml"), "KAOHE_ALIYUN_SMS_ENDPOINT": "http://127.0.0.1:9"}
    found = check_channels(load_settings(given, tmp_path, str(tmp_path)))
    assert [(f.subject, f.level) for f in found] == [("channels", "warning"), ("channels", "ok")]
    assert found[0].what.en.startswith("aliyun-sms: ")
