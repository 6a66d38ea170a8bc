"""Registering people: who works under which sub-account of which shop, in which team, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import KaoheError
from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event, append
from engine.ledger.lookup import shop
from engine.ledger.presence import Present, Row, agent_row, ensure, portions, subject_row
from engine.ledger.registration import Registered, shown
from engine.ledger.subject_keys import agent_key, person_key, team_key
from engine.ledger.tables import Assignment, Subject
from engine.rulebook.platforms import platform

ALWAYS = date(1970, 1, 1)  # the first day of an assignment that names none


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person under one sub-account. Days are inclusive; None stands for no team, always, and for ever."""

    person: str
    platform: str
    shop: str  # its id, alias or name
    agent: str
    team: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class Served(NamedTuple):
    """That a sub-account works at a shop from `first` to `last`, both included."""

    platform: str
    shop: str
    agent: str
    first: date
    last: date


def served_shops(session: Session) -> list[Served]:
    """At which shops each registered sub-account works, and from when to when; in one order."""
    agent, owner = aliased(Subject), aliased(Subject)
    rows = session.exec(
        select(col(owner.platform), col(owner.external_id), col(agent.external_id), Assignment)
        .join(agent, col(agent.id) == col(Assignment.agent_id))
        .join(owner, col(owner.id) == col(agent.parent_id))
    ).all()
    return sorted(Served(p or "", shop, name, a.starts_on, a.ends_on or date.max) for p, shop, name, a in rows)


def register_people(session: Session, rows: Iterable[PersonRow], now: datetime, actor: str) -> Registered:
    """Put assignments on record; journal those that are new (`person.assigned`) or differ (`person.changed`).

    Person, agent and first day make out which assignment it is; its team and last day become what the row
    says. Ends with the journal's lock, so commit next. Raises UnknownNameError for a shop that is not on
    record, and KaoheError for an empty name, an end before its beginning, or rows that contradict each
    other.
    """
    wanted = _distinct(session, rows)
    on_record = _ensure_all(session, wanted, now)
    events = []
    for assigned in wanted:
        events += _assign(session, assigned, on_record, actor)
    append(session, now, events)
    new = sum(event.event == "person.assigned" for event in events)
    return Registered(new, len(events) - new, len(wanted) - len(events))


class _Assigned(NamedTuple):
    """A row, with the keys of what it speaks of."""

    person: str
    agent: str
    starts_on: date
    team: str | None
    ends_on: date | None
    row: PersonRow
    owner: Subject


def _distinct(session: Session, rows: Iterable[PersonRow]) -> list[_Assigned]:
    """The assignments that the rows speak of, each once, in one order for all processes."""
    owners: dict[tuple[str, str], Subject] = {}
    found: dict[tuple[str, str, date], _Assigned] = {}
    for row in rows:
        place = row.platform, row.shop
        if place not in owners:
            owners[place] = shop(session, row.shop, platform(row.platform).id)
        assigned = _assigned(row, owners[place])
        known = found.setdefault(assigned[:3], assigned)
        if known[:5] != assigned[:5]:
            raise KaoheError(
                f"{assigned.person} is assigned to {assigned.agent} from {assigned.starts_on} twice, "
                "and not in the same way; keep one of the two",
                zh=f"{assigned.person} 自 {assigned.starts_on} 起使用 {assigned.agent} 出现两次且内容不同；请只留一行",
            )
    return [found[key] for key in sorted(found)]


def _assigned(row: PersonRow, owner: Subject) -> _Assigned:
    if not row.person or not row.agent:
        raise KaoheError(
            f"an assignment in shop {row.shop} lacks its person or its agent; both are needed",
            zh=f"店铺 {row.shop} 有一行缺人员或子账号；两者都要",
        )
    starts_on = row.starts_on or ALWAYS
    if row.ends_on is not None and row.ends_on < starts_on:
        raise KaoheError(
            f"{row.person} cannot stop on {row.ends_on}, before they begin on {starts_on}",
            zh=f"{row.person} 的结束日 {row.ends_on} 早于开始日 {starts_on}",
        )
    agent = agent_key(row.platform, owner.external_id, row.agent)
    team = team_key(row.team) if row.team else None
    return _Assigned(person_key(row.person), agent, starts_on, team, row.ends_on, row, owner)


def _ensure_all(session: Session, wanted: Iterable[_Assigned], now: datetime) -> dict[str, Present]:
    rows: list[Row] = []
    for assigned in wanted:
        row, owner = assigned.row, assigned.owner
        assert owner.id is not None  # it was read from the ledger
        shop_there = Present(owner.id, owner.client, None)
        rows.append(agent_row(row.platform, owner.external_id, row.agent, shop_there))
        rows.append(subject_row("person", assigned.person, row.person))
        if row.team and assigned.team:
            rows.append(subject_row("team", assigned.team, row.team))
    on_record = ensure(session, rows)
    for part in portions(on_record):
        unregistered = col(Subject.key).in_(part), col(Subject.registered_at).is_(None)
        session.exec(update(Subject).where(*unregistered).values(registered_at=now))
    return on_record


def _assign(session: Session, assigned: _Assigned, on_record: Mapping[str, Present], actor: str) -> list[Event]:
    team_id = on_record[assigned.team].id if assigned.team else None
    identity = {
        "person_id": on_record[assigned.person].id,
        "agent_id": on_record[assigned.agent].id,
        "starts_on": assigned.starts_on,
    }
    after = {
        "agent": assigned.agent,
        "team": assigned.team,
        "from": assigned.starts_on,
        "to": assigned.ends_on,
    }
    row = identity | {"team_id": team_id, "ends_on": assigned.ends_on}
    if insert_missing(session, Assignment, [row]):
        payload = {"after": shown(after)}
        return [Event(actor, "person.assigned", "person", assigned.person, payload)]
    locked = select(Assignment).filter_by(**identity).with_for_update()
    known = session.exec(locked, execution_options={"populate_existing": True}).one()
    if (known.team_id, known.ends_on) == (team_id, assigned.ends_on):
        return []
    team = session.get(Subject, known.team_id) if known.team_id else None
    before = after | {"team": team.key if team else None, "to": known.ends_on}
    known.team_id, known.ends_on = team_id, assigned.ends_on
    session.add(known)
    payload = {"before": shown(before), "after": shown(after)}
    return [Event(actor, "person.changed", "person", assigned.person, payload)]
