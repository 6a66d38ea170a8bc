"""What `kaohe explain` shows behind figures on messages, ratings and figures counted elsewhere."""

import json

import pytest


@pytest.fixture
def taken(kaohe, tmp_path):
    """Import rows of a kind, assess, and give the one violation of a rule."""

    def take(kind, rows, as_of, rule):
        file = tmp_path / f"{kind}.ndjson"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        assert kaohe("import", str(file), "--kind", kind).code == 0
        (found,) = [r for r in kaohe("assess", "--as-of", as_of, "--json").rows if r["rule"] == rule]
        assert found["verdict"] == "violation"
        return found["violation"]

    return take


def message(buyer, sender, time, agent=None):
    return {
        "platform": "pinduoduo", "shop": "p1", "session": f"c{buyer}", "buyer": buyer, "agent": agent, "sender": sender,
        "sent_at": f"2026-03-05T{time}+08:00",
    }  # fmt: skip


def test_the_message_that_waited_longest_is_shown_and_the_shop_without_each_agent(kaohe, taken):
    rows = [message(f"b{n}", "buyer", "10:00:00") for n in range(100)]
    rows += [message(f"b{n}", "agent", "10:30:00", "kind") for n in range(40)]
    rows += [message(f"b{n}", "agent", "11:00:01", "late") for n in range(40, 60)]
    violation = taken("messages", rows, "2026-03-06T10:05", "pinduoduo.effective-reply-rate")
    told = kaohe("explain", violation, "--json").rows[0]
    assert told["against_total"] == 60
    assert {row["what"] for row in told["against"]} == {"person_days"}
    by_agent = {a["agent"]: (a["numerator"], a["denominator"], a["without"]) for a in told["agents"]}
    assert by_agent == {
        "kind": (40, 40, {"numerator": 0, "denominator": 60}),
        "late": (0, 20, {"numerator": 40, "denominator": 80}),
    }
    said = kaohe("explain", violation).out
    assert "不利的买家（每人每天一次）60 个，各列等得最久的一条消息，列出前 20 个（--full 列出全部）：" in said
    assert "late  0/20 = 0%（样本少）（不计此人：40/80 = 50%）" in said


def test_a_poor_rating_is_shown_with_its_reasons(kaohe, taken):
    rows = [
        {
            "platform": "kuaishou", "shop": "k1", "rating": f"r{n}", "agent": "a1", "rated_at": "2026-03-05T10:00:00",
            "score": "一般", "reasons": "服务态度差;回复慢" if n < 7 else None,
        }
        for n in range(100)
    ]  # fmt: skip
    violation = taken("ratings", rows, "2026-04-01T10:05", "kuaishou.service-attitude")
    told = kaohe("explain", violation, "--json").rows[0]
    assert told["against_total"] == 7
    assert told["against"][0]["note"] == "neutral;bad_attitude;slow"
    assert "r0  2026-03-05 10:00:00  一般、服务态度差、回复慢，客服 a1" in kaohe("explain", violation).out
    assert told["agents"][0]["without"] == {"numerator": 0, "denominator": 0}


def test_figures_counted_elsewhere_are_shown_as_they_came(kaohe, taken):
    rows = [
        {
            "platform": "kuaishou", "shop": "k1", "period_start": "2026-03-01", "period_end": "2026-03-31",
            "counter": f"kuaishou.service-attitude/{name}", "value": value, "value_low": low, "value_high": high,
        }
        for name, value, low, high in [("poor", 100, None, None), ("bad_attitude", 9, 8, 10)]
    ]  # fmt: skip
    violation = taken("counts", rows, "2026-04-01T10:05", "kuaishou.service-attitude")
    told = kaohe("explain", violation, "--json").rows[0]
    assert [(c["counter"], c["value"], c["value_low"], c["value_high"]) for c in told["counted"]] == [
        ("bad_attitude", 9, 8, 10),
        ("poor", 100, None, None),
    ]
    assert told["numerator_range"] == [8, 10]
    said = kaohe("explain", violation).out
    assert "由别处统计后导入" in said
    assert "bad_attitude  2026-03-01..2026-03-31  9 (8..10)" in said


def counts_of(who, poor, bad):
    row = {"platform": "kuaishou", "shop": "k1", "period_start": "2026-03-01", "period_end": "2026-03-31"}
    row |= {"agent": who} if who else {}
    numbers = (("poor", poor), ("bad_attitude", bad))
    return [row | {"counter": f"kuaishou.service-attitude/{name}", "value": value} for name, value in numbers]


def test_of_imported_agents_that_add_up_to_the_shop_the_rest_is_told(kaohe, taken):
    rows = [*counts_of(None, 100, 10), *counts_of("a1", 60, 8), *counts_of("a2", 40, 2)]
    violation = taken("counts", rows, "2026-04-01T10:05", "kuaishou.service-attitude")
    told = {a["agent"]: a["without"] for a in kaohe("explain", violation, "--json").rows[0]["agents"]}
    assert told == {"a1": {"numerator": 2, "denominator": 40}, "a2": {"numerator": 8, "denominator": 60}}


def test_of_imported_agents_that_do_not_add_up_nothing_is_reckoned(kaohe, taken):
    rows = [*counts_of(None, 100, 10), *counts_of("a1", 60, 8), *counts_of("a2", 39, 2)]
    violation = taken("counts", rows, "2026-04-01T10:05", "kuaishou.service-attitude")
    assert [a.get("without") for a in kaohe("explain", violation, "--json").rows[0]["agents"]] == [None, None]


def test_what_a_later_announcement_says_of_the_rule_stands_in_the_first_lines(kaohe, taken):
    violation = taken("counts", counts_of(None, 100, 10), "2026-04-01T10:05", "kuaishou.service-attitude")
    first = kaohe("explain", violation).out.splitlines()[:3]
    assert first[1].startswith("【有争议】规则生效时间：2022 年 11 月 24 日生效的修订取消了服务态度的自然月考核")
    assert first[2].startswith("【已公告，不参与判定】自 2022-11-24 起：")
    (announced,) = kaohe("explain", violation, "--json").rows[0]["announced"]
    assert (announced["from"], announced["cite"]) == ("2022-11-24", ["KS-REV-20221124"])


def test_days_without_anything_are_one_line_and_buyers_without_a_session_are_told_apart(kaohe, taken):
    rows = [message(f"b{n}", "buyer", "10:00:00") | {"platform": "kuaishou", "session": None} for n in range(3)]
    violation = taken("messages", rows, "2026-04-01T10:05", "kuaishou.reply-rate-3min")
    said = kaohe("explain", violation, "--full").out
    assert "    2026-03-05  0/3 = 0%" in said
    assert "    其余 30 天没有可计的" in said
    assert "2026-03-06  0/0" not in said
    named = {line.strip().split("  ")[0] for line in said.splitlines() if line.strip().startswith("买家 ")}
    assert len(named) == 3
    buyers = {row["buyer"] for row in kaohe("explain", violation, "--json").rows[0]["against"]}
    assert named == {f"买家 {buyer}" for buyer in buyers}
