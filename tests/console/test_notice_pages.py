"""Which notices a list shows: those of a state, and the newest page by page."""

from datetime import UTC, datetime

import pytest

from console import notice_pages
from console.listing import page_size
from engine.ledger.database import open_ledger, transaction
from engine.ledger.tables import Notice

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
STATES = ("failed", "sent", "sent", "sent", "queued", "muted", "dropped")
RECEIPTS = (None, "delivered", "undelivered", None, "delivered", None, None)  # what was sent once may be sent again


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
    return home


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


def test_what_is_older_is_counted_as_it_is_listed(kaohe, seven):
    assert kaohe("notices", "list", "--state", "sent", "--limit", "1").err == "后面还有 2 条：--after 4\n"


@pytest.mark.parametrize(("terminal", "rows"), [(True, 50), (False, None)])
def test_a_terminal_shows_fifty_at_once_where_nobody_says_so(monkeypatch, terminal, rows):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert page_size() == rows


def test_what_one_message_tells_is_shown_whole(kaohe, seven, monkeypatch):
    monkeypatch.setattr("console.cli.notices.page_size", lambda: 2)
    assert numbers(kaohe("notices", "list")) == [7, 6]
    ledger = open_ledger(f"sqlite:///{seven / 'ledger.sqlite'}")
    with transaction(ledger) as session:
        for number in (2, 3, 4):
            session.get_one(Notice, number).within_id = 7
    ledger.dispose()
    assert numbers(kaohe("notices", "list", "--within", "7")) == [4, 3, 2]


def test_a_last_page_that_is_full_says_nothing_of_another(kaohe, seven):
    assert kaohe("notices", "list", "--limit", "7").err == ""


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("failed", [1]),
        (" Failed", [1]),
        ("失败", [1]),
        ("sent", [2, 3, 4]),
        ("delivered", [2]),
        ("未送达", [3]),
        ("gathered", []),
    ],
)
def test_those_of_a_state_are_listed_by_its_name_or_its_word(kaohe, seven, state, found):
    assert [row["notice"] for row in kaohe("notices", "list", "--state", state, "--json").rows] == found


def test_a_list_of_none_does_not_say_that_there_are_no_notices_at_all(kaohe, seven):
    assert kaohe("notices", "list", "--state", "gathered").out == "没有这样的通知。\n"


def test_a_state_that_there_is_not_is_refused_with_those_there_are(kaohe, seven):
    answer = kaohe("notices", "list", "--state", "faild")
    assert answer.code == 2
    assert answer.err.startswith("kaohe: 没有这个状态：'faild'；是不是 'failed'？queued（待发）、sending（发送中）")


def test_json_prints_all_and_takes_no_page(kaohe, seven):
    for words in (("--limit", "3"), ("--after", "3")):
        assert kaohe("notices", "list", "--json", *words).code == 2


def test_json_reads_some_at_a_time(kaohe, seven, monkeypatch):
    for at_once in (1, 2, 7):
        monkeypatch.setattr(
            notice_pages, "in_parts", lambda numbers, n=at_once: [numbers[i : i + n] for i in range(0, 7, n)]
        )
        assert [row["notice"] for row in kaohe("notices", "list", "--json").rows] == [1, 2, 3, 4, 5, 6, 7]


def test_a_notice_that_is_not_written_yet_is_shown_as_it_would_be_now(kaohe, seven):
    assert "\n【每周清单】" in kaohe("notices", "show", "5").out
