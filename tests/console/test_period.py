"""`kaohe period` at the edge: what people type, and what they are told."""

import pytest


@pytest.fixture
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
