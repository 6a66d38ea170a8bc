"""One version of a rule: all its parts, and what they must be to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.rulebook import values
from engine.rulebook.faults import shown
from engine.rulebook.model import SanctionSpec, Severity, Standard, Version
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.reading import assessing, bounds, counters, ladder, severity, waiting
from engine.rulebook.reading.appeal import read_appeal
from engine.rulebook.reading.cases import Known, read_cases
from engine.rulebook.reading.duties import check_occasions, read_duties
from engine.rulebook.reading.measures import Measures
from engine.rulebook.reading.provenance import check_claims, read_provenance
from engine.rulebook.reading.sources import Citations
from engine.rulebook.reading.texts import read_bilingual
from engine.rulebook.shares import kind_of

REQUIRED = ("text", "counters", "figure", "cycle", "assessed", "cut_off", "ladder", "provenance", "cases")
OPTIONAL = ("gate", *bounds.STANDARDS, "at_risk_when", "severity", "appeal", "duties", "notify_floor")


@dataclass(frozen=True, slots=True)
class Around:
    """What the rest of the file gives to its versions."""

    citations: Citations
    measures: Measures


def read_versions(place: Place, around: Around) -> tuple[Version, ...] | None:
    """All versions, dates ascending; their digests are empty, since the rule itself is part of them."""
    entries = place.entries()
    if entries is None:
        return None
    found: list[Version] = []
    latest: date | None = None
    for key, value in entries:
        since = key.read(values.day)
        if since is not None and latest is not None and since < latest:
            key.fault(f"versions ascend; {since} comes after {latest}")
        latest = since or latest
        version = _version(value, since or date.max, around)
        if version is not None:
            found.append(version)
    return tuple(found)


def _version(place: Place, since: date, around: Around) -> Version | None:
    if "repealed" in place.peek():
        return _repealed(place, since, around)
    fields = place.fields(REQUIRED, OPTIONAL)
    return None if fields is None else _whole(fields, since, around)


def _repealed(place: Place, since: date, around: Around) -> Version | None:
    """{repealed: true, provenance: {effective: …}}: from here on there is no such rule."""
    fields = place.fields(("repealed", "provenance"))
    if fields is None:
        return None
    if fields.take("repealed", lambda at: at.read(values.truth)) is False:
        fields["repealed"].fault("leave it out where the version is in force")
    claims = fields.take("provenance", lambda at: read_provenance(at, around.citations))
    check_claims(fields, (), {})
    return None if claims is None else Version(since, claims, sha256="", repealed=True)


def _whole(fields: Fields, since: date, around: Around) -> Version:
    declared = {name: key for name, (key, _) in fields["counters"].peek().items()} if "counters" in fields else {}
    names = counters.CounterNames(declared)
    cycle = fields.take("cycle", assessing.read_cycle)
    counted = fields.take("counters", counters.read_counters) or ()
    standard = bounds.read_standard(fields)
    graded = fields.take("severity", severity.read_severity)
    rungs = fields.take("ladder", lambda at: ladder.read_ladder(at, around.measures))
    # Where the severity itself has a fault, its cases are given the benefit of the doubt.
    remembers = bool(graded.steps) if graded else "severity" in fields
    known = Known(declared, rungs, "severity" in fields, remembers)
    duties = fields.take("duties", lambda at: read_duties(at, around.citations)) or ()
    if duties:
        duties = check_occasions(fields["duties"], duties, rungs, "at_risk_when" in fields)
    version = Version(
        since=since,
        provenance=fields.take("provenance", lambda at: read_provenance(at, around.citations)) or (),
        sha256="",
        text=fields.take("text", read_bilingual),
        counters=counted,
        figure=fields.take("figure", lambda at: counters.read_figure(at, names)),
        cycle=cycle,
        assessed=fields.take("assessed", lambda at: assessing.read_assessed(at, cycle)),
        cut_off=fields.take("cut_off", assessing.read_cut_off),
        gate=fields.take("gate", lambda at: counters.read_gate(at, names)) or (),
        standard=standard,
        at_risk=fields.take("at_risk_when", bounds.read_bound),
        severity=graded,
        ladder=rungs or {},
        appeal=fields.take("appeal", lambda at: read_appeal(at, rungs)),
        cases=fields.take("cases", lambda at: read_cases(at, known)) or (),
        duties=duties,
        notify_floor=fields.take("notify_floor", lambda at: counters.read_gate(at, names)) or (),
    )
    if version.figure is not None and version.notify_floor:
        counters.check_floor(fields["notify_floor"], version.figure, version.notify_floor)
    if standard is not None and _check_kind(fields, version, standard):
        _check_parts(fields, version, standard)
    waiting.check_cut_off(fields, version)
    if version.figure is not None and "counters" in fields:
        counters.check_hours(fields["counters"], version.figure, counted)
    _check_ladder(fields, rungs, graded)
    check_claims(fields, fields.found, rungs)
    for name, key in declared.items():
        if name not in names.used:
            key.fault(f"{shown(name)} is counted for nothing: neither figure nor gate names it")
    return version


def _check_kind(fields: Fields, version: Version, standard: Standard) -> bool:
    """Whether all limits are written as suits the figure, so that it makes sense to compare them with each other."""
    kind = version.figure and kind_of(version.figure, {counter.name: counter for counter in version.counters})
    if not kind:
        return True
    sound = [bounds.check_kind(fields[standard.stated], standard.complies, kind)]
    if version.at_risk is not None:
        sound.append(bounds.check_kind(fields["at_risk_when"], version.at_risk, kind))
    if version.severity is not None:
        sound.append(severity.check_kinds(fields["severity"], version.severity, kind))
    return all(sound)


def _check_parts(fields: Fields, version: Version, standard: Standard) -> None:
    if version.at_risk is not None:
        bounds.check_at_risk(fields["at_risk_when"], version.at_risk, standard)
    if version.severity is not None:
        severity.check_bands(fields, version.severity, standard)


def _check_ladder(
    fields: Fields, rungs: Mapping[str, tuple[SanctionSpec, ...]] | None, graded: Severity | None
) -> None:
    if rungs is None:
        return
    if "severity" not in fields:
        ladder.check_rungs(fields["ladder"], rungs, None)
    elif graded is not None:
        ladder.check_rungs(fields["ladder"], rungs, severity.severities(graded))
