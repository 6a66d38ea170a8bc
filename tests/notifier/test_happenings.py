"""What else happens is told: each entry of the journal to those whom it concerns, once."""

from datetime import timedelta

import pytest

from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Violation
from notifier.channels.outcome import Outcome
from notifier.claims import claim
from notifier.deliver import deliver_due
from notifier.drafts import Drafter
from notifier.gathering import gather
from notifier.plan import Planned, plan_notices
from notifier.render import Templates

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HOUSE = """
[contact.boss]
addresses = ["boss@example.com"]
[[route]]
name = "house"
to = ["boss"]
events = ["evidence.*", "duty.*", "rule.*", "week.*", "operator.*"]
"""
ESCALATES = """
[contact.li]
title = "李经理"
client = "default"
addresses = ["li@example.com"]
[contact.boss]
addresses = ["boss@example.com"]
[[route]]
name = "first"
to = ["li"]
escalate_after = "4h"
escalate_to = ["boss"]
"""
TO_LI = """
[[route]]
name = "all"
to = ["li"]
"""


@pytest.fixture
def told(rulebook):
    """What goes out at an instant: (event, recipient) of each letter, as a worker tells it."""
    templates = Templates()

    def run(office, build, at):
        post = build.post()
        plan_notices(office.ledger, rulebook, at, "zh-CN", templates)
        deliver_due(office.ledger, {"email": post}, at, "w1", drafter=Drafter(rulebook, "zh-CN", templates))
        run.letters = post.letters
        with reading(office.ledger) as session:
            assert verify(session) == []
        return [(letter.event, letter.recipient) for letter in post.letters]

    return run


def corrected(office, name="V-1", *, before=None, after=None):
    figures = {"numerator": 77, "denominator": 100, "state": "open", "severity": "minor", "exposure_fen": [0, 0]}
    office.journalled_change("violation.corrected", name, figures | (before or {}), figures | (after or {}))


def test_a_correction_that_changes_what_follows_is_told_to_those_who_were_told(office, build, now, told):
    office.violation("V-1", office.shop())
    corrected(office, after={"severity": "serious"})
    assert told(office, build, now) == [("violation.opened", "zhang@example.com")], "nobody knows of it yet"
    corrected(office, after={"exposure_fen": [50_000, 100_000]})
    assert told(office, build, now) == [("violation.corrected", "zhang@example.com")]
    corrected(office, after={"numerator": 78})
    assert told(office, build, now) == [], "what follows is the same"


def test_what_is_taken_back_is_told_to_those_who_were_told_and_only_while_it_is(office, build, now, told):
    office.violation("V-1", office.shop())
    told(office, build, now)
    office.change(Violation, "V-1", state="withdrawn")
    office.journalled_change("violation.withdrawn", "V-1", {"state": "open"}, {"state": "withdrawn"})
    assert told(office, build, now) == [("violation.withdrawn", "zhang@example.com")]
    assert "已撤回" in told.letters[0].subject
    office.journalled_change("violation.withdrawn", "V-1", {"state": "open"}, {"state": "withdrawn"})
    office.change(Violation, "V-1", state="open")
    assert told(office, build, now) == []


def test_what_concerns_the_house_goes_where_a_route_asks_for_it(office, build, now, told, tmp_path):
    office.shop()
    shop = "shop:xiaohongshu/s1"
    missing = {"rule": "xiaohongshu.reply-rate", "cycle": "2026-W10", "missing": ["sessions: 2026-03-08"]}
    week = {"client": "default", "week": "2026-W10", "first": "2026-03-02", "last": "2026-03-08"}
    news = [
        ("evidence.missing", "shop", shop, missing),
        ("duty.near", "duty", "D-1", {"what": "duty", "until": (now + DAY).isoformat(), "left": "1d"}),
        ("rule.announced", "rule", "kuaishou.good-rating", {"since": "2026-04-01", "version": False}),
        ("week.listed", "client", "default", week),
        ("operator.alarm", "worker", "kaohe", {"complaints": [{"zh-CN": "磁盘将满", "en": "the disk is nearly full"}]}),
    ]
    for event, kind, name, after in news:
        office.journalled(event, kind, name, **after)
    assert told(office, build, now) == [], "no shop's own contact is told of it"
    office.route(HOUSE, tmp_path)
    for event, kind, name, after in news:
        office.journalled(event, kind, name, **after)
    assert told(office, build, now) == [(event, "boss@example.com") for event, *_ in news]
    assert "磁盘将满" in told.letters[-1].body


def test_each_entry_is_news_once_and_two_of_a_kind_are_two(office, build, now, told, rulebook):
    shop = office.shop()
    warning = {"client": "default", "platform": "xiaohongshu", "shop": shop.key, "rule": "xiaohongshu.reply-rate"}
    for _ in range(2):
        office.journalled("warning.certain", "shop", shop.key, **warning)
    assert plan_notices(office.ledger, rulebook, now, "zh-CN") == Planned(queued=2)
    assert told(office, build, now) == [("warning.certain", "zhang@example.com")] * 2
    assert told(office, build, now) == []


