"""What was typed wrong can be taken back: evidence in the wrong shop, a shop that is none, a client that is a slip."""

import pytest


@pytest.fixture
def wrong(kaohe, sessions):
    path = sessions(7, 10, shop="ks88")
    assert kaohe("import", str(path), "--kind", "sessions").code == 0


REMOVE = ("evidence", "remove", "--platform", "xiaohongshu", "--shop", "ks88", "--why", "导错了店铺")


def test_evidence_is_shown_before_it_goes_and_gone_afterwards(kaohe, wrong):
    said = kaohe(*REMOVE, "--dry-run")
    assert said.code == 0
    assert said.out.split()[:6] == ["种类", "日期", "行数", "sessions", "2026-03-02", "2"]
    assert said.err == "xiaohongshu/ks88：会移除 10 行；现在没有移除任何数据\n"
    assert [row["shop"] for row in kaohe("shops", "list", "--json").rows] == ["ks88"]
    rows = kaohe(*REMOVE, "--json").rows
    assert [row["day"] for row in rows] == [f"2026-03-{n:02}" for n in range(2, 9)]
    assert sum(row["rows"] for row in rows) == 10
    assert {(row["kind"], row["shop"], row["removed"]) for row in rows} == {("sessions", "ks88", True)}
    assert kaohe("shops", "list", "--json").rows == []
    assert kaohe(*REMOVE).code == 3


def test_a_verdict_that_rested_on_the_evidence_is_withdrawn(kaohe, wrong):
    assess = ("assess", "--as-of", "2026-03-11", "--rule", "xiaohongshu.reply-rate", "--json")
    (row,) = kaohe(*assess).rows
    assert row["verdict"] == "violation"
    assert kaohe(*REMOVE).code == 0
    kaohe(*assess)
    assert [row["state"] for row in kaohe("violations", "list", "--json").rows] == ["withdrawn"]


def test_a_shop_can_be_unregistered_and_is_then_only_seen(kaohe, wrong):
    kaohe("shops", "add", "xiaohongshu", "ks88", "--client", "云杉户外", "--alias", "桂花")
    assert kaohe("shops", "unregister", "xiaohongshu", "桂花", "--why", "登记错了").code == 0
    (row,) = kaohe("shops", "list", "--json").rows
    assert (row["registered"], row["client"], row["alias"]) == (False, "default", None)
    entry = kaohe("journal", "list", "--json").rows[-1]
    assert (entry["event"], entry["payload"]["why"]) == ("shop.unregistered", "登记错了")
    assert entry["payload"]["before"]["client"] == "云杉户外"
    assert kaohe("shops", "unregister", "xiaohongshu", "ks88", "--why", "again").code == 2


def test_a_new_client_near_another_is_noted(kaohe):
    assert "客户" not in kaohe("shops", "add", "kuaishou", "k1", "--client", "云杉户外").err
    said = kaohe("shops", "add", "kuaishou", "k2", "--client", "云山户外")
    assert "客户「云山户外」是新的；是不是 云杉户外？" in said.err
    assert kaohe("shops", "add", "kuaishou", "k3", "--client", "云山户外").err == ""


def test_the_list_of_shops_has_opening_days_and_masked_contacts(kaohe):
    kaohe("shops", "add", "jd", "j1", "--opened-on", "2026-03-01", "--contact", "zhang@example.com")
    assert "2026-03-01" in kaohe("shops", "list").out
    assert "z***@example.com" in kaohe("shops", "list").out
    assert kaohe("shops", "list", "--json").rows[0]["contact"] == "z***@example.com"
