"""Seeing the whole ledger for a while, within a transaction of somebody who sees a part of it.

For what a use case has to know or do whatever its actor sees, once it has asked whether they may.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from engine.ledger.bounded import BoundedSession
from engine.ledger.scoping import Sight


@contextmanager
def everything(session: Session) -> Iterator[None]:
    """Within the block `session` sees all rows; behind it, again what it saw before."""
    if not isinstance(session, BoundedSession):
        yield
        return
    sight = session.sight
    session.look(Sight(everything=True))
    try:
        yield
        session.flush()  # while what was changed is still in sight
    finally:
        session.look(sight)
