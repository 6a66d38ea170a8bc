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
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Engine, func, or_, update
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import database_clock
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from notifier.about import about, over_of
from notifier.channels.contract import Letter
from notifier.channels.outcome import Outcome
from notifier.digests import items_of, leave, planning
from notifier.events import DIGESTS, GATHERED, LATE, NOTHING_LEFT, OPENED
from notifier.gathering import members_left
from notifier.queued import kept_silent, store
from notifier.readers import Reader, reader_at
from notifier.records import records_of
from notifier.routing.limits import attempted, hold, next_opening, open_since, retracted, room
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

# How rows that an update returns become objects: as they are by then.
RETURNED: Mapping[str, Any] = {"populate_existing": True, "synchronize_session": False}
_CUT_OFF = "attempt {} was cut off before its answer was recorded"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that is ours until its lease ends.

    `reader`: who gets it. `open_since`: when the first of its attempts was made that may have worked, if one may;
    `tried_before`: the last.
    """

    notice: Notice
    number: int
    reader: Reader
    open_since: datetime | None = None
    tried_before: datetime | None = None

    def letter(self) -> Letter:
        """What is to be sent."""
        n = self.notice
        language = cast("Language", n.language)
        said = n.subject, n.body, n.variables or {}
        whole = f"kaohe notices show {self.number}" if self.reader.commands else None
        return Letter(n.key, n.violation_id, n.event, n.channel, n.recipient, language, *said, whole)

    def is_ours(self) -> ColumnElement[bool]:
        """What the notice's row fulfils until somebody else takes it over."""
        return (
            (col(Notice.id) == self.number)
            & (col(Notice.state) == "sending")
            & (col(Notice.owner) == self.notice.owner)
            & (col(Notice.attempts) == self.notice.attempts)
        )


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


def is_due(now: datetime, clock: datetime) -> ColumnElement[bool]:
    """Notices to be sent by `now`, and those whose lease was over by the database's own `clock`."""
    return or_(_queued(now), _cut_off(clock))


def _queued(now: datetime) -> ColumnElement[bool]:
    return (col(Notice.state) == "queued") & (col(Notice.next_attempt_at) <= now)


def _cut_off(clock: datetime) -> ColumnElement[bool]:
    return (col(Notice.state) == "sending") & (col(Notice.lease_until) <= clock)


class Due(NamedTuple):
    """A notice to be sent: its number, and where it goes."""

    number: int
    channel: str
    recipient: str


def due(ledger: Engine, channels: Collection[str], now: datetime, limit: int) -> tuple[list[Due], int]:
    """At most `limit` due notices of each of `channels`, the longest due first, and how many of others wait.

    Of each: many on a channel that lets nothing through keep none of the others waiting.
    """
    with reading(ledger) as session:
        clock = database_clock(session)
        found: list[tuple[datetime, Due]] = []
        for channel in sorted(channels):
            of_channel: list[tuple[datetime, Due]] = []
            for ripe in (_queued(now), _cut_off(clock)):  # by themselves: each in the order of an index
                mine = select(Notice.next_attempt_at, Notice.id, Notice.recipient)
                mine = mine.where(ripe, Notice.channel == channel)
                ordered = mine.order_by(col(Notice.next_attempt_at), col(Notice.id)).limit(limit)
                of_channel += [(at, Due(number or 0, channel, whom)) for at, number, whom in session.exec(ordered)]
            found += sorted(of_channel)[:limit]
        elsewhere = col(Notice.channel).not_in(list(channels))
        others = select(func.count()).select_from(Notice).where(is_due(now, clock), elsewhere)
        return [one for _, one in sorted(found)], session.exec(others).one()


def claim(ledger: Engine, number: int, now: datetime, owner: str, lease: timedelta = LEASE) -> Claim | str:
    """Take the notice, or say what became of it instead.

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
        taken = as_taken(owner, clock + lease, attempts, now)
        if session.exec(update(Notice).where(same & is_due(now, clock)).values(**taken)).rowcount != 1:
            return "gone"
        session.refresh(notice)
        whole, events = _sifted(session, notice, now) if notice.event == LATE.event else (True, [])
        if not whole:
            # The next planning puts right what it tells of other clients' shops; until then nobody sends it.
            _restore(session, notice, attempts, tried, was)
            append(session, now, events)
            return "gone"
        left, gone = _left(session, notice, now)
        events += gone
        end = _end(attempts, over, left=left) or _silenced(session, notice, now)
        if end is not None:
            for name, value in (_as_ended(*end, now) | {"attempts": attempts, "tried_at": tried}).items():
                setattr(notice, name, value)
            session.add(notice)
            return _tell(session, notice, now, was, events)
        if later is not None:
            _restore(session, notice, attempts, tried, was)
            notice.due_at = notice.next_attempt_at = later
            _defer_others(session, notice, now, later)
            append(session, now, events)
            return "deferred"
        since = open_since(session, [number]).get(number)
        attempted(session, [notice], now)
        append(session, now, events)
        return Claim(notice, number, reader_at(notice, routing), since, tried)


def number_of(taken: Claim) -> int:
    """In which order many notices are changed: everybody's, so that no two wait for each other."""
    return taken.number


