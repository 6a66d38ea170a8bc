"""How each relation of the rule language is derived from the day files; what its columns mean, the rulebook says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COUNTS = "counts"  # figures counted elsewhere: there is nothing to derive (see counts.py)
LONGEST_CONVERSATION_DAYS = 31  # an unanswered message is laid to the agent of a session opened within these
LATEST_RATING_DAYS = 31  # a rating given later than this after its card was sent is not seen


@dataclass(frozen=True, slots=True)
class Reads:
    """Day files of one kind that the rows of a day are made of: those of the day itself and of its neighbours.

    `names_agents`: they only tell whose a row is, and no shop's figure hangs on them.
    """

    kind: str
    days_before: int = 0
    days_after: int = 0
    names_agents: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """SQL for a relation.

    `sql` reads one platform's day files, `{sessions}`, `{messages}` …, and `wanted` (day, cut_off); `{zone}` is the
    platform's zone. It yields day, cut_off, shop, agent and the relation's columns; others beside them serve
    explanations, not rules.
    `reads`: the first is the kind that must have a file on the day itself, unless `anywhere` in its days will do.
    `by_person`: the rows are messages, and the relation's rows are the person-days that a counter's hours make of them.
    `edition` changes whenever the SQL may give other rows, so that no tally of an older edition is taken.
    """

    reads: tuple[Reads, ...]
    sql: str
    edition: int
    anywhere: bool = False
    by_person: bool = False

    @property
    def kind(self) -> str:
        """The kind of evidence that makes it up."""
        return self.reads[0].kind


# A reply at the close, or at the cut-off, still counts; an open session has no close yet.
_SESSIONS = """
SELECT w.day, w.cut_off, s.shop, s.agent, s.session, s.opened_by, s.second,
       s.opened_at, s.first_human_reply_at, s.closed_at,
       coalesce(s.first_human_reply_at <= least(coalesce(s.closed_at, TIMESTAMP 'infinity'),
                                                coalesce(w.cut_off, TIMESTAMP 'infinity')), false)
           AS replied_before_close
FROM {sessions} s JOIN wanted w ON s.day = w.day
WHERE NOT s.shadowed
"""

# Within its own day a message knows who answered it: the day file says so. What is left over at the day's end is looked
# for in the next day's first agent message of the same conversation. Whoever never got an answer waits for the agent
# of the session.
_CONVERSATION = "coalesce({0}.session, 'buyer:' || lower(hex({0}.buyer[1:8])))"
_WAITS = f"""
WITH unanswered AS (
    SELECT w.cut_off, m.day, m.shop, m.session, m.buyer, m.second, m.sent_at, m.previous,
           {_CONVERSATION.format("m")} AS conversation
    FROM {{messages}} m JOIN wanted w ON m.day = w.day
    WHERE m.sender = 'buyer' AND m.answered_at IS NULL
), next_day AS (
    SELECT m.day - 1 AS day, m.shop, {_CONVERSATION.format("m")} AS conversation,
           min({{{{'at': m.sent_at, 'unnamed': m.agent IS NULL, 'agent': m.agent}}}}) AS answer
    FROM {{messages}} m SEMI JOIN unanswered u
    ON u.day = m.day - 1 AND u.shop = m.shop AND u.conversation = {_CONVERSATION.format("m")}
    WHERE m.sender = 'agent' GROUP BY ALL
), served AS (
    SELECT day, shop, session AS conversation, agent
    FROM {{sessions}} WHERE NOT shadowed AND agent IS NOT NULL
), answers AS (
    SELECT w.day, w.cut_off, m.shop, m.session, m.buyer, m.answered_by AS agent, m.second, m.sent_at, m.previous,
           m.answered_at, NULL AS conversation
    FROM {{messages}} m JOIN wanted w ON m.day = w.day
    WHERE m.sender = 'buyer' AND m.answered_at IS NOT NULL
    UNION ALL
    SELECT u.day, u.cut_off, u.shop, u.session, u.buyer,
           CASE WHEN n.answer IS NULL THEN s.agent ELSE n.answer.agent END,
           u.second, u.sent_at, u.previous, n.answer.at, u.conversation
    FROM unanswered u
    LEFT JOIN next_day n ON n.day = u.day AND n.shop = u.shop AND n.conversation = u.conversation
                        AND n.answer.at <= coalesce(u.cut_off, TIMESTAMP 'infinity')
    LEFT JOIN served s ON s.shop = u.shop AND s.conversation = u.conversation
                    AND s.day BETWEEN u.day - {LONGEST_CONVERSATION_DAYS} AND u.day
)
SELECT day, cut_off, shop, agent, session, buyer, second, sent_at, previous, conversation,
       CASE WHEN answered_at <= coalesce(cut_off, TIMESTAMP 'infinity') THEN answered_at END AS answered_at,
       CASE WHEN answered_at <= coalesce(cut_off, TIMESTAMP 'infinity')
            THEN (epoch_us(answered_at) - epoch_us(sent_at) + 999999) // 1000000 END AS wait
