"""The examples that live in a rule file: counters in, verdict out. Loading checks form, not truth."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from engine.rulebook import values
from engine.rulebook.faults import shown, unknown
from engine.rulebook.model import Case, Expectation, Interval, PastViolation, SanctionSpec, Verdict
from engine.rulebook.nodes import Fields, Place

VERDICTS = ("compliant", "violation", "not_assessed", "no_data", "undetermined")  # what follows from counters alone
STATES = ("open", "acknowledged", "confirmed", "appealed", "overturned", "waived", "withdrawn", "closed")
NEEDED = ("violation", "compliant")
_OF_VIOLATIONS = ("severity", "exposure", "sanctions")


@dataclass(frozen=True, slots=True)
class Known:
    """What the cases of a version may name. `ladder` is None where it could not be read.

    `graded`: the version tells severities apart. `remembers`: they depend on earlier violations.
    """

    counters: Collection[str]
    ladder: Mapping[str, tuple[SanctionSpec, ...]] | None
    graded: bool
    remembers: bool


def read_cases(place: Place, known: Known) -> tuple[Case, ...] | None:
    """All cases of a version: at least one that violates and one that complies."""
    items = place.items()
    if items is None:
        return None
    names: dict[str, int] = {}
    cases = [case for item in items if (case := _case(item, known, names)) is not None]
    if len(cases) == len(items):
        for verdict in NEEDED:
            if not any(case.expect.verdict == verdict for case in cases):
                place.fault(f"no case expects the verdict {verdict}; a version needs one at least")
    return tuple(cases)


def _case(place: Place, known: Known, names: dict[str, int]) -> Case | None:
    fields = place.fields(("name", "given", "expect"), ("history",))
    if fields is None:
        return None
    name = fields.text("name")
    if name is not None and name in names:
        fields["name"].fault(f"the case on line {names[name]} has this name already")
    names[name or ""] = place.line
    given = fields.take("given", lambda at: _given(at, known))
    history = fields.take("history", lambda at: _history(at, known))
    expect = fields.take("expect", lambda at: _expect(at, known, given or {}))
    if name is None or given is None or expect is None:
        return None
    return Case(name, given, history or (), expect, place.line)


def _given(place: Place, known: Known) -> dict[str, int | Interval] | None:
    given: dict[str, int | Interval] = {}
    entries = place.entries(may_be_empty=True)
    if entries is None:
        return None
    for key, value in entries:
        name = str(key.node.value)
        if known.counters and name not in known.counters:
            key.fault(unknown("counter", name, known.counters))
        number = value.read(values.counted)
        if number is not None:
            given[name] = number
    return given


def _history(place: Place, known: Known) -> tuple[PastViolation, ...]:
    if not known.remembers:
        place.fault("never read: the severity of this version does not depend on earlier violations")
    found = []
    for item in place.items() or ():
        fields = item.fields(("days_ago", "state"), ("severity",))
        if fields is None:
            continue
        days_ago = fields.take("days_ago", lambda at: at.read(values.positive))
        state = fields.take("state", lambda at: at.one_of(STATES, "state"))
        severity = fields.take("severity", lambda at: _severity(at, known))
        if days_ago is not None and state is not None:
            found.append(PastViolation(days_ago, state, severity))
    return tuple(found)


def _severity(place: Place, known: Known) -> str | None:
    return place.text() if known.ladder is None else place.one_of(known.ladder, "severity")


def _expect(place: Place, known: Known, given: Mapping[str, int | Interval]) -> Expectation | None:
    fields = place.fields(("verdict",), ("at_risk", *_OF_VIOLATIONS, "missing"))
    if fields is None:
        return None
    verdict = fields.take("verdict", lambda at: at.one_of(VERDICTS, "verdict"))
    at_risk = fields.take("at_risk", lambda at: at.read(values.truth))
    severity = fields.take("severity", lambda at: _severity(at, known))
    if severity is not None and not known.graded:
        fields["severity"].fault("this version tells no severities apart; leave it out")
    exposure = fields.take("exposure", lambda at: at.read(values.amount))
    sanctions = fields.take("sanctions", lambda at: _sanctions(at, known))
    missing = fields.take("missing", lambda at: _missing(at, known, given))
    if verdict is None:
        return None
    _check_suits(fields, verdict)
    return Expectation(cast("Verdict", verdict), at_risk, severity, exposure, sanctions, missing)


def _sanctions(place: Place, known: Known) -> tuple[str, ...]:
    kinds = {s.kind for rung in (known.ladder or {}).values() for s in rung}
    found = []
    for item in place.items() or ():
        kind = item.text() if known.ladder is None else item.one_of(kinds, "measure of the ladder")
        if kind is not None:
            found.append(kind)
    return tuple(found)


def _missing(place: Place, known: Known, given: Mapping[str, int | Interval]) -> tuple[str, ...]:
    found = []
    for item in place.items() or ():
        name = item.one_of(known.counters, "counter")
        if name is None:
            continue
        number = given.get(name, -1)
        if (number.low if isinstance(number, Interval) else number) >= 0:
            item.fault(f"{shown(name)} is given in this case, so it is not missing")
        found.append(name)
    return tuple(found)


def _check_suits(fields: Fields, verdict: str) -> None:
    if verdict != "violation":
        for name in _OF_VIOLATIONS:
            if name in fields:
                fields[name].fault(f"only a violation has this, and the verdict is {verdict}")
    if "missing" in fields and verdict != "no_data":
        fields["missing"].fault(f"where something is missing the verdict is no_data, not {verdict}")
