"""All that a figure counts, thing by thing: which told against it, when, with whom; ratings with what was said.

Of many shops in one pass: what 800 shops have missed is asked in one breath after the assessment of a platform's week.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from engine.evidence.day_rows import day_rows
from engine.evidence.kinds import SESSIONS
from engine.measure.counting import by_person, condition, files_of, kept, relation_rows, within
from engine.measure.figures import Workshop
from engine.measure.needs import Need, files_between
from engine.measure.relations import DERIVATIONS, LONGEST_CONVERSATION_DAYS
from engine.rulebook.model import Counter, Version

_NO_RATING = "NULL::VARCHAR AS reasons, NULL::VARCHAR AS agent_kind, NULL::VARCHAR AS origin, NULL::VARCHAR AS served"
_REPLY = (
    "shop, day, second, {moment} AS moment, agent, session, {missed} AS missed, {never} AS unanswered, " + _NO_RATING
)
_RATING = (
    "shop, day, second, rated_at AS moment, agent, session, {missed} AS missed, false AS unanswered, "
    "coalesce(reasons, '') AS reasons, agent_kind, origin, NULL::VARCHAR AS served"
)
# What a row of each relation says of itself: when it happened, and whether a human ever answered it.
_COLUMNS = {
    "sessions": _REPLY.format(moment="opened_at", never="first_human_reply_at IS NULL", missed="{missed}"),
    "waits": _REPLY.format(moment="sent_at", never="wait IS NULL", missed="{missed}"),
    "rounds": _REPLY.format(moment="sent_at", never="wait IS NULL", missed="{missed}"),
    "ratings": _RATING,
    "ratings_by_sending": _RATING,
}
REPLIES = frozenset({"sessions", "waits", "rounds", "person_days"})
RATINGS = frozenset({"ratings", "ratings_by_sending"})


def takes_apart(version: Version) -> bool:
    """Whether the figure is a share of things of one relation that say when and with whom they happened."""
    parts = _parts(version)
    if parts is None:
        return False
    part, whole = parts
    same = part.relation == whole.relation and part.total_of is None and whole.total_of is None
    return same and part.relation in REPLIES | RATINGS


def relation_of(version: Version) -> str:
    """The relation that the figure's numerator counts."""
    assert version.figure is not None
    return next(c.relation for c in version.counters if c.name == version.figure.numerator)


def misses(
    con: duckdb.DuckDBPyConnection, shop: Workshop, version: Version, needs: Sequence[Need], shops: Sequence[str]
) -> bool:
    """Fill the table `things` with what the denominator counts of `shops`, a row for each thing; False for no evidence.

    Its columns: thing (a number), shop, day, second, moment (UTC), agent (null: nobody), session, missed, unanswered
    (no human ever replied), and of ratings reasons, agent_kind, origin and served (see `_tell_who_served`). A
    person-day is told by its message that waited longest. `version` is one that `takes_apart`. Raises UncountableError.
    """
    parts = _parts(version)
    assert parts is not None
    assert version.standard is not None
    part, whole = parts
    if not files_of(part.relation, needs, shop.live):
        return False
    con.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT unnest(?::VARCHAR[]) AS shop", [list(shops)])
    source = relation_rows(con, shop.lake, part.relation, needs, shop.live, among="asked")
    # A condition on a missing value is null, and counts the row no more than a false one does.
    few = version.standard.complies.comparison in {"at_least", "above"}
    missed = f"(({condition(part)}) IS {'NOT ' if few else ''}TRUE)"
    if DERIVATIONS[part.relation].by_person:
        rows = _people(source, part, whole, missed)
    else:
        rows = f"SELECT {_COLUMNS[part.relation].format(missed=missed)} FROM ({source}) WHERE {condition(whole)}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE things AS SELECT row_number() OVER () AS thing, * FROM ({rows})")
    if part.relation in RATINGS:
        _tell_who_served(con, shop, needs)
    return True


def _parts(version: Version) -> tuple[Counter, Counter] | None:
    figure = version.figure
    counters = {c.name: c for c in version.counters}
    if figure is None or version.standard is None or figure.denominator not in counters:
        return None
    return counters[figure.numerator], counters[figure.denominator]


def _people(source: str, part: Counter, whole: Counter, missed: str) -> str:
    """SQL of the message that waited longest, or was never answered, of each person-day."""
    people = by_person("SELECT * FROM mine", part.hours)
    hours = within(part.hours) or "true"
    told = _REPLY.format(moment="sent_at", never="wait IS NULL", missed="missed")
    return f"""
WITH mine AS MATERIALIZED (SELECT * FROM ({source})),
counted AS (
    SELECT day, shop, buyer, {missed} AS missed FROM ({people}) WHERE grain = 'shop' AND ({condition(whole)})
)
SELECT {told} FROM mine JOIN counted USING (day, shop, buyer) WHERE {hours}
QUALIFY row_number() OVER (PARTITION BY shop, day, buyer ORDER BY wait DESC NULLS FIRST, sent_at, session, agent) = 1"""


def _tell_who_served(con: duckdb.DuckDBPyConnection, shop: Workshop, needs: Sequence[Need]) -> None:
    """Of each rating of a bot: `bot` where no human replied in its session, `handed_over` where one did.

    Null where the rating is no bot's, or its session is not known.
    """
    days = [need.day for need in needs]
    files = files_between("sessions", needs[0].platform, days, shop.live, before=LONGEST_CONVERSATION_DAYS)
    if not files:
        return
    rows = day_rows(SESSIONS, [kept(shop.lake, file) for file in files])
    con.execute(f"""
UPDATE things SET served = s.served FROM (
    SELECT shop, session,
           CASE WHEN bool_or(first_human_reply_at IS NOT NULL) THEN 'handed_over' ELSE 'bot' END AS served
    FROM ({rows}) SEMI JOIN (SELECT shop, session FROM things WHERE agent_kind = 'bot') USING (shop, session)
    WHERE NOT shadowed GROUP BY ALL
) s WHERE things.agent_kind = 'bot' AND things.shop = s.shop AND things.session = s.session""")
