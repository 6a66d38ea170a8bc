"""What is to be counted: which counters, of which day, as of when, from which day files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from engine.calendar.hours import Hours
from engine.ledger.day_files import Live
from engine.measure.relations import COUNTS, DERIVATIONS
from engine.rulebook.model import Counter

File = tuple[str, str, date, str]  # kind, platform, day, generation


@dataclass(frozen=True)
class TallySet:
    """The counters of one rule version that select from the same rows; they are counted in one pass.

    `hours` only where they choose what the rows are made of (person-days).
    """

    relation: str
    counters: tuple[Counter, ...]
    hours: Hours | None = None

    @cached_property
    def digest(self) -> str:
        """Names the definition: equal definitions share their tallies, whatever rule they stand in."""
        definition = [
            self.relation,
            DERIVATIONS[self.relation].edition,
            [[c.name, c.where, str(c.hours) if c.hours else None, c.total_of] for c in self.counters],
            str(self.hours) if self.hours else None,
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
    """Group counters by the rows that they count, in order; what is counted elsewhere has none."""
    derived = [c for c in counters if c.relation != COUNTS]
    rows = dict.fromkeys(_rows_of(c) for c in derived)
    return tuple(TallySet(r, tuple(c for c in derived if _rows_of(c) == (r, hours)), hours) for r, hours in rows)


def _rows_of(counter: Counter) -> tuple[str, Hours | None]:
    return counter.relation, counter.hours if DERIVATIONS[counter.relation].by_person else None


def files_read(relation: str, platform: str, day: date, live: Live, agents: bool = True) -> list[File]:
    """The live day files that a day's tally of this relation reads; none where nothing happened on that day.

    Without `agents` those are left out on which no shop's figure hangs.
    """
    derivation = DERIVATIONS[relation]
    if not derivation.anywhere and (derivation.kind, platform, day) not in live:
        return []
    found = []
    for read in (r for r in derivation.reads if agents or not r.names_agents):
        days = (day + timedelta(days=n) for n in range(-read.days_before, read.days_after + 1))
        keys = ((read.kind, platform, d) for d in days)
        found += [(*key, live[key]) for key in keys if key in live]
    return found


def files_between(kind: str, platform: str, days: Sequence[date], live: Live, before: int = 0) -> list[File]:
    """The live day files of a kind from `before` days before the first of `days` to the last."""
    first = min(days) - timedelta(days=before)
    found = (first + timedelta(days=n) for n in range((max(days) - first).days + 1))
    return [(kind, platform, day, live[kind, platform, day]) for day in found if (kind, platform, day) in live]


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
