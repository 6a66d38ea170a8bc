"""Standards of contracts on record: who may set them, how they end, and what is checked by which."""

from datetime import UTC, date, datetime, timedelta

import pytest

from console.settings import SHIPPED_RULESETS
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor, Grant, NotAllowedError
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import entries, verify
from engine.ledger.subjects import ShopRow, register_shops, shop
from engine.ledger.tables import Assessment, Run, Violation
from engine.ledger.violation_ids import violation_id
from engine.rulebook.book import load_or_refuse
from engine.tracker.standards import beside, check, end_standard, set_standard, standards

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
LIN = Actor.unbounded("lin")
RULE = "xiaohongshu.reply-rate"
MONDAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def book():
    return load_or_refuse([SHIPPED_RULESETS])


@pytest.fixture
def two(ledger, book):
    """Two shops of the client a and one of b, each assessed for week 10 of 2026; a run for their assessments."""
    with transaction(ledger) as session:
        rows = [ShopRow("xiaohongshu", name, client=client) for name, client in (("s1", "a"), ("s2", "a"), ("t1", "b"))]
        register_shops(session, rows, NOW, "lin")
        session.add(Run(rule=RULE, cycle="2026-W10", cycle_start=MONDAY, due_at=NOW, state="done"))
    for name, answered, asked in (("s1", 82, 100), ("s2", 90, 100), ("t1", 82, 100)):
        assessed(ledger, book, name, answered, asked)
    return ledger


def assessed(ledger, book, name, answered, asked, verdict="compliant", weeks=0, **more):
    version = book[RULE].versions[-1]
    first = MONDAY + timedelta(weeks=weeks)
    with transaction(ledger) as session:
        row = {
            "run_id": 1,
            "rule": RULE,
            "version": version.key,
            "rule_sha256": version.sha256,
            "subject_id": shop(session, f"shop:xiaohongshu/{name}").id,
            "cycle": f"2026-W{10 + weeks}",
            "cycle_start": first,
            "cycle_end": first + timedelta(days=6),
            "assessed_on": first + timedelta(days=8),
            "numerator": answered,
            "denominator": asked,
            "verdict": verdict,
            "at_risk": False,
            "recorded_at": NOW,
        }
        insert_rows(session, Assessment, [row | more])


def agree(ledger, book, written="85%", client="a", actor=LIN, name=None, since=MONDAY, **more):
    with transaction(ledger) as session:
        subject = shop(session, f"shop:xiaohongshu/{name}") if name else None
        agreed = set_standard(session, actor, book[RULE], client, written, since, NOW, shop=subject, **more)
        return agreed.standard.id


def results(ledger, book, actor=LIN, **asked):
    with reading(ledger) as session:
        return [(c.shop.external_id, c.row.cycle, str(c.bound), c.result) for c in check(session, actor, book, **asked)]


def test_figures_are_checked_by_the_contract_of_their_client_alone(two, book):
    agree(two, book)
    assert results(two, book) == [("s1", "2026-W10", ">= 85%", "missed"), ("s2", "2026-W10", ">= 85%", "met")]
    assert results(two, book, client="b") == []
    with reading(two) as session:
        (one, _) = check(session, LIN, book)
        told = one.as_json()
        assert verify(session) == []
        assert [e.event for e in entries(session)][-1] == "standard.set"
    assert (told["contract"], told["platform_standard"], told["result"]) == (">= 85%", ">= 80%", "missed")
    assert (told["verdict"], told["value"], told["stricter"]) == ("compliant", "0.820000", True)


def test_a_shops_own_standard_stands_before_its_clients(two, book):
    agree(two, book)
    agree(two, book, "above 81%", name="s1")
    assert results(two, book)[0] == ("s1", "2026-W10", "> 81%", "met")


def test_a_rounded_figure_is_undetermined_where_its_ends_differ(two, book):
    agree(two, book)
    ends = {"numerator_low": 845, "numerator_high": 854}
    assessed(two, book, "s1", 850, 1000, weeks=1, **ends)
    assessed(two, book, "s2", None, None, "no_data", weeks=1)
    assert [result for _, cycle, _, result in results(two, book) if cycle == "2026-W11"] == [
        "undetermined",
        "no_figure",
    ]


