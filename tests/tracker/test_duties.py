"""Duties: opened by what a rule says, each once; proved, checked by another, and told when they are overdue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.calendar.deadlines import Term
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import NotAllowedError
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Duty
from engine.rulebook.duties import DUTIES
from engine.rulebook.model import Appeal, Claim, DutySpec, SanctionSpec
from engine.tracker import duties
from engine.tracker.duties import New
from engine.tracker.lookout import look_after
from engine.tracker.second_person import SecondPersonError
from tests.ready import ready_office

W10, W11 = "2026-W10", "2026-W11"
TUESDAY = "2026-03-10T10:00"
OURS = Claim("coaching", "assumed")


def spec(kind, on="violation", within=3, of="assessed", **more):
    return DutySpec(kind, on, within, of, OURS, **more)


@pytest.fixture
def desk(ledger, open_office, like_x1, at, person):
    """An office under a rule with a measure that is a duty, and duties of other kinds."""
    rule = like_x1(
        ladder={"standard": (SanctionSpec("traffic_limit", (3, 3)), SanctionSpec("mandatory_exam"))},
        duties=(
            spec("mandatory_exam", "measure", of="notice", second_person=True),
            spec("appeal", within=7, of="notice"),
            spec("rectification"),
            spec("coaching", "at_risk", within=7),
        ),
    )
    return Owing(open_office(ledger, [rule]), at, person)


class Owing:
    """An office that looks after its duties, and people who fulfil them."""

    def __init__(self, office, at, person):
        self.office, self.at = office, at
        self.li, self.wang = person("li", "operator"), person("wang")

    def look(self, now=TUESDAY, rules=None):
        book = self.office.book if rules is None else rules
        counts = look_after(self.office.ledger, book, self.at(now), "worker").counts
        return {e: number for e, number in counts.items() if e.startswith("duty.") and e != "duty.near"}

    def all(self):
        return {d.kind: d for d in self.office.rows(Duty)}

    def states(self):
        return {kind: duty.state for kind, duty in self.all().items()}

    def do(self, what, *args, by=None, now=TUESDAY, **more):
        with transaction(self.office.ledger) as session:
            return what(session, *args, actor=by or self.li, now=self.at(now), **more)

    def say(self, violation, state):
        self.office.say(violation, state, now=self.at(TUESDAY))

    def add(self, by=None, now=TUESDAY, **new):
        new = {"kind": "return_call", "due_at": self.at("2026-03-12T00:00"), "what": "call them"} | new
        with transaction(self.office.ledger) as session:
            return duties.duty_name(duties.add(session, DUTIES, New(**new), by or self.wang, self.at(now)).id)

    def events(self, name):
        return [entry.object_id for entry in self.office.entries(name)]


@pytest.fixture
def breach(desk, week_of, at):
    def build():
        desk.office.register({"shop": "s1", "owner": "chen"})
        desk.office.take(*week_of("s1", W10, 5, 10))
        desk.office.assess(at(TUESDAY))
        desk.look()
        return desk.office.outcome("s1").violation

    return ready_office(desk.office, build)


def test_a_violation_opens_what_is_due_after_its_assessment_and_its_owner_holds_it(desk, breach):
    found = desk.all()
    assert {kind: d.due_at for kind, d in found.items()} == {
        "rectification": desk.at("2026-03-14T00:00"),
        "coaching": desk.at("2026-03-18T00:00"),
    }
    assert {(d.holder, d.holder_kind, d.violation_id, d.client) for d in found.values()} == {
        ("chen", None, breach, "default")
    }
    head = desk.office.head
    assert desk.look() == {}
    assert desk.office.head == head


def test_the_notice_opens_what_is_due_after_it(desk, breach):
    desk.office.say(breach, "confirmed", now=desk.at("2026-03-12T09:00"))
    assert desk.look("2026-03-12T10:00") == {"duty.opened": 2}
    found = desk.all()
    assert found["mandatory_exam"].due_at == desk.at("2026-03-16T00:00")
    assert found["mandatory_exam"].second_person
    assert found["appeal"].due_at == desk.at("2026-03-20T00:00")


def test_the_deadline_that_the_platform_prints_stands_before_the_rules(desk, breach):
    desk.office.say(breach, "confirmed", now=desk.at("2026-03-12T09:00"))
    desk.look("2026-03-12T10:00")
    desk.office.say(breach, "confirmed", now=desk.at("2026-03-12T11:00"), appeal_until=desk.at("2026-03-14T00:00"))
    assert desk.look("2026-03-12T12:00") == {"duty.changed": 1}
    assert desk.all()["appeal"].due_at == desk.at("2026-03-14T00:00")


@pytest.mark.parametrize(("severity", "days"), [(None, 7), ("serious", 3)])
def test_to_appeal_is_owed_until_the_appeal_itself_is_over(
    sqlite_ledger, open_office, like_x1, at, person, week_of, severity, days
):
    appeal = Appeal(Term(7, "days"), "notice", if_severity={"serious": Term(3, "days")}, confirming_forfeits=True)
    rule = like_x1(appeal=appeal, duties=(spec("appeal", within=30, of="notice"),))
    desk = Owing(open_office(sqlite_ledger, [rule]), at, person)
    desk.office.take(*week_of("s1", W10, 5, 10))
    desk.office.assess(at(TUESDAY))
    name = desk.office.outcome("s1").violation
    desk.office.say(name, "open", at("2026-03-11T10:00"), noticed_at=at("2026-03-11T10:00"), severity=severity)
    desk.look("2026-03-11T11:00")
    assert desk.all()["appeal"].due_at == at("2026-03-12T00:00") + timedelta(days=days)
    desk.office.say(name, "confirmed", at("2026-03-11T12:00"), forfeits_appeal=True)
    desk.look("2026-03-11T13:00")
    assert desk.states() == {"appeal": "cancelled"}


def test_to_have_appealed_is_to_have_done_that_duty(desk, breach):
    desk.say(breach, "confirmed")
    desk.look()
    desk.say(breach, "appealed")
    desk.look()
    duty = desk.all()["appeal"]
    assert (duty.state, duty.done_by) == ("done", "a person")


@pytest.mark.parametrize("state", ["withdrawn", "waived"])
def test_what_is_let_off_owes_nothing_any_more(desk, breach, state):
    given = desk.add(violation=breach)
    desk.say(breach, state)
    assert desk.look() == {"duty.cancelled": 3}
    assert set(desk.states().values()) == {"cancelled"}
    assert given in desk.events("duty.cancelled")


def test_what_stands_again_is_owed_again_and_what_a_person_cancelled_is_not(desk, breach, week_of, row, at):
    desk.do(duties.cancel, desk.events("duty.opened")[0], "done in another way", by=desk.wang)
    mended = [row(f"2026-03-04-{n}", "2026-03-04T12:00:00", "2026-03-04T12:05:00") for n in range(10)]
    desk.office.take(*mended, replace_days=True)
    desk.office.assess(at("2026-03-10T11:00"))
    desk.look()
    assert set(desk.states().values()) == {"cancelled"}
    desk.office.take(*week_of("s1", W10, 5, 10), replace_days=True)
    desk.office.assess(at("2026-03-10T12:00"))
    assert desk.look() == {"duty.reopened": 1}
    assert sorted(desk.states().values()) == ["cancelled", "open"]


def test_a_shop_at_risk_owes_what_the_rule_says_of_it_once_and_a_violation_later_does_not_double_it(
    desk, week_of, row, at
):
    desk.office.take(*week_of("s1", W10, 42, 50))
    desk.office.assess(at(TUESDAY))
    assert desk.look() == {"duty.opened": 1}
    assert desk.look() == {}
    (duty,) = desk.office.rows(Duty)
    assert (duty.kind, duty.violation_id) == ("coaching", None)
    desk.office.take(*(row(f"more{n}", "2026-03-05T12:00:00") for n in range(10)))
    desk.office.assess(at("2026-03-10T11:00"))
    desk.look()
    assert desk.all()["coaching"].violation_id == desk.office.outcome("s1").violation
    assert sorted(desk.states()) == ["coaching", "rectification"]


def test_old_findings_of_a_first_import_open_nothing_that_is_over(desk, week_of, at):
    desk.office.take(*week_of("s1", "2025-W10", 5, 10), *week_of("s1", W10, 5, 10))
    desk.office.assess(at(TUESDAY))
    assert desk.look() == {"duty.opened": 2}
    assert {d.violation_id for d in desk.office.rows(Duty)} == {desk.office.outcome("s1").violation}


def test_without_the_rules_file_nothing_is_cancelled(desk, breach):
    desk.say(breach, "acknowledged")
    assert desk.look(rules={}) == {}
    assert set(desk.states().values()) == {"open"}


def test_no_digest_of_a_rule_depends_on_its_duties(x1):
    from engine.rulebook.digest import rule_sha256

    bare = replace(x1.versions[0], duties=())
    assert rule_sha256(x1, bare) == rule_sha256(x1, replace(bare, duties=(spec("coaching"),)))


def test_a_duty_is_overdue_from_its_instant_on_and_told_once(desk, breach):
    midnight = "2026-03-14T00:00"
    with reading(desk.office.ledger) as session:
        just_before = desk.at(midnight) - timedelta(microseconds=1)
        assert duties.find(session, desk.wang, just_before, overdue=True) == []
        (late,) = duties.find(session, desk.wang, desk.at(midnight), overdue=True)
    assert late.kind == "rectification"
    assert desk.look("2026-03-13T23:59") == {}
    assert desk.look(midnight) == {"duty.overdue": 1}
    assert desk.look("2026-03-15T00:00") == {}
    assert desk.events("duty.overdue") == [f"D-{late.id}"]


def test_one_that_is_put_off_can_become_overdue_once_more(desk, breach):
    name = desk.add(client="default")
    desk.look("2026-03-12T00:00")
    desk.do(duties.give, name, by=desk.wang, now="2026-03-12T09:00", due_at=desk.at("2026-03-13T00:00"))
    assert desk.look("2026-03-12T10:00") == {}
    assert desk.look("2026-03-13T00:00") == {"duty.overdue": 1}


# Doing and checking.


@pytest.fixture
def exam(desk, breach):
    """The name of a duty that asks for a second person."""
    desk.say(breach, "confirmed")
    desk.look()
    return f"D-{desk.all()['mandatory_exam'].id}"


def test_a_proof_waits_for_a_second_person_who_is_neither_the_doer_nor_the_holder(desk, exam, person):
    desk.do(duties.done, exam, "page 7", None, by=desk.wang)
    for one in (desk.wang, person("chen")):
        with pytest.raises(SecondPersonError):
            desk.do(duties.check, exam, by=one)
    with pytest.raises(NotAllowedError):
        desk.do(duties.check, exam, by=person("sun", "manager"))
    desk.do(duties.check, exam, by=person("sun"))
    assert desk.all()["mandatory_exam"].state == "checked"


@pytest.mark.parametrize(
    ("holder", "more"),
    [
        ("王敏", {"display": "王敏"}),
        ("WM", {}),
        ("wm-os", {"also": frozenset({"wm-os", "P7"})}),
        ("P7", {"also": frozenset({"wm-os", "P7"})}),
        ("Wang Min", {"display": " wang min"}),
    ],
)
def test_the_holder_does_not_check_under_another_name_that_is_theirs(desk, exam, person, holder, more):
    desk.do(duties.give, exam, by=desk.wang, holder=holder)
    desk.do(duties.done, exam, "page 7", None)
    for what, words in ((duties.check, ()), (duties.cancel, ("no need",))):
        with pytest.raises(SecondPersonError):
            desk.do(what, exam, *words, by=person("wm", **more))
    desk.do(duties.check, exam, by=person("sun", display="孙丽", also=frozenset({"P8"})))


def test_who_gave_the_proof_under_another_name_does_not_check_it(desk, exam, person):
    desk.do(duties.done, exam, "page 7", None, by=person("root"))
    with pytest.raises(SecondPersonError):
        desk.do(duties.check, exam, by=person("boss", also=frozenset({"root"})))


def test_whoever_proved_it_once_cannot_check_what_another_proves_later(desk, exam, person):
    zhao, sun = person("zhao"), person("sun")
    desk.do(duties.done, exam, "page 7", None, by=zhao)
    desk.do(duties.reject, exam, "it shows another shop", by=sun)
    assert desk.all()["mandatory_exam"].state == "open"
    desk.do(duties.done, exam, None, "0" * 64)
    with pytest.raises(SecondPersonError):
        desk.do(duties.check, exam, by=zhao)
    desk.do(duties.check, exam, by=sun)


def test_what_needs_a_second_person_is_not_cancelled_by_its_doer(desk, exam, person):
    desk.do(duties.done, exam, "page 7", None, by=desk.wang)
    with pytest.raises(SecondPersonError):
        desk.do(duties.cancel, exam, "no need", by=desk.wang)
    with pytest.raises(NotAllowedError):
        desk.do(duties.cancel, exam, "no need", by=person("sun", "manager"))


def test_without_a_proof_nothing_is_done_and_without_a_second_person_nothing_is_checked(desk, breach):
    name = f"D-{desk.all()['coaching'].id}"
    with pytest.raises(KaoheError, match="is done when it is proved"):
        desk.do(duties.done, name, " ", None)
    with pytest.raises(KaoheError, match="is no sha256"):
        desk.do(duties.done, name, None, "abc")
    desk.do(duties.done, name, "read ten of them", None)
    with pytest.raises(KaoheError, match="asks for no second person"):
        desk.do(duties.check, name, by=desk.wang)
    with pytest.raises(KaoheError, match="is done and cannot become done"):
        desk.do(duties.done, name, "again", None)


def test_a_duty_of_an_agent_is_of_the_house(desk, breach, person):
    outsider = person("client", "manager", "default", internal=False)
    name = desk.add(shop=None, violation=breach, holder="a1", holder_kind="agent")
    with reading(desk.office.ledger) as session:
        ours = {d.kind for d in duties.find(session, desk.wang, desk.at(TUESDAY))}
        theirs = {d.kind for d in duties.find(session, outsider, desk.at(TUESDAY))}
        with pytest.raises(UnknownNameError):
            duties.by(session, name, outsider)
    assert ours - theirs == {"return_call"}
    with pytest.raises(UnknownNameError):
        desk.do(duties.done, name, "called", None, by=outsider)


def test_giving_takes_a_manager_and_fulfilling_an_operator(desk, breach, person):
    with pytest.raises(NotAllowedError):
        desk.add(by=desk.li, client="default")
    name = desk.add(client="default", by=person("m", "manager"))
    desk.do(duties.give, name, by=person("m", "manager"), holder="zhou", holder_kind="person")
    with pytest.raises(NotAllowedError):
        desk.do(duties.done, name, "called", None, by=person("v", "viewer"))
    desk.do(duties.done, name, "called", None)
    assert desk.all()["return_call"].internal


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({}, "one client, one shop or one violation"),
        ({"client": "default", "kind": "dancing"}, "unknown duty 'dancing'"),
        ({"client": "nobody"}, "unknown client"),
        ({"client": "default", "what": ""}, "needs a reason"),
        ({"client": "default", "due_at": datetime(2026, 3, 1, tzinfo=UTC)}, "due before it is given"),
    ],
)
def test_a_duty_belongs_somewhere_and_can_be_fulfilled(desk, breach, new, said):
    with pytest.raises(KaoheError, match=said):
        desk.add(**new)


def test_a_duty_goes_with_its_shop_to_another_client(desk, breach):
    desk.office.register({"shop": "s1", "client": "acme"})
    assert {d.client for d in desk.office.rows(Duty)} == {"acme"}
