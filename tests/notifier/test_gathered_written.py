"""A gathered message as it is written: of what is on record then, for whom it is for, in few questions."""

import pytest
from sqlalchemy import event

from engine.assessment.diagnosis import Cause, Diagnosis
from engine.ledger.database import transaction
from engine.ledger.tables import Diagnosis as KeptDiagnosis
from engine.ledger.tables import Notice, Violation
from notifier.claims import claim
from notifier.drafts import Drafter
from notifier.gathering import gather
from notifier.plan import plan_notices
from notifier.records import Record
from notifier.writing import text_of, write
from tests.notifier.test_gathering import NIGHT, open_violations

WHO = "zhang@example.com"
AT_NINE, MEI = ((21, 9, 9),), (("小美", 9, 9),)
SLOW = Diagnosis(
    "rows", "reply", "sessions", hours=AT_NINE, agents=MEI, causes=(Cause("slow", 9, hours=AT_NINE, agents=MEI),)
)


@pytest.fixture
def hold(rulebook, now):
    """What is due is gathered, and the message held for sending; with the drafter that is to write it."""

    def run(office, who=WHO):
        plan_notices(office.ledger, rulebook, now, "zh-CN")
        [number] = gather(office.ledger, "email", who, now, 1)
        return claim(office.ledger, number, now, "w1"), Drafter(rulebook, "zh-CN")

    return run


def test_what_is_settled_while_it_is_held_is_not_told_as_if_it_stood(office, hold, now):
    open_violations(office, 3)
    taken, drafter = hold(office)
    office.change(Violation, "V-001", state="withdrawn")
    body = write(office.ledger, taken, drafter, now).notice.body
    assert "V-000" in body
    assert "V-001" not in body
    assert "另有 1 条所说的事已经了结" in body


def test_a_message_all_of_which_is_settled_while_it_is_held_is_still_written(office, hold, now):
    open_violations(office, 2)
    taken, drafter = hold(office)
    for name in ("V-000", "V-001"):
        office.change(Violation, name, state="withdrawn")
    assert "另有 2 条所说的事已经了结" in write(office.ledger, taken, drafter, now).notice.body


def test_what_has_another_client_by_now_is_not_in_the_message_and_the_message_waits(office, hold, now):
    open_violations(office, 3)
    taken, drafter = hold(office)
    office.change(Violation, "V-001", client="bolt")
    assert write(office.ledger, taken, drafter, now) is None
    preview = text_of(office.ledger, taken.notice, drafter, now).body
    assert "V-000" in preview
    assert "V-001" not in preview
    assert [n.body for n in office.notices() if n.event == "notices.gathered"] == [""]


def test_what_is_partly_for_somebody_outside_names_no_commands(office, hold, now, tmp_path):
    to_house = NIGHT.replace("li@example.com", WHO).replace('to = ["li"]', 'to = ["li"]\nshops = ["xiaohongshu/s1"]')
    office.route(to_house.replace("shops = []", ""), tmp_path)
    office.violation("V-1", office.shop("s1", contact=None, client="acme"))  # told to li of the house
    office.violation("V-2", office.shop("s2", contact=WHO, client="acme"))
    taken, drafter = hold(office)
    told = write(office.ledger, taken, drafter, now).notice
    assert {n.contact for n in office.notices() if n.within_id == told.id} == {"li", None}
    assert "kaohe " not in told.body


@pytest.mark.parametrize("house", [True, False])
def test_agents_are_named_to_contacts_of_the_house_alone(office, hold, now, tmp_path, house):
    office.route(
        NIGHT.replace("[contact.li]", "[contact.li]" if house else '[contact.li]\nclient = "default"'), tmp_path
    )
    open_violations(office, 3)
    with transaction(office.ledger) as session:
        session.add(KeptDiagnosis(violation_id="V-000", document=SLOW.as_json(), reckoned_at=now))
    taken, drafter = hold(office, "li@example.com")
    body = write(office.ledger, taken, drafter, now).notice.body
    assert "21 点漏掉的会话" in body
    assert ("小美" in body) == house


def test_many_are_told_in_as_few_questions_as_some_and_no_more_is_put_into_words(sqlite_office, hold, now, monkeypatch):
    office, asked, put = sqlite_office, [], {"facts": 0, "text": 0}
    facts, text = Record.facts, Drafter.text
    monkeypatch.setattr(Record, "facts", lambda *a, **kw: (put.update(facts=put["facts"] + 1), facts(*a, **kw))[1])
    monkeypatch.setattr(Drafter, "text", lambda *a: (put.update(text=put["text"] + 1), text(*a))[1])
    event.listen(office.ledger, "before_cursor_execute", lambda *call: asked.append(call[2]))
    shop = open_violations(office, 0)
    found = []
    for begin, count in ((0, 30), (30, 150)):
        open_violations(office, count, shop, begin=begin)
        with transaction(office.ledger) as session:
            for number in range(begin, begin + count):
                told = {"client": "default", "platform": "xiaohongshu", "shop": shop.key, "rule": f"r{number}"}
                said = {"client": "default", "recipient": WHO, "channel": "email", "language": "zh-CN", "news": told}
                said |= {"due_at": now, "next_attempt_at": now, "created_at": now, "template": "", "body": ""}
                session.add(Notice(key=f"n{number}", event="penalty.recorded", state="queued", subject="", **said))
        asked.clear()
        taken, drafter = hold(office)
        planned = len(asked)
        put.update(facts=0, text=0)
        asked.clear()
        written = write(office.ledger, taken, drafter, now)
        found.append((len(asked), dict(put)))
        assert planned
        assert f"{2 * count} 条通知" in written.notice.subject
    (few, some), (many, same) = found
    assert many - few <= 3, "one for each further two hundred"
    assert some == same == {"facts": 18 + 1, "text": 12 + 1}, "and the first line of all"
