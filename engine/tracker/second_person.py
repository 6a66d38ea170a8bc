"""What takes two people: whoever had a hand in it may not agree to it."""

from __future__ import annotations

from collections.abc import Collection

from engine.errors import KaoheError
from engine.ledger.actors import Actor


class SecondPersonError(KaoheError):
    """Somebody wants to agree to what they have a hand in themselves."""

    def __init__(self, actor: str, thing: str) -> None:
        super().__init__(
            f"{actor} has had a hand in {thing}; somebody else has to agree to it",
            zh=f"{thing} 经过 {actor} 之手，须由另一个人同意",
        )


def must_be_another(actor: Actor, involved: Collection[str], thing: str) -> None:
    """Raise SecondPersonError if the actor is among those `involved` in `thing` (W-3)."""
    if actor.name in involved:
        raise SecondPersonError(actor.name, thing)


def reason(why: str | None, thing: str) -> str:
    """The reason that was given, without blanks around it. Raises KaoheError where there is none."""
    if why is None or not why.strip():
        raise KaoheError(f"{thing} needs a reason; say --why …", zh=f"{thing} 要写明理由：--why …")
    return why.strip()
