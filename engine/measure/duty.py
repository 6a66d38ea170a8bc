"""Was anybody on line when something was missed, and how much was there to do at once?

The order of the questions is the platform's own: without anybody on line it is the roster; with somebody on line and
too many conversations at once, the capacity; else those who answered were slow. What the evidence does not tell is
`roster_unknown` (no roster of that day) or `untold` (on line, and nothing to hold the number at once against).

How many conversations there are at once is told by sessions where sessions are counted: those that are open, one
without a close for `UNCLOSED` minutes. Messages have no close: there it is the conversations in which a buyer wrote
within the last `TALKING` minutes. Too many are more than the agents on line take at once by their limits; where a limit
is not known, more than `CROWDED` times what was usual for this shop (the median) when it did not miss. No source
says so: all three numbers are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from engine.calendar.spans import Spans
from engine.evidence.day_rows import day_rows
from engine.evidence.kinds import MESSAGES, SESSIONS, SHIFTS
from engine.ledger.day_files import Live
from engine.measure.counting import kept
from engine.measure.figures import Workshop
from engine.measure.needs import File, Need, files_between
from engine.rulebook.platforms import PLATFORMS

UNCLOSED = 30
TALKING = 10
CROWDED = 2
LONGEST_SHIFT_DAYS = 31


def shift_files(live: Live, platform: str, days: Sequence[date]) -> list[File]:
    """The day files in which a shift may stand that reaches into these days."""
    return files_between(SHIFTS.name, platform, days, live, before=LONGEST_SHIFT_DAYS)


def causes(
    con: duckdb.DuckDBPyConnection, shop: Workshop, relation: str, needs: Sequence[Need], rostered: Mapping[str, Spans]
) -> None:
    """Fill the table `caused` (thing, cause, crowded, by_limit) for what was missed in `things` (see `misses`).

    `rostered`: the days of which each shop's roster is known in full. Causes are roster_gap, over_capacity, slow,
    untold and roster_unknown; of the last `crowded` tells whether there was much at once, as far as that is known.
    Raises UncountableError.
    """
    _on_duty(con, shop, needs)
    days = [
        (name, need.day)
        for name, spans in rostered.items()
        for need in needs
        if any(first <= need.day <= last for first, last in spans)
    ]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rostered AS SELECT unnest(?::VARCHAR[]) AS shop, unnest(?::DATE[]) AS day",
        [[name for name, _ in days], [day for _, day in days]],
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE events AS {_events(shop, relation, needs)}")
    # Shares of whole numbers this small are as different as doubles as they are exactly.
    con.execute(f"""
CREATE OR REPLACE TEMP TABLE caused AS
WITH busy AS (
    SELECT shop, moment, sum(sum(delta)) OVER (PARTITION BY shop ORDER BY moment)::BIGINT AS at_once
    FROM events GROUP BY shop, moment
), moments AS (
    SELECT t.thing, t.shop, t.day, t.missed, d.room,
           coalesce(b.at_once, 0) AS at_once, coalesce(d.on_line, 0) AS on_line
    FROM things t ASOF LEFT JOIN busy b ON t.shop = b.shop AND t.moment >= b.moment
    LEFT JOIN duty d ON d.thing = t.thing
), usual AS (
    SELECT shop, quantile_disc(at_once / on_line, 0.5) FILTER (WHERE on_line > 0) AS each,
           quantile_disc(at_once, 0.5) AS together
    FROM moments WHERE NOT missed GROUP BY shop
), weighed AS (
    SELECT m.*, r.day IS NOT NULL AS known,
           CASE WHEN on_line = 0 THEN at_once > {CROWDED} * u.together
                WHEN room IS NOT NULL THEN at_once > room ELSE at_once / on_line > {CROWDED} * u.each END AS crowded
    FROM moments m LEFT JOIN usual u ON u.shop = m.shop LEFT JOIN rostered r ON r.shop = m.shop AND r.day = m.day
    WHERE m.missed
)
SELECT thing, crowded, on_line > 0 AND room IS NOT NULL AS by_limit,
       CASE WHEN on_line > 0 THEN CASE crowded WHEN true THEN 'over_capacity' WHEN false THEN 'slow' ELSE 'untold' END
            WHEN known THEN 'roster_gap' ELSE 'roster_unknown' END AS cause
FROM weighed""")


def _on_duty(con: duckdb.DuckDBPyConnection, shop: Workshop, needs: Sequence[Need]) -> None:
    """Fill `duty` (thing, on_line, room): how many agents were on line, and what they take together by limit.

    An agent is on line within a shift, or while said to be on line, unless on a break or off line at the same time.
    `room` is null as soon as one of them has no limit.
    """
    zone = PLATFORMS[needs[0].platform].zone
    local = f"(({{}} AT TIME ZONE 'UTC') AT TIME ZONE '{zone}')::DATE"
    files = shift_files(shop.live, needs[0].platform, [need.day for need in needs])
    rows = day_rows(SHIFTS, [kept(shop.lake, file) for file in files])
    con.execute(f"""
CREATE OR REPLACE TEMP TABLE duty AS
WITH turns AS (
    SELECT shop, agent, starts_at, ends_at, state IN ('on_duty', 'online') AS serves, "limit",
           unnest(generate_series({local.format("starts_at")}::TIMESTAMP, {local.format("ends_at")}::TIMESTAMP,
                                  INTERVAL 1 DAY))::DATE AS day
    FROM ({rows}) SEMI JOIN asked USING (shop)
), on_line AS (
    SELECT thing, t.agent, max("limit") FILTER (serves) AS most
    FROM things JOIN turns t USING (shop, day) WHERE moment >= starts_at AND moment < ends_at
    GROUP BY thing, t.agent HAVING bool_and(serves)
)
SELECT thing, count(*) AS on_line, CASE WHEN count(most) = count(*) THEN sum(most)::BIGINT END AS room
FROM on_line GROUP BY thing""")


def _events(shop: Workshop, relation: str, needs: Sequence[Need]) -> str:
    """SQL of the instants (shop, moment, delta) at which conversations begin (+1) and end (-1) to be at once."""
    days = [need.day for need in needs]
    kind = SESSIONS if relation == "sessions" else MESSAGES
    files = files_between(kind.name, needs[0].platform, days, shop.live, before=1)
    rows = f"SELECT * FROM ({day_rows(kind, [kept(shop.lake, file) for file in files])}) SEMI JOIN asked USING (shop)"
    if relation == "sessions":
        end = f"coalesce(closed_at, opened_at + INTERVAL {UNCLOSED} MINUTE)"
        return f"""
WITH open AS MATERIALIZED (SELECT shop, opened_at, {end} AS ended_at FROM ({rows}) WHERE NOT shadowed)
SELECT shop, opened_at AS moment, 1 AS delta FROM open UNION ALL SELECT shop, ended_at, -1 FROM open"""
    talk = f"INTERVAL {TALKING} MINUTE"
    return f"""
WITH said AS MATERIALIZED (
    SELECT shop, sent_at, lag(sent_at) OVER talk AS before, lead(sent_at) OVER talk AS after
    FROM ({rows}) m WHERE sender = 'buyer'
    WINDOW talk AS (PARTITION BY shop, coalesce(session, 'buyer:' || hex(buyer)) ORDER BY sent_at)
)
SELECT shop, sent_at AS moment, 1 AS delta FROM said WHERE before IS NULL OR sent_at >= before + {talk}
UNION ALL SELECT shop, sent_at + {talk}, -1 FROM said WHERE after IS NULL OR after >= sent_at + {talk}"""
