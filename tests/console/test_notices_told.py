"""What lists say that a notice is about: the ledger's in `notices list`, and where the journal speaks of one."""

import pytest
from sqlalchemy import Engine, event

from console.notice_audit import spoken_of
from engine.ledger import journal
from engine.ledger.actors import Scope
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.tables import NoticeItem
from notifier.told import told
from tests.ledger.test_scoping import NOW, notice_of
from tests.ready import ready_home

NEWS = {
    "violation.escalated": ("无人确认 {violation}", "violation.escalated {violation}"),
    "duty.near": ("职责期限将至 D-7", "duty.near D-7"),
    "rule.announced": ("规则变更公告 kuaishou.good-rating", "rule.announced kuaishou.good-rating"),
    "week.listed": ("一周违规清单", "week.listed"),
}
OBJECTS = {"duty.near": "D-7", "rule.announced": "kuaishou.good-rating"}


def news_of(violation, what):
    """A notice of other news than that a violation was opened."""
    row = notice_of(what, "acme", violation if what.startswith("violation.") else None)
    row.event, row.news = what, {"object": OBJECTS[what]} if what in OBJECTS else None
    return row


@pytest.fixture
@ready_home
def told_of(kaohe, sessions, home):
    """The violation of which a notice was written, of each kind of other news, and of a list of late violations."""
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "acme", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    violation = kaohe("assess", "--as-of", "2026-03-10T10:05+08:00", "--json").rows[0]["violation"]
    kaohe("notices", "send")
    ledger = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    with transaction(ledger) as session:
        late = notice_of("late:2026-03-10/acme", "acme")
        late.event = "violations.late"
        rows = [late, *(news_of(violation, what) for what in NEWS)]
        session.add_all(rows)
        session.flush()
        session.add(NoticeItem(notice_id=late.id, violation_id=violation))
        journal.append(session, NOW, [told(row, row.id, "notice.queued") for row in rows])
    ledger.dispose()
    return violation


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_lists_and_the_journal_say_in_words_what_each_notice_is_about(kaohe, told_of, monkeypatch, language):
    monkeypatch.setenv("KAOHE_LANGUAGE", language)
    zh = language == "zh-CN"
    words = [told_of, "补考核 1 起" if zh else "late: 1 violation"]
    words += [(one if zh else other).format(violation=told_of) for one, other in NEWS.values()]
    heads, *listed = kaohe("notices", "list").out.splitlines()
    assert heads.split()[1] == ("事由" if zh else "about")
    journalled = [line for line in kaohe("journal", "list").out.splitlines() if "notice.queued" in line]
    assert (len(listed), len(journalled)) == (len(words), len(words))
    for number, said in enumerate(words, 1):
        assert listed[-number].startswith(f"{number}  {said}  ")
        to = "z***@example.com" if number == 1 else "b***@acme.example"
        assert journalled[number - 1].endswith(f"{number} {said} · {to}")


def test_machines_are_told_what_each_notice_in_the_journal_is_about(kaohe, told_of):
    rows = kaohe("journal", "list", "--json").rows
    found = {row["object"]: row["notice"] for row in rows if row["object_kind"] == "notice"}
    assert all(row["notice"] is None for row in rows if row["object_kind"] != "notice")
    to = {"recipient": "b***@acme.example"}
    assert list(found.values()) == [
        {"event": "violation.opened", "violations": [told_of], "object": None, "recipient": "z***@example.com"},
        {"event": "violations.late", "violations": [told_of], "object": None, **to},
        {"event": "violation.escalated", "violations": [told_of], "object": None, **to},
        {"event": "duty.near", "violations": [], "object": "D-7", **to},
        {"event": "rule.announced", "violations": [], "object": "kuaishou.good-rating", **to},
        {"event": "week.listed", "violations": [], "object": None, **to},
    ]
    objects = {str(row["notice"]): row["object"] for row in kaohe("notices", "list", "--json").rows}
    assert objects == {number: notice["object"] for number, notice in found.items()}


def test_the_notices_of_a_journal_are_asked_for_at_once_and_none_that_is_hidden(ledger):
    with transaction(ledger) as session:
        rows = [notice_of(f"n{n}", client) for n in (1, 2) for client in ("acme", "brill")]
        session.add_all(rows)
        session.flush()
        journal.append(session, NOW, [told(row, row.id, "notice.queued") for row in rows])
        numbers = [str(row.id) for row in rows]
    asked = []
    with reading(ledger) as session:
        entries = journal.entries(session)
        event.listen(ledger, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert list(spoken_of(session, entries)) == numbers
    assert len(asked) == 1
    assert "body" not in asked[0]
    with reading(ledger, Scope(clients=frozenset({"acme"}))) as session:
        assert list(spoken_of(session, entries)) == [numbers[0], numbers[2]]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_list_of_notices_does_not_read_their_texts(kaohe, told_of, more):
    statements = []

    def keep(connection, cursor, statement, *_):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        assert told_of in kaohe("notices", "list", *more).out
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    assert any("FROM notice" in one for one in statements)
    for text in ("subject", "body", "variables"):
        assert not any(f"notice.{text}" in one for one in statements)