def test_what_happened_more_than_a_week_ago_is_not_told(office, build, now, told):
    shop = office.shop()
    office.journalled("warning.certain", "shop", shop.key, at=now - 8 * DAY, client="default", shop=shop.key)
    assert told(office, build, now) == []


def test_what_nobody_acknowledges_in_time_goes_to_others_once(office, build, now, told, tmp_path):
    office.route(ESCALATES, tmp_path)
    office.violation("V-1", office.shop(contact=None))
    office.violation("V-2", office.shop("s2", None), cycle="2026-W09")
    assert told(office, build, now) == [("violation.opened", "li@example.com")] * 2
    assert told(office, build, now + timedelta(hours=3, minutes=59)) == []
    office.change(Violation, "V-2", state="acknowledged")
    assert told(office, build, now + timedelta(hours=4, minutes=1)) == [("violation.escalated", "boss@example.com")]
    assert told.letters[0].violation == "V-1"
    assert "已通知：李经理，还没有人确认" in told.letters[0].body
    assert told(office, build, now + timedelta(hours=9)) == []


def test_what_is_acknowledged_just_before_it_escalates_is_told_to_nobody_else(office, build, now, rulebook, tmp_path):
    office.route(ESCALATES, tmp_path)
    office.violation("V-1", office.shop(contact=None))
    templates, late = Templates(), now + timedelta(hours=5)
    for at in (now, late):
        plan_notices(office.ledger, rulebook, at, "zh-CN", templates)
        if at == late:
            office.change(Violation, "V-1", state="acknowledged")
        post = build.post()
        deliver_due(office.ledger, {"email": post}, at, "w1", drafter=Drafter(rulebook, "zh-CN", templates))
    assert post.letters == []
    assert [n.state for n in office.notices()] == ["sent", "dropped"]


def test_a_route_that_is_new_is_told_of_what_nobody_has_heard(office, build, now, told, tmp_path):
    office.violation("V-1", office.shop(contact=None))
    office.violation("V-2", office.shop("s2"), cycle="2026-W09")
    for name in ("V-1", "V-2"):
        office.assessed(name, now - DAY)
    assert told(office, build, now) == [("violation.opened", "zhang@example.com")]
    office.route(ESCALATES, tmp_path)
    assert told(office, build, now) == [("violation.opened", "li@example.com")]
    assert told.letters[0].violation == "V-1"


def test_each_route_escalates_at_its_own_time_and_to_its_own_people(office, build, now, told, tmp_path):
    second = """
[contact.chief]
addresses = ["chief@example.com"]
[[route]]
name = "second"
to = ["li"]
escalate_after = "1d"
escalate_to = ["chief", "boss"]
"""
    office.route(ESCALATES + second, tmp_path)
    office.violation("V-1", office.shop(contact=None))
    assert told(office, build, now) == [("violation.opened", "li@example.com")]
    assert told(office, build, now + timedelta(hours=5)) == [("violation.escalated", "boss@example.com")]
    day_later = told(office, build, now + timedelta(hours=25))
    assert sorted(day_later) == [("violation.escalated", f"{name}@example.com") for name in ("boss", "chief")]
    assert told(office, build, now + timedelta(hours=26)) == []


def test_an_escalation_names_nobody_of_another_client_and_people_of_the_house_to_the_house_alone(
    office, build, now, told, tmp_path
):
    office.route(
        """
[contact.li]
title = "值班组长"
addresses = ["li@example.com"]
[contact.wang]
client = "acme"
addresses = ["wang@acme.example"]
[contact.zhao]
client = "brill"
addresses = ["zhao@brill.example"]
[contact.qian]
client = "acme"
addresses = ["qian@acme.example"]
[contact.boss]
addresses = ["boss@example.com"]
[[route]]
name = "all"
to = ["li", "wang", "zhao"]
escalate_after = "4h"
escalate_to = ["qian", "boss"]
""",
        tmp_path,
    )
    office.violation("V-1", office.shop(contact=None, client="acme"))
    told(office, build, now)
    told.letters.clear()
    told(office, build, now + timedelta(hours=5))
    bodies = {letter.recipient: letter.body for letter in told.letters}
    assert "已通知：值班组长、wang，" in bodies["boss@example.com"]
    assert "已通知：内部人员、wang，" in bodies["qian@acme.example"]
    assert not [name for name in ("zhao", "值班组长") if name in bodies["qian@acme.example"]]


