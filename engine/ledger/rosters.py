"""Whether assignments can stand beside each other: a sub-account is one person's at a time, or nobody is answerable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.errors import KaoheError
from engine.ledger.lookup import shop
from engine.ledger.people import ALWAYS, PersonRow
from engine.ledger.subject_keys import agent_key
from engine.ledger.tables import Assignment, Subject

FOR_EVER = date.max


class Misfit(NamedTuple):
    """A row, by its place among those given, that cannot be taken: in which column, and why."""

    row: int
    column: str
    reason: str


class _Held(NamedTuple):
    """A sub-account in one person's hands; `row` is None for what is on record already."""

    person: str
    starts_on: date
    ends_on: date
    row: int | None


def misfits(session: Session, rows: Sequence[PersonRow], places: Sequence[str]) -> list[Misfit]:
    """The rows that name a shop which is not on record, or a sub-account that is somebody else's at the same time.

    `places` says where each row stands, for people. A row changes the assignment on record that has its person,
    sub-account and first day; a row that cannot be taken changes none.
    """
    found: list[Misfit] = []
    agents: dict[int, str] = {}
    for index, row in enumerate(rows):
        try:
            owner = shop(session, row.shop, row.platform)
        except KaoheError as error:
            found.append(Misfit(index, "shop", str(error)))
        else:
            agents[index] = agent_key(row.platform, owner.external_id, row.agent)
    on_record = _on_record(session, sorted(set(agents.values())))
    while clashes := _clashes(rows, agents, on_record, places):
        found += clashes
        for clash in clashes:
            agents.pop(clash.row, None)
    return sorted(found)


def _clashes(
    rows: Sequence[PersonRow], agents: dict[int, str], on_record: dict[str, list[_Held]], places: Sequence[str]
) -> list[Misfit]:
    held: dict[str, dict[tuple[str, date], _Held]] = defaultdict(dict)
    for agent, known in on_record.items():
        held[agent] = {(h.person, h.starts_on): h for h in known}
    for index, agent in agents.items():
        row = rows[index]
        first = row.starts_on or ALWAYS
        held[agent][row.person, first] = _Held(row.person, first, row.ends_on or FOR_EVER, index)
    found = []
    for of_agent in held.values():
        for mine in of_agent.values():
            others = [h for h in of_agent.values() if h.person != mine.person and _meet(mine, h)]
            if mine.row is not None and others:
                name = rows[mine.row].agent
                who = ", ".join(f"{h.person} ({places[h.row] if h.row is not None else _days(h)})" for h in others)
                reason = f"{name} is also held by {who} on the same days; end one of them with `to`"
                found.append(Misfit(mine.row, "agent", reason))
    return found


def _meet(one: _Held, other: _Held) -> bool:
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def _days(held: _Held) -> str:
    first = "always" if held.starts_on == ALWAYS else f"from {held.starts_on}"
    return f"on record {first}" + ("" if held.ends_on == FOR_EVER else f" to {held.ends_on}")


def _on_record(session: Session, agents: Sequence[str]) -> dict[str, list[_Held]]:
    person, agent = aliased(Subject), aliased(Subject)
    found: dict[str, list[_Held]] = {}
    for start in range(0, len(agents), 500):
        wanted = (
            select(Assignment, person, agent)
            .join(person, col(person.id) == Assignment.person_id)
            .join(agent, col(agent.id) == Assignment.agent_id)
            .where(col(agent.key).in_(agents[start : start + 500]))
            .order_by(col(agent.key), col(Assignment.starts_on), col(person.external_id))
        )
        for row, who, where in session.exec(wanted):
            held = _Held(who.external_id, row.starts_on, row.ends_on or FOR_EVER, None)
            found.setdefault(where.key, []).append(held)
    return found
