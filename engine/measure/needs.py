"""What is to be counted: which counters, of which day, as of when, from which day files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from engine.measure.relations import DERIVATIONS
from engine.rulebook.model import Counter

# (kind, platform, day) → generation: which day files count, taken from the ledger once and used throughout.
Live = Mapping[tuple[str, str, date], str]
File = tuple[str, str, date, str]  # kind, platform, day, generation


@dataclass(frozen=True)
class TallySet:
    """The counters of one rule version that select from one relation; they are counted in one pass."""

    relation: str
    counters: tuple[Counter, ...]

    @cached_property
    def digest(self) -> str:
        """Names the definition: equal definitions share their tallies, whatever rule they stand in."""
        definition = [
            self.relation,
            DERIVATIONS[self.relation].edition,
            [[c.name, c.where, str(c.hours) if c.hours else None, c.total_of] for c in self.counters],
        ]
        return hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Need:
    """One day of one platform, counted as of a cut-off (None: what happened later cannot matter).

    All needs of one call are of one platform.
    """

    platform: str
    day: date
    cut_off: datetime | None


def tally_sets(counters: Sequence[Counter]) -> tuple[TallySet, ...]:
    """Group counters by their relation, in order."""
    relations = dict.fromkeys(c.relation for c in counters)
    return tuple(TallySet(r, tuple(c for c in counters if c.relation == r)) for r in relations)


def files_read(relation: str, platform: str, day: date, live: Live) -> list[File]:
    """The live day files that a day's tally of this relation reads."""
    derivation = DERIVATIONS[relation]
    days = (day + timedelta(days=n) for n in range(derivation.days_after + 1))
    keys = ((derivation.kind, platform, d) for d in days)
    return [(*key, live[key]) for key in keys if key in live]


def input_key(tallies: TallySet, need: Need, live: Live) -> str | None:
    """Names all that a tally is reckoned from, beside its counters; None where no day file is to be read at all."""
    read = files_read(tallies.relation, need.platform, need.day, live)
    if not read:
        return None
    cut_off = need.cut_off.astimezone(UTC).isoformat() if need.cut_off else ""
    document = json.dumps([cut_off, [[k, p, d.isoformat(), g] for k, p, d, g in read]])
    return hashlib.sha256(document.encode()).hexdigest()[:24]


def utc_naive(instant: datetime | None) -> datetime | None:
    """The instant as the lake writes it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None
