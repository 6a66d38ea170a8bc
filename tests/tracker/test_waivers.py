"""Waivers: one person asks, another agrees; what lies wholly within their days is exempt, and the record says why."""

from datetime import date, timedelta

import pytest

from engine.assessment.deciding import decide
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import NotAllowedError
from engine.ledger.database import EVERYTHING, reading, transaction
from engine.ledger.periods import close
from engine.ledger.subjects import shop as known_shop
from engine.ledger.tables import Correction, Situation, Violation, Waiver
from engine.rulebook.model import SanctionSpec
from engine.tracker import waivers
from engine.tracker.second_person import SecondPersonError
from engine.tracker.waived import _covering
from engine.tracker.waiver_scope import MOST_SHOPS, Asked
from tests.ready import ready_office
from tests.tracker.waiving import MONDAY, NEXT_TUESDAY, SUNDAY, TUESDAY, W10, W11, X1, Waiving


@pytest.fixture
def desk(office, at, person):
    return Waiving(office, at, person)


@pytest.fixture
def breach(desk, week_of, at):
    """The violation of shop s1 in week 10, of the client that has no name."""

    def build():
        desk.office.take(*week_of("s1", W10, 5, 10))
        desk.office.assess(at(TUESDAY))
        return desk.office.outcome("s1").violation

    return ready_office(desk.office, build)


def test_approving_lets_off_what_is_open_and_the_next_assessment_says_exempt_with_the_waivers_name(desk, breach, at):
    office, name = desk.office, desk.ask()
    assert office.violation(breach).state == "open"
    desk.approve(name)
    assert office.violation(breach).state == "waived"
    assert office.sanctions(breach) == []
    assert [event for event, *_ in office.events(breach)] == ["violation.opened", "violation.waived"]
    office.assess(at("2026-03-10T11:00"))
    assert office.outcome("s1").verdict == "exempt"
    assert office.outcome("s1").violation is None
    situation = office.rows(Situation)[-1]
    (firing,) = situation.trace
    assert firing["matched"]["waiver"] == {"kind": "waiver", "reference": name}
    assert office.violation(breach).state == "waived"
    assert [event for event, *_ in office.events(breach)] == ["violation.opened", "violation.waived"]
    assert office.explain(breach).outcome.verdict == "exempt"
    head = office.head
    office.assess(at("2026-03-10T12:00"))
    assert office.head == head


def test_a_waiver_that_was_there_first_lets_no_violation_open(desk, week_of, at):
    desk.office.take(*week_of("s1", W10, 5, 10))
    desk.approve(desk.ask(now="2026-03-09T10:00"), now="2026-03-09T11:00")
    desk.office.assess(at(TUESDAY))
    assert desk.office.outcome("s1").verdict == "exempt"
    assert desk.office.events() == []


def test_revoking_brings_back_what_the_waiver_alone_had_let_off(desk, breach, at):
    office, name = desk.office, desk.ask()
    before = office.violation(breach), office.sanctions(breach)
    desk.approve(name)
    office.assess(at("2026-03-10T11:00"))
    desk.revoke(name)
    stands = office.violation(breach)
    assert (stands.state, stands.exposure_max_fen) == ("open", before[0].exposure_max_fen)
    assert office.sanctions(breach) == before[1]
    assert office.events(breach)[-1][0] == "violation.reopened"
    office.assess(at("2026-03-10T12:00"))
    assert office.outcome("s1").verdict == "violation"
    assert office.violation(breach).state == "open"


def test_what_two_waivers_let_off_stands_again_only_when_both_are_revoked(desk, breach):
    first, second = desk.ask(), desk.of_violation(breach)
    desk.approve(first, second)
    assert desk.office.violation(breach).state == "waived"
    desk.revoke(first)
    assert desk.office.violation(breach).state == "waived"
    desk.revoke(second)
    assert desk.office.violation(breach).state == "open"


def test_what_was_acknowledged_is_acknowledged_again(desk, breach):
    desk.office.say(breach, "acknowledged")
    name = desk.of_violation(breach)
    desk.approve(name)
    desk.revoke(name)
    assert desk.office.violation(breach).state == "acknowledged"


def test_a_cycle_that_does_not_lie_wholly_within_the_days_is_judged_as_ever(desk, week_of, at):
    for shop, cycle in (("s1", W10), ("s2", W11)):
        desk.office.take(*week_of(shop, cycle, 5, 10))
    desk.approve(desk.ask(first=date(2026, 3, 1), last=date(2026, 3, 14)))
    desk.office.assess(at(NEXT_TUESDAY))
    assert desk.office.outcome("s1", W10).verdict == "exempt"
    assert desk.office.outcome("s2", W11).verdict == "violation"


