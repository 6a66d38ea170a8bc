"""What a message's place in its conversation tells, of one local day: who answered it and when, who spoke before it.

A conversation is a shop's session, or all that a shop and a buyer wrote without one. At one instant buyers come before
agents, so that an answer in the same second answers; a bot or the system never answers.
"""

from __future__ import annotations

from collections.abc import Sequence

# Agents who write at the same instant stand by their id, the unnamed last: the first of them is who answered.
_ORDER = "sent_at, CASE sender WHEN 'buyer' THEN 0 WHEN 'agent' THEN 1 WHEN 'bot' THEN 2 ELSE 3 END, agent, nth, buyer"
_BUYER = "CASE WHEN session IS NULL THEN buyer END"


def in_conversations(rows: str, columns: Sequence[str]) -> str:
    """SQL of the messages of one day with answered_at, answered_by and previous, in the order of their file."""
    return (
        f"SELECT {', '.join(columns)}, answer.at AS answered_at, answer.by AS answered_by, previous FROM ("
        "SELECT *, CASE WHEN sender = 'buyer' THEN first_value(CASE WHEN sender = 'agent' "
        "THEN {'at': sent_at, 'by': agent} END IGNORE NULLS) "
        "OVER (spoken ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) END AS answer, "
        "CASE WHEN sender = 'buyer' THEN last_value(CASE WHEN sender IN ('buyer', 'agent') THEN sender END "
        "IGNORE NULLS) OVER (spoken ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) END AS previous "
        f"FROM ({rows}) WINDOW spoken AS (PARTITION BY shop, session, {_BUYER} ORDER BY {_ORDER})) "
        f"ORDER BY shop, session NULLS FIRST, {_BUYER}, {_ORDER}"
    )
