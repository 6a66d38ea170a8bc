import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.gathered import LONGEST_LINE, MOST_LINES, gathered_facts
from notifier.render import Templates
from notifier.sms.binding import LONGEST_MESSAGE
from notifier.words.lines import one_line

GATHERED = "notices.gathered"
TEMPLATES = Templates()
SUBJECTS = st.lists(st.text(max_size=30) | st.sampled_from(["【预警】一店：目前不达标", "x\r\nBcc: y"]), min_size=1)


@given(SUBJECTS, st.booleans(), st.booleans(), st.sampled_from(["zh-CN", "en"]), st.sampled_from([None, "acme"]))
def test_every_notice_is_listed_or_counted_and_the_message_is_whole(subjects, at_cap, morning, language, client):
    facts = gathered_facts(subjects, language, client=client, at_cap=at_cap, morning=morning)
    times = sum(int(found[1]) if (found := re.search(r" ×(\d+)$", line)) else 1 for line in facts.lines)
    if not any("×" in subject for subject in subjects):
        assert times + facts.unlisted == facts.count == len(subjects)
    assert len(facts.lines) <= MOST_LINES
    for channel in ("email", "wecom"):
        text = TEMPLATES.render(GATHERED, channel, facts)
        assert str(len(subjects)) in text.subject
        assert "None" not in text.subject
        assert not re.search(r"[\r\x00]|^Bcc", text.subject + text.body, re.MULTILINE)
        assert text.body.count("\n- ") == len(facts.lines)
        if client:
            assert f"{client}{'：' if language == 'zh-CN' else ': '}" in text.subject
    for channel in ("aliyun-sms", "tencent-sms"):
        assert len(TEMPLATES.render(GATHERED, channel, facts).body.strip()) <= LONGEST_MESSAGE


def test_what_is_told_many_times_is_listed_once_with_how_often():
    facts = gathered_facts(["一店", "二店", "一店", "一店"], "zh-CN")
    assert facts.lines == ("一店 ×3", "二店")


def test_at_most_fifty_lines_are_listed_and_the_others_are_counted():
    facts = gathered_facts([f"第 {n} 家" for n in range(60)] + ["第 59 家"], "zh-CN")
    assert (len(facts.lines), facts.unlisted, facts.count) == (50, 11, 61)
    assert "另有 11 条没有列出。" in TEMPLATES.render(GATHERED, "email", facts).body
    assert (
        "1 more is not listed."
        in TEMPLATES.render(GATHERED, "email", gathered_facts([*map(str, range(51))], "en")).body
    )


def test_the_message_says_why_it_is_one():
    assert "晨间汇总" in TEMPLATES.render(GATHERED, "email", gathered_facts(["x"], "zh-CN", morning=True)).subject
    capped = gathered_facts(["x"], "zh-CN", at_cap=True)
    assert "消息条数已到上限" in TEMPLATES.render(GATHERED, "wecom", capped).body
    assert TEMPLATES.render(GATHERED, "aliyun-sms", capped).body == (
        "【示例科技】您有1条店铺消息（短信已达上限），其中一条：x。请到系统查看。\n"
    )
    assert "cap is reached" in TEMPLATES.render(GATHERED, "tencent-sms", gathered_facts(["x"], "en", at_cap=True)).body


def test_a_subject_of_any_length_is_one_line():
    facts = gathered_facts(["很长" * 500, "a\nb"], "zh-CN")
    assert [len(line) for line in facts.lines] == [LONGEST_LINE, 3]
    assert all(line == one_line(line) for line in facts.lines)


def test_nothing_is_no_message():
    with pytest.raises(ValueError, match="nothing is gathered"):
        gathered_facts([], "zh-CN")


def test_the_client_that_is_none_is_not_named():
    assert gathered_facts(["x"], "zh-CN", client="default").client is None
