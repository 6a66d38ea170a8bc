"""Files that are made to be large: each is refused, in a little memory, and reading it comes to an end.

Nothing here looks at a clock: what would take for ever runs into the time limit of the suite.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.rulebook.loader import load
from engine.rulebook.scan import MAX_BYTES, MAX_FAULTS

CHILD = Path(__file__).parent / "child_reads.py"
SAMPLE = Path(__file__).parent / "rules" / "graded-by-platform.yaml"
MEBIBYTE = 1024  # in the KiB that the child prints
DEEP = 10_000
STEPS = "forecast: {count: confirmed violations, within: 180 days, steps: {1: minor, 2: serious, 3: grave}}"


@pytest.fixture(scope="module")
def sample(texts):
    return texts["graded-by-platform"]


def put(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def laughs():
    """Ten lists, each of ten times the one before: a gigabyte, if anybody followed it."""
    lists = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(["a0: &a0 [lol]", *lists])


LARGE = {
    "ten megabytes after a sound rule": (lambda s: s + "#" * 10_000_000, "longer than"),
    "ten megabytes in one text": (lambda s: put(s, "unanswered over asked", "x" * 10_000_000), "longer than"),
    "a million keys": (lambda s: "".join(f"k{n}: v\n" for n in range(1_000_000)), "longer than"),
    "as many keys as fit": (lambda s: "".join(f"{n}:\n" for n in range(130_000)), "more than 20000 values"),
    "as many keys of one counter": (
        lambda s: put(s, "where: \"opened_by = 'buyer'\"", ", ".join(f"k{n}: v" for n in range(80_000))),
        "more than 20000 values",
    ),
    "deep lists": (lambda s: "[" * DEEP + "]" * DEEP, "nested"),
    "deep mappings": (lambda s: "{a: " * DEEP, "nested"),
    "deep list items": (lambda s: "- " * DEEP, "nested"),
    "deep keys": (lambda s: "? " * DEEP, "nested"),
    "deep in a part that is read": (lambda s: put(s, "cycle: month", f"cycle: {'[' * DEEP}{']' * DEEP}"), "nested"),
    "aliases of aliases": (lambda s: laughs(), "anchor"),
    "a flood of anchors": (lambda s: "".join(f"k{n}: &a{n} v\n" for n in range(50_000)), "anchor"),
    "a flood of documents": (lambda s: "---\n" * 200_000, "a second document"),
    "a long number as a limit": (lambda s: put(s, "at_most: 6%", f"at_most: {'9' * 900_000}%"), "no limit"),
    "a long number of days": (
        lambda s: put(s, "within: 180 days", f"within: {'9' * 900_000} days"),
        "no number of days",
    ),
    "a long amount": (lambda s: put(s, "100..300 CNY", f"{'1' * 900_000} CNY"), "no amount"),
    "a long number of rows": (lambda s: put(s, "asked: 100", f"asked: {'1' * 900_000}"), "no whole number"),
    "a long number in a condition": (lambda s: put(s, "= 'buyer'\"", f'= {"1" * 900_000}"'), "longer than 2000"),
    "a number with a long exponent": (lambda s: put(s, "at_most: 6%", "at_most: 1e999999999%"), "no limit"),
    "a pattern that tries everything": (
        lambda s: put(s, "opened_by = 'buyer'", "(a+)+$" * 150_000),
        "longer than 2000",
    ),
    "an id that a pattern would try for long": (
        lambda s: put(s, "id: kuaishou.unanswered-share", f"id: kuaishou.{'a-' * 400_000}!"),
        "is no id",
    ),
    "an address that a pattern would try for long": (
        lambda s: put(s, "https://example.com/ladder", f"https://{'a/' * 400_000} b"),
        "is no address",
    ),
    "hours that a pattern would try for long": (
        lambda s: put(s, "08:00-24:00", "0" * 900_000),
        "is not a range of hours",
    ),
    "open parentheses": (lambda s: put(s, "opened_by = 'buyer'", "(" * 1_900), "more than"),
    "a long name of a key": (lambda s: put(s, "cycle: month", f"? {'c' * 900_000}\n    : month"), "unknown key"),
    "thousands of names, and each misspelled": (
        lambda s: put(
            put(
                s,
                "    figure: {numerator",
                "".join(f"      abcdefghijklmnopqrstuvwxyz_counter{n}: {{from: sessions}}\n" for n in range(3_500))
                + "    figure: {numerator",
            ),
            "asked: {at_least: 1}",
            ", ".join(f"abcdefghijklmnopqrstuvwxyz_cuonter{n}x: {{at_least: 1}}" for n in range(190)),
        ),
        "is counted for nothing",
    ),
    "thousands of bands": (
        lambda s: put(
            put(s, "decided_by: platform", "decided_by: metric"),
            STEPS,
            f"bands: {{{', '.join(f'm{n}: {{above: {9000 - n}%}}' for n in range(4_600))}}}",
        ),
        "no more than 50 bands",
    ),
    "thousands of measures on a rung": (
        lambda s: put(
            s,
            "minor: [warning",
            f"minor: [{', '.join(f'{{traffic_limit: x, scope: s{n}}}' for n in range(3_900))}, warning",
        ),
        "no number of days",
    ),
}


@pytest.mark.slow
def test_large_files_are_refused_and_all_of_them_together_need_little_memory(tmp_path, sample):
    paths = []
    for number, (make, _) in enumerate(LARGE.values()):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(make(sample), encoding="utf-8")
    command = [sys.executable, CHILD, SAMPLE, *paths]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    reports = dict(zip(LARGE, map(json.loads, lines), strict=True))
    passed = {name for name, (_, said) in LARGE.items() if not any(said in what for what in reports[name]["faults"])}
    assert passed == set()
    assert max(len(report["faults"]) for report in reports.values()) == MAX_FAULTS + 1
    assert max(report["grown"] for report in reports.values()) < 60 * MEBIBYTE


def test_a_large_file_that_is_in_order_is_a_rule(sample):
    """The limit is one of size alone: what keeps within it is read whole."""
    filled = put(sample, "unanswered over asked", "x" * (MAX_BYTES - 10_000))
    result = load("large.yaml", filled.encode())
    assert result.faults == ()
    assert len(result.rule.versions[0].provenance[0].says.en) == MAX_BYTES - 10_000
