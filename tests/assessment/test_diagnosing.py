"""Diagnoses in the ledger: of what stands, kept once, made again when a roster comes, and never a reason to fail."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from engine.assessment.diagnosing import diagnose_new
from engine.assessment.diagnosis import Diagnosis
from engine.assessment.explain import without_agents
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.removing import RemovalRequest, remove_evidence
from engine.ledger.database import reading
from engine.ledger.tables import Diagnosis as Kept
from engine.ledger.tables import Violation
from engine.progress import silent

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
LATER = datetime(2026, 3, 11, 4, tzinfo=UTC)


def take(office, kind, *rows):
    """Rows of any kind of evidence, as one file."""
    file = office.home / f"{kind}.ndjson"
    file.write_text("".join(json.dumps({"platform": "xiaohongshu", "shop": "s1"} | row) + "\n" for row in rows))
    request = ImportRequest(KINDS[kind], (file,), "officer")
    assert import_evidence(office.ledger, office.lake, bytes(32), request, NOW, silent).refused == 0


def shift(begins, ends, state="on_duty", agent="a1", **more):
    day = "2026-03-04"
    return {"agent": agent, "starts_at": f"{day}T{begins}", "ends_at": f"{day}T{ends}", "state": state} | more


def diagnose(office, now=NOW, **more):
    return diagnose_new(office.place, office.book, now, **more)


def kept(office, shop="s1"):
    """The diagnosis that the ledger keeps of the shop's one violation; None for none."""
    with reading(office.ledger) as session:
        rows = {v.id: v for v in session.exec(select(Violation))}
        found = [k for k in session.exec(select(Kept)) if k.violation_id in rows]
    by_shop = {o.violation: o.shop for o in office.outcomes() if o.violation}
    mine = [Diagnosis.of_json(k.document) for k in found if by_shop.get(k.violation_id) == shop]
    assert len(mine) <= 1
    return mine[0] if mine else None


def causes(office, shop="s1"):
    return {cause.cause: cause.misses for cause in kept(office, shop).causes}


def test_a_violation_has_its_diagnosis_kept_once(office, week_of):
    office.take(*week_of("s1", "2026-W10", 3, 10), *week_of("s2", "2026-W10", 10, 10))
    office.assess(NOW)
    assert diagnose(office) == 1
    found = kept(office)
    assert (found.basis, found.family, found.misses, found.of, found.unanswered) == ("rows", "reply", 7, 10, 7)
    assert (found.hours, found.weekdays, found.agents) == (((12, 7, 10),), ((3, 7, 10),), (("a1", 7, 10),))
    assert causes(office) == {"roster_unknown": 7}
    assert kept(office, "s2") is None
    assert diagnose(office, LATER) == 0


def test_new_evidence_that_changes_the_violation_changes_its_diagnosis(office, week_of):
    office.take(*week_of("s1", "2026-W10", 3, 10))
    office.assess(NOW)
    diagnose(office)
    office.take(*week_of("s1", "2026-W10", 5, 10))
    office.assess(LATER)
    assert diagnose(office, LATER) == 1
    assert kept(office).misses == 5


def test_a_violation_that_is_settled_needs_none(office, week_of):
    office.take(*week_of("s1", "2026-W10", 3, 10))
    office.assess(NOW)
    office.say(office.outcome().violation, "withdrawn")
    assert diagnose(office) == 0
    assert kept(office) is None


def test_a_roster_that_comes_later_tells_that_nobody_was_on_line(office, week_of):
    office.take(*week_of("s1", "2026-W10", 3, 10))
    office.assess(NOW)
    diagnose(office)
    take(office, "shifts", shift("13:00", "18:00"))
    assert diagnose(office, LATER) == 1
    assert causes(office) == {"roster_gap": 7}
    assert diagnose(office, LATER) == 0


