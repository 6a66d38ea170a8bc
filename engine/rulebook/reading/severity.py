"""How a breach is graded: by bands of the figure, by confirmed violations before it, or by the platform."""

from __future__ import annotations

from typing import Literal, cast

from engine.rulebook import values
from engine.rulebook.faults import shown
from engine.rulebook.model import Band, Severity, Standard
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.reading.bounds import check_kind, covers, read_bound
from engine.rulebook.shares import Kind

DecidedBy = Literal["metric", "history", "platform"]
# Who decides, and the key that says how. A `forecast` is ours, until a person records the notice.
DETAIL = {"metric": "bands", "history": "history", "platform": "forecast"}
COUNTED = "confirmed violations"
MOST_BANDS = 50  # each is compared with all above it


def read_severity(place: Place) -> Severity | None:
    """{decided_by: metric, bands}, {decided_by: history, history} or {decided_by: platform, forecast}."""
    fields = place.fields(("decided_by",), tuple(DETAIL.values()))
    if fields is None:
        return None
    decided_by = fields.take("decided_by", lambda at: at.one_of(DETAIL, "way to decide"))
    if decided_by is None:
        return None
    for name in fields.found:
        if name not in ("decided_by", DETAIL[decided_by]):
            fields[name].fault(f"not read where the severity is decided by {decided_by}")
    if DETAIL[decided_by] not in fields:
        place.below(DETAIL[decided_by]).fault(f"missing; it says how {decided_by} decides")
        return None
    at = fields[DETAIL[decided_by]]
    return _by_bands(at) if decided_by == "metric" else _by_steps(at, cast("DecidedBy", decided_by))


def _by_bands(place: Place) -> Severity | None:
    """{grave: {below: 30%}, serious: {below: 50%}, …}: the first of them that admits the figure."""
    bands: list[Band] = []
    for key, value in place.entries() or ():
        if len(bands) == MOST_BANDS:
            value.fault(f"no more than {MOST_BANDS} bands tell severities apart")
            break
        bound = read_bound(value)
        if bound is None:
            continue
        if any(covers(band.when, bound) for band in bands):
            value.fault("never reached: a band above admits these figures already")
        bands.append(Band(str(key.node.value), bound))
    return Severity("metric", bands=tuple(bands)) if bands else None


def _by_steps(place: Place, decided_by: DecidedBy) -> Severity | None:
    """{count: confirmed violations, within: 180 days, steps: {1: minor, 2: serious}}."""
    fields = place.fields(("count", "within", "steps"))
    if fields is None:
        return None
    fields.take("count", lambda at: at.one_of((COUNTED,), "thing to count"))
    within = fields.take("within", lambda at: at.read(values.days))
    steps = fields.take("steps", _steps)
    if within is None or not steps:
        return None
    return Severity(decided_by, within_days=within, steps=steps)


def _steps(place: Place) -> dict[int, str] | None:
    entries = place.entries()
    if entries is None:
        return None
    steps: dict[int, str] = {}
    for key, value in entries:
        ordinal = key.read(values.positive)
        severity = value.text()
        if ordinal is None or severity is None:
            continue
        if steps and ordinal <= max(steps):
            key.fault(f"steps ascend; {ordinal} comes after {max(steps)}")
        steps[ordinal] = severity
    if steps and min(steps) != 1:
        place.fault(f"the first violation has no step; begin with 1, not {min(steps)}")
    return steps


def severities(severity: Severity) -> tuple[str, ...]:
    """Every severity that this can give, once."""
    return tuple(dict.fromkeys((*(band.severity for band in severity.bands), *severity.steps.values())))


def check_kinds(place: Place, severity: Severity, kind: Kind) -> bool:
    """Whether the limits of all bands are written as suits the kind of figure; `place` is that of the severity."""
    if "bands" not in place.peek():
        return True
    at = {name: value for name, (_, value) in place.peek()["bands"][1].peek().items()}
    suiting = [check_kind(at[band.severity], band.when, kind) for band in severity.bands]
    return all(suiting)


def check_bands(fields: Fields, severity: Severity, standard: Standard) -> None:
    """Some band must admit every figure that breaks the standard, or a breach would have no severity."""
    broken = standard.complies.opposite()
    if severity.decided_by == "metric" and not any(covers(band.when, broken) for band in severity.bands):
        fields["severity"].fault(
            f"some violations are in no band: the last must admit all that is {shown(str(broken))}"
        )
