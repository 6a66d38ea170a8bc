"""Who reads a message: what may be said to them, and what means something to them."""

from __future__ import annotations

from dataclasses import dataclass

PLAIN_CLIENT = "default"  # the client of shops that were given none


@dataclass(frozen=True, slots=True)
class Reader:
    """`names`: may read what people are called. `commands`: works with kaohe, and can look into it."""

    names: bool = False
    commands: bool = False


HOUSE = Reader(names=True, commands=True)
OWN_SHOP = Reader(commands=True)
OUTSIDER = Reader()


def reader_of(client: str | None, *, internal: bool) -> Reader:
    """Who reads what is told of this client's shops: a contact of the house if `internal`, else one of the client's.

    Shops that were given no client are the house's own: it may be they who run kaohe, but nothing says who may read
    names.
    """
    if internal:
        return HOUSE
    return OWN_SHOP if client in (None, PLAIN_CLIENT) else OUTSIDER
