import dataclasses
import threading
from datetime import timedelta

import pytest

from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Cursor, Notice, Violation
from notifier.deliver import deliver_due
from notifier.drafts import Drafter
from notifier.plan import BATCHES, READER, Planned, plan_notices
from notifier.queued import store
from notifier.render import Templates
from notifier.sheets import Sheets


@pytest.fixture
def plan(now, rulebook):
    def run(office, **changes):
        return plan_notices(office.ledger, rulebook, now, "zh-CN", **changes)

    return run


def test_a_violation_that_is_opened_becomes_a_notice(office, plan, now):
    office.violation("V-1", office.shop())
    assert plan(office) == Planned(queued=1)
    [notice] = office.notices()
    assert (notice.violation_id, notice.event, notice.recipient) == ("V-1", "violation.opened", "zhang@example.com")
    assert (notice.state, notice.channel, notice.language, notice.attempts) == ("queued", "email", "zh-CN", 0)
    assert (notice.created_at, notice.next_attempt_at) == (now, now)
    assert notice.subject == "【预判违规】演示一店：限制公域流量3天，至2026年3月12日 · 回复率"
    assert notice.body.startswith("【预判违规】演示一店：限制公域流量3天，至2026年3月12日。\n")


def test_planning_twice_makes_one_notice_and_one_entry_in_the_journal(office, plan):
    office.violation("V-1", office.shop())
    plan(office)
    assert plan(office) == Planned()
    assert len(office.notices()) == 1
    assert [e.event for e in office.journal()] == ["notice.queued"]


def test_planning_again_from_the_beginning_still_makes_one_notice(office, plan):
    office.violation("V-1", office.shop())
    plan(office)
    office.change(Cursor, READER, batch=0)
    assert plan(office) == Planned(already=1)
    assert len(office.notices()) == 1


def test_the_journal_says_who_is_told_of_what_with_addresses_masked(office, plan):
    office.violation("V-1", office.shop(client="acme"))
    plan(office)
    [entry] = office.journal()
    [notice] = office.notices()
    after = entry.payload["after"]
    assert (entry.actor, entry.object_kind, entry.object_id) == ("notifier", "notice", str(notice.id))
    assert (after["violation"], after["client"], after["channel"]) == ("V-1", "acme", "email")
    assert after["recipient"] == "z***@example.com"
    assert "zhang" not in str(entry.payload)
    with reading(office.ledger) as session:
        assert verify(session, None) == []


def test_each_address_of_a_contact_gets_a_notice_of_its_own(office, plan):
    office.violation("V-1", office.shop(contact="zhang@example.com; li@example.com"))
    assert plan(office).queued == 2
    assert sorted(n.recipient for n in office.notices()) == ["li@example.com", "zhang@example.com"]


def test_two_clients_never_share_a_notice_even_with_the_same_contact(office, plan):
    office.violation("V-1", office.shop("s1", client="acme", alias="甲店"))
    office.violation("V-2", office.shop("s2", client="globex", alias="乙店"))
    assert plan(office).queued == 2
    first, second = office.notices()
    assert (first.client, second.client) == ("acme", "globex")
    assert "乙店" not in first.subject + first.body
    assert "甲店" not in second.subject + second.body


def test_a_shop_without_a_contact_makes_no_notice_and_is_told(sqlite_office, plan):
    sqlite_office.violation("V-1", sqlite_office.shop(contact=None))
    assert plan(sqlite_office) == Planned(without_contact=1, silent_shops=frozenset({"shop:xiaohongshu/s1"}))
    assert sqlite_office.notices() == []


def test_an_old_violation_makes_no_notice_and_is_counted(sqlite_office, plan):
    sqlite_office.violation("V-1", sqlite_office.shop(), notify=False)
    assert plan(sqlite_office) == Planned(old=1)
    assert sqlite_office.notices() == []


