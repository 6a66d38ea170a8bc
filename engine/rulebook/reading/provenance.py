"""Why a version says what it says: every claim is read in a source, or assumed for a reason until a date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from engine.rulebook import values
from engine.rulebook.faults import nearest, unknown
from engine.rulebook.model import Claim, SanctionSpec, Text
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.reading.bounds import STANDARDS
from engine.rulebook.reading.sources import Citations
from engine.rulebook.reading.texts import read_text

BASES = ("source", "assumed")
EFFECTIVE = "effective"  # from when the version is in force: its key
# The parts of a version that need a claim where they are given.
CLAIMED = ("figure", "cycle", "assessed", "cut_off", "gate", *STANDARDS, "severity", "ladder", "appeal")
SANCTION_START = "sanction_start"  # the first day of a measure in days
FREE = ("counters",)  # may have a claim of its own
_KEYS = {
    "source": (("basis", "cite", "says"), ("assuming", "disputed_by")),
    "assumed": (("basis", "because", "review_by"), ("cite", "says", "disputed_by")),
}


def read_provenance(place: Place, citations: Citations) -> tuple[Claim, ...] | None:
    """All claims of a version, in the order of the file."""
    entries = place.entries()
    if entries is None:
        return None
    claims = [read_claim(str(key.node.value), value, citations) for key, value in entries]
    return tuple(claim for claim in claims if claim is not None)


def read_claim(name: str, place: Place, citations: Citations) -> Claim | None:
    """One claim with its basis."""
    basis = _basis(place)
    if basis is None:
        return None
    fields = place.fields(*_KEYS[basis])
    if fields is None:
        return None
    cite = fields.take("cite", citations.read)
    says = fields.take("says", read_text)
    because = fields.take("because", read_text)
    review_by = fields.take("review_by", lambda at: _review_by(at, citations))
    assuming = fields.take("assuming", read_text)
    disputed_by, dispute = fields.take("disputed_by", lambda at: _dispute(at, citations)) or ((), None)
    if basis == "assumed" and ("cite" in fields) != ("says" in fields):
        place.fault("cite and says belong together: what was read, and where")
    return Claim(
        name,
        "source" if basis == "source" else "assumed",
        cite or (),
        says,
        because,
        review_by,
        disputed_by,
        dispute,
        assuming,
    )


def _review_by(place: Place, citations: Citations) -> date | None:
    """The day by which somebody looks again: after the sources were read, or it was over when it was written."""
    day = place.read(values.day)
    if day is not None and citations.read_on is not None and day <= citations.read_on:
        place.fault(f"a review on {day} is over already: the sources were read up to {citations.read_on}")
    return day


def _basis(place: Place) -> str | None:
    """The basis, looked up first: it decides which other keys there are."""
    peeked = place.peek()
    if "basis" in peeked:
        return peeked["basis"][1].one_of(BASES, "basis")
    if place.is_mapping():
        place.below("basis").fault("missing; write basis: source, or basis: assumed")
    else:
        place.fault(f"expected a mapping with a basis, found {place.found()}")
    return None


def _dispute(place: Place, citations: Citations) -> tuple[tuple[str, ...], Text | None] | None:
    """The sources that say otherwise: their names, or {cite: names, says: what they say}."""
    if not place.is_mapping():
        cite, says = citations.read(place), None
    else:
        fields = place.fields(("cite", "says"))
        if fields is None:
            return None
        cite, says = fields.take("cite", citations.read), fields.take("says", read_text)
    return None if cite is None else (cite, says)


def check_claims(
    version: Fields, given: Collection[str], ladder: Mapping[str, tuple[SanctionSpec, ...]] | None
) -> None:
    """Everything that needs a claim has one, and no claim speaks of what is not there.

    `given` are the keys of the version; `ladder` is None where it could not be read.
    """
    if "provenance" not in version:
        return
    place = version["provenance"]
    claims = {name: value for name, (_, value) in place.peek().items()}
    required = [EFFECTIVE, *(name for name in CLAIMED if name in given)]
    meant = {nearest(name, required) for name in claims if name not in required}
    for name in required:
        if name not in claims and name not in meant and place.is_mapping():
            place.below(name).fault("missing; this claim needs a basis: source or assumed")
    for name, at in claims.items():
        if name == SANCTION_START:
            lasting = ladder is None or any(s.days for rung in ladder.values() for s in rung)
            if not lasting:
                at.fault("no measure of the ladder lasts days; leave this claim out")
        elif name in (*CLAIMED, *FREE) and name not in given:
            at.fault(f"this version has no {name}; leave the claim out")
        elif name not in (*CLAIMED, *FREE, EFFECTIVE):
            at.fault(unknown("claim", name, (*required, SANCTION_START, *FREE)))