def as_taken(owner: str, until: datetime, attempts: int, now: datetime) -> dict[str, Any]:
    """The columns of a notice that is tried once more, after so many `attempts`."""
    return {"state": "sending", "owner": owner, "lease_until": until, "attempts": attempts + 1, "tried_at": now}


def give_back(ledger: Engine, taken: Collection[Claim]) -> None:
    """Let notices that were taken, and have not been tried, be as they were before."""
    if not taken:
        return
    with transaction(ledger) as session:
        for one in sorted(taken, key=number_of):
            values: dict[str, Any] = {"state": "queued", "owner": None, "lease_until": None}
            values |= {"attempts": one.notice.attempts - 1, "tried_at": one.tried_before}
            if session.exec(update(Notice).where(one.is_ours()).values(**values)).rowcount == 1:
                retracted(session, one.notice)


def _restore(session: Session, notice: Notice, attempts: int, tried: datetime | None, was: str) -> None:
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
    # What somebody else is changing they will defer as well: who waits for it may have something that they wait for.
    free = select(Notice.id).where(alike).order_by(col(Notice.id)).with_for_update(skip_locked=True)
    mine = col(Notice.id).in_(session.exec(free).all())
    session.exec(update(Notice).where(mine).values(due_at=later, next_attempt_at=later))


def _not_before(session: Session, notice: Notice, routing: Routing, now: datetime) -> datetime | None:
    """Until when messages must not come to where this notice goes; None: it may be sent now.

    Whoever asks holds the recipient from here on, where there is a cap: nobody else sends there before we are counted;
    and where it must wait: nobody else defers what is due there.
    """
    limits = limits_of(notice, routing)
    if notice.urgent:  # it waits for nobody's hours
        limits = replace(limits, hours=ALWAYS)
    opens, capped = next_opening(limits.hours, now), limits.capped
    if opens > now or capped:
        hold(session, notice.channel, notice.recipient)
    if opens > now:
        return opens
    if capped:
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
    values = _as_ended(state, f"{outcome.kind}: {outcome.answer}", now)
    if outcome.reference:
        values["provider_id"] = outcome.reference
    if throttled:  # it was not looked at: nothing speaks against it
        values["attempts"] = attempts - 1
        values["next_attempt_at"] = min(max(outcome.until or now, now + SHORTEST_REST), now + LONGEST_REST)
    elif state == "queued":
        # Where nobody knows whether it was taken, the provider is given the time to say so.
        whole = outcome.kind == "unknown"
        values["next_attempt_at"] = now + (longest_pause(attempts) if whole else pause(taken.number, attempts))
    ended = update(Notice).where(taken.is_ours()).values(**values).returning(Notice)  # made before others must wait
    with transaction(ledger) as session:
        notice = session.exec(ended, execution_options=RETURNED).scalar_one_or_none()
        if notice is None:
            _log.warning("notice %s was taken over by another process while it was being sent", taken.number)
            return "lost"
        if outcome.unsent or outcome.kind not in ("accepted", "unknown"):
            retracted(session, notice)
        other = stand_in(session, notice, now) if outcome.kind == "permanent" else None
        said = [told(other, other.id or 0, "notice.queued")] if other else []
        return _tell(session, notice, now, "sending", said)


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


def _sifted(session: Session, digest: Notice, now: datetime) -> tuple[bool, list[Event]]:
    """Take out of a digest what is not to be told any more; False if it holds other clients' violations.

    What somebody has muted meanwhile stays on record as a notice of its own that says so, and so does the journal.
    """
    names = items_of(session, [digest.id or 0])[digest.id or 0]
    records, routing, mutes = records_of(session, names), routing_of(session), mutes_at(session, now)
    left: list[str] = []
    silenced: list[Notice] = []
    for name, record in records.items():
        news = record.news(OPENED.event)
        mute = muted(news, digest.contact, mutes)
        if record.violation.state not in LATE.states or misdirected(digest, news, record.shop, routing):
            left.append(name)
        elif mute is not None:
            left.append(name)
            silenced.append(kept_silent(digest, record.violation, why_muted(mute), now))
    leave(session, digest, left)
    events = [told(n, number, "notice.muted") for n, number in store(session, silenced)]
    return all(records[name].violation.client == digest.client for name in records.keys() - set(left)), events


def _as_ended(state: str, answer: str, now: datetime) -> dict[str, Any]:
    """The columns of a notice that nobody has in hand any more."""
    sent_at = now if state == "sent" else None
    return {"state": state, "answer": answer, "owner": None, "lease_until": None, "sent_at": sent_at}


def _tell(session: Session, notice: Notice, now: datetime, was: str, before: Sequence[Event] = ()) -> str:
    """Let the journal and the log say what became of a notice, in one word, which is answered."""
    said = "delayed" if notice.state == "queued" else notice.state
    digest = notice.event == LATE.event
    violations = items_of(session, [notice.id or 0])[notice.id or 0] if digest else None
    append(session, now, [*before, told(notice, notice.id or 0, f"notice.{said}", was=was, violations=violations)])
    _log.info("notice %s to %s: %s, %s", notice.id, masked(notice.recipient), said, masked(notice.answer or ""))
    return said
