"""Counters, and what is made of them: the figure and the gate."""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.calendar.hours import DAY_SECONDS, Hours, parse_hours
from engine.rulebook.expression import ExpressionError, canonical
from engine.rulebook.faults import nearest, shown, unknown
from engine.rulebook.model import Bound, Counter, Figure
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.reading.bounds import read_bound
from engine.rulebook.relations import RELATIONS, Relation

ONE = "1"  # the denominator of a figure that is a plain sum
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class CounterNames:
    """The counters that a version declares, and which of them something used so far."""

    def __init__(self, declared: Collection[str]) -> None:
        self.declared = declared
        self.used: set[str] = set()

    def read(self, place: Place) -> str | None:
        """The name of a declared counter; any name where none are declared, which is a fault of its own."""
        name = place.one_of(self.declared, "counter") if self.declared else place.text()
        # What is misspelled here is used all the same.
        meant = name or nearest(place.written, self.declared)
        if meant is not None:
            self.used.add(meant)
        return name


def read_counters(place: Place) -> tuple[Counter, ...] | None:
    """Every counter of a version."""
    entries = place.entries()
    if entries is None:
        return None
    found = []
    for key, value in entries:
        name = str(key.node.value)
        if not _NAME.fullmatch(name):
            key.fault("a counter is named in small letters, digits and _, like in_time")
        found.append(_counter(name, value))
    return tuple(counter for counter in found if counter is not None)


def _counter(name: str, place: Place) -> Counter | None:
    fields = place.fields(("from",), ("hours", "where", "sum"))
    if fields is None:
        return None
    hours = fields.take("hours", lambda at: at.read(parse_hours))
    relation = RELATIONS.get(fields.take("from", lambda at: at.one_of(RELATIONS, "relation")) or "")
    if relation is None:
        return None
    if relation.counted:
        return _counted(name, fields, relation)
    if hours is not None and relation.hours_choose is None:
        fields["hours"].fault(f"{relation.name} has no time of day, so no hours can be counted")
    where = fields.take("where", lambda at: _where(at, relation))
    return Counter(name, relation.name, where, hours, _total_of(fields, relation))


def _counted(name: str, fields: Fields, relation: Relation) -> Counter:
    """A counter that somebody else counted: nothing of it can be chosen any more."""
    for key in ("hours", "where", "sum"):
        if key in fields:
            fields[key].fault(f"{relation.name} are counted elsewhere and taken whole; leave {key} out")
    return Counter(name, relation.name)


def _where(place: Place, relation: Relation) -> str | None:
    text = place.text()
    if text is None:
        return None
    try:
        return canonical(text, relation)
    except ExpressionError as error:
        for finding in error.findings:
            place.fault(finding.what, finding.offset)
        return None


def _total_of(fields: Fields, relation: Relation) -> str | None:
    column = fields.text("sum")
    if column is None:
        return None
    if column not in relation.columns:
        fields["sum"].fault(unknown(f"{relation.name} column", column, relation.columns))
    elif relation.columns[column].type != "integer":
        fields["sum"].fault(f"{shown(column)} is {relation.columns[column].type}; only whole numbers add up")
    return column


def read_figure(place: Place, names: CounterNames) -> Figure | None:
    """Two counters, or a counter over 1."""
    fields = place.fields(("numerator", "denominator"))
    if fields is None:
        return None
    numerator = fields.take("numerator", names.read)
    plain = fields.take("denominator", lambda at: at.node.value == ONE)
    denominator = None if plain else fields.take("denominator", names.read)
    if numerator is None or (denominator is None and not plain):
        return None
    if numerator == denominator:
        place.fault(f"{numerator} over itself is always 1")
    return Figure(numerator, denominator)


def check_hours(place: Place, figure: Figure, counted: Collection[Counter]) -> None:
    """A part of a whole is counted within the hours of the whole: what lies outside is in no denominator.

    Hours that do not meet at all are two different things, and may well be compared.
    """
    by_name = {counter.name: counter for counter in counted}
    part, whole = by_name.get(figure.numerator), by_name.get(figure.denominator or "")
    if part is None or whole is None or part.relation != whole.relation or whole.hours is None:
        return
    hours = part.hours or Hours(0, DAY_SECONDS)
    meet = hours.start < whole.hours.end and whole.hours.start < hours.end
    if meet and (hours.start < whole.hours.start or whole.hours.end < hours.end):
        _, value = place.peek()[part.name]
        at = value.peek()["hours"][1] if part.hours else value
        at.fault(f"{part.name} counts {hours}, and {whole.name} only {whole.hours}: a part lies within its whole")


def check_floor(place: Place, figure: Figure, floor: Collection[tuple[str, Bound]]) -> None:
    """Who tells people knows the two numbers of a figure alone, and a floor is what they must reach."""
    known = [name for name in (figure.numerator, figure.denominator) if name is not None]
    for name, bound in floor:
        key, value = place.peek()[name]
        if name not in known:
            key.fault(f"{shown(name)} is not in the figure, and a floor asks for {' or '.join(known)}")
        if bound.comparison not in ("at_least", "above"):
            value.fault(f"a floor is reached from below: write at_least or above, not {bound.comparison}")


def read_gate(place: Place, names: CounterNames) -> tuple[tuple[str, Bound], ...] | None:
    """What the counters must reach before a cycle is judged at all."""
    entries = place.entries()
    if entries is None:
        return None
    found = []
    for key, value in entries:
        name = names.read(key)
        bound = read_bound(value)
        if bound is not None and bound.limit.denominator != 1:
            value.fault(f"a counter is a whole number; {shown(bound.as_written)} is none")
        if name is not None and bound is not None:
            found.append((name, bound))
    return tuple(found)