def test_a_month_is_that_of_the_cycles_last_day_and_days_are_those_of_the_assessment(two, book):
    agree(two, book)
    assessed(two, book, "s1", 90, 100, weeks=4)  # 30 March to 5 April, assessed on 7 April
    cycles = [cycle for _, cycle, _, _ in results(two, book, month="2026-03", client="a")]
    assert cycles == ["2026-W10", "2026-W10"]
    assert [c for _, c, _, _ in results(two, book, month="2026-04")] == ["2026-W14"]
    assert [c for _, c, _, _ in results(two, book, first=date(2026, 4, 7), last=date(2026, 4, 7))] == ["2026-W14"]
    assert results(two, book, last=date(2026, 3, 9)) == []


def test_a_standard_that_has_ended_is_kept_and_holds_for_its_days(two, book):
    number = agree(two, book)
    assessed(two, book, "s1", 90, 100, weeks=1)
    with transaction(two) as session:
        end_standard(session, LIN, number, MONDAY, "the contract is over", NOW)
    assert [cycle for _, cycle, _, _ in results(two, book)] == ["2026-W10", "2026-W10"]
    agree(two, book, "90%", since=MONDAY + timedelta(weeks=1))
    assert results(two, book)[-1] == ("s1", "2026-W11", ">= 90%", "met")
    with reading(two) as session:
        assert [(str(a.bound), a.standard.ended_by) for a in standards(session, LIN)] == [
            (">= 85%", "lin"),
            (">= 90%", None),
        ]
        told = next(e for e in entries(session) if e.event == "standard.ended")
    assert (told.payload["before"]["until"], told.payload["after"]["until"]) == (None, "2026-03-02")
    with transaction(two) as session, pytest.raises(KaoheError, match="was ended already"):
        end_standard(session, LIN, number, MONDAY, "again", NOW)


def test_two_standards_never_hold_at_once(two, book):
    number = agree(two, book, until=date(2026, 3, 15))
    with pytest.raises(KaoheError, match=f"the standard {number} .* holds for some of these days"):
        agree(two, book, "90%", since=date(2026, 3, 15))
    agree(two, book, "90%", since=date(2026, 3, 16))
    agree(two, book, "90%", client="b")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("80%", "version 2021-01-01 of the platform wants >= 80%, and it is no stricter"),
        ("below 5%", "look in different directions"),
        ("0.9", "the other is not"),
    ],
)
def test_a_bound_that_is_not_stricter_is_refused_and_nothing_is_written(two, book, written, why):
    with pytest.raises(KaoheError, match=why):
        agree(two, book, written)
    with reading(two) as session:
        assert standards(session, LIN) == []


def test_only_who_registers_for_the_client_sets_its_standards(two, book):
    operator, manager = (Actor("wu", (Grant(role, client="a"),)) for role in ("operator", "manager"))
    with pytest.raises(NotAllowedError):
        agree(two, book, actor=operator)
    with pytest.raises(NotAllowedError):
        agree(two, book, client="b", actor=manager)
    number = agree(two, book, actor=manager)
    agree(two, book, client="b")
    with reading(two) as session:
        assert {a.standard.client for a in standards(session, operator)} == {"a"}
        assert {c.shop.client for c in check(session, operator, book)} == {"a"}
    stranger = Actor("li", (Grant("administrator", client="b"),))
    with transaction(two) as session, pytest.raises(UnknownNameError, match="unknown standard"):
        end_standard(session, stranger, number, MONDAY, "mine", NOW)
    with pytest.raises(KaoheError, match="is a shop of b"):
        agree(two, book, name="t1")
    with pytest.raises(UnknownNameError, match="unknown client"):
        agree(two, book, client="c")


def test_what_the_contract_says_of_a_violation_is_found_with_it(two, book):
    assessed(two, book, "s1", 70, 100, "violation", weeks=1)
    name = violation_id(RULE, "shop:xiaohongshu/s1", "2026-W11")
    with transaction(two) as session:
        session.add(
            Violation(
                id=name,
                rule=RULE,
                version="2021-01-01",
                subject_id=shop(session, "shop:xiaohongshu/s1").id,
                client="a",
                platform="xiaohongshu",
                cycle="2026-W11",
                cycle_start=MONDAY + timedelta(weeks=1),
                cycle_end=date(2026, 3, 15),
                assessed_on=date(2026, 3, 17),
                state="open",
                exposure_min_fen=0,
                exposure_max_fen=0,
                numerator=70,
                denominator=100,
                opened_at=NOW,
                changed_at=NOW,
            )
        )
    with reading(two) as session:
        assert beside(session, LIN, book, name) is None
    agree(two, book)
    with reading(two) as session:
        assert beside(session, LIN, book, name).result == "missed"
