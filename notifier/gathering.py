"""Several notices to one recipient as one message: what came together, what waited for the morning, what is too much.

Gathered notices stay on record as such, each once; the message that tells them is one more notice, whose text is
written when it is sent. Nothing of two clients is ever gathered into one message, but for people of the house.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice
from notifier.about import Known, all_about, over_of
from notifier.events import DIGESTS, GATHERED
from notifier.members import AT_ONCE, SEVERAL, TEXTLESS
from notifier.routing.limits import hold, may_have_arrived, next_opening, room
from notifier.routing.model import UNLIMITED, place
from notifier.routing.mutes import muted, mutes_at
from notifier.routing.recipients import capped_channel, capped_places, limits_of
from notifier.routing.rows import routing_of
from notifier.routing.ways import why_muted
from notifier.told import told


def gather(ledger: Engine, channel: str, recipient: str, now: datetime, most: int) -> list[int]:
    """Gather what is due at this recipient, where it is more than `most` notices or more than may come; what was made.

    Answers the numbers of new notices, due now. What must wait for the recipient's hours, as all does that is not
    urgent, is left as it is.
    """
    with transaction(ledger) as session:
        hold(session, channel, recipient)
        due = _due(session, channel, recipient, now)
        routing = routing_of(session)
        limits = limits_of(due[0], routing) if due else UNLIMITED
        if next_opening(limits.hours, now) > now:
            due = [notice for notice in due if notice.urgent]  # these wait for nobody's hours
        if len(due) < 2:
            return []
        left = room(session, channel, recipient, limits, now)
        if left is not None and not left[0]:
            return []
        internal = all(routing.internal(notice.contact) for notice in due)
        capped = left is not None and len(due) > left[0]
        made: list[tuple[Notice, list[Notice]]] = []
        for client, group in _by_client(due, internal=internal).items():
            together = [notice for notice in group if notice.event not in DIGESTS]
            if left is not None and capped:
                together = together[left[0] - 1 :]  # the last message that may come tells of all the rest
            elif len(together) <= most:
                together = []
            if len(together) > 1:
                made.append((_gathered(session, together, client, now, capped=capped), together))
        session.flush()
        events: list[Event] = []
        for notice, members in made:
            for member in members:
                member.state, member.within_id, member.answer = "gathered", notice.id, None
                session.add(member)
            events.append(told(notice, notice.id or 0, "notice.queued", violations=_about(members)))
        append(session, now, events)
        return [notice.id or 0 for notice, _ in made]


def members_left(session: Session, notice: Notice, now: datetime) -> tuple[int, list[Event]]:
    """How many of its members are still true and go where it goes; and what the journal says of the others.

    What belongs to another client by now is told by itself again, what is over is dropped, what is muted says so.
    """
    left = 0
    events: list[Event] = []
    routing, mutes = routing_of(session), mutes_at(session, now)
    for member, known in _members(session, notice.id or 0):
        news, _, record = known
        member.client = record.violation.client if record else member.client
        why, mute = over_of(member, *known, routing), muted(news, member.contact, mutes)
        if why or mute:
            member.state, member.within_id = "dropped" if why else "muted", None
            member.answer = f"not sent: {why}" if why or mute is None else why_muted(mute)
            session.add(member)
            events.append(told(member, member.id or 0, f"notice.{member.state}", was="gathered"))
        elif notice.client not in (SEVERAL, member.client):
            member.state, member.within_id = "queued", None
            session.add(member)
            events.append(told(member, member.id or 0, "notice.queued", was="gathered"))
        else:
            left += 1
    return left, events


def _members(session: Session, number: int) -> Iterator[tuple[Notice, Known]]:
    """The notices that this one tells together, in the order in which they came, and what each is about."""
    wanted = select(Notice).where(Notice.within_id == number, Notice.state == "gathered").order_by(col(Notice.id))
    last = 0
    while some := list(session.exec(wanted.where(col(Notice.id) > last).limit(AT_ONCE).options(*TEXTLESS))):
        last = some[-1].id or 0
        known = all_about(session, some)
        yield from ((member, known[member.id or 0]) for member in some)


def crowded(ledger: Engine, found: Collection[tuple[str, str]], now: datetime, most: int) -> list[tuple[str, str]]:
    """Those of these channels and recipients for whom more than `most` notices are due; under a cap more than one."""
    crowd: list[tuple[str, str]] = []
    with reading(ledger) as session:
        capped = capped_places(routing_of(session))
        for channel in sorted({channel for channel, _ in found}):
            names = sorted(recipient for known, recipient in found if known == channel)
            wanted = (
                select(Notice.recipient, func.count())
                .where(Notice.channel == channel, col(Notice.recipient).in_(names))
                .where(Notice.state == "queued", col(Notice.next_attempt_at) <= now)
                .group_by(col(Notice.recipient))
                .having(func.count() > 1)
            )
            crowd += [
                (channel, recipient)
                for recipient, count in session.exec(wanted)
                if count > most or capped_channel(channel) or place(channel, recipient) in capped
            ]
    return crowd


def _due(session: Session, channel: str, recipient: str, now: datetime) -> list[Notice]:
    """What is due there and nobody can have got, with what gathers others, oldest first, locked."""
    wanted = (
        select(Notice)
        .where(Notice.state == "queued", Notice.channel == channel, Notice.recipient == recipient)
        .where(col(Notice.next_attempt_at) <= now, ~may_have_arrived())
        .order_by(col(Notice.id))
        .with_for_update()
        .options(*TEXTLESS)
    )
    return list(session.exec(wanted, execution_options={"populate_existing": True}))


def _by_client(due: Sequence[Notice], *, internal: bool) -> dict[str, list[Notice]]:
    clients = {notice.client for notice in due}
    groups: dict[str, list[Notice]] = defaultdict(list)
    for notice in due:
        groups[notice.client if not internal or len(clients) == 1 else SEVERAL].append(notice)
    return groups


def _gathered(session: Session, members: Sequence[Notice], client: str, now: datetime, *, capped: bool) -> Notice:
    first = members[0]
    notice = Notice(
        # The same may be gathered again within a second: after its first message had to be given up.
        key=f"gathered:{now:%Y-%m-%dT%H:%M:%S}/{first.id}-{uuid4().hex[:8]}",
        event=GATHERED.event,
        client=client,
        recipient=first.recipient,
        channel=first.channel,
        language=first.language,
        contact=first.contact,
        why=first.why,
        internal=any(member.internal for member in members),
        urgent=any(member.urgent for member in members),
        news={"capped": capped},
        template="",
        subject="",
        body="",
        state="queued",
        due_at=now,
        next_attempt_at=now,
        created_at=now,
    )
    session.add(notice)
    session.flush()
    return notice


def _about(members: Sequence[Notice]) -> list[str]:
    return sorted({member.violation_id for member in members if member.violation_id})
