"""What `assess`, the worker and `status` answer when there is nothing to print, or some rule cannot be assessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.desk import desk as desk_of
from console.status import status_of
from console.worker import Told, complaints_of, tick
from engine.assessment import plan as plan_module
from engine.calendar.cycles import CAMPAIGN
from engine.errors import KaoheError
from engine.rulebook.book import RuleBook

AS_OF = ("--as-of", "2026-03-10T10:05+08:00")
WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", *AS_OF)
SHIPPED = Path(__file__).parents[2] / "rulesets" / "xiaohongshu" / "reply-rate.yaml"
SECOND = "xiaohongshu.second"

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def two_rules(tmp_path, monkeypatch):
    """The shipped rule and one like it under another id, which sorts behind it."""
    folder = tmp_path / "more"
    folder.mkdir()
    text = SHIPPED.read_text(encoding="utf-8").replace("id: xiaohongshu.reply-rate", f"id: {SECOND}")
    (folder / "second.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("KAOHE_EXTRA_RULESETS", str(folder))
    return folder


@pytest.fixture
def first_rule_fails(two_rules, monkeypatch):
    """The shipped rule cannot be assessed, for whatever reason; the other can."""
    real = plan_module.due_runs

    def due_runs(rule, *rest):
        if rule.id == "xiaohongshu.reply-rate":
            raise KaoheError("its evidence is damaged; restore it")
        return real(rule, *rest)

    monkeypatch.setattr(plan_module, "due_runs", due_runs)


FAILURE = "kaohe: xiaohongshu.reply-rate was not assessed: its evidence is damaged; restore it"


@pytest.mark.parametrize("words", [WEEK, ("assess", *AS_OF), (*WEEK, "--dry-run"), ("assess", "--dry-run", *AS_OF)])
def test_a_rule_that_fails_does_not_keep_the_others_rows_from_being_printed(kaohe, sessions, first_rule_fails, words):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe(*words, "--json")
    assert said.code == 2
    assert [r["rule"] for r in said.rows] == [SECOND]
    assert said.err.splitlines() == [FAILURE]


def test_a_rule_that_fails_does_not_hide_what_it_recorded_before(kaohe, sessions, two_rules, request):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    before = kaohe(*WEEK, "--json").out
    request.getfixturevalue("first_rule_fails")
    said = kaohe(*WEEK, "--json")
    assert (said.code, said.out) == (2, before)


def test_a_rule_that_fails_does_not_hold_up_the_others_notices(kaohe, sessions, first_rule_fails):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    assert kaohe("assess", *AS_OF).code == 2
    assert [n["state"] for n in kaohe("notices", "list", "--json").rows] == ["queued"]


def test_a_rule_that_fails_holds_up_neither_other_rules_nor_notices_in_the_worker(
    kaohe, sessions, first_rule_fails, home
):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    with desk_of(str(home)) as desk:
        done = tick(desk, datetime(2026, 3, 10, 3, tzinfo=UTC))
    assert [o.rule.id for o in done.assessed.changed] == [SECOND]
    assert (done.planned.queued, done.delivered.sent) == (1, 1)
    assert list(done.failures) == ["xiaohongshu.reply-rate"]
    said = kaohe("worker", "--once")
    assert (said.code, FAILURE in said.err) == (2, True)


def test_a_faulty_file_leaves_out_its_own_rule_in_a_running_worker_and_is_told_once(
    kaohe, sessions, two_rules, home, caplog
):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    (two_rules / "bad.yaml").write_text("schema: ruleset/v1\n", encoding="utf-8")
    told = Told()
    with desk_of(str(home)) as desk, caplog.at_level("WARNING"):
        done = tick(desk, datetime(2026, 3, 10, 3, tzinfo=UTC))
        told.tell(complaints_of(done.faults, done.failures, "en"))
        complaints = said_by_the_worker(caplog)
        again = tick(desk, datetime(2026, 3, 10, 3, tzinfo=UTC))
        told.tell(complaints_of(again.faults, again.failures, "en"))
    assert {o.rule.id for o in done.assessed.changed} == {"xiaohongshu.reply-rate", SECOND}
    assert complaints
    assert all("bad.yaml:" in c and c.endswith("this file's rule is left out") for c in complaints)
    assert said_by_the_worker(caplog) == complaints


def said_by_the_worker(caplog):
    return [r.getMessage() for r in caplog.records if r.name == "kaohe.worker"]


def test_a_running_worker_takes_mended_rule_files_up_at_its_next_tick(kaohe, sessions, two_rules, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    good = (two_rules / "second.yaml").read_text(encoding="utf-8")
    (two_rules / "second.yaml").write_text("schema: ruleset/v1\n", encoding="utf-8")
    now = datetime(2026, 3, 10, 3, tzinfo=UTC)
    with desk_of(str(home)) as desk:
        assert [o.rule.id for o in tick(desk, now).assessed.changed] == ["xiaohongshu.reply-rate"]
        (two_rules / "second.yaml").write_text(good, encoding="utf-8")
        assert [o.rule.id for o in tick(desk, now).assessed.changed] == [SECOND]


def test_a_rule_that_judges_agents_is_refused_by_the_check_with_its_place(kaohe, two_rules):
    text = (two_rules / "second.yaml").read_text(encoding="utf-8").replace("subject: shop", "subject: agent")
    (two_rules / "second.yaml").write_text(text, encoding="utf-8")
    said = kaohe("rules", "check")
    assert said.code == 1
    assert "second.yaml:5:10: subject: only rules that judge shops can be assessed so far" in said.out


def test_status_tells_a_rule_that_cannot_be_assessed_and_goes_on_with_the_others(kaohe, sessions, home, two_rules):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    with desk_of(str(home)) as desk:
        shipped, second = desk.rulebook["xiaohongshu.reply-rate"], desk.rulebook[SECOND]
        campaign = replace(second, versions=(replace(second.versions[0], cycle=CAMPAIGN),))
        agents = replace(second, id="xiaohongshu.third", subject="agent")
        desk.rulebook = RuleBook([shipped, campaign, agents])
        found = status_of(desk, datetime(2026, 3, 10, 3, tzinfo=UTC), timedelta(minutes=10))
    assert found.due == 1
    assert [line.en.partition(",")[0].partition(":")[0] for line in found.late] == [
        f"{SECOND} cannot be assessed",
        "xiaohongshu.third cannot be assessed",
        "xiaohongshu.reply-rate 2026-W10",
    ]


def test_a_dry_run_with_a_range_prints_what_is_on_record_too(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    first = kaohe(*WEEK, "--json")
    dry = kaohe(*WEEK, "--json", "--dry-run")
    assert (dry.code, dry.out) == (0, first.out)


def test_a_dry_run_shows_what_new_evidence_would_change_instead_of_what_is_on_record(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe(*WEEK)
    kaohe("import", str(sessions(90, 100)), "--kind", "sessions")
    (row,) = kaohe(*WEEK, "--json", "--dry-run").rows
    assert (row["numerator"], row["verdict"]) == (90, "compliant")
    assert kaohe("violations", "list", "--json").rows[0]["state"] == "open"


@pytest.mark.parametrize(
    ("first", "last"), [("2026-03-11", "2026-03-16"), ("2026-03-17", "2026-03-24"), ("2026-03-11", None)]
)
def test_a_range_without_an_assessment_day_is_told_so_and_is_no_lack_of_data(kaohe, sessions, first, last):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", *AS_OF)
    said = kaohe("assess", "--from", first, *(("--to", last) if last else ()), *AS_OF, "--json")
    assert (said.code, said.out) == (0, "")
    assert f"none of these rules has an assessment day in {first}..{last or '…'} up to now" in said.err


def test_assessment_days_without_evidence_end_with_three(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", *AS_OF)
    said = kaohe("assess", "--from", "2026-02-24", "--to", "2026-02-24", *AS_OF)
    assert (said.code, said.out) == (3, "")
    assert "no evidence of kuaishou, pinduoduo, xiaohongshu for the assessment days 2026-02-24..2026-02-24" in said.err


def test_a_shop_without_a_row_is_not_told_that_there_is_no_evidence_at_all(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("shops", "add", "xiaohongshu", "s2")
    kaohe(*WEEK)
    said = kaohe(*WEEK, "--shop", "s2")
    assert said.code == 3
    assert "none of these shops has evidence for the assessment days" in said.err


def test_a_range_that_runs_backwards_is_refused(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("assess", "--from", "2026-03-11", "--to", "2026-03-10")
    assert (said.code, said.out) == (2, "")
    assert "--from 2026-03-11 comes after --to 2026-03-10" in said.err
    assert kaohe("violations", "list", "--json").out == ""


@pytest.mark.parametrize("words", [WEEK, ("assess",), ("worker", "--once"), ("rules", "check")])
def test_an_empty_directory_of_rules_is_a_slip_in_the_settings(kaohe, sessions, tmp_path, monkeypatch, words):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("KAOHE_RULESETS", str(tmp_path / "empty"))
    said = kaohe(*words)
    assert (said.code, said.out) == (2, "")
    assert "there is no rule" in said.err
    assert str(tmp_path / "empty") in said.err
