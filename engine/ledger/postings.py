"""All assignments on record, by name: the list that people check."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.ledger.people import ALWAYS
from engine.ledger.tables import Assignment, Subject


class Assigned(NamedTuple):
    """One person under one sub-account, from when to when (inclusive; None: always, for ever)."""

    person: str
    platform: str
    shop: str
    agent: str
    team: str | None
    starts_on: date | None
    ends_on: date | None

    def as_json(self) -> dict[str, Any]:
        """One line of `kaohe people list --json`."""
        days = {"from": self.starts_on, "to": self.ends_on}
        return {
            "person": self.person,
            "platform": self.platform,
            "shop": self.shop,
            "agent": self.agent,
            "team": self.team,
        } | {name: day.isoformat() if day else None for name, day in days.items()}


def postings(session: Session) -> list[Assigned]:
    """Every assignment, by platform, shop, agent, first day and person."""
    person, agent, shop = aliased(Subject), aliased(Subject), aliased(Subject)
    teams = {team.id: team.external_id for team in session.exec(select(Subject).where(Subject.kind == "team"))}
    rows = session.exec(
        select(Assignment, person, agent, shop)
        .join(person, col(person.id) == Assignment.person_id)
        .join(agent, col(agent.id) == Assignment.agent_id)
        .join(shop, col(shop.id) == col(agent.parent_id))
        .order_by(
            col(shop.platform),
            col(shop.external_id),
            col(agent.external_id),
            col(Assignment.starts_on),
            col(person.external_id),
        )
    )
    return [
        Assigned(
            p.external_id,
            s.platform or "",
            s.external_id,
            a.external_id,
            teams.get(row.team_id),
            None if row.starts_on == ALWAYS else row.starts_on,
            row.ends_on,
        )
        for row, p, a, s in rows
    ]
