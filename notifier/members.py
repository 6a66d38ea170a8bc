"""What a gathered message holds, weighed by its rows alone: what is not shown is never put into words.

Several notices may tell of one thing (a violation, and that nobody has acknowledged it): it is shown once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col, select

from engine.ledger.tables import Notice, Violation
from notifier.events import CORRECTED, ESCALATED, OCCASIONS, OPENED, UNSETTLED
from notifier.routing.limits import next_opening
from notifier.routing.model import Hours
from notifier.stories.teller import parsed
from notifier.words.vocabulary import WARNINGS

SEVERAL = ""  # the client of a message about several: nobody who is bounded to a client sees it
STANDING = frozenset({OPENED.event, ESCALATED.event, CORRECTED.event})  # a violation is there, and stays
ACTED_ON = frozenset({"open", "acknowledged", "confirmed"})
MENDABLE = frozenset({"warning.at_risk", "warning.one_more"})
# Of other news: what somebody has to do something about, before what it is enough to know.
PRESSING = frozenset(
    {"penalty.recorded", "deadline.near", "duty.near", "duty.overdue", "operator.alarm", "evidence.missing"}
)
NOW_OR_NEVER, SOON, LAST = range(3)  # there is a day by which to act; there is something to do; it takes its course
OTHER = ""
_NEVER = datetime.max.replace(tzinfo=UTC)
AT_ONCE = 200  # members that are read together
# A member's own text is never told: the message has one of its own.
TEXTLESS = tuple(defer(cast("QueryableAttribute[Any]", part)) for part in (Notice.body, Notice.variables))


@dataclass(frozen=True, slots=True)
class Member:
    """A notice that is told with others, and what its violation's row says, if it is about one.

    `client` is the violation's by now, else the notice's; `told` what the journal says.
    """

    number: int
    event: str
    client: str
    contact: str | None
    waited: bool
    told: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    violation: str | None = None
    state: str | None = None
    rule: str | None = None
    version: str | None = None
    platform: str | None = None
    appeal_until: datetime | None = None
    exposure_fen: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell. `number` is that of the last notice of it, `times` how many tell it, by these `events`.

    `kind` is what it is counted as: a violation's state, a warning's event, or OTHER. `group`: what stands in one
    table. `until`: the instant before which something can be done, where that is known and still to come.
    """

    number: int
    kind: str
    event: str
    client: str
    violation: str | None
    platform: str | None
    group: tuple[str, ...]
    weight: tuple[int, datetime, int]
    until: datetime | None
    exposure_fen: tuple[int, int]
    events: frozenset[str]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Holding:
    """All that a message holds: the violations and warnings it is about, and other news, the weightiest first.

    `count` notices are told; of them `over` so many were settled since they were gathered, and are not listed.
    `strays` belong to another client by now and are not counted. `waited`: all came while the recipient's hours were
    closed. `contacts` are those to whom they are told.
    """

    count: int
    over: int
    strays: int
    waited: bool
    contacts: frozenset[str | None]
    matters: tuple[Item, ...]
    others: tuple[Item, ...]

    @property
    def in_order(self) -> tuple[Item, ...]:
        """Everything that it tells of, in the order in which it does."""
        return self.matters + self.others


def members_in(session: Session, number: int, hours: Hours) -> Iterator[Member]:
    """The notices that this one tells together, in the order in which they came, a few at a time and without texts.

    `hours` are those of their recipient.
    """
    wanted = (
        select(Notice, Violation)
        .join(Violation, col(Violation.id) == Notice.violation_id, isouter=True)
        .where(Notice.within_id == number, Notice.state == "gathered")
        .order_by(col(Notice.id))
        .options(*TEXTLESS)
    )
    last = 0
    while rows := list(session.exec(wanted.where(col(Notice.id) > last).limit(AT_ONCE))):
        yield from (_member(notice, violation, hours) for notice, violation in rows)
        last = rows[-1][0].id or 0


def _member(notice: Notice, violation: Violation | None, hours: Hours) -> Member:
    found = Member(
        notice.id or 0,
        notice.event,
        violation.client if violation else notice.client,
        notice.contact,
        next_opening(hours, notice.created_at) > notice.created_at,
        notice.news or {},
    )
    if violation is None:
        return found
    return replace(
        found,
        violation=violation.id,
        state=violation.state,
        rule=violation.rule,
        version=violation.version,
        platform=violation.platform,
        appeal_until=violation.appeal_until,
        exposure_fen=(violation.exposure_min_fen, violation.exposure_max_fen),
    )


