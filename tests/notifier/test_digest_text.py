"""What a digest says, as text and as a page."""

from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest

from engine.ledger.tables import Notice
from notifier.channels.contract import Letter
from notifier.channels.email.message import Sender, mail_of
from notifier.channels.email.page import page_of
from notifier.digest_facts import MOST_ROWS
from notifier.drafts import Drafter
from notifier.readers import OUTSIDER, OWN_SHOP
from notifier.records import Record

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOSTILE = "<script>x</script> | 店\r\nBcc: e@v.il"


@pytest.fixture
def write(build, rulebook):
    """The letter of a digest of these violations."""

    def make(records, language="zh-CN", older=0, client="acme", channel="email", reader=OWN_SHOP):
        key = f"late:2026-03-10/{client}"
        schedule = {"state": "queued", "due_at": NOW, "next_attempt_at": NOW, "created_at": NOW}
        words = {"language": language, "template": "", "subject": "", "body": ""}
        whom = {"client": client, "recipient": "zhang@example.com", "channel": channel}
        notice = Notice(key=key, event="violations.late", **whom, **words, **schedule)
        text = Drafter(rulebook, language).digest(notice, records, older, reader)
        return Letter(key, None, notice.event, channel, notice.recipient, language, text.subject, text.body)

    return make


@pytest.fixture
def record(build):
    def make(name, shop="演示一店", sanctions=None, **changes):
        row = build.violation(name, **({"client": "acme"} | changes))
        subject = build.shop(shop[:8], alias=shop)
        return Record(row, tuple([build.sanction(name=name)] if sanctions is None else sanctions), subject, None)

    return make


def test_a_digest_says_how_many_and_when_first_and_then_the_dearest(write, record, build):
    dear = build.sanction("liquidated_damages", "V-2", amount_min_fen=0, amount_max_fen=100000)
    rating = {"rule": "kuaishou.good-rating", "platform": "kuaishou", "assessed_on": date(2026, 3, 9)}
    found = [record("V-1"), record("V-2", "乙店", [dear], exposure_max_fen=100000, **rating)]
    letter = write(found, older=3)
    assert letter.subject == "【补考核】acme：2 起违规（2 家店铺），2026年3月9日–3月10日考核"
    lines = letter.body.split("\n")
    assert lines[0] == "【补考核】2 家店铺共 2 起违规，考核日为2026年3月9日–3月10日。"
    assert "金额合计：¥0–¥1,000。" in lines
    assert lines.index("快手小店 · 客服好评率") < lines.index("小红书 · 客服回复率")
    assert "演示一店 | 3月2日–3月8日 | 77/100 = 77% | 限制公域流量3天，至2026年3月12日 | V-1" in lines
    assert any(line.startswith("另有 3 起") for line in lines)
    assert lines[-2] == "查看每一起的依据：kaohe explain 编号，例如 kaohe explain V-2"


def test_a_digest_in_a_chat_says_what_to_do_before_it_lists(write, record):
    letter = write([record("V-1"), record("V-2", "乙店", numerator=70)], older=3, channel="wecom")
    lines = letter.body.split("\n")
    assert lines[0] == "**【补考核】acme：2 家店铺共 2 起违规**，考核日为2026年3月10日。"
    assert lines.index("**先做这些事**") < lines.index("小红书 · 客服回复率")
    assert lines[lines.index("**先做这些事**") + 1].startswith("1. 小红书 · 客服回复率：")
    assert "演示一店 | 3月2日–3月8日 | 77/100 = 77% | 限制公域流量3天，至2026年3月12日 | V-1" in lines
    assert lines[-2] == "全部违规：kaohe violations list；依据：kaohe explain V-1"
    assert any(line.startswith("另有 3 起") for line in lines)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("channel", ["email", "wecom"])
def test_a_digest_asks_no_client_to_type_a_command(write, record, channel, language):
    found = [record(f"V-{n}") for n in range(MOST_ROWS + 1)]
    assert "kaohe " in write(found, language, 3, channel=channel).body
    assert "kaohe " not in write(found, language, 3, channel=channel, reader=OUTSIDER).body


def test_a_digest_of_one_in_a_chat_reads_well_in_english(write, record):
    letter = write([record("V-1", HOSTILE, client="default")], "en", client="default", channel="feishu")
    assert letter.body.startswith("**[Late assessment] 1 violation of 1 shop**, due for assessment on 10 March 2026.")
    assert letter.body.endswith("All violations: kaohe violations list; the proof: kaohe explain V-1\n")
    assert "<" not in letter.body
    assert "default" not in letter.body


def test_a_digest_of_one_reads_well_in_english(write, record):
    letter = write([record("V-1", client="default")], "en", client="default")
    assert letter.subject == "[Late assessment] 1 violation (1 shop), due for assessment on 10 March 2026"
    assert "1 violation; the standard is at least 80%." in letter.body
    assert "default" not in letter.body


def test_a_rounded_figure_is_shown_with_its_ends(write, record):
    assert " | 70..84/100 | " in write([record("V-1", numerator_low=70, numerator_high=84)]).body


def test_a_digest_of_very_many_lists_the_dearest_and_counts_the_rest(write, record):
    letter = write([record(f"V-{n:04d}", "店" * 200, exposure_max_fen=n) for n in range(1000)])
    assert letter.body.count("\n店店") == MOST_ROWS
    assert f"另有 {1000 - MOST_ROWS} 起没有列出" in letter.body
    assert "V-0999" in letter.body


def test_a_shops_name_forges_neither_a_header_nor_a_cell_nor_the_page(write, record):
    letter = write([record("V-1", HOSTILE, client=HOSTILE)], client=HOSTILE)
    mail = mail_of(letter, Sender("kaohe@example.com", "考核"), NOW)
    message = message_from_bytes(mail.content, policy=policy.default)
    assert "Bcc" not in message
    assert "X-Kaohe-Violation" not in message
    assert mail.file_name.replace(".", "").replace("-", "").isalnum()
    page = page_of(letter)
    assert "<script>" not in page
    assert page.count("<td valign") == 5


def test_a_page_makes_a_table_of_lines_with_as_many_cells(write, record):
    page = page_of(write([record("V-1"), record("V-2", "乙店")]))
    assert page.count("<th ") == 5
    assert page.count("<td valign") == 10
    assert 'white-space:nowrap;">77/100 = 77%</td>' in page
