"""`kaohe waivers` and `kaohe duties` as people and programs meet them."""

import hashlib

import pytest

from console.desk import Desk
from engine.ledger.actors import Actor
from tests.console.conftest import AFTER_W10

LATER = "2026-03-10T12:00+08:00"


@pytest.fixture
def at_the_desk(monkeypatch):
    """Puts somebody else at the desk."""

    def sits(name, **more):
        monkeypatch.setattr(Desk, "who", property(lambda _: Actor(name, Actor.unbounded(name).grants, **more)))

    sits("li")
    return sits


@pytest.fixture
def violation(kaohe, sessions, at_the_desk):
    assert kaohe("import", str(sessions(5, 10)), "--kind", "sessions").code == 0
    assert kaohe("assess", "--as-of", AFTER_W10).code == 0
    (row,) = kaohe("violations", "list", "--json").rows
    return row["violation"]


def test_a_waiver_from_request_to_revocation(kaohe, violation, at_the_desk):
    asked = kaohe("waivers", "request", "--violation", violation, "--why", "平台故障", "--as-of", AFTER_W10)
    assert (asked.code, asked.out) == (0, "W-1 已申请，待另一个人批准\n")
    own = kaohe("waivers", "approve", "W-1", "--as-of", AFTER_W10)
    assert (own.code, own.err) == (2, "kaohe: 豁免 W-1 经过 li 之手，须由另一个人同意\n")
    at_the_desk("wang")
    assert kaohe("waivers", "approve", "1", "--as-of", AFTER_W10).out == "W-1 已批准\n"
    (row,) = kaohe("waivers", "list", "--json").rows
    assert (row["state"], row["writers"], row["decided_by"]) == ("approved", ["li"], "wang")
    assert (row["first_day"], row["last_day"]) == ("2026-03-02", "2026-03-08")
    (outcome,) = kaohe("assess", "--as-of", LATER, "--json").rows
    assert (outcome["verdict"], outcome["violation"]) == ("exempt", None)
    assert "豁免（W-1）" in kaohe("explain", violation).out
    assert kaohe("waivers", "revoke", "w-1", "--why", "没有故障", "--as-of", LATER).out == "W-1 已撤销\n"
    (stands,) = kaohe("violations", "list", "--json").rows
    assert stands["state"] == "open"
    shown = kaohe("waivers", "show", "W-1").out
    assert "平台故障" in shown
    assert "没有故障" in shown
    assert "waiver.revoked" not in kaohe("violations", "show", violation).out


def test_a_waiver_of_a_client_is_listed_by_day_client_and_state(kaohe, violation, at_the_desk):
    when = ("--from", "2026-03-02", "--to", "2026-03-15", "--as-of", AFTER_W10)
    rule = ("--rule", "xiaohongshu.reply-rate", "--why", "系统升级")
    assert kaohe("waivers", "request", "--client", "default", *rule, *when).code == 0
    assert kaohe("waivers", "edit", "W-1", "--shop", "s1", *rule, *when).out.startswith("W-1 已修改")
    for told in (("--on", "2026-03-15"), ("--client", "default"), ("--state", "requested")):
        assert len(kaohe("waivers", "list", *told, "--json").rows) == 1
    assert kaohe("waivers", "list", "--on", "2026-03-16", "--json").rows == []
    assert kaohe("waivers", "list", "--state", "approved").out == "没有豁免\n"
    at_the_desk("wang")
    assert kaohe("waivers", "reject", "W-1", "--why", "没有升级").code == 0
    assert "没有升级" in kaohe("waivers", "show", "W-1").out


def test_a_shop_that_is_registered_for_another_client_leaves_the_waivers_of_the_former(kaohe, violation, at_the_desk):
    when = ("--from", "2026-03-02", "--to", "2026-03-15", "--as-of", AFTER_W10)
    rule = ("--rule", "xiaohongshu.reply-rate", "--why", "系统升级")
    states = []
    for name, moves in (
        ("W-1", ("shops", "add", "xiaohongshu", "s1", "--client", "b")),
        ("W-2", ("shops", "unregister", "xiaohongshu", "s1", "--why", "x")),
    ):
        client = "default" if name == "W-1" else "b"
        at_the_desk("li")
        assert kaohe("waivers", "request", "--client", client, *rule, *when).code == 0
        at_the_desk("wang")
        assert kaohe("waivers", "approve", name, "--as-of", AFTER_W10).code == 0
        states += [row["state"] for row in kaohe("violations", "list", "--json").rows]
        assert kaohe(*moves).code == 0
        states += [row["state"] for row in kaohe("violations", "list", "--json").rows]
        assert kaohe("waivers", "list", "--json").rows[-1]["shops"] == []
    assert states == ["waived", "open"] * 2
    assert [line.split()[-2:] for line in kaohe("journal", "list").out.splitlines()][-1] == ["waiver.shop_left", "W-2"]


