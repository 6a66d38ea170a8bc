"""Early warnings: what of an outlook is worth waking somebody for, before the platform looks. Pure.

Three, of which a shop hears each at most once a cycle, and never a weaker one after a stronger: its cycle is certain to
breach, it is at risk, or one more makes it a breach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.assessment.outlook import Outlook
from engine.calendar.zones import local_day
from engine.judge.headroom import more_is_better
from engine.judge.verdict import ONE, corners_of, reading_of
from engine.ledger.subject_keys import shop_key
from engine.rulebook.floor import below_floor
from engine.rulebook.model import Interval

ONE_MORE, AT_RISK, CERTAIN = "warning.one_more", "warning.at_risk", "warning.certain"
EVENTS = (ONE_MORE, AT_RISK, CERTAIN)  # from the weakest to the strongest
SILENT = ("safe", "below_gate", "unknown")  # standings of which there is nothing to say, or nothing known


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """A warning of one shop's open cycle; `event` is its name in the journal."""

    event: str
    outlook: Outlook

    @property
    def shop(self) -> str:
        """The shop's natural name."""
        return shop_key(self.outlook.rule.platform, self.outlook.shop)

    @property
    def key(self) -> str:
        """What it is about: of this each event is told once."""
        return f"{self.outlook.rule.id}/{self.shop}/{self.outlook.cycle.key}"

    def told(self) -> dict[str, Any]:
        """What the journal tells of it. Of a rounded figure also the ends, `numerator_low` to `denominator_high`."""
        o = self.outlook
        ends = {"numerator": o.numerator_range, "denominator": o.denominator_range}
        return {
            "client": o.client,
            "platform": o.rule.platform,
            "shop": self.shop,
            "rule": o.rule.id,
            "version": o.version.key,
            "cycle": o.cycle.key,
            "cycle_start": o.cycle.first.isoformat(),
            "cycle_end": o.cycle.last.isoformat(),
            "due_at": o.due_at.isoformat(),
            "numerator": o.numerator,
            "denominator": o.denominator,
            **{f"{name}_{end}": getattr(r, end) for name, r in ends.items() if r for end in ("low", "high")},
            "standing": o.standing,
            "running": o.running,
            "mends": o.mends,
            "dilutes": o.dilutes,
            "breaks": o.breaks,
            "pending": o.pending,
        }


def warnings_of(
    outlooks: Sequence[Outlook], waived: Mapping[str, Sequence[str] | set[str]], now: datetime
) -> list[EarlyWarning]:
    """The warnings that these outlooks give, in their order. `waived`: cycle → shops that have a waiver of it."""
    found = ((event_of(o, now), o) for o in outlooks if o.shop not in waived.get(o.cycle.key, ()))
    return [EarlyWarning(event, o) for event, o in found if event is not None]


def untold(warnings: Sequence[EarlyWarning], told: set[tuple[str, str]]) -> list[EarlyWarning]:
    """Those that say more than what was `told` of the same: (event, key)."""
    rank = {event: n for n, event in enumerate(EVENTS)}
    loudest: dict[str, int] = {}
    for event, key in told:
        loudest[key] = max(loudest.get(key, -1), rank[event])
    return [w for w in warnings if rank[w.event] > loudest.get(w.key, -1)]


def event_of(o: Outlook, now: datetime) -> str | None:
    """The strongest warning that an outlook gives at `now`; None if there is nothing to say.

    Nothing is said of a figure below the floor of its rule, nor once its cycle is to be assessed. What waits for an
    answer is no failure yet: before the last day of a cycle of several days, and before the end of one of a single day,
    it is taken for answered. On the first day of several only what is certain is told: a few sessions are noise.
    """
    top, bottom = o.numerator_range or o.numerator, o.denominator_range or o.denominator
    if o.standing in SILENT or o.due_at <= now or top is None or bottom is None or below_floor(o.version, top, bottom):
        return None
    if o.standing == "lost" or _for_good(o):
        return CERTAIN
    today, several = local_day(now, o.rule.zone), o.cycle.first < o.cycle.last
    if several and today <= o.cycle.first:
        return None
    early = o.running and not (several and today >= o.cycle.last)
    hopes = o.pending if early else 0
    if _behind(o, hopes) or _within_reach(o, hopes):
        return AT_RISK
    if o.standing == "holding" and o.breaks is not None and o.breaks <= 1 and _has_a_stain(o):
        return ONE_MORE
    return None


def _for_good(o: Outlook) -> bool:
    """Whether nothing mends what is behind: a share that must stay low falls if its denominator grows, a sum never."""
    if o.standing != "behind" or o.mends is not None:
        return False
    return o.dilutes is None or o.version.figure is None or o.version.figure.denominator is None


def _behind(o: Outlook, hopes: int) -> bool:
    """Whether the standard is not met, and will not be if all that `hopes` counts is answered."""
    return o.standing == "behind" and (o.mends is None or o.mends > hopes)


def _within_reach(o: Outlook, hopes: int) -> bool:
    """Whether the rule's own early warning admits the figure, or any end of a rounded one, as an assessment asks."""
    reading = reading_of(o.version)
    if reading.at_risk is None:
        return False
    more = hopes if more_is_better(reading.standard.complies) else 0
    top, bottom = _span(o.numerator_range, o.numerator, more), _span(o.denominator_range, o.denominator)
    points = corners_of(reading, top, bottom if reading.figure.denominator else ONE)
    return points is not None and any(reading.at_risk.admits(*point) for point in points)


def _has_a_stain(o: Outlook) -> bool:
    """Whether anything tells against the figure so far: a first fault would break every small one."""
    top, bottom = _span(o.numerator_range, o.numerator), _span(o.denominator_range, o.denominator)
    return top.low < bottom.high if more_is_better(reading_of(o.version).standard.complies) else top.high > 0


def _span(ends: Interval | None, number: int | None, more: int = 0) -> Interval:
    low, high = (ends.low, ends.high) if ends else (number or 0, number or 0)
    return Interval(low + more, high + more)
