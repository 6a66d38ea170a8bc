"""Sessions derived from messages: opened by the first buyer's message unless an agent wrote first.

What is known of a conversation is a few minima (when a buyer and when an agent first wrote), so that later messages
combine with the stored row in any order. Bots and the system count for nothing here. A derived row is shadowed where
the session is imported as well: the imported one decides, the derived one waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from engine.evidence.cells import zone
from engine.evidence.cleaning import day_and_second
from engine.evidence.day_rows import columns, day_rows
from engine.evidence.kinds import MESSAGES, SESSIONS
from engine.evidence.merging import find_before, stored_rows

_KEY = "platform, shop, session"
_SESSION = "coalesce(session, 'buyer:' || lower(left(hex(buyer), 16)))"
_PLACE = "(platform, shop, day)"


def find_sessions(con: duckdb.DuckDBPyConnection, live: Sequence[Path], replace_days: bool) -> None:
    """`before` and `after` for an import of sessions: the staged ones, and derived ones that they shadow or bare."""
    find_before(con, SESSIONS, live, replace_days)
    if replace_days:  # what goes bares the row derived from the same session, on whatever day
        con.execute(
            f"INSERT INTO before SELECT * FROM ({stored_rows(SESSIONS, live)}) WHERE derived "
            f"AND ({_KEY}) IN (SELECT ({_KEY}) FROM before WHERE NOT derived) "
            f"AND ({_KEY}) NOT IN (SELECT ({_KEY}) FROM staged)"
        )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE reshadowed AS SELECT * REPLACE (({_KEY}) IN (SELECT ({_KEY}) FROM staged) "
        "AS shadowed) FROM before WHERE derived"
    )
    absent = ", ".join(f"{a.absent}::{a.sql_type} AS {a.name}" for a in SESSIONS.added)
    listed = ", ".join(columns(SESSIONS))
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW after AS SELECT {listed} FROM (SELECT *, {absent} FROM staged) "
        f"UNION ALL SELECT {listed} FROM reshadowed"
    )


def find_derived(
    con: duckdb.DuckDBPyConnection, sessions: Sequence[Path], messages: dict[date, list[Path]], replace_days: bool
) -> None:
    """`before` and `after` of sessions for an import of messages: the derived rows of all conversations in it.

    With `replace_days` they are reckoned again from all messages, those of `messages` (day → its live files) included.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE told AS {_told('SELECT * FROM staged')}")
    concerned = "told"
    if replace_days:
        _tell_again(con, messages)
        concerned = "concerned"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE near AS SELECT * FROM ({stored_rows(SESSIONS, sessions)}) "
        f"WHERE shop IN (SELECT DISTINCT shop FROM {concerned}) AND ({_KEY}) IN (SELECT ({_KEY}) FROM {concerned})"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE before AS FROM near WHERE derived")
    known = "FROM told" if replace_days else f"FROM told UNION ALL BY NAME {_known('before')}"
    local = f"((opened_at AT TIME ZONE 'UTC') AT TIME ZONE {zone()})"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE after AS "
        f"SELECT {', '.join(columns(SESSIONS))} FROM (SELECT *, {day_and_second(local)} FROM ({_opened(known)}))"
    )
    con.execute("DROP TABLE told; DROP TABLE near")


def _tell_again(con: duckdb.DuckDBPyConnection, messages: dict[date, list[Path]]) -> None:
    """Leave in `told` what all messages tell of the conversations that are staged or lose a message (`concerned`).

    They lose those of the shops and days of the table `emptied`.
    """
    days = {day for (day,) in con.execute("SELECT DISTINCT day FROM emptied").fetchall()}
    losing = day_rows(MESSAGES, [file for day in sorted(days) for file in messages.get(day, [])])
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE concerned AS SELECT {_KEY} FROM told "
        f"UNION SELECT platform, shop, {_SESSION} FROM ({losing}) WHERE {_PLACE} IN (SELECT {_PLACE} FROM emptied)"
    )
    every = day_rows(MESSAGES, [file for day in sorted(messages) for file in messages[day]])
    staying = (
        f"SELECT * FROM ({every}) WHERE shop IN (SELECT DISTINCT shop FROM concerned) "
        f"AND {_PLACE} NOT IN (SELECT {_PLACE} FROM emptied) "
        f"AND (platform, shop, {_SESSION}) IN (SELECT ({_KEY}) FROM concerned)"
    )
    con.execute(f"CREATE TEMP TABLE all_told AS {_combined(f'FROM told UNION ALL BY NAME {_told(staying)}')}")
    con.execute("DROP TABLE told; ALTER TABLE all_told RENAME TO told")


def _told(messages: str) -> str:
    """SQL of what messages tell of each conversation; who replied first is the smallest id, the unnamed last."""
    return (
        f"SELECT platform, shop, {_SESSION} AS session, min(buyer) AS buyer, "
        "min(sent_at) FILTER (sender = 'buyer') AS asked, "
        "min({'at': sent_at, 'unnamed': agent IS NULL, 'by': agent}) FILTER (sender = 'agent') AS replied, "
        f"min(agent) AS named FROM ({messages}) WHERE sender IN ('buyer', 'agent') GROUP BY ALL"
    )


def _known(rows: str) -> str:
    """SQL of the same, from stored derived rows. When a buyer asked after the agent who opened does not matter."""
    return (
        f"SELECT {_KEY}, buyer, CASE WHEN opened_by = 'buyer' THEN opened_at END AS asked, "
        "CASE WHEN first_human_reply_at IS NOT NULL THEN {'at': first_human_reply_at, "
        f"'unnamed': replied_by IS NULL, 'by': replied_by}} END AS replied, named FROM {rows}"
    )


def _combined(told: str) -> str:
    return (
        f"SELECT {_KEY}, min(buyer) AS buyer, min(asked) AS asked, min(replied) AS replied, min(named) AS named "
        f"FROM ({told}) GROUP BY {_KEY}"
    )


def _opened(told: str) -> str:
    """SQL of the sessions that this tells of; whether one is shadowed, the table `near` says."""
    return (
        f"SELECT {_KEY}, buyer, coalesce(replied.by, named) AS agent, "
        "CASE WHEN asked IS NULL OR replied.at < asked THEN 'agent' ELSE 'buyer' END AS opened_by, "
        "least(asked, replied.at) AS opened_at, replied.at AS first_human_reply_at, NULL::TIMESTAMP AS closed_at, "
        f"true AS derived, ({_KEY}) IN (SELECT ({_KEY}) FROM near WHERE NOT derived) AS shadowed, "
        f"replied.by AS replied_by, named FROM ({_combined(told)})"
    )