def test_a_waiver_that_has_expired_holds_for_its_own_days_and_for_no_later_cycle(desk, week_of, at):
    desk.office.take(*week_of("s1", W10, 5, 10), *week_of("s1", W11, 5, 10))
    desk.approve(desk.ask(now="2026-03-03T10:00"), now="2026-03-03T11:00")
    with transaction(desk.office.ledger) as session:
        session.get_one(Waiver, 1).state = "expired"
    desk.office.assess(at(NEXT_TUESDAY))
    assert [desk.office.outcome("s1", cycle).verdict for cycle in (W10, W11)] == ["exempt", "violation"]


def test_only_the_shops_that_there_were_when_it_was_asked_for_are_waived(desk, week_of, at):
    desk.office.take(*week_of("s1", W10, 5, 10))
    desk.approve(desk.ask())
    desk.office.take(*week_of("s2", W10, 5, 10))
    desk.office.assess(at(TUESDAY))
    assert {o.shop: o.verdict for o in desk.office.outcomes()} == {"s1": "exempt", "s2": "violation"}


def test_on_what_the_platform_has_confirmed_a_waiver_has_no_say(desk, breach, at):
    desk.office.say(breach, "confirmed")
    desk.approve(desk.ask())
    desk.office.assess(at("2026-03-10T11:00"))
    assert desk.office.violation(breach).state == "confirmed"
    assert desk.office.outcome("s1").verdict == "violation"
    assert desk.office.entries("violation.contradicted") == []


def test_as_known_before_it_was_approved_or_after_it_was_revoked_there_is_no_waiver(desk, breach, at):
    def known(batch):
        with desk.office.ledger.connect() as connection:
            from engine.ledger.tables import JournalBatch

            table = JournalBatch.__table__
            when = connection.execute(table.select().where(table.c.seq == batch)).one().committed_at
        found = desk.office.forecast(at(TUESDAY), known_at=when)
        return {o.shop: o.verdict for o in found}["s1"]

    before = desk.office.head.seq
    name = desk.ask()
    asked = desk.office.head.seq
    desk.approve(name)
    approved = desk.office.head.seq
    desk.revoke(name)
    revoked = desk.office.head.seq
    assert [known(n) for n in (before, asked, approved, revoked)] == ["violation", "violation", "exempt", "violation"]


def test_of_a_month_that_is_closed_nothing_changes_and_a_correction_is_booked(desk, breach, at):
    with transaction(desk.office.ledger) as session:
        close(session, "2026-03", None, "officer", at("2026-04-02T10:00"))
    name = desk.ask(now="2026-04-03T10:00")
    desk.approve(name, now="2026-04-03T10:00")
    assert desk.office.violation(breach).state == "open"
    desk.office.assess(at("2026-04-03T11:00"))
    (booked,) = desk.office.rows(Correction, superseded_at=None)
    assert (booked.before["verdict"], booked.after["verdict"]) == ("violation", "exempt")
    desk.revoke(name, now="2026-04-03T12:00")
    desk.office.assess(at("2026-04-03T13:00"))
    assert desk.office.rows(Correction, superseded_at=None) == []


def test_what_was_waived_before_its_month_was_closed_is_booked_when_the_waiver_is_revoked(desk, week_of, like_x1, at):
    fine = (SanctionSpec("liquidated_damages", amount_fen=(1_000, 2_000)),)
    (rule,) = desk.office.rules
    desk.office.rules = [like_x1(ladder=dict.fromkeys(rule.versions[0].ladder, fine))]
    desk.office.take(*week_of("s1", W10, 5, 10))
    desk.office.assess(at(TUESDAY))
    breach = desk.office.outcome("s1").violation
    name = desk.ask()
    desk.approve(name)
    desk.office.assess(at("2026-03-11T10:00"))
    with transaction(desk.office.ledger) as session:
        close(session, "2026-03", None, "officer", at("2026-04-02T10:00"))
    desk.revoke(name, now="2026-04-03T10:00")
    assert desk.office.violation(breach).state == "waived"
    desk.office.assess(at("2026-04-03T11:00"))
    (booked,) = desk.office.rows(Correction, superseded_at=None)
    assert (booked.before["verdict"], booked.after["verdict"]) == ("exempt", "violation")
    assert (booked.before["exposure_fen"], booked.after["exposure_fen"]) == ([0, 0], [1_000, 2_000])


# Two people.


