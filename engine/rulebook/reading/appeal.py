"""What a platform grants against its own decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast

from engine.calendar.deadlines import Term
from engine.rulebook import values
from engine.rulebook.faults import unknown
from engine.rulebook.model import Appeal
from engine.rulebook.nodes import Place
from engine.rulebook.reading.texts import read_text

APPEALS_OF = ("notice",)  # from when the time runs
BY = ("main_account",)  # who alone may appeal
GRADES = ("minor", "serious", "grave")  # a platform may decide one of them whatever the ladder has
OPTIONAL = (
    "if_severity",
    "attempts",
    "by",
    "forfeited_by",
    "confirming_forfeits",
    "most_characters",
    "most_pictures",
    "answered_within",
)


def read_appeal(place: Place, rungs: Collection[str] | None) -> Appeal | None:
    """{within: 7 days, of: notice, …}; `rungs` are the ladder's, None where it could not be read."""
    fields = place.fields(("within", "of"), OPTIONAL)
    if fields is None:
        return None
    within = fields.take("within", lambda at: at.read(values.term))
    of = fields.take("of", lambda at: at.one_of(APPEALS_OF, "start of an appeal"))
    terms = fields.take("if_severity", lambda at: _terms(at, rungs, within)) or {}
    attempts = fields.take("attempts", lambda at: at.read(values.positive))
    by = fields.take("by", lambda at: at.one_of(BY, "account"))
    forfeited_by = fields.take("forfeited_by", read_text)
    confirming = fields.take("confirming_forfeits", lambda at: at.read(values.truth))
    characters = fields.take("most_characters", lambda at: at.read(values.positive))
    pictures = fields.take("most_pictures", lambda at: at.read(values.positive))
    answered = fields.take("answered_within", lambda at: at.read(values.term))
    if within is None or of is None:
        return None
    return Appeal(
        within=within,
        of=of,
        attempts=attempts,
        forfeited_by=forfeited_by,
        if_severity=terms,
        by=cast("Literal['main_account'] | None", by),
        confirming_forfeits=bool(confirming),
        most_characters=characters,
        most_pictures=pictures,
        answered_within=answered,
    )


def _terms(place: Place, rungs: Collection[str] | None, within: Term | None) -> dict[str, Term]:
    """{serious: 3 days}: the terms that differ from the one that is granted in general."""
    found: dict[str, Term] = {}
    known = sorted({*GRADES, *(rungs or ())})
    for key, value in place.entries() or ():
        name = str(key.node.value)
        if rungs is not None and name not in known:
            key.fault(unknown("severity", name, known))
        term = value.read(values.term)
        if term is not None and term == within:
            value.fault("the same as within; leave it out")
        if term is not None:
            found[name] = term
    return found