FROM answers
"""

# A round goes on over midnight: where the conversation's last word of the day before is a buyer's, it had begun then.
_ROUNDS = f"""
WITH waiting AS (
    SELECT DISTINCT m.day + 1 AS day, m.shop, {_CONVERSATION.format("m")} AS conversation
    FROM {{messages}} m WHERE m.sender = 'buyer' AND m.answered_at IS NULL
)
SELECT r.* FROM (
    SELECT *, {_CONVERSATION.format("waits")} AS spoken_in FROM ({_WAITS}) waits WHERE previous IS DISTINCT FROM 'buyer'
) r ANTI JOIN waiting b
ON r.previous IS NULL AND b.day = r.day AND b.shop = r.shop AND b.conversation = r.spoken_in
"""

_REASONS = ("bad_attitude", "slow", "unresolved", "unprofessional", "other")
_RATINGS = """
SELECT w.day, w.cut_off, r.shop, r.agent, r.rating, r.session, r.agent_kind, r.second, r.score, r.stars, r.origin,
       r.sent_at, r.rated_at, r.reasons, REASONS
FROM {ratings} r JOIN wanted w ON r.day = w.day
WHERE r.rated_at <= coalesce(w.cut_off, TIMESTAMP 'infinity')
""".replace(
    "REASONS",
    ", ".join(f"coalesce(list_contains(string_split(r.reasons, ';'), '{r}'), false) AS {r}" for r in _REASONS),
)

# The same ratings on the local day on which the platform sent their cards.
_BY_SENDING = f"""
WITH sent AS (
    SELECT * EXCLUDE (day, second), (sent_at AT TIME ZONE 'UTC' AT TIME ZONE '{{zone}}') AS local
    FROM {{ratings}} WHERE sent_at IS NOT NULL AND rated_at < sent_at + INTERVAL {LATEST_RATING_DAYS} DAY
), placed AS (
    SELECT *, local::DATE AS day, (epoch_us(local::TIME) // 1000000)::INTEGER AS second FROM sent
)
{_RATINGS.replace("{ratings}", "placed")}
"""

_NEXT = Reads("messages", days_after=1)
_SERVED = Reads("sessions", days_before=LONGEST_CONVERSATION_DAYS, names_agents=True)

DERIVATIONS: Mapping[str, Derivation] = {
    "sessions": Derivation((Reads("sessions"),), _SESSIONS, edition=2),
    "waits": Derivation((_NEXT, _SERVED), _WAITS, edition=2),
    "person_days": Derivation((_NEXT, _SERVED), _WAITS, edition=2, by_person=True),
    "rounds": Derivation((Reads("messages", days_before=1, days_after=1), _SERVED), _ROUNDS, edition=2),
    "ratings": Derivation((Reads("ratings"),), _RATINGS, edition=1),
    "ratings_by_sending": Derivation(
        (Reads("ratings", days_after=LATEST_RATING_DAYS),), _BY_SENDING, edition=1, anywhere=True
    ),
    COUNTS: Derivation((Reads(COUNTS),), "", edition=1),
}