@pytest.mark.parametrize("state", ["withdrawn", "overturned", "waived", "closed"])
def test_a_violation_that_is_settled_by_then_makes_no_notice(sqlite_office, plan, state):
    sqlite_office.violation("V-1", sqlite_office.shop(), state=state)
    assert plan(sqlite_office) == Planned(settled=1)
    assert sqlite_office.notices() == []


def test_a_violation_that_stands_again_is_told_to_those_who_were_not_told(sqlite_office, plan):
    sqlite_office.violation("V-1", sqlite_office.shop(), state="withdrawn")
    plan(sqlite_office)
    sqlite_office.change(Violation, "V-1", state="open")
    sqlite_office.happened("violation.reopened", "V-1")
    assert plan(sqlite_office) == Planned(queued=1)
    sqlite_office.happened("violation.reopened", "V-1")
    assert plan(sqlite_office) == Planned(already=1)


def test_a_notice_that_was_dropped_is_queued_again_when_the_violation_stands_again(office, plan):
    office.violation("V-1", office.shop())
    plan(office)
    [notice] = office.notices()
    office.change(Notice, notice.id, state="dropped")
    office.change(Violation, "V-1", numerator=70)
    office.happened("violation.reopened", "V-1")
    assert plan(office) == Planned(queued=1)
    [again] = office.notices()
    assert (again.id, again.state) == (notice.id, "queued")
    assert "70%" in again.body
    assert [e.object_id for e in office.journal()] == [str(notice.id)] * 2


def test_an_address_that_cannot_be_used_is_recorded_as_failed_with_how_to_mend_it(office, plan):
    office.violation("V-1", office.shop(contact="zhang@example.com\r\nBcc: all@example.com;li@example.com"))
    assert plan(office) == Planned(queued=1, refused=1)
    refused, queued = office.notices()
    assert (refused.state, queued.state) == ("failed", "queued")
    assert refused.answer.startswith("misconfigured: holds a line break")
    assert "kaohe shops import" in refused.answer
    assert refused.recipient.isprintable()
    assert [e.event for e in office.journal()] == ["notice.failed", "notice.queued"]


def test_a_violation_of_a_sub_account_goes_to_the_contact_of_its_shop(sqlite_office, plan):
    shop = sqlite_office.shop()
    agent = sqlite_office.shop("s1-a1", contact=None, kind="agent", parent_id=shop.id, name="小王", alias=None)
    sqlite_office.violation("V-1", agent)
    assert plan(sqlite_office).queued == 1
    [notice] = sqlite_office.notices()
    assert notice.recipient == "zhang@example.com"
    assert "演示一店" in notice.subject
    assert "子账号 未具名" in notice.body


OF_BOTH = """
[contact.li]
addresses = ["li@example.com"]
[contact.boss]
client = "acme"
addresses = ["boss@acme.example"]
[[route]]
name = "all"
to = ["li", "boss"]
clients = ["acme"]
events = ["*"]
"""


@pytest.mark.parametrize("how", ["opened", "late", "deadline.near", "week.listed"])
def test_who_a_sub_account_is_is_told_to_contacts_of_the_house_alone(office, plan, rulebook, build, now, tmp_path, how):
    post = build.post()
    office.route(OF_BOTH, tmp_path)
    shop = office.shop(contact=None, client="acme")
    agent = office.shop("美美", None, "acme", kind="agent", parent_id=shop.id, name="王小美", alias="小美")
    office.violation("V-1", agent, late=how == "late", notify=how in ("opened", "late"))
    office.assessed("V-1", now)
    if how == "deadline.near":
        office.happened(how, "V-1", until="2026-03-12T16:00:00+00:00")
    elif how == "week.listed":
        office.journalled(how, "client", "acme", client="acme", week="2026-W11", first="2026-03-09", last="2026-03-15")
    plan(office)
    deliver_due(office.ledger, {"email": post}, now + timedelta(hours=5), "w", drafter=Drafter(rulebook, "zh-CN"))
    told = {letter.recipient: letter.subject + letter.body for letter in post.letters}
    assert told.keys() == {"li@example.com", "boss@acme.example"}
    assert "小美" in told["li@example.com"]
    assert "美" not in told["boss@acme.example"]
    assert "未具名" in told["boss@acme.example"]