@pytest.mark.usefixtures("english")
def test_what_cannot_be_waived_is_told_in_english(kaohe, violation):
    told = kaohe("waivers", "request", "--client", "default", "--rule", "xiaohongshu.reply-rate", "--why", "down")
    assert (told.code, told.err) == (2, "kaohe: a waiver has a first and a last day: give --from and --to\n")


def test_a_duty_that_a_rule_opens_is_listed_done_and_overdue(kaohe, violation, tmp_path):
    (row,) = kaohe("duties", "list", "--json", "--as-of", LATER).rows
    assert (row["duty"], row["kind"], row["due_at"]) == ("D-1", "rectification", "2026-03-13T16:00:00+00:00")
    assert (row["overdue"], row["violation"], row["zone"]) == (False, violation, "Asia/Shanghai")
    assert "2026-03-13" in kaohe("duties", "list", "--as-of", LATER).out
    assert kaohe("duties", "list", "--overdue", "--as-of", "2026-03-13T23:59").code == 0
    late = kaohe("duties", "list", "--overdue", "--as-of", "2026-03-14T00:00")
    assert late.code == 1
    assert "已逾期" in late.out
    proof = tmp_path / "proof.png"
    proof.write_bytes(b"a picture")
    assert kaohe("duties", "done", "D-1", "--file", str(proof), "--as-of", LATER).out == "D-1 已完成\n"
    (row,) = kaohe("duties", "show", "1", "--json").rows
    assert (row["proof"], row["proof_sha256"]) == ("proof.png", hashlib.sha256(b"a picture").hexdigest())
    assert kaohe("duties", "list", "--open").out == "没有职责\n"


def test_a_duty_that_somebody_gives_is_checked_by_somebody_else(kaohe, violation, at_the_desk):
    given = ("--due", "2026-03-12", "--why", "回访", "--to", "a1", "--as", "agent", "--second-person")
    assert kaohe("duties", "add", "return_call", "--shop", "s1", *given, "--as-of", LATER).out == "已新增 D-2\n"
    assert kaohe("duties", "give", "D-2", "--to", "zhou", "--due", "2026-03-13", "--as-of", LATER).code == 0
    assert kaohe("duties", "done", "D-2", "--proof", "三位都打过", "--as-of", LATER).out == "D-2 已完成，待第二人核对\n"
    assert kaohe("duties", "check", "D-2", "--as-of", LATER).code == 2
    at_the_desk("wang")
    assert kaohe("duties", "reject", "D-2", "--why", "只有两位", "--as-of", LATER).code == 0
    at_the_desk("li")
    assert kaohe("duties", "done", "D-2", "--proof", "第三位也打了", "--as-of", LATER).code == 0
    at_the_desk("wang")
    assert kaohe("duties", "check", "D-2", "--as-of", LATER).out == "D-2 已核对\n"
    assert kaohe("duties", "cancel", "D-1", "--why", "已另行处理").out == "D-1 已取消\n"
    told = [line.split()[3] for line in kaohe("journal", "list").out.splitlines() if "D-2" in line]
    assert len(told) == 6


def test_a_duty_of_an_agent_is_not_shown_to_those_who_are_not_of_the_house(kaohe, violation, at_the_desk):
    given = ("--due", "2026-03-12", "--why", "辅导", "--to", "a1", "--as", "agent", "--as-of", LATER)
    assert kaohe("duties", "add", "coaching", "--client", "default", *given).code == 0
    at_the_desk("client", internal=False)
    assert [row["duty"] for row in kaohe("duties", "list", "--json").rows] == ["D-1"]
    assert kaohe("duties", "show", "D-2").code == 2


def test_a_worker_that_looks_once_opens_what_is_due(kaohe, sessions, at_the_desk):
    kaohe("import", str(sessions(5, 10)), "--kind", "sessions")
    assert kaohe("worker", "--once").code == 0
    assert kaohe("duties", "list", "--json").rows == []  # the week is long over: nobody is woken
    assert kaohe("violations", "list", "--json").rows
