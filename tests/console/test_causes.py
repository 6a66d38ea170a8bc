"""What caused a violation, where officers read it: explanations, notices, and the ledger of the demo."""

import json
import sqlite3
from email import message_from_bytes
from email.policy import default

import pytest

from console.cli.main import run


@pytest.fixture
def kaohe(demo_place, capfd):
    def call(*words):
        capfd.readouterr()
        assert run([*words, "--home", "demo-data"]) == 0
        return capfd.readouterr().out

    return call


def test_every_unsettled_violation_of_the_demo_has_a_diagnosis(demo_place):
    with sqlite3.connect(demo_place / "demo-data" / "ledger.sqlite") as ledger:
        lacking = ledger.execute(
            "SELECT v.id FROM violation v LEFT JOIN diagnosis d ON d.violation_id = v.id "
            "AND d.situation_id = v.situation_id WHERE v.state IN ('open', 'confirmed') AND d.violation_id IS NULL"
        ).fetchall()
    assert lacking == []


def test_an_explanation_has_the_whole_diagnosis_as_data_and_the_causes_in_words(kaohe):
    listed = map(json.loads, kaohe("violations", "list", "--rule", "xiaohongshu.reply-rate", "--json").splitlines())
    name = next(row["violation"] for row in listed if row["state"] == "open")
    found = json.loads(kaohe("explain", name, "--json"))["diagnosis"]
    assert (found["basis"], found["lead"]) == ("rows", "roster_unknown")
    assert sum(misses for _, misses, _ in found["hours"]) == found["misses"]
    assert sum(of for _, _, of in found["agents"]) == found["of"]
    assert "最集中的账号" in kaohe("explain", name)
    assert "roster unknown" in kaohe("explain", name, "--lang", "en")


def test_the_demos_notices_tell_causes_and_name_accounts_to_the_house_alone(demo_place):
    mails = [
        message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted((demo_place / "demo-data" / "outbox").glob("*violation.opened*.eml"))
    ]
    told = {
        of_house: [m for m in mails if (m["To"] == "officer@example.com") is of_house] for of_house in (True, False)
    }
    (officers,) = told[True]
    assert (
        "最集中的账号：无人接待 13 人次、「张子轩」11 人次、「何田」7 人次"
        in officers.get_body(("plain",)).get_content()
    )
    texts = [mail.get_body(("plain",)).get_content() for mail in told[False]]
    assert texts
    assert any("最集中的时段" in text for text in texts)
    assert any("只导入了合计" in text or "没有当天的班表" in text for text in texts)
    assert not any("最集中的账号" in text for text in texts)
