"""Which notices a list shows: those of a state, and the newest page by page."""

from datetime import UTC, datetime

import pytest

from console import notice_pages
from engine.ledger.database import open_ledger, transaction
from engine.ledger.tables import Notice

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
STATES = ("failed", "sent", "sent", "sent", "queued", "muted", "dropped")
RECEIPTS = (None, "delivered", "undelivered", None, None, None, None)


@pytest.fixture
def seven(home, kaohe):
    """Seven notices, numbered from 1."""
    assert kaohe("shops", "add", "xiaohongshu", "s1").code == 0
    ledger = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    said = {"client": "default", "recipient": "li@example.com", "channel": "email", "language": "zh-CN", "body": ""}
    said |= {"template": "", "subject": "", "due_at": NOW, "next_attempt_at": NOW, "created_at": NOW}
    with transaction(ledger) as session:
        for number, (state, receipt) in enumerate(zip(STATES, RECEIPTS, strict=True), 1):
            session.add(Notice(id=number, key=str(number), event="week.listed", state=state, receipt=receipt, **said))
    ledger.dispose()


def numbers(answer):
    """The numbers of the listed notices."""
    return [int(line.split()[0]) for line in answer.out.splitlines()[1:]]


def test_a_table_has_the_newest_first_and_json_the_oldest(kaohe, seven):
    assert numbers(kaohe("notices", "list")) == [7, 6, 5, 4, 3, 2, 1]
    assert [row["notice"] for row in kaohe("notices", "list", "--json").rows] == [1, 2, 3, 4, 5, 6, 7]


def test_each_page_says_how_the_next_is_asked_for(kaohe, seven):
    first = kaohe("notices", "list", "--limit", "3")
    assert (numbers(first), first.err) == ([7, 6, 5], "后面还有 4 条：--after 5\n")
    second = kaohe("notices", "list", "--limit", "3", "--after", "5")
    assert (numbers(second), second.err) == ([4, 3, 2], "后面还有 1 条：--after 2\n")
    last = kaohe("notices", "list", "--limit", "3", "--after", "2")
    assert (numbers(last), last.err) == ([1], "")


def test_a_last_page_that_is_full_says_nothing_of_another(kaohe, seven):
    assert kaohe("notices", "list", "--limit", "7").err == ""


@pytest.mark.parametrize(
    ("state", "found"),
    [("failed", [1]), ("失败", [1]), ("sent", [2, 3, 4]), ("delivered", [2]), ("未送达", [3]), ("gathered", [])],
)
def test_those_of_a_state_are_listed_by_its_name_or_its_word(kaohe, seven, state, found):
    assert [row["notice"] for row in kaohe("notices", "list", "--state", state, "--json").rows] == found


def test_a_state_that_there_is_not_is_refused_with_those_there_are(kaohe, seven):
    answer = kaohe("notices", "list", "--state", "faild")
    assert answer.code == 2
    assert answer.err.startswith("kaohe: 没有这个状态：'faild'；是不是 'failed'？queued（待发）、sending（发送中）")


def test_json_prints_all_and_takes_no_page(kaohe, seven):
    for words in (("--limit", "3"), ("--after", "3")):
        assert kaohe("notices", "list", "--json", *words).code == 2


def test_json_reads_some_at_a_time(kaohe, seven, monkeypatch):
    for at_once in (1, 2, 7):
        monkeypatch.setattr(notice_pages, "AT_ONCE", at_once)
        assert [row["notice"] for row in kaohe("notices", "list", "--json").rows] == [1, 2, 3, 4, 5, 6, 7]
