"""What a client gets of a report is its own shops' rows, without agents; no two clients share a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.reports.files import names_of
from console.reports.overview import overview
from console.reports.safe import file_names
from console.reports.sheet import Row, json_rows
from tests.reports.conftest import AS_OF, report, row, todo


def test_a_client_sees_its_own_rows_without_agents_and_what_is_internal():
    whole = report(row("甲", "一"), row("乙", "二", todo=todo("乙的事")), row("甲", "三", agent="小王", internal=True))
    told = whole.of_client("甲")
    assert [cell["name"] for cell in json_rows(told)] == ["一"]
    assert {"client", "agent"} & {column.key for column in told.sheets[0].columns} == set()
    assert overview(told).todos == ()
    assert overview(told).counts[0].rows == 1


def test_what_concerns_nobody_in_particular_everybody_sees():
    month = Row(None, row().cells)
    assert report(month).of_client("甲").rows == 1


def test_json_is_for_machines():
    (found,) = json_rows(report(row()))
    assert found == {
        "report": "daily",
        "span": "2026-03-10",
        "section": "near",
        "client": "甲",
        "platform": "kuaishou",
        "shop": "s-店",
        "name": "店",
        "agent": None,
        "state": "open",
        "value": "79.99%",
        "amount_fen": 30050,
        "count": -3,
        "day": "2026-03-09",
        "at": "2026-03-10T10:00:00+08:00",
    }


def test_what_is_pressing_comes_first_and_no_kind_of_work_hides_another():
    rows = [row(todo=todo(f"mend {n}", 1)) for n in range(20)]
    rows += [row(todo=todo("appeal", 0, AS_OF)), row(todo=todo("import", 2))]
    told = [t.text for t in overview(report(*rows)).todos]
    assert told == ["appeal", *(f"mend {n}" for n in range(6)), "import"]


@pytest.mark.parametrize(
    "names",
    [
        ("Acme", "acme", "ACME"),
        ("a/b", "a\\b", "a b", "a_b", "a:b"),
        ("", " ", "..", "/", "\u202e"),
        ("x" * 100, "x" * 101),
        ("ﬁ", "fi"),
        ("con", "internal"),
        ("acme-37036cd8", "Acme"),
    ],
)
def test_no_two_clients_share_a_file(names):
    found = [name.casefold() for name in file_names(names).values()]
    assert len(set(found)) == len(names)
    assert all(set(name) & set('/\\:*?"<>| .') == set() for name in found)
    assert all(len(name.encode()) < 200 for name in found)


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_whatever_clients_are_called_no_two_share_a_file(names):
    assert len({name.casefold() for name in file_names(names).values()}) == len(names)


def test_the_internal_file_is_no_clients():
    whole = report(row())
    names = names_of([whole, whole.of_client("internal"), whole.of_client("甲")])
    assert names == ["daily-2026-03-10.internal", "daily-2026-03-10.client-internal", "daily-2026-03-10.client-甲"]
