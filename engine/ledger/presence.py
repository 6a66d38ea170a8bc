"""Putting subjects on record without registering them: what evidence shows is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import Session

from engine.ledger.dialects import bare, insert_missing, table_of
from engine.ledger.subject_keys import agent_key, shop_key
from engine.ledger.tables import Subject
from engine.rulebook.platforms import platform

DEFAULT_CLIENT = "default"
AT_ONCE = 1000  # keys in one query

Row = dict[str, Any]
Name = TypeVar("Name")
Key = TypeVar("Key", str, int, tuple[int, date, date])


class Present(NamedTuple):
    """A subject that is on record: its id, its client, and the first day of evidence about it."""

    id: int
    client: str
    first_evidence_on: date | None


def ensure_shops(session: Session, seen: Mapping[tuple[str, str], date]) -> dict[tuple[str, str], int]:
    """The ids of the shops (platform, shop) in some evidence; those that are not on record yet are put there.

    `seen` says on which local day each is seen first; the ledger keeps the earliest day it is ever told. A
    shop put on record here belongs to the client `default` and is not registered. Raises UnknownNameError
    for an unknown platform.
    """
    rows = [shop_row(*shop) for shop in seen]
    return _ensure_seen(session, rows, seen)


def ensure_agents(session: Session, seen: Mapping[tuple[str, str, str], date]) -> dict[tuple[str, str, str], int]:
    """The same for agents (platform, shop, agent); their shops are put on record too."""
    first: dict[tuple[str, str], date] = {}
    for (name, shop, _), day in seen.items():
        first[name, shop] = min(day, first.get((name, shop), day))
    ensure_shops(session, first)
    shops = present(session, [shop_key(*shop) for shop in first])
    rows = [agent_row(name, shop, agent, shops[shop_key(name, shop)]) for name, shop, agent in seen]
    return _ensure_seen(session, rows, seen)


def ensure(session: Session, rows: Iterable[Row]) -> dict[str, Present]:
    """What is on record under the keys of `rows`, after inserting those rows whose keys were not."""
    given = {row["key"]: row for row in rows}
    found = present(session, given)
    # In one order for all: processes that insert the same subjects wait for each other, never in a circle.
    missing = sorted(given.keys() - found.keys())
    insert_missing(session, Subject, [given[key] for key in missing])
    return found | present(session, missing)


def present(session: Session, keys: Iterable[str]) -> dict[str, Present]:
    """What is on record under these keys."""
    session.flush()
    subject = table_of(Subject).c
    wanted = select(subject.key, subject.id, subject.client, subject.first_evidence_on)
    found: dict[str, Present] = {}
    for part in portions(keys):
        for row in bare(session).execute(wanted.where(subject.key.in_(part))):
            found[row.key] = Present(row.id, row.client, row.first_evidence_on)
    return found


def hold(session: Session, keys: Iterable[str]) -> None:
    """Lock the subjects on record under these keys against removal and registration, all of them in one order.

    Rows that point at them would lock them one by one as they come, and so could meet a registration half-way that
    holds some and waits for others.
    """
    subject = table_of(Subject).c
    for part in portions(keys):
        wanted = select(subject.id).where(subject.key.in_(part)).order_by(subject.key)
        bare(session).execute(wanted.with_for_update(read=True, key_share=True)).all()


def portions(keys: Iterable[Key]) -> Iterable[list[Key]]:
    """The keys in order, in lists that a query can take."""
    ordered = sorted(keys)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def shop_row(name: str, shop: str) -> Row:
    """A shop as a row to insert. Raises UnknownNameError for an unknown platform."""
    key = shop_key(name, shop)
    return subject_row("shop", key, shop) | {"platform": platform(name).id}


def agent_row(name: str, shop: str, agent: str, owner: Present) -> Row:
    """An agent as a row to insert; it belongs to the client of the shop, `owner`."""
    key = agent_key(name, shop, agent)
    return subject_row("agent", key, agent) | {
        "platform": name,
        "parent_id": owner.id,
        "client": owner.client,
    }


def subject_row(kind: str, key: str, external_id: str) -> Row:
    """A subject of no platform as a row to insert; all rows of one statement have the same columns."""
    return {
        "kind": kind,
        "key": key,
        "external_id": external_id,
        "client": DEFAULT_CLIENT,
        "platform": None,
        "parent_id": None,
    }


def _ensure_seen(session: Session, rows: list[Row], seen: Mapping[Name, date]) -> dict[Name, int]:
    found = ensure(session, rows)
    by_name = {name: row["key"] for name, row in zip(seen, rows, strict=True)}
    earlier = []
    for name, key in by_name.items():
        known = found[key].first_evidence_on
        if known is None or known > seen[name]:
            earlier.append({"which": key, "day": seen[name]})
    if earlier:
        subject = table_of(Subject).c
        bare(session).execute(
            update(table_of(Subject))
            .where(
                subject.key == bindparam("which"),
                or_(subject.first_evidence_on.is_(None), subject.first_evidence_on > bindparam("day")),
            )
            .values(first_evidence_on=bindparam("day")),
            sorted(earlier, key=lambda change: str(change["which"])),
        )
    return {name: found[key].id for name, key in by_name.items()}