def test_who_asked_cannot_approve_alone_or_among_others_and_then_none_is_approved(desk, breach, person):
    officer = person("zhao")
    own, other = desk.ask(by=officer), desk.ask()
    with pytest.raises(SecondPersonError, match="zhao has had a hand in waiver W-1; somebody else"):
        desk.approve(own, by=officer)
    with pytest.raises(SecondPersonError):
        desk.approve(other, own, by=officer)
    assert desk.waiver(other).state == "requested"
    assert desk.office.violation(breach).state == "open"
    desk.approve(own, other)


def test_who_edited_a_request_cannot_approve_it_and_neither_can_who_asked_first(desk, breach, person):
    zhao = person("zhao")
    name = desk.ask(by=zhao)
    desk.edit(name, by=desk.wang)
    for one in (zhao, desk.wang):
        with pytest.raises(SecondPersonError):
            desk.approve(name, by=one)
    desk.approve(name, by=person("sun"))
    assert desk.waiver(name).writers == ["zhao", "wang"]


def test_a_request_that_is_withdrawn_and_asked_for_again_is_another_one_with_its_own_requester(desk, breach, person):
    zhao = person("zhao")
    first = desk.ask(by=zhao)
    desk.revoke(first, by=zhao)
    second = desk.ask()
    assert (desk.waiver(first).state, desk.waiver(second).writers) == ("revoked", ["li"])
    with pytest.raises(KaoheError, match="waiver W-1 is revoked and cannot become approved; what may follow: nothing"):
        desk.approve(first, by=desk.wang)
    desk.approve(second, by=zhao)


def test_who_asked_does_not_let_it_off_alone_by_recording_it_either(desk, breach, person):
    zhao, sun = person("zhao"), person("sun")
    desk.edit(desk.ask(by=zhao), by=sun)
    desk.ask(now="2026-03-10T10:30")

    def let_off(by, scope=EVERYTHING):
        with transaction(desk.office.ledger, scope) as session:
            decide(session, desk.office.book, breach, "waived", by, "told so", desk.at(TUESDAY))

    for one in (zhao, sun, person("li")):
        with pytest.raises(KaoheError, match=f"{one.name} asked that violation"):
            let_off(one)
    of_shop = person("sun", shop="shop:xiaohongshu/s1")  # whose sight does not reach the client's waiver
    with pytest.raises(KaoheError, match="sun asked"):
        let_off(of_shop, of_shop.scope)
    assert desk.office.violation(breach).state == "open"
    let_off(desk.wang)
    assert desk.office.violation(breach).state == "waived"


@pytest.mark.parametrize(
    "asked",
    [
        {"first": date(2026, 3, 9), "last": date(2026, 3, 15)},
        {"first": date(2026, 2, 23), "last": date(2026, 3, 7)},
        {"rules": ("xiaohongshu.other",)},
        {"client": "b"},
    ],
)
def test_a_request_for_something_else_leaves_the_officer_free(desk, breach, asked, person, like_x1):
    desk.office.rules = [*desk.office.rules, like_x1("xiaohongshu.other")]
    desk.office.register({"shop": "s2", "client": "b"})
    zhao = person("zhao")
    desk.ask(by=zhao, **asked)
    with transaction(desk.office.ledger) as session:
        decide(session, desk.office.book, breach, "waived", zhao, "told so", desk.at(TUESDAY))
    assert desk.office.violation(breach).state == "waived"


def test_a_request_that_was_answered_binds_nobody(desk, breach, person):
    zhao = person("zhao")
    desk.revoke(desk.ask(by=zhao), by=desk.wang)
    with transaction(desk.office.ledger) as session:
        decide(session, desk.office.book, breach, "waived", zhao, "told so", desk.at(TUESDAY))
    assert desk.office.violation(breach).state == "waived"


@pytest.mark.parametrize("more", [{"also": frozenset({"li"})}, {"display": "li"}])
def test_one_person_under_two_names_is_no_second_person(desk, breach, person, more):
    name, boss = desk.ask(), person("boss", **more)
    with pytest.raises(SecondPersonError, match="boss has had a hand in waiver W-1"):
        desk.approve(name, by=boss)
    with pytest.raises(KaoheError, match="boss asked that"), transaction(desk.office.ledger) as session:
        decide(session, desk.office.book, breach, "waived", boss, "told so", desk.at(TUESDAY))


def test_who_asked_under_another_name_takes_the_request_back(desk, breach, person):
    name = desk.ask()
    desk.revoke(name, by=person("linda", "operator", also=frozenset({"li"})))
    assert desk.waiver(name).state == "revoked"