def weigh(members: Iterable[Member], client: str, now: datetime) -> Holding:
    """What these notices come to in a message of this client: each thing once, what can be done soonest first.

    A thing is as its last notice tells it. Nothing is raised for what the journal told or left out.
    """
    found: dict[tuple[str, ...], Item] = {}
    count, over, strays, waited = 0, 0, 0, True
    contacts: set[str | None] = set()
    for member in members:
        if client not in (SEVERAL, member.client):
            strays += 1
            continue
        count, waited = count + 1, waited and member.waited
        contacts.add(member.contact)
        if _over(member):
            over += 1
            continue
        key, item = _item(member, now)
        known = found.get(key)
        found[key] = replace(item, events=item.events | known.events, times=known.times + 1) if known else item
    ordered = sorted(found.values(), key=lambda item: (item.weight, item.number))
    return Holding(
        count,
        over,
        strays,
        waited and count > 0,
        frozenset(contacts),
        tuple(item for item in ordered if item.kind != OTHER),
        tuple(item for item in ordered if item.kind == OTHER),
    )


def spread(matters: Sequence[Item], most_groups: int, most_rows: int) -> list[list[Item]]:
    """Which of these stand in tables: those of the weightiest groups, in turns, so that each group has some."""
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in matters:
        groups.setdefault(item.group, []).append(item)
    known = list(groups.values())[: min(most_groups, most_rows)]
    share, turn = [0] * len(known), 0
    for _ in range(min(most_rows, sum(map(len, known)))):
        while share[turn % len(known)] >= len(known[turn % len(known)]):
            turn += 1
        share[turn % len(known)] += 1
        turn += 1
    return [group[:n] for group, n in zip(known, share, strict=True)]


def counted(holding: Holding) -> Counter[str]:
    """How many things there are of each kind, the kinds in the order of their weightiest."""
    return Counter(item.kind for item in holding.in_order)


def _over(member: Member) -> bool:
    """Whether what it tells is not so any more."""
    if member.violation is None:
        return False
    occasion = OCCASIONS.get(member.event)
    states = UNSETTLED if member.event in STANDING else occasion.states if occasion else None
    return states is not None and member.state not in states


def _item(member: Member, now: datetime) -> tuple[tuple[str, ...], Item]:
    """What a notice tells, and by what it is known to be the same as another's."""
    key: tuple[str, ...]
    told = member.told
    if member.violation is not None and member.event in STANDING:
        return ("violation", member.violation), _violation(member, now)
    if member.violation is None and member.event in WARNINGS:
        key = ("warning", *(_text(told, name) for name in ("shop", "rule", "cycle")))
        return (key if all(key) else (*key, str(member.number))), _warning(member, now)
    until = _until(told, ("until", "appeal_until", "due_at"), now)
    tier = LAST if member.event not in PRESSING else NOW_OR_NEVER if until else SOON
    weight = (tier, until or _NEVER, 0)
    said = hashlib.sha256(json.dumps(dict(told), sort_keys=True, default=str).encode()).hexdigest()
    key = (member.event, member.violation or "", member.client, said)
    return key, _made(member, OTHER, (), weight, until if member.event in PRESSING else None)


def _violation(member: Member, now: datetime) -> Item:
    acted_on = member.state in ACTED_ON
    until = member.appeal_until if member.appeal_until and member.appeal_until > now and acted_on else None
    late = member.state == "confirmed" and member.appeal_until is not None  # nothing can be said against it any more
    tier = NOW_OR_NEVER if until else SOON if acted_on and not late else LAST
    group = ("violation", *(part or "" for part in (member.platform, member.rule, member.version)))
    weight = (tier, until or _NEVER, -member.exposure_fen[1])
    return _made(member, member.state or "", group, weight, until)


def _warning(member: Member, now: datetime) -> Item:
    told = member.told
    until = _until(told, ("due_at",), now) if member.event in MENDABLE else None
    group = (member.event, *(_text(told, name) for name in ("platform", "rule", "version")))
    return _made(member, member.event, group, (NOW_OR_NEVER if until else LAST, until or _NEVER, 0), until)


def _made(
    member: Member, kind: str, group: tuple[str, ...], weight: tuple[int, datetime, int], until: datetime | None
) -> Item:
    platform = member.platform or _text(member.told, "platform") or None
    about = (member.number, kind, member.event, member.client, member.violation, platform, group, weight, until)
    return Item(*about, member.exposure_fen, frozenset({member.event}))


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _until(told: Mapping[str, Any], names: Sequence[str], now: datetime) -> datetime | None:
    """The first of these instants that is told and still to come."""
    found = (parsed(told.get(name)) for name in names)
    return next((at for at in found if at is not None and at.tzinfo is not None and at > now), None)
