"""Whether a version that names no cut-off can do without: all waiting must be over before it is assessed."""

from __future__ import annotations

from engine.calendar.assessment import AssessedOn
from engine.calendar.hours import DAY_SECONDS
from engine.rulebook.model import Counter, Version
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.relations import RELATIONS
from engine.rulebook.waiting import waiting_bound

SHORTEST_MONTH = 28
INSTEAD = "use cut_off: assessed or cycle_end"


def check_cut_off(fields: Fields, version: Version) -> None:
    """A version that is `bounded` must count nothing that could still change at its assessment."""
    if version.cut_off != "bounded":
        return
    places = {name: value for name, (_, value) in fields["counters"].peek().items()} if "counters" in fields else {}
    relations: set[str] = set()
    for counter in version.counters:
        relation = RELATIONS[counter.relation]
        if relation.settled == "never" and relation.name not in relations:
            fields["cut_off"].fault(f"{relation.name} is not bounded by a limit of its own; {INSTEAD}")
        elif relation.settled == "by a limit":
            _check_counter(places[counter.name], counter, version.assessed)
        relations.add(relation.name)


def _check_counter(place: Place, counter: Counter, assessed: AssessedOn | None) -> None:
    at = place.peek()["where"][1] if counter.where else place
    bound, column = waiting_bound(counter), RELATIONS[counter.relation].wait
    if bound is None:
        at.fault(
            f"cut_off is bounded, but {column} has no upper limit here; write one into every alternative of where, "
            f"like {column} <= 180, or {INSTEAD}"
        )
        return
    last = counter.hours.end if counter.hours else DAY_SECONDS
    if assessed is not None and last + bound > _end(assessed):
        at.fault(
            f"cut_off is bounded, but {column} may take {bound} s after {_clock(last)}, and the answers to a day must "
            f"be in by {_clock(_end(assessed))}; lower the limit, end the hours earlier, or {INSTEAD}"
        )


def _end(assessed: AssessedOn) -> int:
    """Seconds from the start of a cycle's last day until its assessment, but at most until the next day ends."""
    days = 1
    if assessed.weekday is not None:
        days = assessed.weekday + 1  # a week ends with Sunday
    elif isinstance(assessed.day, int):
        days = min(assessed.day, SHORTEST_MONTH)
    at = assessed.at.hour * 3600 + assessed.at.minute * 60 + assessed.at.second
    return min(days * DAY_SECONDS + at, 2 * DAY_SECONDS)


def _clock(seconds: int) -> str:
    """The time that many seconds after a day began: the day's own up to 24:00, else the next day's."""
    day, rest = ("", seconds) if seconds <= DAY_SECONDS else (" of the next day", seconds - DAY_SECONDS)
    return f"{rest // 3600:02d}:{rest % 3600 // 60:02d}{day}"
