"""Which notices one message tells together, as the commands show it."""

from datetime import UTC, datetime

from engine.ledger.database import open_ledger, transaction
from engine.ledger.tables import Notice

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def test_the_notices_that_one_message_tells_are_listed_alone(home, kaohe):
    assert kaohe("shops", "add", "xiaohongshu", "s1").code == 0
    ledger = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    said = {"client": "default", "recipient": "li@example.com", "channel": "email", "language": "zh-CN", "body": ""}
    said |= {"template": "", "subject": "", "due_at": NOW, "next_attempt_at": NOW, "created_at": NOW}
    with transaction(ledger) as session:
        session.add(Notice(id=1, key="gathered:1", event="notices.gathered", state="queued", **said))
        session.flush()
        session.add(Notice(id=2, key="a", event="week.listed", state="gathered", within_id=1, **said))
        session.add(Notice(id=3, key="b", event="rule.announced", state="queued", **said))
    ledger.dispose()
    assert [row["notice"] for row in kaohe("notices", "list", "--json").rows] == [1, 2, 3]
    assert [row["notice"] for row in kaohe("notices", "list", "--within", "1", "--json").rows] == [2]
    assert kaohe("notices", "list", "--within", "3", "--json").out == ""
    message, member, _ = kaohe("notices", "list", "--json").rows
    assert (message["notices"], message["clients"], member["within"]) == ([2], ["default"], 1)
    said = kaohe("notices", "list").out
    assert "合并 1 条通知" in said
    assert "已并入第 1 号" in said
