"""How long a counter's rows can wait for something that still changes them: what a rule without a cut-off rests on.

A message may be answered long after it was sent. A counter that admits only waits up to a limit is settled once the
limit has passed; one that asks for neither the wait nor the answer is settled at once.
"""

from __future__ import annotations

from sqlglot import condition, exp

from engine.rulebook.condition import DIALECT
from engine.rulebook.model import Counter
from engine.rulebook.relations import RELATIONS, Relation


def waiting_bound(counter: Counter) -> int | None:
    """The greatest number of seconds after which nothing changes what `counter` counts any more; None without limit.

    Every alternative of its condition must limit the wait from above: what waits longer is then in none of them.

    >>> waiting_bound(Counter("late", "waits", "wait > 60 AND wait <= 180"))
    180
    >>> waiting_bound(Counter("either", "waits", "wait < 60 OR second > 3 AND wait IN (90, 120)"))
    120
    >>> waiting_bound(Counter("all", "waits")), waiting_bound(Counter("any", "waits", "wait <= 60 OR second > 3"))
    (0, None)
    """
    relation = RELATIONS[counter.relation]
    if relation.settled != "by a limit":
        return 0 if relation.settled == "on its day" else None
    tree = condition(counter.where, dialect=DIALECT) if counter.where else None
    limit = _limit(tree, relation) if tree else None
    if limit is not None:
        return max(limit, 0)
    asked = {counter.total_of} | ({column.name for column in tree.find_all(exp.Column)} if tree else set())
    return None if asked & {relation.wait, *relation.answered} else 0


def _limit(node: exp.Expr, relation: Relation) -> int | None:
    """The longest wait of a row that `node` admits; None where it admits any."""
    if isinstance(node, exp.Paren):
        return _limit(node.this, relation)
    if isinstance(node, exp.And | exp.Or):
        limits = [_limit(side, relation) for side in (node.this, node.expression)]
        known = [limit for limit in limits if limit is not None]
        if isinstance(node, exp.And):
            return min(known, default=None)
        return max(known) if len(known) == len(limits) else None
    return _limit_of_comparison(node, relation)


def _limit_of_comparison(node: exp.Expr, relation: Relation) -> int | None:
    # The same comparison, whichever side the column stands on.
    column, constants, strict = node.this, [], 0
    if isinstance(node, exp.In):
        constants = node.expressions
    elif isinstance(node, exp.EQ | exp.LTE | exp.LT):
        constants, strict = [node.expression], int(isinstance(node, exp.LT))
    if isinstance(node, exp.GTE | exp.GT) or (isinstance(node, exp.EQ) and not isinstance(column, exp.Column)):
        column, constants, strict = node.expression, [node.this], int(isinstance(node, exp.GT))
    numbers = [number for constant in constants if (number := _number(constant)) is not None]
    if not isinstance(column, exp.Column) or column.name != relation.wait or not numbers:
        return None
    return max(numbers) - strict if len(numbers) == len(constants) else None


def _number(node: exp.Expr) -> int | None:
    if isinstance(node, exp.Neg):
        number = _number(node.this)
        return None if number is None else -number
    return int(node.name) if isinstance(node, exp.Literal) and node.is_int else None
