"""What caused a breach, as far as the evidence tells: where it was missed, with whom, and why.

Numbers in, causes out: what is counted stands in `engine.measure`. The document is what the ledger keeps; it names
agents, and is for the house alone unless they are left out (`without_agents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.measure.breakdown import Breakdown, Caused, Portion

# rows: from the things themselves; agents: only numbers per agent were imported; totals: only the shop's.
Basis = Literal["rows", "agents", "totals"]
Family = Literal["reply", "rating", "other"]
Part = tuple[str | int | None, int, int]  # name, misses, of how many
# In the order in which the platform asks: was anybody on line, was it too much at once, else it was slow.
IN_ORDER = ("roster_gap", "over_capacity", "slow", "untold", "roster_unknown")
MOST = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """So many of the misses have this cause. See `engine.measure.breakdown.Caused`; of ratings `misses` alone.

    `hours` and `agents` are where they were missed, listed as in `Diagnosis`. Documents that were kept before these
    were counted have neither.
    """

    cause: str
    misses: int
    crowded: int = 0
    calm: int = 0
    by_limit: int = 0
    hours: tuple[Part, ...] = ()
    agents: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {name: [list(part) for part in told[name]] for name in _CAUSE_PARTS}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Cause:
        """What `as_json` wrote, now or before there were hours and agents."""
        parts = {name: _parts(document.get(name, ())) for name in _CAUSE_PARTS}
        return cls(**{**document, **parts})


@dataclass(frozen=True, slots=True)
class Margin:
    """Where the shop stands in the cycle that was open when this was reckoned; see `engine.assessment.outlook`."""

    cycle: str
    cycle_start: str
    cycle_end: str
    at: str
    standing: str
    numerator: int | None
    denominator: int | None
    mends: int | None = None
    breaks: int | None = None
    dilutes: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What caused one violation. Every part lists (name, misses, of how many), the most misses first.

    `counts` is the relation that the figure counts. `misses` of `of` things told against it, `unanswered` of them no
    human ever replied to. Of `agents` the name is None where nobody had it. `reasons`, `kinds`, `origins` and `served`
    are of ratings. `rounded`: some number was rounded where it was counted. `roster` names the shifts that were
    read, of replies alone.
    """

    basis: Basis
    family: Family
    counts: str
    misses: int | None = None
    of: int | None = None
    unanswered: int = 0
    hours: tuple[Part, ...] = ()
    weekdays: tuple[Part, ...] = ()
    agents: tuple[Part, ...] = ()
    reasons: tuple[Part, ...] = ()
    kinds: tuple[Part, ...] = ()
    origins: tuple[Part, ...] = ()
    served: tuple[Part, ...] = ()
    causes: tuple[Cause, ...] = ()
    rounded: bool = False
    roster: str | None = None
    margin: Margin | None = None

    @property
    def lead(self) -> str | None:
        """The cause to begin with: of replies the one of most misses, of equals the one that is asked for first."""
        return self.leading.cause if self.leading else None

    @property
    def leading(self) -> Cause | None:
        """What `lead` names."""
        if self.family == "rating":
            return self.causes[0] if self.causes else None
        return max(self.causes, key=lambda c: c.misses, default=None)

    def as_json(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        found = {name: getattr(self, name) for name in self.__slots__}
        parts = {name: [list(part) for part in found[name]] for name in _PARTS}
        told = {name: getattr(self.margin, name) for name in Margin.__slots__} if self.margin else None
        causes = [cause.as_json() for cause in self.causes]
        return found | parts | {"margin": told, "causes": causes, "lead": self.lead}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Diagnosis:
        """What `as_json` wrote."""
        parts: dict[str, Any] = {name: _parts(document[name]) for name in _PARTS}
        margin = Margin(**document["margin"]) if document["margin"] else None
        causes = tuple(Cause.of_json(cause) for cause in document["causes"])
        rest: dict[str, Any] = {
            name: document[name] for name in cls.__slots__ if name not in {*_PARTS, "margin", "causes"}
        }
        return cls(**rest, **parts, margin=margin, causes=causes)


_PARTS = ("hours", "weekdays", "agents", "reasons", "kinds", "origins", "served")
_CAUSE_PARTS = ("hours", "agents")


def _parts(listed: Iterable[Sequence[Any]]) -> tuple[Part, ...]:
    return tuple((part[0], part[1], part[2]) for part in listed)


def outstanding(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The few parts that stand out by their misses, the most first; none where the misses are spread.

    At most three, none of which is matched by one that is not named; each has at least a quarter of the misses of the
    first, and together they have at least a third of all. All three numbers are a choice of ours.

    >>> outstanding((("12", 22, 40), ("13", 18, 30), ("20", 1, 50)))
    (('12', 22, 40), ('13', 18, 30))
    >>> outstanding(((9, 2, 2), (10, 1, 1), (11, 1, 1), (12, 1, 1), (13, 1, 1), (14, 1, 1)))
    ()
    """
    missed = sorted((part for part in parts if part[1]), key=lambda part: -part[1])
    beyond = missed[MOST][1] if len(missed) > MOST else 0
    few = tuple(part for part in missed[:MOST] if part[1] > beyond and 4 * part[1] >= missed[0][1])
    return few if 3 * sum(part[1] for part in few) >= sum(part[1] for part in missed) else ()


def without_agents(found: Diagnosis) -> Diagnosis:
    """The same for people who are not of the house: nothing of who among the agents missed what."""
    return replace(found, agents=(), causes=tuple(replace(cause, agents=()) for cause in found.causes))


def of_breakdown(found: Breakdown, family: Family, counts: str, roster: str | None) -> Diagnosis:
    """The diagnosis of what was counted here, thing by thing."""
    parts: dict[str, Any] = {name: _ordered(portions) for name, portions in found.parts.items()}
    reply = _reply_causes(found.caused) if family == "reply" else ()
    made = Diagnosis("rows", family, counts, found.misses, found.of, found.unanswered, roster=roster, **parts)
    causes = _rating_causes(made, found.unnamed) if family == "rating" else reply
    return replace(made, causes=tuple(_placed(cause, found) for cause in causes))


def of_numbers(numbers: Sequence[tuple[Portion, bool]], family: Family, counts: str, roster: str | None) -> Diagnosis:
    """The diagnosis of a figure that was counted elsewhere: of the shop's own number, and of its agents' if there are.

    The shop's own has no name; the flags say which numbers were rounded.
    """
    own = next((portion for portion, _ in numbers if portion.name is None), None)
    parts = _ordered([portion for portion, _ in numbers if portion.name is not None])
    return Diagnosis(
        "agents" if parts else "totals",
        family,
        counts,
        own.misses if own else None,
        own.of if own else None,
        agents=parts,
        rounded=any(rounded for _, rounded in numbers),
        roster=roster,
    )


def _placed(cause: Cause, found: Breakdown) -> Cause:
    """The cause with the hours and agents at which it was."""
    where = found.where[cause.cause]
    return replace(cause, hours=_ordered(where["hours"]), agents=_ordered(where["agents"]))


def _ordered(portions: Sequence[Portion]) -> tuple[Part, ...]:
    """Most misses first; of equals in the order that they have, those of nobody or nothing last."""
    return tuple((p.name, p.misses, p.of) for p in sorted(portions, key=lambda p: (-p.misses, p.name is None)))


def _reply_causes(caused: Sequence[Caused]) -> tuple[Cause, ...]:
    known = {one.cause: one for one in caused}
    return tuple(
        Cause(name, one.misses, one.crowded, one.calm, one.by_limit) for name in IN_ORDER if (one := known.get(name))
    )


def _rating_causes(found: Diagnosis, unnamed: int) -> tuple[Cause, ...]:
    """What earned the poor ratings, all that is known; what to mend first stands at the head.

    `unnamed` of them name nothing: one that says `other` beside something named is told by what it names. That is bots
    if most were theirs, those without a reason if most have none, else what buyers name most.
    """
    missed = found.misses or 0
    bots = {name: misses for name, misses, _ in found.kinds}.get("bot", 0)
    handed = {name: misses for name, misses, _ in found.served}.get("handed_over", 0)
    named = [Cause(str(name), misses) for name, misses, _ in found.reasons if name not in {None, "other"} and misses]
    by_bots = _present(Cause("hand_over", handed), Cause("bot", bots - handed))
    unread = _present(Cause("unread", unnamed))
    rest = (*unread, *named) if 2 * unnamed > missed else (*named, *unread)
    return (*by_bots, *rest) if 2 * bots > missed else (*rest, *by_bots)


def _present(*causes: Cause) -> tuple[Cause, ...]:
    """Those that occur, the most misses first."""
    return tuple(sorted((cause for cause in causes if cause.misses), key=lambda cause: -cause.misses))
