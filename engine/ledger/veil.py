"""What people who are not of the house read of those who are: what was done, not by whom, nor why they did so.

`VEILED` says which attributes of which classes speak of people. They are veiled where a row is read (the session knows
its reader), and so on every screen and in every `--json`; a test demands a line for each column that names somebody.
Only sessions that read are veiled: what somebody writes is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, event, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import SQLModel

from engine.ledger.actors import ITSELF, Scope
from engine.ledger.dialects import table_of
from engine.ledger.tables import (
    Appeal,
    AppUser,
    Attachment,
    ContractStandard,
    Deposit,
    Duty,
    JournalEntry,
    Notice,
    PenaltyMatch,
    Period,
    Subject,
    UserGrant,
    Violation,
    Waiver,
)

VEIL = "veil"  # where a session keeps it


@dataclass(frozen=True, slots=True)
class Veil:
    """Whose names are told, those of the client's own people and of kaohe itself; all others are called `stranger`."""

    known: frozenset[str]
    stranger: str

    def name(self, name: Any) -> Any:
        """Who did something."""
        return name if name is None or name in self.known else self.stranger

    def names(self, names: Any) -> Any:
        """The same of several, the strangers among them once."""
        return list(dict.fromkeys(map(self.name, names or ())))

    def left_out(self, name: Any) -> Any:
        """Who is to do or to bear something: told of nobody but the client's own people."""
        return name if name in self.known else None

    def payload(self, payload: Any, by: str) -> Any:
        """What the journal keeps of a change. Why it was made is told of one's own people alone."""
        if not isinstance(payload, dict):
            return payload
        return {key: self._part(key, value, by in self.known) for key, value in payload.items()}

    def _part(self, key: str, value: Any, own: bool) -> Any:
        if isinstance(value, dict):
            return {inner: self._part(inner, kept, own) for inner, kept in value.items()}
        if key in _WORDS:
            return value if own else None
        if key in _NAMES or key.endswith("_by"):
            return self.names(value) if isinstance(value, list) else self.left_out(value)
        return value


_WORDS = frozenset({"why", "what"})
_NAMES = frozenset({"holder", "writers", "doers", "owner", "person", "team", "agent"})
Veiling = Callable[[Veil, Any, Any], Any]  # the veil, the row, and the value of the attribute


def _name(veil: Veil, _row: Any, value: Any) -> Any:
    return veil.name(value)


def _names(veil: Veil, _row: Any, value: Any) -> Any:
    return veil.names(value)


def _left_out(veil: Veil, _row: Any, value: Any) -> Any:
    return veil.left_out(value)


def _words_of(author: Callable[[Any], str | None]) -> Veiling:
    """What somebody wrote, which only their own people read."""
    return lambda veil, row, value: value if value is None or author(row) in veil.known else ""


# Within a class what was written, and by whom, comes before the writer's name is veiled.
VEILED: Mapping[type[SQLModel], Mapping[str, Veiling]] = MappingProxyType(
    {
        Appeal: {"drafted_by": _name, "submitted_by": _name, "outcome_by": _name},
        Attachment: {"added_by": _name},
        ContractStandard: {"set_by": _name, "ended_by": _name},
        Deposit: {"why": _words_of(lambda row: row.recorded_by), "recorded_by": _name},
        Duty: {
            "what": lambda veil, row, value: value if row.holder in veil.known else None,
            "holder_kind": lambda veil, row, value: value if row.holder in veil.known else None,
            "holder": _left_out,
            "doers": _names,
            "done_by": _name,
            "checked_by": _name,
        },
        JournalEntry: {"payload": lambda veil, row, value: veil.payload(value, row.actor), "actor": _name},
        Notice: {"contact": _left_out, "why": lambda _veil, _row, _value: None},
        PenaltyMatch: {"why": _words_of(lambda row: row.decided_by), "decided_by": _name},
        Period: {"why": _words_of(lambda row: row.changed_by), "changed_by": _name},
        Subject: {"owner": _left_out},
        Violation: {"borne_by": lambda _veil, _row, _value: None},
        Waiver: {
            "why": _words_of(lambda row: row.writers[0]),
            "decided_why": _words_of(lambda row: row.decided_by),
            "revoked_why": _words_of(lambda row: row.revoked_by),
            "writers": _names,
            "decided_by": _name,
            "revoked_by": _name,
        },
    }
)


def veil_of(session: Any) -> Veil | None:
    """What stands between this session's reader and the people of the house; None where nothing does."""
    found = session.info.get(VEIL)
    assert found is None or isinstance(found, Veil)
    return found


def drawn(connection: Connection, scope: Scope, stranger: str) -> Veil | None:
    """The veil for whoever reads within this scope: they know themselves, and who else is their client's own."""
    if scope.internal:
        return None
    user, grant, shop = table_of(AppUser).c, table_of(UserGrant).c, table_of(Subject).c
    shops = select(shop.id).where(shop.key.in_(sorted(scope.shops)))
    theirs = grant.client.in_(sorted(scope.clients)), grant.shop_id.in_(shops)
    wanted = select(user.name).join_from(table_of(AppUser), table_of(UserGrant), user.id == grant.user_id)
    colleagues = connection.scalars(wanted.where(user.internal.is_(False), or_(*theirs)))
    return Veil(frozenset({*colleagues, *scope.known, ITSELF}), stranger)


def _loaded(row: Any, context: Any, _attributes: Any = None) -> None:
    veil = veil_of(context.session) if context is not None else None  # none where it is merged, to be written
    if veil is None:
        return
    for name, veiling in VEILED[type(row)].items():
        if name in row.__dict__:
            set_committed_value(row, name, veiling(veil, row, row.__dict__[name]))


def refuses(session: Session, statement: Any) -> str | None:
    """The column that a veiled session may not select by itself, since only whole rows are veiled; None for none."""
    if veil_of(session) is None:
        return None
    for column in getattr(statement, "column_descriptions", ()):
        expression = column["expr"]
        parent = getattr(expression, "_annotations", {}).get("parententity")
        if parent is not None and getattr(expression, "key", None) in VEILED.get(parent.mapper.class_, {}):
            return f"{parent.mapper.class_.__name__}.{expression.key}"
    return None


for _model in VEILED:
    event.listen(_model, "load", _loaded)
    event.listen(_model, "refresh", _loaded)
