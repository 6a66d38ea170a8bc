"""The digest of a version changes with what decides, and with nothing else."""

from dataclasses import replace

import pytest

from engine.rulebook.digest import canonical_json, deciding, rule_sha256

NOT_DECIDING = [
    ("title: {zh-CN: 未回复会话占比", "title: {zh-CN: 另一个名字"),
    ("title: A guide", "title: The guide"),
    ("published: 2021-12-09", "published: 2021-12-10"),
    ("At most 6 % of", "No more than 6 % of"),
    ("says: one natural month", "says: a month"),
    ("because: no source names the day", "because: nobody says so"),
    ("review_by: 2027-03-31", "review_by: 2028-03-31"),
    ("disputed_by: ladder-2022", "disputed_by: guide"),
    (
        "{basis: assumed, because: no source names the day, review_by: 2027-03-31}",
        "{basis: source, cite: guide, says: x}",
    ),
    ("forfeited_by: confirming the notice", "forfeited_by: confirming it"),
    ("    ladder:", "    notify_floor: {asked: {at_least: 20}}\n    ladder:"),
    ("{asked: 100, unanswered: 7}", "{asked: 100, unanswered: 8}"),
    ("name: one more violates", "name: seven violate"),
    ("opened_by = 'buyer'\"", "opened_by='buyer'\""),
    ("at_most: 6%", "at_most: 6.0%"),
    ("compliant_when: {at_most: 6%}", "violates_when: {above: 6%}"),
    ("100..300 CNY}]", "100.00..300.00 CNY}]"),
]
DECIDING = [
    ("id: kuaishou.unanswered-share", "id: kuaishou.unanswered"),
    ("2021-01-01:", "2021-01-02:"),
    ("opened_by = 'buyer'\"", "opened_by = 'system'\""),
    ("08:00-24:00", "09:00-24:00"),
    ("cycle: month\n    assessed: {day: 1, of: next cycle", "cycle: day\n    assessed: {day: next"),
    ('at: "10:00"', 'at: "11:00"'),
    ("cut_off: assessed", "cut_off: cycle_end"),
    ("{asked: {at_least: 1}}", "{asked: {at_least: 2}}"),
    ("at_most: 6%", "at_most: 5.9%"),
    ("at_most: 6%", "below: 6%"),
    ("above: 4.8%", "above: 4.9%"),
    ("within: 180 days", "within: 181 days"),
    ("{1: minor, 2: serious, 3: grave}", "{1: minor, 2: serious, 4: grave}"),
    ("[warning, mandatory_study, mandatory_exam]", "[warning, mandatory_study]"),
    ("100..300 CNY", "100..301 CNY"),
    ("discretionary: true", "discretionary: false"),
    ("from: [deposit, payments]", "from: [deposit]"),
    ("appeal: {within: 7 days", "appeal: {within: 8 days"),
]


def digest(edited, *changes):
    result = edited("graded-by-platform", *changes)
    assert result.faults == ()
    return result.rule.versions[0].sha256


def as_one(change):
    """A change of the standard's wording takes its claim along."""
    return (
        [change, ("compliant_when: {basis", "violates_when: {basis")] if change[1].startswith("violates") else [change]
    )


@pytest.mark.parametrize("change", NOT_DECIDING, ids=lambda change: change[1][:30])
def test_what_people_read_is_not_in_the_digest(edited, graded, change):
    assert digest(edited, *as_one(change)) == graded.versions[0].sha256


@pytest.mark.parametrize("change", DECIDING, ids=lambda change: change[1][:30])
def test_what_decides_is_in_the_digest(edited, graded, change):
    assert digest(edited, change) != graded.versions[0].sha256


def test_whom_the_rule_judges_is_in_the_digest(graded):
    assert rule_sha256(replace(graded, subject="agent"), graded.versions[0]) != graded.versions[0].sha256


def test_days_that_are_a_span_are_in_the_digest_and_one_number_is_what_it_ever_was(edited):
    def told(days):
        result = edited("banded-and-repealed", ("closed_entry: 7 days", f"closed_entry: {days}"))
        assert result.faults == ()
        (version, _), rule = result.rule.versions, result.rule
        return version.sha256, deciding(rule, version)["ladder"]["grave"][0]["days"]

    found = [told(days) for days in ("7 days", "7..7 days", "1..7 days", "1..8 days")]
    assert [days for _, days in found] == [7, 7, [1, 7], [1, 8]]
    assert len({sha256 for sha256, _ in found}) == 3


def test_the_order_of_counters_and_of_keys_does_not_matter(edited, graded):
    lines = graded.source_text.splitlines(keepends=True)
    asked, unanswered = (
        next(n for n, line in enumerate(lines) if line.startswith(f"      {name}: {{from"))
        for name in ("asked", "unanswered")
    )
    assert (
        digest(edited, (lines[asked] + lines[unanswered], lines[unanswered] + lines[asked]))
        == graded.versions[0].sha256
    )


def test_every_version_has_its_own_digest(banded):
    first, second = banded.versions
    assert first.sha256 != second.sha256
    assert first.sha256 == rule_sha256(banded, first)
    assert deciding(banded, second)["repealed"] is True


def test_the_digest_covers_integers_and_texts_alone(graded, banded):
    def kinds(value):
        if isinstance(value, dict):
            return {kind for item in value.items() for part in item for kind in kinds(part)}
        if isinstance(value, list):
            return {kind for item in value for kind in kinds(item)}
        return {type(value)}

    for rule in (graded, banded):
        assert kinds(deciding(rule, rule.versions[0])) <= {str, int, bool, type(None)}


def test_canonical_json_has_one_form():
    assert canonical_json({"b": 1, "a": {"d": None, "c": ["好", True]}}) == '{"a":{"c":["好",true],"d":null},"b":1}'