def test_only_who_wrote_a_request_or_may_approve_takes_it_back(desk, breach, person):
    name = desk.ask()
    with pytest.raises(NotAllowedError):
        desk.revoke(name, by=person("zhou", "operator"))
    desk.revoke(name, by=desk.li)
    approved = desk.ask()
    desk.approve(approved)
    with pytest.raises(NotAllowedError):
        desk.revoke(approved, by=desk.li)


def test_roles_are_asked_of_the_client_and_shop_of_the_waiver(desk, breach, person):
    for nobody in (person("v", "viewer"), person("o", "operator", "other")):
        with pytest.raises(NotAllowedError):
            desk.ask(by=nobody)
    for nobody in (person("m", "manager"), person("f", "officer", "other"), person("s", shop="shop:xiaohongshu/s1")):
        with pytest.raises(NotAllowedError):
            desk.approve(desk.ask(), by=nobody)
    desk.approve(desk.of_violation(breach), by=person("s", shop="shop:xiaohongshu/s1"))


# Limits.


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"last": None}, "a first and a last day"),
        ({"last": MONDAY + timedelta(days=92)}, "lasts at most 92 days, not 93"),
        ({"first": date(2025, 11, 3), "last": date(2025, 11, 9)}, "begins at most 92 days ago"),
        ({"first": date(2026, 9, 7), "last": date(2026, 9, 13)}, "ends at most 184 days ahead"),
        ({"last": date(2026, 3, 1)}, "comes after"),
        ({"last": date(2026, 3, 7)}, "no cycle of xiaohongshu.reply-rate lies wholly within"),
        ({"rules": ()}, "names 1 to 5 rules, not 0"),
        ({"client": None}, "one client or of one shop"),
    ],
)
def test_what_is_too_long_or_too_vague_is_refused(desk, breach, asked, said):
    with pytest.raises(KaoheError, match=said) as refused:
        desk.ask(**asked)
    assert "豁免" in refused.value.zh or "周期" in refused.value.zh or "晚于" in refused.value.zh


def test_ninety_two_days_are_a_quarter_and_not_too_long(desk, breach):
    desk.ask(last=MONDAY + timedelta(days=91))


QUARTER = {"first": MONDAY, "last": MONDAY + timedelta(days=90)}  # to a Sunday
AFTER = {"first": MONDAY + timedelta(days=91), "last": MONDAY + timedelta(days=97)}


@pytest.mark.parametrize("after", [AFTER, AFTER | {"first": MONDAY + timedelta(days=84)}])
def test_waivers_that_touch_or_overlap_are_not_longer_together_than_one_may_be(desk, breach, after, person):
    of_shop = person("zhou", "operator", shop="shop:xiaohongshu/s1")  # who sees no waiver of the whole client
    desk.ask(**QUARTER)
    with reading(desk.office.ledger) as session:
        s1 = known_shop(session, "shop:xiaohongshu/s1")
    for by, what in ((desk.li, {"client": "default"}), (of_shop, {"shop": s1})):
        asked = Asked(rules=(X1,), **what, **after)
        with (
            pytest.raises(KaoheError, match=r"with W-1 a shop would be let off xiaohongshu\.reply-rate for 98 days"),
            transaction(desk.office.ledger, by.scope) as session,
        ):
            waivers.request(session, desk.office.book, asked, "more", by, desk.at(TUESDAY))
    desk.approve("W-1")
    with pytest.raises(KaoheError, match="for 98 days at a stretch, 2026-03-02 to 2026-06-07"):
        desk.ask(**after)
    desk.revoke("W-1")
    desk.approve(desk.ask(**after))


def test_a_week_between_them_parts_two_waivers(desk, breach):
    later = {"first": MONDAY + timedelta(days=98), "last": MONDAY + timedelta(days=104)}
    desk.approve(desk.ask(**QUARTER), desk.ask(**later))


def test_a_request_that_is_edited_is_measured_again_and_other_rules_and_shops_do_not_count(desk, breach, like_x1):
    desk.office.rules = [*desk.office.rules, like_x1("xiaohongshu.other")]
    desk.office.register({"shop": "s2", "client": "b"})
    desk.ask(**QUARTER)
    desk.ask(**AFTER, rules=("xiaohongshu.other",))
    desk.ask(**AFTER, client="b")
    with pytest.raises(KaoheError, match="with W-1 a shop"):
        desk.edit("W-2", by=desk.li, **AFTER)
    desk.edit("W-1", by=desk.li, first=MONDAY, last=SUNDAY)
    desk.edit("W-2", by=desk.li, **AFTER)


