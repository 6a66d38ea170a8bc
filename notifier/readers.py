"""Who reads a message: what may be said to them, and what means something to them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.ledger.presence import DEFAULT_CLIENT
from engine.ledger.tables import Notice
from notifier.routing.model import Routing


@dataclass(frozen=True, slots=True)
class Reader:
    """`names`: may read what people are called. `commands`: works with kaohe, and can look into it."""

    names: bool = False
    commands: bool = False


HOUSE = Reader(names=True, commands=True)
OWN_SHOP = Reader(commands=True)
OUTSIDER = Reader()


def reader_of(client: str, *, internal: bool) -> Reader:
    """Who reads what is told of this client's shops: a contact of the house if `internal`, else one of the client's.

    Shops that were given no client are the house's own: it may be their people who run kaohe, but nothing says that
    they may read names. News of no shop has no client, and names no command to anybody outside.
    """
    if internal:
        return HOUSE
    return OWN_SHOP if client == DEFAULT_CLIENT else OUTSIDER


def reader_at(notice: Notice, routing: Routing) -> Reader:
    """Who gets this notice by now."""
    return reader_of(notice.client, internal=routing.internal(notice.contact))
