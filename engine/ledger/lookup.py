"""Finding subjects again, by whatever people call them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.shop_names import fitting
from engine.ledger.tables import Assignment, Subject


class Posting(NamedTuple):
    """A person who works under a sub-account, and the team they do it in."""

    person: Subject
    team: Subject | None


def shop(session: Session, name: str, platform: str | None = None) -> Subject:
    """The shop with this key, `platform/id`, id, alias or name, on any platform or on this one.

    A key or a registered shop's id that fits exactly stands before an alias or a name that another shop has taken from
    it. Raises UnknownNameError with names near it, and KaoheError if it may be one of several shops.
    """
    wanted = _shops(platform, None)
    fits = or_(
        col(Subject.key).in_([name, f"shop:{name}"]),
        col(Subject.external_id) == name,
        col(Subject.alias) == name,
        col(Subject.name) == name,
    )
    found = session.exec(wanted.where(fits)).all()
    if not found:
        names = ((s.external_id, s.alias, s.name) for s in session.exec(wanted))
        known = {known for of_one in names for known in of_one if known}
        hint, zh = "`kaohe shops list` shows them", "`kaohe shops list` 列出全部"
        raise UnknownNameError("shop", name, known, hint, zh)
    found = fitting(found, name) or found
    if len(found) > 1:
        keys = ", ".join(subject.key for subject in found)
        raise KaoheError(
            f"{name!r} stands for several shops: {keys}; give one of these keys",
            zh=f"{name!r} 可以指好几家店铺：{keys}；请写其中一个",
        )
    return found[0]


def shops(session: Session, platform: str | None = None, client: str | None = None) -> list[Subject]:
    """All shops, registered or seen in the evidence (of one platform, of one client), by platform and id."""
    there = or_(col(Subject.registered_at).is_not(None), col(Subject.first_evidence_on).is_not(None))
    return list(session.exec(_shops(platform, client).where(there)))


def agents(session: Session, shop_id: int) -> list[Subject]:
    """The agents of the shop that has this subject id, by their own ids at the platform."""
    wanted = select(Subject).where(Subject.kind == "agent", Subject.parent_id == shop_id)
    return list(session.exec(wanted.order_by(col(Subject.external_id))))


def people_of(session: Session, agent_id: int, day: date) -> list[Posting]:
    """Who works under the agent with this subject id on `day`, by name.

    Where two assignments of one person overlap, the one that began last says which team it is.
    """
    person, team = aliased(Subject), aliased(Subject)
    found = session.exec(
        select(person, team)
        .select_from(Assignment)
        .join(person, col(person.id) == Assignment.person_id)
        .outerjoin(team, col(team.id) == Assignment.team_id)
        .where(
            Assignment.agent_id == agent_id,
            col(Assignment.starts_on) <= day,
            or_(col(Assignment.ends_on).is_(None), col(Assignment.ends_on) >= day),
        )
        .order_by(col(person.key), col(Assignment.starts_on))
    )
    return list({who.key: Posting(who, team) for who, team in found}.values())


def _shops(platform: str | None, client: str | None) -> SelectOfScalar[Subject]:
    wanted = select(Subject).where(Subject.kind == "shop")
    if platform is not None:
        wanted = wanted.where(Subject.platform == platform)
    if client is not None:
        wanted = wanted.where(Subject.client == client)
    return wanted.order_by(col(Subject.platform), col(Subject.external_id))
