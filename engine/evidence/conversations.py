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
    unnamed = "coalesce(agent, '')"  # is nobody's id: an empty cell is none

    def answer(of_agents: str) -> str:
        said = f"first_value(CASE WHEN sender = 'agent' THEN {of_agents} END IGNORE NULLS)"
        return (
            f"CASE WHEN sender = 'buyer' THEN {said} OVER (spoken ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) END"
        )

    return (
        f"SELECT {', '.join(columns)}, answered_at, nullif(answered_by, '') AS answered_by, previous FROM ("
        f"SELECT *, {answer('sent_at')} AS answered_at, {answer(unnamed)} AS answered_by, "
        "CASE WHEN sender = 'buyer' THEN last_value(CASE WHEN sender IN ('buyer', 'agent') THEN sender END "
        "IGNORE NULLS) OVER (spoken ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) END AS previous "
        f"FROM ({rows}) WINDOW spoken AS (PARTITION BY shop, session, {_BUYER} ORDER BY {_ORDER})) "
        f"ORDER BY shop, session NULLS FIRST, {_BUYER}, {_ORDER}"
    )
