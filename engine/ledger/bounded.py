"""Sessions that see a part of the ledger: every statement gets the reader's bounds, and one that cannot is refused.

What somebody may not read is as if it were not there: for lists, counts, subqueries, changes and removals alike.
Statements must be made of mapped classes and their columns. kaohe's own helpers (locks, the chain, bulk inserts)
work on the bare connection (`dialects.bare`): they read nothing for anybody.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Alias, ColumnClause, ColumnElement, Delete, Insert, Select, Table, TextClause, Update, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.visitors import HasTraverseInternals
from sqlmodel import Session

from engine.ledger.dialects import table_of
from engine.ledger.scoping import BOUNDED, COMMON, Sight


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

    sight = Sight()
    bounds: tuple[_Bound, ...] = ()

    def look(self, sight: Sight) -> None:
        """From now on, see what is in `sight`."""
        self.sight = sight
        self.bounds = tuple(
            _Bound(model, criterion(table_of(model), sight), include_aliases=True)
            for model, criterion in BOUNDED.items()
        )

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
    if not session.bounds:
        raise UnboundedStatementError("a bounded session was not told what it may see")
    if session.bounds[0] in state.statement._with_options:
        return  # made by SQLAlchemy of one that was checked: which rows a change will touch
    _refuse_what_has_no_bounds(state.statement)
    state.statement = state.statement.options(*session.bounds)


def _refuse_what_has_no_bounds(statement: ClauseElement) -> None:
    """Raise UnboundedStatementError for a bare table or plain text anywhere in a statement, or an undeclared class."""
    subject: Any = statement._propagate_attrs.get("plugin_subject")
    # `session.get` compares the key of the class that it selects in words of the bare table, always the same ones.
    seen = {id(subject.mapper._get_clause[0])} if subject is not None else set()
    waiting: list[Any] = [statement]
    while waiting:
        element = waiting.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        entity = element._annotations.get("parententity")  # what SQLAlchemy knows bounds by, too
        if entity is not None:
            _refuse_undeclared(entity.mapper.class_)
        elif isinstance(element, Table | TextClause):
            raise UnboundedStatementError(f"a bounded session cannot bound what this reads: {element}")
        waiting += _within(element, known=entity is not None)


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
