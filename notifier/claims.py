"""Taking a due notice for one process, and giving it back with its answer: one holder at a time.

`sending` is committed before the provider is called, and the answer after. A process that dies in between
leaves a notice whose lease runs out, and that anybody may then take. Leases go by the database's clock,
which all hosts share; the schedule goes by the caller's `now`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Engine, func, or_, update
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import database_clock
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice, Violation
from engine.rulebook.model import Language
from notifier.about import about, over_of
from notifier.channels.contract import Letter
from notifier.channels.outcome import Outcome
from notifier.digests import NOTHING_LEFT, items_of, leave, planning
from notifier.events import DIGESTS, GATHERED, LATE, OPENED
from notifier.gathering import members_left
from notifier.records import records_of
from notifier.routing.limits import attempted, hold, next_opening, retracted, room
from notifier.routing.model import ALWAYS, Routing
from notifier.routing.mutes import muted, mutes_at
from notifier.routing.recipients import limits_of, misdirected
from notifier.routing.rows import routing_of
from notifier.routing.ways import why_muted
from notifier.stand_ins import stand_in
from notifier.told import told
from notifier.words.lines import masked

LEASE = timedelta(minutes=5)  # longer than any channel takes for one letter
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=2)  # at most, see `pause`
SHORTEST_REST, LONGEST_REST = timedelta(seconds=1), timedelta(hours=1)  # of what a provider has throttled
PAUSE_GROWS = 3  # at most 2, 6, 18, … minutes, half of it on average: eight attempts span 18 hours, a server's night

_CUT_OFF = "attempt {} was cut off before its answer was recorded"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that is ours until its lease ends. `open_question`: an earlier attempt may have worked.

    `written`: its text is the one of this moment.
    """

    notice: Notice
    number: int
    open_question: bool
    written: bool = False

    def letter(self) -> Letter:
        """What is to be sent."""
        n = self.notice
        language = cast("Language", n.language)
        return Letter(
            n.key, n.violation_id, n.event, n.channel, n.recipient, language, n.subject, n.body, n.variables or {}
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made before its notice is taken, as columns, and the violation that it tells of, as it was then."""

    violation: Violation | None
    columns: Mapping[str, Any]

    def holds(self, session: Session) -> bool:
        """Whether the violation is still as it was."""
        then = self.violation
        return then is None or session.get(Violation, then.id) == then


def unsent(session: Session, before: datetime) -> tuple[int, datetime] | None:
    """How many notices wait that should have gone out before that time, and when the oldest should have; None: none.

    What was put off is due since it should first have gone out, and not only when it is tried next.
    """
    cut_off = (col(Notice.state) == "sending") & (col(Notice.lease_until) < before)
    late = col(Notice.state).in_(["queued", "sending"]) & or_(col(Notice.due_at) < before, cut_off)
    ((count, oldest),) = session.exec(select(func.count(), func.min(Notice.due_at)).where(late))
    return (count, oldest) if count else None


def pause(number: int, attempts: int) -> timedelta:
    """How long a notice rests after so many attempts: any time between nothing and what grows with each of them.

    Many that failed together are so not tried again together. Drawn from the notice's number, the same at every call.

    >>> [pause(7, n) < longest_pause(n) for n in range(1, 4)]
    [True, True, True]
    """
    drawn = int.from_bytes(hashlib.sha256(f"{number}/{attempts}".encode()).digest()[:4])
    return longest_pause(attempts) * drawn // 2**32 + SHORTEST_REST


def longest_pause(attempts: int) -> timedelta:
    """What a rest after so many attempts is at most, but for a second."""
    grown: int = PAUSE_GROWS ** (attempts - 1)
    return FIRST_PAUSE * grown


def due(ledger: Engine, channels: Collection[str], now: datetime, limit: int) -> tuple[list[tuple[int, str, str]], int]:
    """The numbers, channels and recipients of at most `limit` due notices of `channels`, and how many others wait."""
    with reading(ledger) as session:
        is_due, ours = _is_due(now, database_clock(session)), col(Notice.channel).in_(list(channels))
        mine = select(Notice.id, Notice.channel, Notice.recipient).where(is_due, ours)
        ordered = mine.order_by(col(Notice.next_attempt_at), col(Notice.id)).limit(limit)
        found = [(number or 0, channel, recipient) for number, channel, recipient in session.exec(ordered)]
        others = select(func.count()).select_from(Notice).where(is_due, ~ours)
        return found, session.exec(others).one()


def may_be_taken(session: Session, notice: Notice) -> bool:
    """Whether nobody has this notice, nor is done with it."""
    if notice.state == "sending" and notice.lease_until is not None:
        return notice.lease_until <= database_clock(session)
    return notice.state == "queued"


def claim(
    ledger: Engine,
    number: int,
    now: datetime,
    owner: str,
    lease: timedelta = LEASE,
    prepared: Prepared | None = None,
) -> Claim | str:
    """Take the notice, with the text that was `prepared` for it if that still holds, or say what became of it instead.

    `gone` to somebody else, `dropped` or `failed` for good, `muted`, or `deferred` until messages may come there.
    """
    with transaction(ledger) as session:
        clock = database_clock(session)
        notice = session.get_one(Notice, number)
        routing = routing_of(session)
        known = about(session, notice) if notice.event not in DIGESTS else None  # held, so that it is read once
        over = over_of(notice, *known, routing) if known else None
        if over or known is None:
            # Planners queue anew what stands again if it was dropped: none must look just before we drop it, after
            # we have looked. Theirs is the first lock, so it comes before the notice's.
            planning(session)
            session.expire_all()
            routing = routing_of(session)
            over = over_of(notice, *about(session, notice), routing) if known else None
        later = _not_before(session, notice, routing, now)
        was, attempts, tried = notice.state, notice.attempts, notice.tried_at
        same = (col(Notice.id) == number) & (col(Notice.state) == was) & (col(Notice.attempts) == attempts)
        taken: dict[str, Any] = {
            "state": "sending",
            "owner": owner,
            "lease_until": clock + lease,
            "attempts": attempts + 1,
            "tried_at": now,
        }
        written = prepared is not None and over is None and prepared.holds(session)
        if prepared is not None and written:
            taken |= prepared.columns
        if session.exec(update(Notice).where(same & _is_due(now, clock)).values(**taken)).rowcount != 1:
            return "gone"
        session.refresh(notice)
        if notice.event == LATE.event and not _sifted(session, notice):
            # The next planning puts right what it tells of other clients' shops; until then nobody sends it.
            _give_back(session, notice, attempts, tried, was)
            return "gone"
        left, events = _left(session, notice, now)
        end = _end(attempts, over, left=left) or _silenced(session, notice, now)
        if end is not None:
            state, why = end
            notice.attempts, notice.tried_at = attempts, tried
            return _settle(session, notice, state, why, now, was, events)
        append(session, now, events)
        if later is not None:
            _give_back(session, notice, attempts, tried, was)
            notice.due_at = notice.next_attempt_at = later
            _defer_others(session, notice, now, later)
            return "deferred"
        attempted(session, notice, now)
        open_question = was == "sending" or (notice.answer or "").startswith("unknown:")
        return Claim(notice, number, open_question, written)


def _give_back(session: Session, notice: Notice, attempts: int, tried: datetime | None, was: str) -> None:
    """Let a notice that was taken be as it was before."""
    notice.state, notice.owner, notice.lease_until = "queued", None, None
    notice.attempts, notice.tried_at = attempts, tried
    notice.answer = f"unknown: {_CUT_OFF.format(attempts)}" if was == "sending" else notice.answer
    session.add(notice)


def _defer_others(session: Session, notice: Notice, now: datetime, later: datetime) -> None:
    """Let all else that is due there wait as long: nothing that must wait stands before what may go."""
    alike = (
        (col(Notice.state) == "queued")
        & (col(Notice.next_attempt_at) <= now)
        & (col(Notice.channel) == notice.channel)
        & (col(Notice.recipient) == notice.recipient)
        & (col(Notice.contact).is_not_distinct_from(notice.contact))
        & (col(Notice.urgent) == notice.urgent)
    )
    session.exec(update(Notice).where(alike).values(due_at=later, next_attempt_at=later))


def _not_before(session: Session, notice: Notice, routing: Routing, now: datetime) -> datetime | None:
    """Until when messages must not come to where this notice goes; None: it may be sent now.

    Whoever asks holds the recipient from here on, where there is a cap: nobody else sends there before we are counted.
    """
    limits = limits_of(notice, routing)
    if notice.urgent:  # it waits for nobody's hours
        limits = replace(limits, hours=ALWAYS)
    opens = next_opening(limits.hours, now)
    if opens > now:
        return opens
    if limits.per_hour is not None or limits.per_day is not None:
        hold(session, notice.channel, notice.recipient)
        found = room(session, notice.channel, notice.recipient, limits, now)
        if found is not None and not found[0]:
            return found[1]
    return None


def _silenced(session: Session, notice: Notice, now: datetime) -> tuple[str, str] | None:
    """That somebody has muted meanwhile what this notice tells. Of what a digest tells, its members say so."""
    mutes = mutes_at(session, now)
    if not mutes or notice.event in DIGESTS:
        return None
    news, _, _ = about(session, notice)
    mute = muted(news, notice.contact, mutes)
    return ("muted", why_muted(mute)) if mute else None


def record(ledger: Engine, taken: Claim, outcome: Outcome, now: datetime) -> str:
    """Write down the answer to an attempt: `sent`, `delayed`, `failed`, or `lost` if it is no longer ours."""
    attempts, throttled = taken.notice.attempts, outcome.kind == "throttled"
    again = outcome.kind in ("temporary", "unknown", "misconfigured") and attempts < MOST_ATTEMPTS
    state = "sent" if outcome.kind == "accepted" else "queued" if again or throttled else "failed"
    ours = (
        (col(Notice.id) == taken.number)
        & (col(Notice.state) == "sending")
        & (col(Notice.owner) == taken.notice.owner)
        & (col(Notice.attempts) == attempts)
    )
    with transaction(ledger) as session:
        # The conditional update also locks the row, so that nobody takes it over from here on.
        if session.exec(update(Notice).where(ours).values(lease_until=None)).rowcount != 1:
            _log.warning("notice %s was taken over by another process while it was being sent", taken.number)
            return "lost"
        notice = session.get_one(Notice, taken.number)
        if outcome.unsent or outcome.kind not in ("accepted", "unknown"):
            retracted(session, notice)
        notice.provider_id = outcome.reference or notice.provider_id
        if throttled:  # it was not looked at: nothing speaks against it
            notice.attempts = attempts - 1
            notice.next_attempt_at = min(max(outcome.until or now, now + SHORTEST_REST), now + LONGEST_REST)
        elif state == "queued":
            # Where nobody knows whether it was taken, the provider is given the time to say so.
            whole = outcome.kind == "unknown"
            notice.next_attempt_at = now + (longest_pause(attempts) if whole else pause(taken.number, attempts))
        other = stand_in(session, notice, now) if outcome.kind == "permanent" else None
        said = [told(other, other.id or 0, "notice.queued")] if other else []
        return _settle(session, notice, state, f"{outcome.kind}: {outcome.answer}", now, "sending", said)


def _is_due(now: datetime, clock: datetime) -> ColumnElement[bool]:
    return or_(
        (col(Notice.state) == "queued") & (col(Notice.next_attempt_at) <= now),
        (col(Notice.state) == "sending") & (col(Notice.lease_until) <= clock),
    )


def _left(session: Session, notice: Notice, now: datetime) -> tuple[bool, list[Event]]:
    """Whether a notice has anything left to tell, as all but digests have; what the journal says of what has gone."""
    if notice.event == GATHERED.event:
        members, events = members_left(session, notice, now)
        return bool(members), events
    return notice.event != LATE.event or bool(items_of(session, [notice.id or 0])[notice.id or 0]), []


def _end(attempts: int, over: str | None, *, left: bool) -> tuple[str, str] | None:
    """Why a notice is not to be sent any more, if so: the state that it ends in, and the reason."""
    if not left:
        return "dropped", NOTHING_LEFT
    if over:
        return "dropped", f"not sent: {over}"
    if attempts >= MOST_ATTEMPTS:
        return "failed", f"unknown: {_CUT_OFF.format(attempts)}"
    return None


def _sifted(session: Session, digest: Notice) -> bool:
    """Take out of a digest what is not to be told any more; False if it holds other clients' violations."""
    names = items_of(session, [digest.id or 0])[digest.id or 0]
    records, routing = records_of(session, names), routing_of(session)
    left = [
        n
        for n, r in records.items()
        if r.violation.state not in LATE.states or misdirected(digest, r.news(OPENED.event), r.shop, routing)
    ]
    leave(session, digest, left)
    return all(records[name].violation.client == digest.client for name in records.keys() - set(left))


def _settle(
    session: Session,
    notice: Notice,
    state: str,
    answer: str,
    now: datetime,
    was: str,
    before: Sequence[Event] = (),
) -> str:
    notice.state, notice.answer, notice.owner, notice.lease_until = state, answer, None, None
    notice.sent_at = now if state == "sent" else None
    session.add(notice)
    said = "delayed" if state == "queued" else state
    digest = notice.event == LATE.event
    violations = items_of(session, [notice.id or 0])[notice.id or 0] if digest else None
    append(session, now, [*before, told(notice, notice.id or 0, f"notice.{said}", was=was, violations=violations)])
    _log.info("notice %s to %s: %s, %s", notice.id, masked(notice.recipient), said, masked(answer))
    return said
