"""What was said before of a violation's cycle stays to be seen: until when it stood, and why it was superseded."""

import pytest

from engine.assessment.earlier import earlier_verdicts
from engine.ledger.database import reading
from engine.ledger.violation_ids import violation_id
from engine.ledger.violations import by
from engine.rulebook.model import SanctionSpec, Severity

W10, W11 = "2026-W10", "2026-W11"


def breach(week):
    return violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", week)


@pytest.fixture
def earlier(office):
    def told(week=W10):
        with reading(office.ledger) as session:
            found = earlier_verdicts(session, by(session, breach(week)))
        return [(e.assessment.verdict, e.assessment.numerator, e.superseded_at, e.why) for e in found]

    return told


def test_each_verdict_that_was_superseded_is_told_with_when_and_why(office, earlier, week_of, row, at):
    times = [at(f"2026-03-{day}T10:00") for day in (10, 11, 12, 13)]
    office.take(*week_of("s1", W10, 7, 10), *week_of("s2", W10, 7, 10))
    office.assess(times[0])
    assert earlier() == []
    office.take(*week_of("s1", W10, 6, 10), replace_days=True)
    office.assess(times[1])
    office.take(*week_of("s1", W10, 9, 10), replace_days=True)
    office.assess(times[2])
    said = [("violation", 7, times[1], "new evidence"), ("violation", 6, times[2], "new evidence")]
    assert earlier() == said
    # All of it is gone, and so nothing takes the place of the last one.
    moved = [r | {"opened_at": "2026-02-25T12:00:00", "first_human_reply_at": None} for r in week_of("s1", W10, 9, 10)]
    office.take(*moved)
    office.assess(times[3])
    assert earlier() == [*said, ("compliant", 9, times[3], "new evidence")]


def test_decisions_and_other_words_of_the_rule_are_told_as_reasons(office, earlier, week_of, at, like_x1):
    severity = Severity("platform", within_days=180, steps={1: "minor", 2: "serious"})
    ladder = {"minor": (SanctionSpec("warning"),), "serious": (SanctionSpec("warning"),)}
    office.rules = [like_x1(severity=severity, ladder=ladder)]
    office.take(*(row for week in (W10, W11) for row in week_of("s1", week, 7, 10)))
    office.assess(at("2026-03-20T10:00"))
    office.say(breach(W10), "confirmed")
    office.assess(at("2026-03-21T10:00"))
    office.rules = [like_x1(severity=severity, ladder=ladder, sha256="e" * 64)]
    office.assess(at("2026-03-22T10:00"), restate=True)
    office.say(breach(W11), "waived")
    office.assess(at("2026-03-23T10:00"))
    assert [(verdict, why) for verdict, _, _, why in earlier(W11)] == [
        ("violation", "a decision about an earlier violation"),
        ("violation", "the rule decides otherwise"),
        ("violation", "a decision about an earlier violation"),
    ]
    assert [entry.why for entry in office.explain(breach(W11)).earlier] == [why for *_, why in earlier(W11)]
