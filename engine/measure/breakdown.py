"""What was missed, by hour, weekday, agent and what else tells why: exact counts, each beside what it is of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.duck import name, text
from engine.measure.counts import high_column, low_column
from engine.rulebook.model import Version

# What each part is named by, as SQL over `things`; a rating without a word is told under null.
_REPLY_PARTS = {"hours": "second // 3600", "weekdays": "isodow(day)", "agents": "agent"}
_RATING_PARTS = {**_REPLY_PARTS, "kinds": "agent_kind", "origins": "origin", "served": "served"}
_NAMED = "len(list_filter(string_split(reasons, ';'), lambda one: one NOT IN ('', 'other')))"
_UNNAMED = f"SELECT shop, count(*) FROM things WHERE missed AND {_NAMED} = 0 GROUP BY ALL"
_REASONS = "SELECT shop, missed, second, agent, unnest(string_split(reasons, ';')) AS key FROM things"
# What was missed, a row for each of its causes: of ratings every reason that a buyer named, and the bots' apart.
_REPLY_CAUSES = "SELECT shop, second, agent, cause FROM caused JOIN things USING (thing)"
_RATING_CAUSES = f"""
SELECT shop, second, agent, key AS cause FROM ({_REASONS}) WHERE missed AND key NOT IN ('', 'other')
UNION ALL
SELECT shop, second, agent, 'unread' FROM things WHERE missed AND {_NAMED} = 0
UNION ALL
SELECT shop, second, agent, CASE WHEN served = 'handed_over' THEN 'hand_over' ELSE 'bot' END
FROM things WHERE missed AND agent_kind = 'bot'"""


@dataclass(frozen=True, slots=True)
class Portion:
    """How many of the things of one hour, agent … told against the figure; `of` counts all of them."""

    name: str | int | None
    misses: int
    of: int


@dataclass(frozen=True, slots=True)
class Caused:
    """How many were missed for a cause; of an unknown roster `crowded` were so with much at once, `calm` without.

    `by_limit`: so many were held against the limits of the agents on line, the others against what is usual.
    """

    cause: str
    misses: int
    crowded: int
    calm: int
    by_limit: int


@dataclass(slots=True)
class Breakdown:
    """What one shop has missed. `parts`: by what → its portions, in the order of their names, nothing last.

    `unnamed` of the misses are ratings that give no reason, or none but `other`.
    `where`: cause → by what (hours, agents) → how many were missed there for this cause, of all that are counted there.
    """

    misses: int = 0
    of: int = 0
    unanswered: int = 0
    unnamed: int = 0
    parts: dict[str, list[Portion]] = field(default_factory=lambda: defaultdict(list))
    caused: list[Caused] = field(default_factory=list)
    where: dict[str, dict[str, list[Portion]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


def breakdowns(con: duckdb.DuckDBPyConnection, *, ratings: bool) -> dict[str, Breakdown]:
    """Shop → what it has missed, out of the tables `things` and, of replies, `caused`."""
    found: dict[str, Breakdown] = defaultdict(Breakdown)
    never = "count(*) FILTER (missed AND unanswered)"
    whole = con.execute(f"SELECT shop, count(*) FILTER (missed), count(*), {never} FROM things GROUP BY ALL")
    for shop, missed, of, unanswered in whole.fetchall():
        one = found[shop]
        one.misses, one.of, one.unanswered = missed, of, unanswered
    for part, key in (_RATING_PARTS if ratings else _REPLY_PARTS).items():
        _fill(found, part, _portions(con, f"SELECT shop, missed, {key} AS key FROM things"))
    _tell_where(con, found, _RATING_CAUSES if ratings else _REPLY_CAUSES)
    if ratings:
        _fill(found, "reasons", _portions(con, f"SELECT shop, missed, nullif(key, '') AS key FROM ({_REASONS})"))
        for shop, unnamed in con.execute(_UNNAMED).fetchall():
            found[shop].unnamed = unnamed
        return dict(found)
    told = con.execute(
        "SELECT shop, cause, count(*), count(*) FILTER (crowded), count(*) FILTER (NOT crowded), "
        "count(*) FILTER (by_limit) FROM caused JOIN things USING (thing) GROUP BY ALL ORDER BY ALL"
    )
    for shop, *numbers in told.fetchall():
        found[shop].caused.append(Caused(*numbers))
    return dict(found)


def _portions(con: duckdb.DuckDBPyConnection, rows: str) -> Iterable[tuple[Any, ...]]:
    return con.execute(
        f"SELECT shop, key, count(*) FILTER (missed), count(*) FROM ({rows}) GROUP BY ALL ORDER BY shop, key NULLS LAST"
    ).fetchall()


def _tell_where(con: duckdb.DuckDBPyConnection, found: Mapping[str, Breakdown], causes: str) -> None:
    """Lay what was missed to the hours and agents of each cause; `parts` have to be told."""
    for part in ("hours", "agents"):
        whole = {shop: {portion.name: portion.of for portion in one.parts[part]} for shop, one in found.items()}
        rows = con.execute(
            f"SELECT shop, cause, {_REPLY_PARTS[part]} AS key, count(*) FROM ({causes}) "
            "GROUP BY ALL ORDER BY shop, cause, key NULLS LAST"
        ).fetchall()
        for shop, cause, key, missed in rows:
            found[shop].where[cause][part].append(Portion(key, missed, whole[shop][key]))


def _fill(found: dict[str, Breakdown], part: str, rows: Iterable[tuple[Any, ...]]) -> None:
    for shop, *portion in rows:
        found[shop].parts[part].append(Portion(*portion))


def counted_elsewhere(
    con: duckdb.DuckDBPyConnection, version: Version, cycle: Cycle, shops: Sequence[str], *, few: bool
) -> dict[str, list[tuple[Portion, bool]]]:
    """Shop → its own portion, without a name, and its agents', of those shops whose figure was counted elsewhere.

    The flag is whether a number was rounded; `few`, that the numerator counts what is good. Out of the tables `figures`
    and `counted`; what lacks a number is left out.
    """
    figure = version.figure
    assert figure is not None
    if figure.denominator is None:
        return {}
    top, bottom = figure.numerator, figure.denominator
    ends = ", ".join(name(end(c)) for c in (top, bottom) for end in (low_column, high_column))
    missed = f"{name(bottom)} - {name(top)}" if few else name(top)
    rows = con.execute(
        f"SELECT _shop, _agent, {missed}, {name(bottom)}, coalesce({ends}) IS NOT NULL "
        "FROM figures f SEMI JOIN counted k ON f._grain = k._grain AND f._shop = k._shop "
        "AND f._agent IS NOT DISTINCT FROM k._agent "
        f"WHERE _cycle = {text(cycle.key)} AND list_contains(?, _shop) AND {missed} >= 0 AND {name(bottom)} > 0 "
        "AND _shop IN (SELECT _shop FROM counted WHERE _grain = 'shop') ORDER BY _shop, _agent NULLS FIRST",
        [list(shops)],
    ).fetchall()
    found: dict[str, list[tuple[Portion, bool]]] = defaultdict(list)
    for shop, agent, misses, of, rounded in rows:
        found[shop].append((Portion(agent, misses, of), rounded))
    return dict(found)
