"""News as the journal tells it, one piece of each kind: what `brief_of` is tried on."""

from datetime import timedelta

FIGURE = {"numerator": 77, "denominator": 100}
SHOP = {"client": "acme", "platform": "xiaohongshu", "shop": "shop:xiaohongshu/s1"}
OF_VIOLATION = frozenset(
    {
        "violation.corrected",
        "violation.withdrawn",
        "violation.escalated",
        "deadline.near",
        "sanction.begins",
        "sanction.ends",
    }
)


def samples(now, rule="xiaohongshu.reply-rate", severity="serious"):
    """Event → what the journal told of it (`after`), at `now`, about this rule."""
    platform = rule.split(".", maxsplit=1)[0]
    shop = {"client": "acme", "platform": platform, "shop": f"shop:{platform}/s1", "rule": rule}
    day = now.date()

    def after(**delta):
        return (now + timedelta(**delta)).isoformat()

    outlook = shop | {
        "version": "2021-01-01",
        "cycle": "2026-W10",
        "cycle_start": "2026-03-02",
        "cycle_end": "2026-03-08",
        "due_at": after(hours=30),
        **FIGURE,
        "pending": 0,
    }
    return {
        "violation.corrected": {
            "numerator": 79,
            "denominator": 100,
            "state": "open",
            "severity": severity,
            "sanctions": [],
            "before": FIGURE | {"state": "open", "severity": "minor"},
            "why": "new evidence",
        },
        "violation.withdrawn": {
            "numerator": 85,
            "denominator": 100,
            "verdict": "compliant",
            "state": "withdrawn",
            "before": FIGURE | {"state": "open", "severity": None},
            "why": "new evidence: compliant",
        },
        "violation.escalated": {
            "told_at": after(minutes=-45),
            "told": ["张三"],
            "told_house": ["李四"],
            "after_minutes": 45,
        },
        "penalty.recorded": shop
        | {
            "reference": "P-20260310-7",
            "kind": "服务态度差",
            "rule": "客服服务管理规则",
            "amount_fen": 30000,
            "severity": severity,
            "measure": "违约金",
            "appeal_until": after(days=6),
            "status": "open",
            "noticed_at": after(hours=-2),
        },
        "deadline.near": shop | {"what": "appeal", "until": after(days=3), "left": "3d"},
        "duty.near": shop | {"what": "duty", "until": after(days=1), "left": "1d", "kind": "mandatory_exam"},
        "sanction.begins": shop
        | {"position": 0, "kind": "traffic_limit", "starts": "2026-03-10", "ends": "2026-03-12"},
        "sanction.ends": shop | {"position": 0, "kind": "traffic_limit", "starts": "2026-03-07", "ends": "2026-03-09"},
        "warning.at_risk": outlook | {"standing": "behind", "mends": 15, "breaks": None, "pending": 4},
        "warning.certain": outlook | {"standing": "lost", "mends": None, "breaks": None},
        "warning.one_more": outlook | {"numerator": 80, "standing": "holding", "mends": None, "breaks": 1},
        "duty.overdue": {
            "state": "open",
            "kind": "rectification",
            "violation": "V-ABCDEFGH2345",
            "holder": "wang",
            "due_at": after(hours=-10),
            "second_person": True,
        },
        "evidence.missing": {
            "shop": shop["shop"],
            "rule": rule,
            "cycle": "2026-W10",
            "missing": ["messages 2026-03-04..2026-03-05 2026-03-08 +1"],
        },
        "rule.announced": {
            "rule": rule,
            "since": "2026-04-01",
            "version": False,
            "says": {"zh-CN": "达标线改为 85%。", "en": "The standard becomes 85 %."},
            "sources": [{"zh-CN": "平台公告", "en": "An announcement"}],
        },
        "week.listed": {"client": "acme", "week": "2026-W10", "first": "2026-03-02", "last": str(day - timedelta(2))},
        "operator.alarm": {
            "complaints": [
                {"zh-CN": "3 次考核已迟到 2 小时以上", "en": "3 runs are more than 2 hours late"},
                {"zh-CN": "渠道 wecom 没有设好", "en": "the channel wecom is set up wrongly"},
            ]
        },
        "operator.mended": {"complaints": []},
    }


ABOUT = {
    "duty.overdue": "D-7",
    "penalty.recorded": "shop:xiaohongshu/s1#P-20260310-7",
    "rule.announced": "xiaohongshu.reply-rate",
    "evidence.missing": "shop:xiaohongshu/s1",
    "warning.at_risk": "shop:xiaohongshu/s1",
    "warning.certain": "shop:xiaohongshu/s1",
    "warning.one_more": "shop:xiaohongshu/s1",
    "week.listed": "acme",
    "operator.alarm": "kaohe",
    "operator.mended": "kaohe",
}
