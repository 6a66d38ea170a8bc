"""Appeals: drafted, handed in within the deadline and the limits, answered; by those who may."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.calendar.deadlines import Term
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import NotAllowedError
from engine.ledger.chain import verify
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.subject_keys import shop_key
from engine.ledger.subjects import ensure_agents
from engine.ledger.tables import Violation
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import Appeal, Text
from engine.tracker.appealable import appealable
from engine.tracker.appeals import Draft, appeals_of, attachments, conclude, correct_time, draft, submit
from engine.tracker.attachments import Stored
from tests.ready import ready_office

W10, TUESDAY = "2026-W10", "2026-03-10T10:00"
BREACH = violation_id("xiaohongshu.reply-rate", shop_key("xiaohongshu", "s1"), W10)
GRANTED = Appeal(
    Term(7, "days"),
    "notice",
    attempts=1,
    if_severity={"serious": Term(48, "hours")},
    by="main_account",
    confirming_forfeits=True,
    forfeited_by=Text("确认", "confirming"),
    most_characters=20,
    most_pictures=1,
)
PICTURE, PAPER = (Stored(letter * 64, f"{letter}.png", kind, 9) for letter, kind in (("a", "image/png"), ("b", "text")))


class Court:
    """A violation against which one appeal is granted, and people who deal with it."""

    def __init__(self, office, at, person):
        self.office, self.at, self.person = office, at, person
        self.manager = person("li", "manager")

    def do(self, use_case, *said, who=None, now="2026-03-12T09:00", **more):
        with transaction(self.office.ledger) as session:
            return use_case(session, self.office.book, BREACH, *said, who or self.manager, now=self.at(now), **more)

    def notified(self, at="2026-03-11T15:00", **more):
        self.office.say(BREACH, "open", self.at(at), noticed_at=self.at(at), **more)

    def draft(self, text="we disagree", account=None, files=(), **more):
        return self.do(draft, Draft(text, account, files), **more)

    def submit(self, **more):
        return self.do(submit, **{"why": "handed in"} | more)

    @property
    def state(self):
        return self.office.violation(BREACH).state

    def listed(self, now, within=None, who=None):
        with reading(self.office.ledger) as session:
            return appealable(session, self.office.book, who or self.manager, self.at(now), within)

    def events(self):
        with reading(self.office.ledger) as session:
            assert verify(session) == []
            return [e.event for e in entries(session, object_id=BREACH)]


@pytest.fixture
def court(ledger, open_office, like_x1, week_of, at, person):
    office = open_office(ledger, [like_x1(appeal=GRANTED)])

    def build():
        office.register({"shop": "s1", "client": "acme"})
        office.take(*week_of("s1", W10, 1, 10))
        office.assess(at(TUESDAY))

    ready_office(office, build)
    return Court(office, at, person)


def test_an_appeal_goes_from_its_draft_over_the_platform_to_its_outcome(court):
    court.notified()
    court.draft(files=[PICTURE])
    court.draft(text=None, files=[PICTURE, PAPER])  # the same file again is there once
    assert court.state == "open"
    assert court.submit().attempt == 1
    assert court.state == "appealed"
    assert court.do(conclude, "overturned", why="they were right").state == "overturned"
    with reading(court.office.ledger) as session:
        (made,) = appeals_of(session, BREACH)
        assert [file.sha256[0] for file in attachments(session, made)] == ["a", "b"]
    assert (made.text, made.outcome, made.outcome_by, made.late_why) == ("we disagree", "overturned", "li", None)
    assert court.events()[-4:] == ["appeal.drafted", "appeal.redrafted", "violation.appealed", "violation.overturned"]
    assert court.office.sanctions(BREACH) == []


@pytest.mark.parametrize(("outcome", "state"), [("upheld", "confirmed"), ("partly", "confirmed")])
def test_what_is_not_overturned_is_confirmed(court, outcome, state):
    court.draft()
    court.submit()
    said = {"notice": PlatformNotice(amount_fen=5_000)} if outcome == "partly" else {}
    court.do(conclude, outcome, why="they answered", **said)
    assert court.state == state
    assert court.office.violation(BREACH).amount_fen == (5_000 if said else None)
    with pytest.raises(KaoheError, match="appealed against 1 times, and the platform grants no more than 1"):
        court.draft()


def test_in_part_needs_what_was_decided_instead(court):
    court.draft()
    court.submit()
    with pytest.raises(KaoheError, match="say to what, with --severity or --amount"):
        court.do(conclude, "partly", why="they answered")
    assert court.state == "appealed"


@pytest.mark.parametrize(
    ("said", "last", "late"),
    [
        ({}, "2026-03-18T23:59:59", "2026-03-19T00:00"),  # seven days after the 11th, its own day not counted
        ({"severity": "serious"}, "2026-03-13T14:59:59", "2026-03-13T15:00"),  # 48 hours
    ],
)
def test_the_deadline_is_kept_to_the_second(court, said, last, late):
    court.notified(**said)
    court.draft()
    with pytest.raises(KaoheError, match="could be made until 2026-03-1"):
        court.submit(now="2026-03-20T09:00", at=court.at(late))
    assert court.state == "open"
    assert court.submit(now="2026-03-20T09:00", at=court.at(last)).late_why is None


def test_the_platform_s_printed_deadline_stands_before_the_rule_s(court):
    court.notified(appeal_until=court.at("2026-03-12T18:00"))
    court.draft()
    with pytest.raises(KaoheError, match="could be made until 2026-03-12 18:00"):
        court.submit(now="2026-03-12T18:00")
    made = court.submit(now="2026-03-12T18:00", late_why="the hotline agreed")
    assert (made.late_why, court.state) == ("the hotline agreed", "appealed")


def test_the_limits_of_the_platform_are_kept(court):
    with transaction(court.office.ledger) as session:
        ensure_agents(session, {("xiaohongshu", "s1", "a1"): date(2026, 3, 2)})
    for said, message in (
        ({"text": "x" * 21}, "21 characters of text, and the platform takes 20"),
        ({"files": [PICTURE, replace(PICTURE, sha256="c" * 64)]}, "2 pictures, and the platform takes 1"),
        ({"account": "a1"}, "a1 is a sub-account of s1, and only its main account may appeal"),
    ):
        with pytest.raises(KaoheError, match=message):
            court.draft(**said)
    with pytest.raises(KaoheError, match=r"no appeal against .* was drafted"):
        court.submit()
    assert court.draft(account="the shop itself").account == "the shop itself"


def test_an_appeal_cannot_have_been_handed_in_tomorrow(court):
    court.draft()
    with pytest.raises(KaoheError, match="cannot have been handed in later than now"):
        court.submit(now="2026-03-12T09:00", at=court.at("2026-03-12T09:01"))


@pytest.mark.parametrize(
    ("role", "bounds", "may"),
    [
        ("viewer", {}, set()),
        ("operator", {}, {draft}),
        ("manager", {"client": "acme"}, {draft, submit, conclude}),
        ("manager", {"client": "other"}, set()),
        ("officer", {"shop": shop_key("xiaohongshu", "s2")}, set()),
    ],
)
def test_people_do_what_their_role_allows_where_it_holds(court, person, role, bounds, may):
    who = person("wang", role, **bounds)
    steps = (
        (draft, lambda by: court.draft(who=by)),
        (submit, lambda by: court.submit(who=by)),
        (conclude, lambda by: court.do(conclude, "upheld", who=by, why="they answered")),
    )
    for use_case, attempt in steps:
        if use_case not in may:
            with pytest.raises(NotAllowedError):
                attempt(who)
            attempt(court.manager)
        else:
            attempt(who)


def test_confirming_is_refused_while_it_gives_up_an_appeal_that_can_still_be_made(court):
    court.notified()
    with pytest.raises(KaoheError, match=r"can still be made by the main account only \(until 2026-03-18\)"):
        court.office.say(BREACH, "confirmed", court.at("2026-03-18T23:59"))
    assert court.state == "open"
    court.office.say(BREACH, "confirmed", court.at("2026-03-19T00:00"))
    assert court.state == "confirmed"
    with pytest.raises(KaoheError, match="was given up when it was confirmed"):
        court.draft()


def test_what_is_given_up_knowingly_is_recorded_and_told_in_the_journal(court):
    with pytest.raises(KaoheError, match="arrival is not on record"):
        court.office.say(BREACH, "confirmed", court.at("2026-03-12T09:00"))
    court.office.say(BREACH, "confirmed", court.at("2026-03-12T09:00"), forfeits_appeal=True)
    with reading(court.office.ledger) as session:
        assert entries(session, object_id=BREACH)[-1].payload["after"]["appeal_forfeited"] is True


def test_that_a_notice_came_is_no_new_state_and_evidence_no_longer_takes_the_violation_back(court, week_of):
    court.notified(reference="KS-1")
    assert (court.state, court.events()[-1]) == ("open", "violation.notified")
    court.office.take(*week_of("s1", W10, 10, 10), replace_days=True)
    court.office.assess(court.at("2026-03-12T10:00"))
    assert (court.state, court.events()[-1]) == ("open", "violation.contradicted")


def test_the_list_goes_by_deadline_and_marks_what_is_overdue(court):
    assert court.listed("2026-03-12T09:00") == []  # a prediction alone is nothing to appeal against
    court.notified()
    (row,) = court.listed("2026-03-12T09:00")
    assert (row.stage, row.until.basis, row.hours_left, row.made, row.granted) == ("possible", "rule", 159, 0, 1)
    assert court.listed("2026-03-12T09:00", timedelta(days=6)) == []
    assert court.listed("2026-03-12T09:00", timedelta(days=7)) == [row]
    (late,) = court.listed("2026-03-20T09:00", timedelta(hours=1))
    assert (late.overdue, late.hours_left) == (True, -33)
    court.draft()
    assert court.listed("2026-03-12T10:00")[0].stage == "drafted"
    court.submit()
    (waiting,) = court.listed("2026-03-20T09:00")
    assert (waiting.stage, waiting.hours_left, waiting.overdue, waiting.made) == ("submitted", None, False, 1)
    assert court.listed("2026-03-20T09:00", who=court.person("x", "viewer", client="other")) == []


def test_an_appeal_that_was_given_up_by_confirming_is_listed_no_more(court):
    court.notified()
    assert [row.stage for row in court.listed("2026-03-12T09:00")] == ["possible"]
    court.office.say(BREACH, "confirmed", court.at("2026-03-12T09:00"), forfeits_appeal=True)
    assert court.listed("2026-03-12T10:00") == []


def test_what_was_upheld_after_the_last_attempt_is_listed_no_more(court):
    court.notified()
    court.draft()
    court.submit()
    court.do(conclude, "upheld", why="they answered")
    assert court.listed("2026-03-13T09:00") == []


def test_an_appeal_that_was_recorded_without_a_draft_is_an_attempt_too(court):
    court.office.say(BREACH, "appealed")
    court.do(conclude, "upheld", why="they answered")
    with pytest.raises(KaoheError, match="appealed against 1 times"):
        court.draft()


def test_nothing_is_left_behind_by_what_is_refused(court):
    with pytest.raises(KaoheError):
        court.draft(text="x" * 21)
    with pytest.raises(UnknownNameError), transaction(court.office.ledger) as session:
        draft(session, court.office.book, "V-AAAAAAAAAAAA", Draft(), court.manager, court.at(TUESDAY))
    with reading(court.office.ledger) as session:
        assert appeals_of(session, BREACH) == []
        assert session.get(Violation, BREACH).state == "open"


@pytest.mark.parametrize(("noticed", "first"), [("2026-03-11T15:00", "2026-03-11T15:00"), (None, "2026-03-10T00:00")])
def test_nothing_was_handed_in_before_there_was_anything_to_appeal_against(court, noticed, first):
    if noticed:
        court.notified(noticed)
    court.draft()
    with pytest.raises(KaoheError, match=f"nothing to appeal against before {first.replace('T', ' ')}"):
        court.submit(at=court.at(first) - timedelta(minutes=1))
    court.submit(at=court.at(first))
    assert court.state == "appealed"


def test_when_it_was_handed_in_is_put_right_while_the_outcome_is_awaited(court):
    court.notified()
    with pytest.raises(KaoheError, match=r"no appeal against .* waits"):
        court.do(correct_time, at=court.at("2026-03-12T08:00"), why="typed wrongly")
    court.draft()
    court.submit(at=court.at("2026-03-12T08:00"))
    for at, why, said in (
        ("2026-03-13T08:00", "x", "later than now"),
        ("2026-03-10T08:00", "x", "nothing to appeal against"),
        ("2026-03-12T07:00", " ", "say why"),
    ):
        with pytest.raises(KaoheError, match=said):
            court.do(correct_time, at=court.at(at), why=why)
    made = court.do(correct_time, at=court.at("2026-03-12T07:00"), why="typed wrongly")
    assert (made.submitted_at, court.events()[-1]) == (court.at("2026-03-12T07:00"), "appeal.corrected")
    court.do(conclude, "upheld", why="they say so")
    with pytest.raises(KaoheError, match=r"no appeal against .* waits"):
        court.do(correct_time, at=court.at("2026-03-12T06:00"), why="typed wrongly")


def test_a_time_that_makes_an_appeal_late_is_no_correction_of_one_in_time(court):
    court.notified()
    court.draft()
    court.submit()
    with pytest.raises(KaoheError, match="was not recorded as late"):
        court.do(correct_time, at=court.at("2026-03-19T00:00"), why="x", now="2026-03-20T09:00")


def test_a_notice_from_before_the_cycle_or_from_the_future_is_refused(court):
    for at, why in (("2026-03-01T23:59", "2026-W10, had not begun"), ("2026-03-11T15:01", "yet to come")):
        with pytest.raises(KaoheError, match=why):
            court.office.say(BREACH, "open", court.at("2026-03-11T15:00"), noticed_at=court.at(at))
    court.office.say(BREACH, "open", court.at("2026-03-11T15:00"), noticed_at=court.at("2026-03-02T00:00"))


def test_the_journal_says_that_an_appeal_was_given_up_only_where_one_was(court):
    court.notified()
    court.office.say(BREACH, "confirmed", court.at("2026-03-19T00:00"), forfeits_appeal=True)
    with reading(court.office.ledger) as session:
        assert "appeal_forfeited" not in entries(session, object_id=BREACH)[-1].payload["after"]