@pytest.mark.parametrize(("days", "escalated"), [(7, 1), (8, 0)])
def test_a_route_that_escalates_from_now_on_leaves_what_was_told_more_than_a_week_before(
    office, build, now, told, tmp_path, days, escalated
):
    silent = ESCALATES.replace('escalate_after = "4h"\nescalate_to = ["boss"]\n', "")
    office.route(silent, tmp_path)
    office.violation("V-1", office.shop(contact=None))
    assert told(office, build, now) == [("violation.opened", "li@example.com")]
    office.route(ESCALATES, tmp_path)
    later = told(office, build, now + timedelta(days=days))
    assert later == [("violation.escalated", "boss@example.com")] * escalated


def test_what_was_told_in_a_digest_is_escalated_too(office, build, now, told, tmp_path):
    office.route(ESCALATES, tmp_path)
    office.violation("V-1", office.shop(contact=None), late=True)
    told(office, build, now)
    assert told(office, build, now + timedelta(minutes=11)) == [("violations.late", "li@example.com")]
    assert told(office, build, now + timedelta(hours=4)) == []
    assert told(office, build, now + timedelta(hours=5)) == [("violation.escalated", "boss@example.com")]


def test_who_read_of_it_in_a_digest_is_told_that_it_was_taken_back(office, build, now, told):
    office.violation("V-1", office.shop(), late=True)
    told(office, build, now)
    assert told(office, build, now + timedelta(minutes=11)) == [("violations.late", "zhang@example.com")]
    office.change(Violation, "V-1", state="withdrawn")
    office.journalled_change("violation.withdrawn", "V-1", {"state": "open"}, {"state": "withdrawn"})
    assert told(office, build, now + timedelta(minutes=12)) == [("violation.withdrawn", "zhang@example.com")]


def take_back(office, name):
    office.change(Violation, name, state="withdrawn")
    office.journalled_change("violation.withdrawn", name, {"state": "open"}, {"state": "withdrawn"})


@pytest.mark.parametrize(("count", "late"), [(1, False), (6, False), (1, True)])
def test_who_may_have_got_it_is_told_that_it_was_taken_back(office, build, now, rulebook, count, late):
    """Nobody knows whether the mail was taken: alone, gathered, or as a list."""
    shop, post = office.shop(), build.post(Outcome("unknown", "connection lost"))
    for number in range(count):
        office.violation(f"V-{number}", shop, cycle=f"c{number}", late=late)
    drafter, later = Drafter(rulebook, "zh-CN"), now + timedelta(minutes=11)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    deliver_due(office.ledger, {"email": post}, later, "w1", drafter=drafter, most_single=5)
    take_back(office, "V-0")
    plan_notices(office.ledger, rulebook, later, "zh-CN")
    assert len(post.letters) == 1
    [withdrawn] = [n for n in office.notices() if n.event == "violation.withdrawn"]
    assert (withdrawn.violation_id, withdrawn.recipient, withdrawn.state) == ("V-0", "zhang@example.com", "queued")


@pytest.mark.parametrize("count", [1, 6])
def test_who_is_just_getting_it_is_told_that_it_was_taken_back(office, now, rulebook, count):
    shop = office.shop()
    for number in range(count):
        office.violation(f"V-{number}", shop, cycle=f"c{number}")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    [number] = gather(office.ledger, "email", "zhang@example.com", now, 5) or [office.notices()[0].id]
    claim(office.ledger, number, now, "w1")
    take_back(office, "V-0")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    assert [n.violation_id for n in office.notices() if n.event == "violation.withdrawn"] == ["V-0"]


def test_who_was_refused_and_was_told_nothing_is_not_told_that_it_was_taken_back(office, build, now, rulebook):
    office.violation("V-0", office.shop())
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    deliver_due(office.ledger, {"email": build.post(Outcome("temporary", "450 busy"))}, now, "w1")
    take_back(office, "V-0")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    assert [n.event for n in office.notices()] == ["violation.opened"]


def test_what_was_told_to_who_stands_in_is_taken_back_there(office, build, now, rulebook, told, tmp_path):
    office.route('[contact.li]\naddresses = ["li@example.com", "deputy@example.com"]\n' + TO_LI, tmp_path)
    office.violation("V-0", office.shop(contact=None))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    deliver_due(office.ledger, {"email": build.post(Outcome("permanent", "550 no such user"))}, now, "w1")
    assert told(office, build, now + MINUTE) == [("violation.opened", "deputy@example.com")]
    take_back(office, "V-0")
    assert told(office, build, now + MINUTE) == [("violation.withdrawn", "li@example.com")]


def test_a_week_that_the_journal_does_not_name_holds_up_nothing(office, build, now, told, tmp_path):
    office.route(HOUSE, tmp_path)
    office.journalled("week.listed", "client", "default", client="default", week="2026-W10")
    assert told(office, build, now) == [("week.listed", "boss@example.com")]
