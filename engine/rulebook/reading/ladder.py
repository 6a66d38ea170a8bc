"""The ladder: for each severity the measures that follow, each with its size and its options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.errors import KaoheError
from engine.rulebook import values
from engine.rulebook.faults import near, nearest, shown
from engine.rulebook.measures import SIZES, UNSTATED, Measure
from engine.rulebook.model import SanctionSpec
from engine.rulebook.nodes import Place
from engine.rulebook.reading.measures import OPTIONS, WORD, Measures

STANDARD = "standard"  # the one rung of a rule that tells no severities apart
ACCOUNTS = ("deposit", "payments")


def read_ladder(place: Place, measures: Measures) -> dict[str, tuple[SanctionSpec, ...]] | None:
    """The rungs in the order of the file, from the mildest on."""
    entries = place.entries()
    if entries is None:
        return None
    ladder: dict[str, tuple[SanctionSpec, ...]] = {}
    for key, value in entries:
        name = str(key.node.value)
        if not WORD.fullmatch(name):
            key.fault("a severity is named in small letters, digits and _, like minor")
        ladder[name] = _rung(value, measures)
    return ladder


def _rung(place: Place, measures: Measures) -> tuple[SanctionSpec, ...]:
    found: list[SanctionSpec] = []
    for item in place.items() or ():
        sanction = _sanction(item, measures)
        if sanction is None:
            continue
        if any((other.kind, other.scope) == (sanction.kind, sanction.scope) for other in found):
            item.fault(f"{sanction.kind} stands twice on this rung")
        found.append(sanction)
    return tuple(found)


def _sanction(place: Place, measures: Measures) -> SanctionSpec | None:
    """`warning`, or {traffic_limit: 3 days, scope: public_domain}: one measure, its size, its options."""
    if not place.is_mapping():
        kind = place.text()
        if kind is None or not measures.knows(place, kind):
            return None
        return _sized(place, SanctionSpec(kind), UNSTATED, measures.known[kind])
    found = {str(key.node.value): (key, value) for key, value in place.entries() or ()}
    kinds = [name for name in found if name not in OPTIONS]
    if len(kinds) != 1:
        place.fault(f"expected exactly one measure, found {len(kinds)}; each measure is an item of the list")
    known = [kind for kind in kinds if measures.knows(found[kind][0], kind)]
    if len(kinds) != 1 or not known:
        return None
    at = {name: value for name, (_, value) in found.items()}
    sanction = _with_options(at, SanctionSpec(kinds[0]))
    size = at[kinds[0]].text()
    return None if size is None else _sized(at[kinds[0]], sanction, size, measures.known[kinds[0]])


def _with_options(found: Mapping[str, Place], sanction: SanctionSpec) -> SanctionSpec:
    scope = found["scope"].read(_scope) if "scope" in found else None
    discretionary = found["discretionary"].read(values.truth) if "discretionary" in found else None
    accounts: list[str] = []
    for item in found["from"].one_or_more() if "from" in found else ():
        account = item.one_of(ACCOUNTS, "account")
        if account in accounts:
            item.fault(f"{account} is named twice")
        elif account is not None:
            accounts.append(account)
    return replace(sanction, scope=scope, discretionary=bool(discretionary), accounts=tuple(accounts))


def _sized(place: Place, sanction: SanctionSpec, size: str, measure: Measure) -> SanctionSpec:
    """The sanction with its size, which is the first form that the text has."""
    if size != UNSTATED or measure.needs_size:
        sanction = _with_size(place, sanction, size, measure)
    if sanction.accounts and sanction.amount_fen is None:
        place.fault("only money is taken from accounts")
    return sanction


def _with_size(place: Place, sanction: SanctionSpec, size: str, measure: Measure) -> SanctionSpec:
    refusals = []
    for name in measure.sizes:
        try:
            return replace(sanction, **{name: SIZES[name].parse(size)})
        except KaoheError as error:
            refusals.append(str(error))
    examples = " or ".join(SIZES[name].example for name in measure.sizes)
    if not measure.sizes:
        place.fault(f"{measure.kind} takes no size; write {measure.kind} alone")
    elif size == UNSTATED:
        place.fault(f"{measure.kind} says nothing without its size; write {{{measure.kind}: {examples}}}")
    else:
        place.fault(refusals[0] if len(refusals) == 1 else f"{shown(size)} is no size; write it like {examples}")
    return sanction


def _scope(text: str) -> str:
    if not WORD.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no scope; write one word in small letters, like public_domain")
    return text


def check_rungs(
    place: Place, ladder: Mapping[str, tuple[SanctionSpec, ...]], severities: Collection[str] | None
) -> None:
    """The rungs must be the severities that a case can get: those that `severity` names, or the one rung."""
    if severities is None:
        severities = (STANDARD,)
        absent = "missing; a rule without severity has this one rung"
        idle = f"only {STANDARD} is a rung of a rule without severity"
    else:
        absent, idle = "missing; severity leads here", "no severity leads here"
    spare = [name for name in ladder if name not in severities]
    for name in severities:
        if name not in ladder:
            place.below(name).fault(absent + (near(name, spare) if nearest(name, spare) else ""))
    for name, (key, _) in place.peek().items():
        if name in ladder and name not in severities:
            key.fault(idle)
