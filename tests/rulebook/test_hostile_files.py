"""Files from anybody: whatever their bytes are, the answer is a rule or faults, in bounded time and memory."""

import unicodedata

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.rulebook.loader import load
from engine.rulebook.scan import MAX_BYTES, MAX_FAULTS

# What stands in for a part of a file. Some of it is what PyYAML itself stumbles over.
NASTY = ["", "~", "[]", "{}", "''", '"\\n"', "[[]]", "{x: y}", "{? [a] : b}", "x", "true", "-1", "1e9", "0x10", "5%"]
NASTY += [
    "2021-02-30",
    "9" * 30,
    "&a b",
    "*a",
    "!!int 3",
    "!x!y",
    "!<!>",
    "|",
    ">-",
    "- a",
    "? ",
    ": ",
    "<<",
    "---",
    "...",
]
NASTY += [
    '"\\UFFFFFFFF"',
    '"\\uD800"',
    '"\\e[2J"',
    "\t",
    "\0",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u202e",
    "#",
    "%",
    "@",
    "`",
]


def check(data):
    """A file is a rule or has faults, never both or neither; faults are single lines that a terminal may show."""
    result = load("file.yaml", data)
    assert (result.rule is None) == bool(result.faults)
    assert list(result.faults) == sorted(set(result.faults))
    for fault in result.faults:
        assert fault.line >= 1
        assert fault.column >= 1
        assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in str(fault))
        assert len(str(fault)) < 1000
    for version in result.rule.versions if result.rule else ():
        assert version.repealed or None not in (
            version.text,
            version.figure,
            version.cycle,
            version.assessed,
            version.cut_off,
            version.standard,
        )
    return result


def spans(node):
    """Where every part of a file starts and ends."""
    yield node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for child in pair:
                yield from spans(child)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from spans(child)


@pytest.fixture(scope="module")
def parts(texts):
    text = texts["banded-and-repealed"]
    return text, sorted(set(spans(yaml.compose(text, Loader=yaml.BaseLoader))))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_a_rule_or_faults(data):
    check(data)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_with_any_part_replaced_is_a_rule_or_faults(parts, data):
    text, places = parts
    start, end = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        other = data.draw(st.sampled_from(places))
        replacement = text[slice(*other)]
    else:
        replacement = data.draw(st.sampled_from(NASTY))
    check((text[:start] + replacement + text[end:]).encode())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_with_any_characters_changed_is_a_rule_or_faults(parts, data):
    text, _ = parts
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 40, len(text))))
    check((text[:start] + data.draw(st.sampled_from([*NASTY, "\n", " ", "{", "]", '"', "'"])) + text[end:]).encode())


def test_a_file_that_is_too_long_is_not_read():
    (fault,) = check(b"#" * (MAX_BYTES + 1)).faults
    assert "longer than" in fault.what


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 300)),
    ],
    ids=["lists", "mappings", "block lists", "keys", "indents"],
)
def test_nesting_is_refused_before_it_is_followed(text):
    (fault,) = check(text.encode()).faults
    assert "nested" in fault.what


def test_a_flood_of_values_is_refused():
    (fault,) = check(b"[" + b"a," * 400_000 + b"]").faults
    assert "more than 20000 values" in fault.what


def test_after_many_faults_the_rest_is_not_read():
    faults = check("".join(f"key{n}: x\n" for n in range(5000)).encode()).faults
    assert len(faults) == MAX_FAULTS + 1
    assert sum("the rest of the file was not read" in fault.what for fault in faults) == 1


def test_aliases_that_would_multiply_are_refused_and_not_followed(edited):
    lines = "".join(f"  {'abcdefghij'[n]}: &{'abcdefghij'[n]} [{', '.join(['*z'] * 9)}]\n" for n in range(10))
    result = edited("graded-by-platform", ("sources:\n", f"laughs:\n{lines}sources:\n"))
    assert result.rule is None
    assert sum("alias" in fault.what for fault in result.faults) == 90


def test_an_alias_is_one_fault_and_not_an_empty_value_besides(edited):
    result = edited("graded-by-platform", ("cycle: month", "cycle: *month"))
    assert [fault.what for fault in result.faults] == ["the alias '*month' is refused: write the values out"]


@pytest.mark.parametrize("part", ["shop", "seconds: {from", "chat", "minor: [", "page: {title"])
def test_half_a_character_in_a_name_is_a_fault(edited, part):
    name = part.partition(":")[0]
    result = edited("banded-and-repealed", (part, part.replace(name, '"\\uD800"', 1)))
    assert result.rule is None
    assert any("U+D800" in fault.what for fault in result.faults)


@pytest.mark.parametrize("name", ['"second\\ns"', '"\\u2028"', "s" * 900], ids=["break", "separator", "long"])
def test_a_name_that_fits_no_line_is_told_in_one(edited, name):
    result = edited("banded-and-repealed", ("seconds: {from", f"{name}: {{from"))
    assert len(result.faults) > 1
    assert all(len(str(fault).splitlines()) == 1 and len(str(fault)) < 300 for fault in result.faults)


def test_a_tag_that_names_python_builds_nothing(edited):
    result = edited("graded-by-platform", ("cycle: month", "cycle: !!python/object/apply:os.system [ls]"))
    assert result.rule is None
    assert any("the tag 'tag:yaml.org,2002:python" in fault.what for fault in result.faults)
