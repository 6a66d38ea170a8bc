"""From a file to a notice, as a person types it."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy

WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-10T10:05+08:00")
KEYS = [
    *("rule", "version", "rule_sha256", "platform", "client", "shop", "agent", "cycle", "cycle_start", "cycle_end"),
    *("assessed_on", "numerator", "denominator", "value", "standard", "gate", "verdict", "at_risk", "severity"),
    *("sanctions", "exposure_fen", "assumed", "disputed", "violation"),
]


def test_a_shop_that_fails_by_one_is_a_violation(kaohe, sessions):
    assert kaohe("import", str(sessions(79, 100)), "--kind", "sessions").code == 0
    said = kaohe(*WEEK, "--json")
    assert said.code == 0
    (row,) = said.rows
    assert list(row) == KEYS
    assert (row["numerator"], row["denominator"], row["value"], row["verdict"]) == (79, 100, "0.790000", "violation")
    assert row["sanctions"] == [
        {"kind": "traffic_limit", "scope": "public_domain", "starts": "2026-03-10", "ends": "2026-03-12"}
    ]
    assert (row["standard"], row["gate"], row["at_risk"]) == (">= 80%", "sessions >= 5", True)
    assert row["assumed"] == ["effective", "assessed", "cut_off", "sanction_start"]
    assert row["disputed"] == ["cut_off"]
    assert re.fullmatch(r"V-[A-Z2-7]{12}", row["violation"])


def test_a_shop_exactly_at_the_standard_complies(kaohe, sessions):
    kaohe("import", str(sessions(80, 100)), "--kind", "sessions")
    (row,) = kaohe(*WEEK, "--json").rows
    assert (row["verdict"], row["at_risk"], row["violation"], row["sanctions"]) == ("compliant", True, None, [])


def test_a_shop_below_the_gate_is_not_assessed(kaohe, sessions):
    kaohe("import", str(sessions(0, 4)), "--kind", "sessions")
    (row,) = kaohe(*WEEK, "--json").rows
    assert (row["verdict"], row["at_risk"]) == ("not_assessed", False)


def test_asking_again_gives_the_same_bytes_and_writes_nothing(kaohe, sessions):
    file = str(sessions(79, 100))
    kaohe("import", file, "--kind", "sessions")
    first = kaohe(*WEEK, "--json")
    head = kaohe("journal", "verify").out
    assert kaohe("import", file, "--kind", "sessions").code == 0
    assert kaohe(*WEEK, "--json").out == first.out
    assert kaohe("journal", "verify").out == head


def test_without_a_range_only_what_is_new_is_printed(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    assert len(kaohe("assess", "--as-of", WEEK[-1], "--json").rows) == 1
    again = kaohe("assess", "--as-of", WEEK[-1], "--json")
    assert (again.code, again.out) == (0, "")


def test_a_dry_run_records_nothing(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    head = kaohe("journal", "verify").out
    (row,) = kaohe(*WEEK, "--json", "--dry-run").rows
    assert row["verdict"] == "violation"
    assert kaohe("violations", "list", "--json").out == ""
    assert kaohe("journal", "verify").out == head


def test_shop_limits_what_is_printed_not_what_is_assessed(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), str(sessions(1, 9, "s2")), "--kind", "sessions")
    assert [r["shop"] for r in kaohe(*WEEK, "--json", "--shop", "s2").rows] == ["s2"]
    assert len(kaohe("violations", "list", "--json").rows) == 2


def test_the_notice_goes_to_the_contact_of_the_shop_as_a_mail_file(kaohe, sessions, home, tmp_path):
    register = tmp_path / "shops.csv"
    register.write_text(
        "platform,shop,name,alias,client,contact\nxiaohongshu,s1,小禾母婴旗舰店,小禾,禾苗,zhao@example.com\n",
        encoding="utf-8",
    )
    assert kaohe("shops", "import", str(register)).code == 0
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", WEEK[-1])
    (queued,) = kaohe("notices", "list", "--json").rows
    assert (queued["state"], queued["recipient"], queued["client"]) == ("queued", "z***@example.com", "禾苗")
    assert kaohe("notices", "send").code == 0
    (mail,) = (home / "outbox").glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["To"] == "zhao@example.com"
    body = message.get_body(("plain",)).get_content()
    assert body.splitlines()[0] == "【预判违规】小禾：限制公域流量3天，至2026年3月12日。"
    assert "100 个会话里，79 个" in body
    assert "再有 1 个会话" in body
    assert kaohe("notices", "list", "--json").rows[0]["state"] == "sent"


def test_an_old_violation_is_recorded_without_a_notice(kaohe, english, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("assess", "--as-of", "2026-03-17T10:00:01+08:00", "--json")
    assert "1 violation is older than 7 days" in said.err
    assert kaohe("notices", "list", "--json").out == ""
    preview = kaohe("notices", "preview", said.rows[0]["violation"], "--lang", "en")
    assert preview.code == 0
    assert "public-domain traffic limit for 3 days, until 12 March 2026" in preview.out


def test_explain_leads_from_the_evidence_to_the_measure(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    (row,) = kaohe(*WEEK, "--json").rows
    said = kaohe("explain", row["violation"], "--lang", "en")
    for words in (
        "7 day files",
        "21 sessions tell against it; the first 20 (--full names them all):",
        "79/100 = 79%",
        "Compared exactly, in integers: 79×5 = 395 < 400 = 4×100",
        "One more session",
        "the cut-off [assumed]",
        "[disputed]",
        "001_ebe86503c3bb770c.txt",
        "Decided by durable_rules 2.0.28",
        "violation.opened",
    ):
        assert words in said.out
    (data,) = kaohe("explain", row["violation"], "--json").rows
    assert sum(d["denominator"] for d in data["days"]) == 100
    assert data["against_total"] == 21
    assert json.dumps(data, ensure_ascii=False).count("customer") == 0


def test_a_recorded_decision_stands_in_the_list_and_in_the_journal(kaohe, english, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    name = kaohe(*WEEK, "--json").rows[0]["violation"]
    assert kaohe("violations", "record", name, "confirmed", "--why", "notice 123", "--amount", "300.50").code == 0
    assert kaohe("violations", "list", "--state", "confirmed", "--json").rows[0]["violation"] == name
    entry = kaohe("journal", "list", "--about", name, "--json").rows[-1]
    assert (entry["event"], entry["payload"]["why"]) == ("violation.confirmed", "notice 123")
    assert entry["payload"]["after"]["amount_fen"] == 30050
    refused = kaohe("violations", "record", name, "open", "--why", "x")
    assert refused.code == 2
    assert "what may follow" in refused.err


def test_an_id_may_be_typed_in_small_letters(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    name = kaohe(*WEEK, "--json").rows[0]["violation"]
    for command in (("explain",), ("violations", "show")):
        said = kaohe(*command, name.lower())
        assert said.code == 0
        assert name in said.out


def test_a_notice_tells_by_what_it_went_where_and_what_was_answered(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", WEEK[-1])
    kaohe("notices", "send")
    (row,) = kaohe("notices", "show", "1", "--json").rows
    assert (row["contact"], row["route"], row["template"]) == (None, None, "violation.opened.email.zh-CN")
    assert len(row["template_sha256"]) == 64
    assert [(step["event"], step["answer"]) for step in row["steps"]] == [
        ("notice.queued", None),
        ("notice.sent", row["answer"]),
    ]
    shown = kaohe("notices", "show", "1").out
    for said in ("联系人：店铺登记的联系人", f"({row['template_sha256'][:12]}…)", "通知排队", "通知发出 · 已写入"):
        assert said in shown
