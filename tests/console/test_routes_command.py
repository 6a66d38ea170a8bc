import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from console.cli.main import run

ROUTES = """
[contact.li]
title = "李经理"
addresses = ["wecom:ops", "zhangsan@example.com"]

[contact.boss]
client = "acme"
language = "en"
hours = "09:00-18:00"
addresses = ["aliyun-sms:13800001234"]

[contact.other]
client = "brill"
addresses = ["boss@brill.example"]

[[route]]
name = "all"
to = ["li", "boss", "other", "@shop"]

[[route]]
name = "again"
to = ["li"]
urgent = true

[[route]]
name = "kuaishou"
to = ["li"]
platforms = ["kuaishou"]
"""
NIGHT = ("--as-of", "2026-03-10T23:30")


@pytest.fixture
def shops(kaohe, home, tmp_path, english):
    path = tmp_path / "shops.csv"
    rows = [
        "platform,shop,client,contact",
        "xiaohongshu,s1,acme,own@acme.example",
        "kuaishou,s1,brill,wrong@brill.example",
    ]
    path.write_text("\n".join([*rows, "xiaohongshu,s2,acme,"]) + "\n")
    kaohe("shops", "import", str(path))
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:  # an import would refuse it
        ledger.execute("UPDATE subject SET contact = 'nobody' WHERE contact LIKE 'wrong%'")
        ledger.commit()


@pytest.fixture
def file(tmp_path, shops):
    path = tmp_path / "routes.toml"
    path.write_text(ROUTES, encoding="utf-8")
    return path


def test_a_file_is_tried_applied_and_then_changes_nothing(kaohe, file):
    tried = kaohe("routes", "apply", str(file), "--dry-run")
    assert (tried.code, tried.out) == (0, "contacts: added li, boss, other\nroutes: added all, again, kuaishou\n")
    assert "a dry run" in tried.err
    assert kaohe("routes", "show").out == ""
    assert kaohe("routes", "apply", str(file)).out == tried.out
    assert kaohe("routes", "apply", str(file)).out == "nothing changes\n"
    file.write_text("")
    assert "removed all, again, kuaishou" in kaohe("routes", "apply", str(file)).out


def in_full(kaohe):
    """What only `--full` shows: whole numbers, which the terminal of the tests lets through for no command."""
    kaohe.capsys.readouterr()
    assert run(["routes", "show", "--full", "--home", str(kaohe.home)]) == 0
    return kaohe.capsys.readouterr().out


def test_what_is_shown_in_full_can_be_applied_and_what_is_masked_cannot(kaohe, file, tmp_path):
    kaohe("routes", "apply", str(file))
    shown, full = kaohe("routes", "show").out, in_full(kaohe)
    assert "13800001234" not in shown
    assert "zhangsan" not in shown
    copy = tmp_path / "copy.toml"
    copy.write_text(full, encoding="utf-8")
    assert kaohe("routes", "apply", str(copy)).out == "nothing changes\n"
    copy.write_text(shown, encoding="utf-8")
    refused = kaohe("routes", "apply", str(copy))
    assert refused.code == 2
    assert refused.err.count("is masked; write it in full") == 3
    assert in_full(kaohe) == full


def test_a_file_with_faults_changes_nothing_and_tells_them_all(kaohe, file):
    kaohe("routes", "apply", str(file))
    file.write_text(ROUTES.replace('"acme"', '"acmee"').replace('"boss", "other"', '"bos", "other"'))
    refused = kaohe("routes", "apply", str(file))
    assert refused.code == 2
    assert "did you mean 'acme'?" in refused.err
    assert "did you mean 'boss'" in refused.err
    assert "boss" in kaohe("routes", "show").out


def test_a_preview_says_who_gets_what_when_and_why_others_do_not(kaohe, file):
    said = kaohe("routes", "preview", "--shop", "xiaohongshu/s1", "--file", str(file), *NIGHT)
    assert said.code == 0
    assert said.out.splitlines() == [
        "all",
        "  → 李经理 wecom ops (zh-CN); now; instead, where it is refused for good: email z***@example.com",
        "  → boss aliyun-sms +86138****1234 (en); from 2026-03-11 09:00:00+08:00; at most 2 an hour; at most 20 a day",
        "  → the shop's own contact email o***@acme.example (en); now",
        "  × other: a contact of a client whose news this is not",
        "again",
        "  × wecom ops: is told above",
        "kuaishou: another platform",
    ]
    assert kaohe("routes", "show").out == "", "a preview by a file applies nothing"


