"""The shape and the types of a condition: what its tree may be made of, once its words are let through.

Every comparison stands between a column and a column or constant of the same type. That leaves nothing whose
meaning depends on how one database or another binds its operators or converts its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from engine.rulebook.faults import near, shown
from engine.rulebook.relations import ColumnDoc, ColumnType, Relation

DIALECT = "duckdb"
ALLOWED = "allowed are columns, 'text', whole numbers, true, false, = <> < <= > >=, AND, OR, NOT, IN, IS NULL, ( )"

_INTEGER = re.compile(r"[0-9]{1,18}")
_EQUALITY = (exp.EQ, exp.NEQ)
_ORDER = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_NODES = frozenset(
    {
        *(exp.And, exp.Or, exp.Not, exp.Paren, *_EQUALITY, *_ORDER, exp.In, exp.Is),
        *(exp.Column, exp.Identifier, exp.Literal, exp.Neg, exp.Boolean, exp.Null),
    }
)
_A: Mapping[ColumnType, str] = {
    "text": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "date": "a date",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at which character of an expression, from 0."""

    offset: int
    what: str


def check_condition(tree: exp.Expr, relation: Relation) -> list[Finding]:
    """Everything that is wrong with the condition `tree` on the columns of `relation`."""
    check = _Check(relation.columns)
    check.parts(tree)
    if not check.findings:
        check.condition(tree)
    return check.findings


class _Check:
    """Checks the shape and the types of one condition, and collects what is wrong."""

    def __init__(self, columns: Mapping[str, ColumnDoc]) -> None:
        self.columns = columns
        self.findings: list[Finding] = []

    def parts(self, tree: exp.Expr) -> None:
        """Every node must be of a type that is let through, and every name a column's."""
        for node in tree.walk():
            if type(node) not in _NODES:
                self._note(node, f"this is no condition; {ALLOWED}")
            elif isinstance(node, exp.Identifier) and (node.quoted or node.name not in self.columns):
                # The parser takes some keywords for names, where they stand in the place of one.
                self._note(node, f"{shown(node.name)} stands in the place of a column")

    def condition(self, node: exp.Expr) -> None:
        """`node` must be true, false or null for a row."""
        if isinstance(node, exp.And | exp.Or):
            self.condition(node.this)
            self.condition(node.expression)
        elif isinstance(node, exp.Not | exp.Paren):
            self.condition(node.this)
        else:
            self._leaf(node)

    def _leaf(self, node: exp.Expr) -> None:
        checks: dict[type[exp.Expr], Callable[[exp.Expr], None]] = {
            exp.In: self._membership,
            exp.Is: self._null,
            exp.Column: self._boolean_column,
            **dict.fromkeys((*_EQUALITY, *_ORDER), self._comparison),
        }
        check = checks.get(type(node))
        if check:
            check(node)
        elif isinstance(node, exp.Literal | exp.Boolean | exp.Null | exp.Neg):
            self._note(node, "a constant is no condition; compare a column with it")
        else:
            self._note(node, f"this is no condition; {ALLOWED}")

    def _boolean_column(self, node: exp.Expr) -> None:
        type_ = self._type(node)
        if type_ is not None and type_ != "boolean":
            self._note(node, f"{node.name} is {_A[type_]}, so it is no condition by itself; compare it")

    def _comparison(self, node: exp.Expr) -> None:
        left, right = node.this, node.expression
        types = self._type(left), self._type(right)
        if None in types:
            return
        if not isinstance(left, exp.Column) and not isinstance(right, exp.Column):
            self._note(node, "one side of a comparison must be a column")
        else:
            self._same(left, right, types[0], types[1])
            if isinstance(node, _EQUALITY):
                self._chosen(left, right)
                self._chosen(right, left)
            if isinstance(node, _ORDER) and types[0] in ("text", "boolean"):
                self._note(node, f"{types[0]} has no order here; compare it with =, <> or IN")

    def _membership(self, node: exp.Expr) -> None:
        given = node.args.get("expressions") or []
        if any(value for key, value in node.args.items() if key not in ("this", "expressions")) or not given:
            self._note(node, "IN needs a list of constants, like IN ('a', 'b')")
            return
        type_ = self._type(node.this)
        if not isinstance(node.this, exp.Column):
            self._note(node, "IN needs a column before it")
            return
        for item in given:
            if isinstance(item, exp.Column):
                self._note(item, "IN needs a list of constants, like IN ('a', 'b')")
            else:
                self._same(node.this, item, type_, self._type(item))
                self._chosen(node.this, item)

    def _null(self, node: exp.Expr) -> None:
        if not isinstance(node.expression, exp.Null):
            self._note(node, "IS is for NULL only; compare with =")
        elif not isinstance(node.this, exp.Column):
            self._note(node, "IS NULL needs a column before it")

    def _type(self, node: exp.Expr) -> ColumnType | None:
        """The type of a column or constant; None, and noted, where it is neither."""
        if isinstance(node, exp.Column) and node.name in self.columns:
            return self.columns[node.name].type
        if isinstance(node, exp.Boolean):
            return "boolean"
        number = node.this if isinstance(node, exp.Neg) else node
        if isinstance(number, exp.Literal):
            if number.is_string:
                return "text"
            if _INTEGER.fullmatch(number.name):
                return "integer"
            self._note(number, f"{shown(number.name)} is refused: numbers are whole, of at most 18 digits")
        elif isinstance(node, exp.Null):
            self._note(node, "nothing equals NULL; write IS NULL")
        else:
            self._note(node, "a comparison stands between a column and a column or constant")
        return None

    def _same(self, left: exp.Expr, right: exp.Expr, one: ColumnType | None, other: ColumnType | None) -> None:
        if one is None or other is None or one == other:
            return
        if {one, other} == {"date", "text"}:
            constant = right if isinstance(right, exp.Literal) else left
            if not (isinstance(constant, exp.Literal) and _is_day(constant.name)):
                self._note(constant, "a date is compared with a date, written like '2026-03-02'")
            return
        place = left if isinstance(left, exp.Column) else right
        self._note(place, f"{_A[one]} is compared with {_A[other]}: {_sql(left)} and {_sql(right)}")

    def _chosen(self, column: exp.Expr, constant: exp.Expr) -> None:
        """Where a column can be only a few things, a constant beside it must be one of them."""
        doc = self.columns[column.name] if isinstance(column, exp.Column) else None
        number = constant.this if isinstance(constant, exp.Neg) else constant
        if doc is None or not doc.choices or not isinstance(number, exp.Literal):
            return
        written = number.name if number is constant else f"-{number.name}"
        if written not in doc.choices and number.is_string == (doc.type == "text"):
            self._note(constant, f"{column.name} is never {shown(written)}{near(written, doc.choices)}")

    def _note(self, node: exp.Expr, what: str) -> None:
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        self.findings.append(Finding(min(starts, default=0), what))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sql(node: exp.Expr) -> str:
    return shown(node.sql(dialect=DIALECT, comments=False))
