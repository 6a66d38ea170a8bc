"""How each relation of the rule language is derived from the day files; what its columns mean, the rulebook says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Derivation:
    """SQL for a relation.

    `sql` reads `{files}` (one platform's day files of the relation's kind) and `wanted` (day, cut_off) and yields
    day, cut_off, shop, agent and the relation's columns; others beside them serve explanations, not rules.
    `days_after`: how many later days it reads. `edition` changes whenever the SQL may give other rows, so that no
    tally of an older edition is taken.
    """

    kind: str
    sql: str
    edition: int
    days_after: int = 0


# A reply at the close, or at the cut-off, still counts; an open session has no close yet.
_SESSIONS = """
SELECT w.day, w.cut_off, s.shop, s.agent, s.session, s.opened_by, s.second,
       s.opened_at, s.first_human_reply_at, s.closed_at,
       coalesce(s.first_human_reply_at <= least(coalesce(s.closed_at, TIMESTAMP 'infinity'),
                                                coalesce(w.cut_off, TIMESTAMP 'infinity')), false)
           AS replied_before_close
FROM {files} s JOIN wanted w ON s.day = w.day
"""

DERIVATIONS: Mapping[str, Derivation] = {"sessions": Derivation("sessions", _SESSIONS, edition=1)}
