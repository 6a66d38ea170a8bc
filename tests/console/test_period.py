"""`kaohe period` at the edge: what people type, and what they are told."""

import pytest

from tests.ready import ready_home


@pytest.fixture
@ready_home
def paid(kaohe, sessions):
    """March, assessed and closed."""
    assert kaohe("import", str(sessions(7, 10)), "--kind", "sessions").code == 0
    assert kaohe("assess", "--as-of", "2026-04-09").code == 0
    assert kaohe("period", "close", "2026-03", "--as-of", "2026-04-09").code == 0


def test_a_corrected_file_is_booked_and_told(kaohe, paid, sessions, english):
    kaohe("import", str(sessions(9, 10)), "--kind", "sessions", "--replace")
    done = kaohe("assess", "--as-of", "2026-04-09")
    assert "1 verdict of closed months booked as corrections" in done.err
    (row,) = kaohe("period", "show", "2026-03", "--json").rows
    assert (row["shop"], row["cycle"], row["booked_in"]) == ("s1", "2026-W10", "2026-04")
    assert [row[state]["verdict"] for state in ("before", "after")] == ["violation", "compliant"]
    assert "violation 7/10" in kaohe("period", "show", "2026-03").out
    (month,) = kaohe("period", "list", "--json").rows
    assert (month["month"], month["state"], month["corrections"]) == ("2026-03", "closed", 1)


def test_one_person_alone_does_not_open_a_month_again(kaohe, paid):
    assert kaohe("period", "reopen", "2026-03", "--why", "复核").code == 0
    alone = kaohe("period", "reopen", "2026-03", "--approve")
    assert (alone.code, "须由另一个人批准" in alone.err) == (2, True)
    assert "已申请重开" in kaohe("period", "list").out


def test_a_dry_run_says_what_would_be_booked_and_prints_no_verdict_of_a_closed_month(kaohe, paid, sessions, english):
    kaohe("import", str(sessions(9, 10)), "--kind", "sessions", "--replace")
    done = kaohe("assess", "--dry-run", "--as-of", "2026-04-09", "--json")
    assert (done.rows, "1 verdict of closed months would be booked as corrections" in done.err) == ([], True)
    assert kaohe("period", "show", "2026-03", "--json").rows == []


@pytest.fixture
@ready_home
def late_breach(kaohe, sessions):
    """A breach that was found once March was closed."""
    assert kaohe("import", str(sessions(9, 10)), "--kind", "sessions").code == 0
    assert kaohe("assess", "--as-of", "2026-04-09").code == 0
    assert kaohe("period", "close", "2026-03", "--as-of", "2026-04-09").code == 0
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions", "--replace")
    assert kaohe("assess", "--as-of", "2026-04-09").code == 0
    (row,) = kaohe("period", "show", "2026-03", "--json").rows
    return row["violation"]


@pytest.mark.parametrize("command", [["explain"], ["violations", "show"]])
def test_a_breach_that_was_found_once_its_month_was_closed_is_told_by_its_correction(
    kaohe, late_breach, command, english
):
    told = kaohe(*command, late_breach.lower())
    assert (told.code, "was found once 2026-03 was closed" in told.out) == (0, True)
    assert "compliant 9/10 → violation 7/10" in told.out
    (row,) = kaohe(*command, late_breach, "--json").rows
    assert (row["violation"], row["booked_in"]) == (late_breach, "2026-04")


def test_nobody_can_act_on_a_breach_that_stands_in_a_correction_alone(kaohe, late_breach):
    refused = kaohe("violations", "record", late_breach, "acknowledged", "--why", "x")
    assert (refused.code, "须先重开 2026-03" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("state", "after"), [("waived", "exempt 7/10"), ("withdrawn", "violation 7/10 Prediction withdrawn")]
)
@pytest.mark.parametrize("command", [["explain"], ["violations", "show"]])
def test_what_was_booked_about_a_violation_is_told_with_it(kaohe, paid, command, state, after, english):
    (name,) = [row["violation"] for row in kaohe("violations", "list", "--json").rows]
    assert kaohe("violations", "record", name, state, "--why", "x").code == 0
    (row,) = kaohe("period", "show", "2026-03", "--json").rows
    said = f"2026-03 is closed; booked in {row['booked_in']}: violation 7/10 → {after}"
    assert said in kaohe(*command, name).out
    assert kaohe(*command, name, "--json").rows[0]["corrections"] == [row]


def test_who_closes_a_month_that_somebody_wished_to_reopen_takes_the_wish_back(kaohe, paid):
    kaohe("period", "reopen", "2026-03", "--why", "复核")
    assert kaohe("period", "close", "2026-03", "--as-of", "2026-04-09").code == 0
    assert "已申请重开" not in kaohe("period", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["close", "2026-3"], "'2026-3' 不是月份；写成 2026-03 这样"),
        (["reopen", "2026-03"], "申请时写 --why"),
        (["reopen", "2026-02", "--why", "x"], "2026-02 没有关账"),
    ],
)
def test_a_slip_is_told(kaohe, paid, arguments, said):
    done = kaohe("period", *arguments)
    assert (done.code, said in done.err) == (2, True)