def test_a_roster_that_is_taken_away_is_no_longer_believed(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    take(small_office, "shifts", shift("13:00", "18:00"))
    small_office.assess(NOW)
    diagnose(small_office)
    removal = RemovalRequest(KINDS["shifts"], "xiaohongshu", "s1", "officer", "another shop's")
    remove_evidence(small_office.ledger, small_office.lake, removal, LATER, silent)
    assert diagnose(small_office, LATER) == 1
    assert causes(small_office) == {"roster_unknown": 7}


@pytest.mark.parametrize(
    ("shifts", "cause"),
    [
        ([shift("09:00", "18:00", limit=9)], "over_capacity"),
        ([shift("09:00", "18:00", limit=10)], "slow"),
        ([shift("09:00", "18:00", limit=9), shift("09:00", "18:00", agent="a2", limit=1)], "slow"),
        ([shift("09:00", "18:00"), shift("11:50", "12:10", "break")], "roster_gap"),
        ([shift("09:00", "12:00")], "roster_gap"),
        ([shift("12:00", "18:00")], "slow"),
    ],
)
def test_the_causes_are_asked_for_in_the_platforms_own_order(small_office, row, shifts, cause):
    """At noon ten conversations are open at once, three of them answered."""
    noon = "2026-03-04T12:00:00"
    small_office.take(
        *(row(f"c{n}", noon, noon if n < 3 else None, "2026-03-04T12:05:00", agent="a1") for n in range(10))
    )
    take(small_office, "shifts", *shifts)
    small_office.assess(NOW)
    diagnose(small_office)
    assert causes(small_office) == {cause: 7}


def test_without_a_limit_more_than_twice_the_usual_is_too_much(small_office, row):
    usual = [row(f"u{n}", f"2026-03-04T{n}:00:00", f"2026-03-04T{n}:01:00") for n in (10, 11, 12)]
    noon = "2026-03-04T15:00:00"
    small_office.take(*usual, *(row(f"c{n}", noon, None, "2026-03-04T15:05:00") for n in range(3)))
    take(small_office, "shifts", shift("09:00", "18:00"))
    small_office.assess(NOW)
    diagnose(small_office)
    assert causes(small_office) == {"over_capacity": 3}
    assert kept(small_office).causes[0].by_limit == 0


def test_only_totals_tell_no_hours_and_no_causes(small_office):
    total = {"period_start": "2026-03-02", "period_end": "2026-03-08"}
    whole = [
        total | {"counter": f"xiaohongshu.reply-rate/{c}", "value": n} for c, n in [("sessions", 100), ("replied", 70)]
    ]
    take(small_office, "counts", *whole)
    small_office.assess(NOW)
    diagnose(small_office)
    found = kept(small_office)
    assert (found.basis, found.misses, found.of, found.hours, found.causes) == ("totals", 30, 100, (), ())


def test_totals_of_agents_tell_which_accounts_weigh_most(small_office):
    total = {"period_start": "2026-03-02", "period_end": "2026-03-08"}
    numbers = {None: (100, 70), "a1": (60, 50), "a2": (40, 20)}
    rows = [
        total | {"counter": f"xiaohongshu.reply-rate/{c}", "value": n} | ({"agent": agent} if agent else {})
        for agent, pair in numbers.items()
        for c, n in zip(("sessions", "replied"), pair, strict=True)
    ]
    take(small_office, "counts", *rows)
    small_office.assess(NOW)
    diagnose(small_office)
    found = kept(small_office)
    assert (found.basis, found.agents) == ("agents", (("a2", 20, 40), ("a1", 10, 60)))


def test_a_lost_lake_leaves_no_diagnosis_and_no_error(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    small_office.assess(NOW)
    shutil.rmtree(small_office.lake.root / "sessions", ignore_errors=False)
    assert diagnose(small_office) == 0
    assert kept(small_office) is None


def test_a_damaged_day_file_leaves_no_diagnosis_and_no_error(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    small_office.assess(NOW)
    for path in small_office.lake.root.rglob("*.parquet"):
        path.chmod(0o600)
        path.write_bytes(b"not a day of sessions")
    assert diagnose(small_office) == 0


def test_one_tick_does_a_bounded_number_of_cycles_the_newest_first(small_office, week_of):
    for week in ("2026-W08", "2026-W09", "2026-W10"):
        small_office.take(*week_of("s1", week, 3, 10))
    small_office.assess(NOW)
    assert diagnose(small_office, most=2) == 2
    with reading(small_office.ledger) as session:
        done = set(session.exec(select(Kept.violation_id)))
        cycles = {v.cycle for v in session.exec(select(Violation)) if v.id in done}
    assert cycles == {"2026-W09", "2026-W10"}
    assert (diagnose(small_office, most=2), diagnose(small_office, most=2)) == (1, 0)


def test_what_is_asked_to_stop_begins_no_cycle(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    small_office.assess(NOW)
    assert diagnose(small_office, stop=lambda: True) == 0


def test_two_workers_keep_one_diagnosis(office, week_of, in_a_thread):
    office.take(*week_of("s1", "2026-W10", 3, 10))
    office.assess(NOW)
    both = [in_a_thread(diagnose, office) for _ in range(2)]
    assert sum(one.result() for one in both) >= 1
    assert len(office_kept(office)) == 1


def office_kept(office):
    with reading(office.ledger) as session:
        return list(session.exec(select(Kept.violation_id)))


def test_the_margin_is_that_of_the_cycle_that_is_open(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10), *week_of("s1", "2026-W11", 4, 5))
    small_office.assess(NOW)
    diagnose(small_office)
    margin = kept(small_office).margin
    assert (margin.cycle, margin.numerator, margin.denominator) == ("2026-W11", 4, 5)
    assert (margin.standing, margin.mends, margin.breaks) == ("holding", None, 1)


def test_an_explanation_tells_the_causes_and_leaves_agents_out_for_others(small_office, week_of):

    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    small_office.assess(NOW)
    found = small_office.explain(small_office.outcome().violation)
    assert found.diagnosis.agents == (("a1", 7, 10),)
    assert without_agents(found).diagnosis.agents == ()


def test_a_document_comes_back_as_it_was_written(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 3, 10))
    small_office.assess(NOW)
    diagnose(small_office)
    found = kept(small_office)
    assert Diagnosis.of_json(json.loads(json.dumps(found.as_json()))) == found