def test_a_preview_by_machines_has_each_recipient_once(kaohe, file):
    said = kaohe("routes", "preview", "--shop", "xiaohongshu/s1", "--file", str(file), "--json", *NIGHT)
    found = [(row["route"], row["result"], row.get("contact")) for row in said.rows]
    assert found == [
        ("all", "told", "li"),
        ("all", "told", "boss"),
        ("all", "told", None),
        ("all", "left_out", "other"),
        ("again", "again", "li"),
        ("kuaishou", "refused", None),
    ]
    assert datetime.fromisoformat(said.rows[1]["not_before"]) == datetime(2026, 3, 11, 1, tzinfo=UTC)
    assert "13800001234" not in said.out


def test_a_preview_tells_of_mutes_and_of_shops_contacts_that_are_wrong(kaohe, file):
    kaohe("routes", "apply", str(file))
    kaohe("mutes", "set", "--contact", "li", "--until", "2099-01-01", "--from", "2098-12-31", "--why", "on leave")
    ahead = ("--as-of", "2098-12-31T12:00")
    said = kaohe("routes", "preview", "--shop", "kuaishou/s1", *ahead).out
    assert "not sent: muted until 2099-01-01 00:00: on leave" in said
    assert "email nobody" in said
    assert "it has no @" in said
    states = [r["result"] for r in kaohe("routes", "preview", "--shop", "kuaishou/s1", "--json", *ahead).rows]
    assert states == ["muted", "told", "broken", "left_out", "again", "again"]


def test_a_preview_of_a_violation_is_about_its_shop(kaohe, file, sessions):
    kaohe("import", str(sessions(70, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")
    [violation] = [json.loads(line)["violation"] for line in kaohe("violations", "list", "--json").out.splitlines()]
    said = kaohe("routes", "preview", violation, "--file", str(file), "--json").rows
    assert {row["shop"] for row in said} == {"shop:xiaohongshu/s1"}
    refused = kaohe("routes", "preview", violation, "--shop", "s1")
    assert (refused.code, "leave out --shop" in refused.err) == (2, True)


def test_news_of_the_house_is_previewed_for_the_house_alone(kaohe, file):
    file.write_text(ROUTES.replace('name = "all"', 'name = "all"\nevents = ["*"]'), encoding="utf-8")
    said = kaohe("routes", "preview", "--event", "operator.alarm", "--file", str(file), "--json").rows
    assert [row["contact"] for row in said if row["result"] == "told"] == ["li"]


def test_a_shop_without_a_contact_is_told_to_nobody_and_the_preview_says_so(kaohe, shops):
    assert "nobody would be told" in kaohe("routes", "preview", "--shop", "s2").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--event violation.open", "did you mean 'violation.opened'"),
        ("--client acm", "did you mean 'acme'"),
        ("--platform kuaisho", "kuaishou"),
        ("--rule reply", "unknown rule 'reply'"),
        ("--severity bad", "unknown severity 'bad'"),
        ("--shop s1", "stands for several shops"),
        ("--shop s2 --client brill", "is a shop of acme, and not of brill"),
    ],
)
def test_names_that_nothing_has_are_refused(kaohe, shops, words, said):
    refused = kaohe("routes", "preview", *words.split())
    assert refused.code == 2
    assert said in refused.err


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (("viewer",), {"show", "preview"}),
        (("operator",), {"show", "preview"}),
        (("manager",), {"show", "preview", "show --full", "apply"}),
        (("manager", "--client", "acme"), set()),
        (("operator", "--client", "acme", "--external"), set()),
    ],
)
def test_who_sees_everything_sees_routes_and_who_keeps_the_registers_applies_them(kaohe, file, become, who, may):
    become(*who)
    tried = {"show": (), "preview": (), "show --full": (), "apply": (str(file),)}
    assert {name for name, words in tried.items() if kaohe("routes", *name.split(), *words).code == 0} == may
