"""What the rulebook's tests share: the two sample rules, and the way to the shipped ones."""

from pathlib import Path

import pytest

from engine.rulebook.loader import load

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rulesets():
    """The directory of the shipped rules."""
    return HERE.parents[1] / "rulesets"


@pytest.fixture(scope="session")
def texts():
    """The sample rules as they are written, by the name of the file."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "rules").glob("*.yaml"))}


@pytest.fixture(scope="session")
def graded(texts):
    """A rule whose severities the platform decides: three rungs, an appeal, a dispute."""
    return loaded(texts["graded-by-platform"])


@pytest.fixture(scope="session")
def banded(texts):
    """A rule with bands, a sum, a measure of its own, a repeal and an announcement."""
    return loaded(texts["banded-and-repealed"])


@pytest.fixture
def edited(texts):
    """Loads a sample rule after replacing some of its text: edited(name, (old, new), …)."""

    def edit(name, *changes):
        text = texts[name]
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return load(f"{name}.yaml", text.encode())

    return edit


def loaded(text):
    result = load("sample.yaml", text.encode())
    assert result.faults == ()
    return result.rule
