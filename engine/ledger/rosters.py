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
from engine.rulebook.model import Text

FOR_EVER = date.max


class Misfit(NamedTuple):
    """A row, by its place among those given, that cannot be taken: in which column, and why."""

    row: int
    column: str
    reason: Text


class _Held(NamedTuple):
    """A sub-account in one person's hands; `row` is None for what is on record already."""

    person: str
    starts_on: date
    ends_on: date
    row: int | None


def misfits(session: Session, rows: Sequence[PersonRow], places: Sequence[Text]) -> list[Misfit]:
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
            found.append(Misfit(index, "shop", Text(error.in_language("zh-CN"), str(error))))
        else:
            agents[index] = agent_key(row.platform, owner.external_id, row.agent)
    on_record = _on_record(session, sorted(set(agents.values())))
    while clashes := _clashes(rows, agents, on_record, places):
        found += clashes
        for clash in clashes:
            agents.pop(clash.row, None)
    return sorted(found, key=lambda misfit: misfit.row)


def _clashes(
    rows: Sequence[PersonRow], agents: dict[int, str], on_record: dict[str, list[_Held]], places: Sequence[Text]
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
                where = [places[h.row] if h.row is not None else _days(h) for h in others]
                found.append(Misfit(mine.row, "agent", _clash(rows[mine.row].agent, others, where)))
    return found


def _clash(agent: str, others: Sequence[_Held], where: Sequence[Text]) -> Text:
    zh = "、".join(f"{h.person}（{place.zh}）" for h, place in zip(others, where, strict=True))
    en = ", ".join(f"{h.person} ({place.en})" for h, place in zip(others, where, strict=True))
    return Text(
        f"{agent} 在同样的日子也由 {zh} 使用；请用 `to` 结束其中一个",
        f"{agent} is also held by {en} on the same days; end one of them with `to`",
    )


def _meet(one: _Held, other: _Held) -> bool:
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def _days(held: _Held) -> Text:
    always, for_ever = held.starts_on == ALWAYS, held.ends_on == FOR_EVER
    return Text(
        f"已登记，{'一直' if always else f'自 {held.starts_on}'}" + ("" if for_ever else f"至 {held.ends_on}"),
        f"on record {'always' if always else f'from {held.starts_on}'}" + ("" if for_ever else f" to {held.ends_on}"),
    )


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