def test_a_faulty_template_of_ones_own_stops_nothing(office, plan, tmp_path):
    office.violation("V-1", office.shop())
    own = tmp_path / "violation.opened.email.zh-CN.txt"
    own.write_text("x\n\n{{ 'a' * 10**9 }}", encoding="utf-8")
    assert plan(office, templates=Templates([tmp_path])).queued == 1
    assert office.notices()[0].subject.startswith("【预判违规】")


def test_a_faulty_sheet_of_ones_own_stops_neither_its_own_rule_nor_others(office, plan, tmp_path):
    shop = office.shop()
    (tmp_path / "xiaohongshu.reply-rate.zh-CN.yaml").write_text("short: 回复\nfirst: 先打电话\n", encoding="utf-8")
    (tmp_path / "kuaishou.good-rating.zh-CN.yaml").write_text("figure: x\nfirst: 先读评价\n", encoding="utf-8")
    office.violation("V-1", shop)
    office.violation("V-2", shop, rule="kuaishou.good-rating")
    assert plan(office, sheets=Sheets([tmp_path])).queued == 2
    bodies = {notice.violation_id: notice.body for notice in office.notices()}
    assert "逐个打开该周没有人工回复就关闭的会话" in bodies["V-1"]
    assert "先读评价" in bodies["V-2"]


def test_a_rule_that_is_gone_still_makes_a_notice(sqlite_office, plan):
    sqlite_office.violation("V-1", sqlite_office.shop(), rule="xiaohongshu.gone")
    assert plan(sqlite_office).queued == 1
    assert "xiaohongshu.gone" in sqlite_office.notices()[0].body


def test_advice_of_ones_own_is_used(sqlite_office, plan, tmp_path):
    (tmp_path / "xiaohongshu.reply-rate.zh-CN.yaml").write_text("figure: x\nfirst: 先打电话。", encoding="utf-8")
    sqlite_office.violation("V-1", sqlite_office.shop())
    plan(sqlite_office, sheets=Sheets([tmp_path]))
    assert "先打电话。" in sqlite_office.notices()[0].body


def test_a_long_journal_is_worked_off_in_steps(sqlite_office, plan):
    shop = sqlite_office.shop()
    for number in range(BATCHES + 3):
        sqlite_office.happened("evidence.imported", str(number))
    sqlite_office.violation("V-1", shop)
    assert plan(sqlite_office) == Planned(queued=1)


@pytest.mark.parametrize(("entries", "at_once"), [(4, 4), (0, 1)])
def test_a_step_holds_few_texts_however_many_there_are_and_one_batch_at_the_least(
    sqlite_office, plan, monkeypatch, entries, at_once
):
    steps = []

    def stored(session, made):
        steps.append(len(made))
        return store(session, made)

    monkeypatch.setattr("notifier.plan.ENTRIES", entries)
    monkeypatch.setattr("notifier.plan.store", stored)
    shop = sqlite_office.shop()
    for number in range(10):
        sqlite_office.violation(f"V-{number}", shop, cycle=f"2026-W{number + 1:02d}")
    assert plan(sqlite_office) == Planned(queued=10)
    assert (max(steps), sum(steps)) == (at_once, 10)


def test_several_processes_that_plan_at_once_queue_each_notice_once(office, plan):
    shop = office.shop()
    for number in range(20):
        office.violation(f"V-{number}", shop, cycle=f"2026-W{number:02d}")
    results, start = [], threading.Barrier(4)

    def work():
        start.wait()
        results.append(plan(office))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.queued for r in results) == 20
    assert sum(r.already for r in results) == 0
    assert len(office.notices()) == 20
    assert len(office.journal()) == 20


def test_counts_add_up_field_by_field():
    one = Planned(1, 2, 3, 4, 5, 6, frozenset({"a"}), 7, 8, 9)
    assert dataclasses.astuple(one + one) == (2, 4, 6, 8, 10, 12, frozenset({"a"}), 14, 16, 18)
