"""Sessions that see a part of the ledger: every statement gets the reader's bounds, and one that cannot is refused.

What somebody may not read is as if it were not there: for lists, counts, subqueries, changes and removals alike.
Statements must be made of mapped classes and their columns. kaohe's own helpers (locks, the chain, bulk inserts)
work on the bare connection (`dialects.bare`): they read nothing for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Alias,
    ColumnClause,
    ColumnElement,
    Delete,
    Insert,
    Select,
    Table,
    TableClause,
    TextClause,
    Update,
    event,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import HasTraverseInternals
from sqlmodel import Session, SQLModel

from engine.ledger.dialects import table_of
from engine.ledger.scoping import BOUNDED, COMMON, Sight
from engine.ledger.tables import AppUser
from engine.ledger.veil import refuses

MARK = AppUser  # whose bound every statement gets; nobody with bounds reads it


class UnboundedStatementError(RuntimeError):
    """A statement in a bounded session to which no bounds can be added. It is our fault, and nobody's who asks."""


class _Bound(LoaderCriteriaOption):
    """`with_loader_criteria`, also for the right side of a join: there SQLAlchemy leaves it in words of the table."""

    _cache_key_traversal = LoaderCriteriaOption._traverse_internals  # its words and values, as the original's

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        found = super()._resolve_where_criteria(ext_info)
        if not ext_info.is_aliased_class:
            return found
        adapted: ColumnElement[bool] = ext_info._adapter.traverse(found)
        return adapted


class BoundedSession(Session):
    """A session whose statements see only what is in its sight: nothing, until it has been told."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.look(Sight())

    def look(self, sight: Sight) -> None:
        """From now on, see what is in `sight`."""
        self.sight = sight
        self._bounds: dict[type[SQLModel], _Bound] = {}

    def bounds(self, models: Iterable[type[SQLModel]]) -> list[_Bound]:
        """The bounds of these classes. One of no class is among them, by which a statement is known to be bounded."""
        wanted = [model for model in BOUNDED if model is MARK or model in models]
        for model in wanted:
            if model not in self._bounds:
                criterion = BOUNDED[model](table_of(model), self.sight)
                self._bounds[model] = _Bound(model, criterion, include_aliases=True)
        return [self._bounds[model] for model in wanted]

    def connection(self, *_options: Any, **_more: Any) -> Connection:
        """Refused: what is executed on the connection has no bounds."""
        raise UnboundedStatementError("a bounded session gives no connection; make the statement of mapped classes")

    def bare(self) -> Connection:
        """The connection itself, for what reads nothing for anybody (`dialects.bare`)."""
        return super().connection()


@event.listens_for(BoundedSession, "do_orm_execute")
def _bound(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, BoundedSession)
    if not state.is_orm_statement or not isinstance(state.statement, Select | Update | Delete | Insert):
        raise UnboundedStatementError(f"a bounded session executes statements of classes only: {state.statement}")
    if column := refuses(session, state.statement):
        raise UnboundedStatementError(f"{column} speaks of people; select the whole row, which is veiled")
    if any(option in session.bounds(()) for option in state.statement._with_options):
        return  # made by SQLAlchemy of one that was checked: which rows a change will touch
    state.statement = state.statement.options(*session.bounds(_classes_in(state.statement)))


def _classes_in(statement: ClauseElement) -> set[type[SQLModel]]:
    """The classes that a statement speaks of anywhere.

    Raises UnboundedStatementError for a bare table or plain text anywhere in it, and for a class that is not declared.
    """
    subject: Any = statement._propagate_attrs["plugin_subject"]
    found = {subject.mapper.class_}
    # `session.get` compares the key of the class that it selects in words of the bare table, always the same ones.
    known_key = subject.mapper._get_clause[0]
    seen: dict[int, Any] = {id(known_key): known_key}  # kept: what is thrown away may leave its id to another
    waiting: list[Any] = [statement]
    while waiting:
        element = waiting.pop()
        if id(element) in seen:
            continue
        seen[id(element)] = element
        entity = element._annotations.get("parententity")  # what SQLAlchemy knows bounds by, too
        if entity is not None:
            found.add(entity.mapper.class_)
        elif isinstance(element, TableClause | TextClause) or _has_words_of_its_own(element):
            raise UnboundedStatementError(f"a bounded session cannot bound what this reads: {element}")
        waiting += _within(element, known=entity is not None)
    for model in found:
        _refuse_undeclared(model)
    return found


def _has_words_of_its_own(element: Any) -> bool:
    """Whether it brings SQL as plain text, in which anything could be read."""
    if isinstance(element, ColumnClause) and element.is_literal:
        return not element._is_star  # what `count()` counts
    operators = (getattr(element, name, None) for name in ("operator", "modifier"))
    added = (getattr(element, name, ()) for name in ("_prefixes", "_suffixes", "_hints", "_statement_hints"))
    return any(isinstance(operator, custom_op) for operator in operators) or any(added)


def _within(element: Any, *, known: bool) -> list[Any]:
    """What an element is made of. The table of a class that is `known` is bounded with it."""
    if isinstance(element, ColumnClause):
        return [] if element.table is None or (known and _is_table(element.table)) else [element.table]
    if isinstance(element, Table) or (known and _is_table(element)):
        return []
    if isinstance(element, Update | Delete | Insert) and element._propagate_attrs:  # of a class, and so is its table
        return list(HasTraverseInternals.get_children(element, omit_attrs=("table",)))
    if isinstance(element, Select):  # its own would also name, bare, the tables of columns that are known
        return list(HasTraverseInternals.get_children(element, omit_attrs=("_correlate", "_correlate_except")))
    return list(element.get_children())


def _is_table(element: Any) -> bool:
    return isinstance(element, Table) or (isinstance(element, Alias) and isinstance(element.element, Table))


def _refuse_undeclared(model: Any) -> None:
    if model not in BOUNDED and model not in COMMON:
        raise UnboundedStatementError(f"{model.__name__} is declared neither bounded nor common; see scoping.py")
