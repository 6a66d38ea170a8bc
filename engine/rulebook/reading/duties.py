"""What a version makes people owe: which duty, on what occasion, by when, proved how, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from engine.rulebook import values
from engine.rulebook.duties import DUTIES
from engine.rulebook.faults import near
from engine.rulebook.model import DutyOf, DutyOn, DutySpec, SanctionSpec, Text
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.reading.measures import WORD
from engine.rulebook.reading.provenance import read_claim
from engine.rulebook.reading.sources import Citations
from engine.rulebook.reading.texts import read_bilingual

ON = ("measure", "violation", "at_risk")  # what opens a duty
OF = ("notice", "assessed")  # from when its days run
REQUIRED = ("within", "of", "provenance")
OPTIONAL = ("on", "title", "proof", "second_person")


def read_duties(place: Place, citations: Citations) -> tuple[DutySpec, ...] | None:
    """{mandatory_exam: {within: 3 days, of: notice, on?, title?, proof?, second_person?, provenance: a claim}}."""
    entries = place.entries()
    if entries is None:
        return None
    found = [_duty(key, str(key.node.value), value, citations) for key, value in entries]
    return tuple(duty for duty in found if duty is not None)


def _duty(key: Place, kind: str, place: Place, citations: Citations) -> DutySpec | None:
    if not WORD.fullmatch(kind):
        key.fault("a duty is named in small letters, digits and _, like mandatory_exam")
    fields = place.fields(REQUIRED, OPTIONAL)
    if fields is None:
        return None
    within = fields.take("within", lambda at: at.read(values.days))
    of = fields.take("of", lambda at: at.one_of(OF, "start of a duty"))
    on = fields.take("on", lambda at: at.one_of(ON, "occasion of a duty"))
    claim = fields.take("provenance", lambda at: read_claim(kind, at, citations))
    second = fields.take("second_person", lambda at: at.read(values.truth))
    title, proof = _title(key, kind, fields), fields.take("proof", read_bilingual)
    if on == "at_risk" and of == "notice":
        fields["of"].fault("of what is only at risk there is no notice; write of: assessed")
    if within is None or of is None or claim is None:
        return None
    occasion = cast("DutyOn", on or "measure")
    return DutySpec(kind, occasion, within, cast("DutyOf", of), claim, title, proof, second_person=bool(second))


def _title(key: Place, kind: str, fields: Fields) -> Text | None:
    """The title of a duty that only this file knows."""
    if kind in DUTIES:
        if "title" in fields:
            fields["title"].fault("every file knows this duty already; leave its title out")
        return None
    if "title" not in fields:
        key.fault(f"unknown duty {kind!r}{near(kind, DUTIES)} (one of your own needs a title)")
    return fields.take("title", read_bilingual)


def check_occasions(
    place: Place, duties: tuple[DutySpec, ...], ladder: Mapping[str, tuple[SanctionSpec, ...]] | None, warns: bool
) -> tuple[DutySpec, ...]:
    """The duties, each with an occasion that this version has.

    One that says none is opened by the measure of its name, else by any violation. `ladder` is None where it could not
    be read, `warns`: the version has an early warning.
    """
    measures = None if ladder is None else {sanction.kind for rung in ladder.values() for sanction in rung}
    entries = place.peek()
    found = []
    for read in duties:
        duty, said = read, entries[read.kind][1].peek()
        if duty.on == "measure" and measures is not None and duty.kind not in measures:
            if "on" in said:
                said["on"][1].fault(f"no rung of the ladder has the measure {duty.kind}; write on: violation")
            duty = replace(duty, on="violation")
        if duty.on == "at_risk" and not warns:
            said["on"][1].fault("this version has no at_risk_when")
        found.append(duty)
    return tuple(found)
