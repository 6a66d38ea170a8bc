"""What a platform grants against its own decision."""

from __future__ import annotations

from engine.rulebook import values
from engine.rulebook.model import Appeal
from engine.rulebook.nodes import Place
from engine.rulebook.reading.texts import read_text

APPEALS_OF = ("notice",)  # from when the days run


def read_appeal(place: Place) -> Appeal | None:
    """{within: 7 days, of: notice, attempts?, forfeited_by?}."""
    fields = place.fields(("within", "of"), ("attempts", "forfeited_by"))
    if fields is None:
        return None
    within = fields.take("within", lambda at: at.read(values.days))
    of = fields.take("of", lambda at: at.one_of(APPEALS_OF, "start of an appeal"))
    attempts = fields.take("attempts", lambda at: at.read(values.positive))
    forfeited_by = fields.take("forfeited_by", read_text)
    return None if within is None or of is None else Appeal(within, of, attempts, forfeited_by)