def test_what_an_older_kaohe_let_be_asked_for_is_approved_neither_together_nor_one_after_another(desk, breach):
    one, other = desk.ask(**QUARTER), desk.ask(first=date(2026, 6, 15), last=date(2026, 6, 21))
    with transaction(desk.office.ledger) as session:
        session.get_one(Waiver, 2).first_day = AFTER["first"]
    with pytest.raises(KaoheError, match="with W-2 a shop would be let off"):
        desk.approve(one, other)
    desk.approve(other)
    with pytest.raises(KaoheError, match="with W-2 a shop would be let off"):
        desk.approve(one)


def test_a_waiver_of_one_violation_makes_no_chain(desk, breach):
    desk.ask(first=MONDAY + timedelta(days=7), last=MONDAY + timedelta(days=97))
    desk.approve(desk.of_violation(breach))
    assert desk.office.violation(breach).state == "waived"


def test_more_shops_than_one_can_look_at_take_an_officer_to_ask_and_another_to_agree(desk, week_of, at, person):
    desk.office.register(*({"shop": f"s{n}"} for n in range(MOST_SHOPS + 1)))
    with pytest.raises(KaoheError, match=f"over {MOST_SHOPS + 1} shops is too wide"):
        desk.ask()
    desk.approve(desk.ask(by=person("zhao")))


def test_unknown_rules_clients_and_waivers_are_named(desk, breach):
    for asked in ({"rules": ("no.such",)}, {"client": "nobody"}):
        with pytest.raises(UnknownNameError):
            desk.ask(**asked)
    for name in ("W-99", "99", "what"):
        with pytest.raises(UnknownNameError, match="unknown waiver"):
            desk.approve(name)


def test_a_reason_is_needed_to_ask_to_reject_and_to_revoke(desk, breach):
    with pytest.raises(KaoheError, match="needs a reason"):
        desk.ask(why=" ")
    name = desk.ask()
    with transaction(desk.office.ledger) as session, pytest.raises(KaoheError, match="needs a reason"):
        waivers.reject(session, name, "", desk.wang, desk.at(TUESDAY))
    desk.approve(name)
    with pytest.raises(KaoheError, match="needs a reason"):
        desk.revoke(name, why="")


def test_what_was_rejected_stays_rejected(desk, breach):
    name = desk.ask()
    with transaction(desk.office.ledger) as session:
        waivers.reject(session, name, "it was not down", desk.wang, desk.at(TUESDAY))
    assert desk.waiver(name).decided_why == "it was not down"
    with pytest.raises(KaoheError, match="is rejected and cannot become approved"):
        desk.approve(name)


def test_the_waiver_of_a_shop_goes_with_it_to_another_client(desk, breach):
    name = desk.of_violation(breach)
    desk.office.register({"shop": "s1", "client": "acme"})
    assert desk.waiver(name).client == "acme"


def test_what_is_settled_can_be_waived_by_nobody(desk, breach):
    desk.office.say(breach, "confirmed")
    with pytest.raises(KaoheError, match="only an open or acknowledged one"):
        desk.of_violation(breach)


# A shop that goes to another client.


def test_a_violations_own_entries_name_the_waiver_and_neither_its_reason_nor_who_asked(desk, breach):
    name = desk.ask(why="a secret of this client")
    desk.approve(name)
    desk.revoke(name, why="another secret")
    told = [e for event in ("violation.waived", "violation.reopened") for e in desk.office.entries(event)]
    assert [e.payload["why"] for e in told] == [name, name]
    for entry in told:
        assert "secret" not in str(entry.payload) and "li" not in str(entry.payload)


@pytest.mark.parametrize(
    ("covers", "given"),
    [
        (True, {}),
        (True, {"violation_id": "V-1"}),
        (False, {"violation_id": "V-2"}),
        (False, {"rules": ["another.rule"]}),
        (False, {"first_day": date(2026, 3, 3)}),
        (False, {"last_day": date(2026, 3, 7)}),
        (False, {"shops": {2}}),
    ],
)
def test_another_waiver_covers_what_is_of_its_shops_rules_and_days_and_of_its_violation(covers, given):
    given = {"violation_id": None, "rules": [X1], "first_day": MONDAY, "last_day": SUNDAY, "shops": {1}} | given
    shops = frozenset(given.pop("shops"))
    violation = Violation(id="V-1", subject_id=1, rule=X1, cycle_start=MONDAY, cycle_end=SUNDAY)
    assert _covering([(Waiver(id=7, **given), shops)], violation) == (7 if covers else None)
