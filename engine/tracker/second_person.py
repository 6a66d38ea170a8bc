"""What takes two people: whoever had a hand in it may not agree to it."""

from __future__ import annotations

from collections.abc import Collection

from engine.errors import KaoheError
from engine.ledger.actors import Actor
from engine.rulebook.model import Text


class SecondPersonError(KaoheError):
    """Somebody wants to agree to what they have a hand in themselves."""

    def __init__(self, actor: str, thing: Text) -> None:
        super().__init__(
            f"{actor} has had a hand in {thing.en}; somebody else has to agree to it",
            zh=f"{thing.zh} 经过 {actor} 之手，须由另一个人同意",
        )


def must_be_another(actor: Actor, involved: Collection[str], thing: Text) -> None:
    """Raise SecondPersonError if the actor, by any name, is among those `involved` in `thing` (waiver W-3)."""
    if actor.is_among(involved):
        raise SecondPersonError(actor.name, thing)


def reason(why: str | None, thing: Text) -> str:
    """The reason that was given, without blanks around it. Raises KaoheError where there is none."""
    if why is None or not why.strip():
        raise KaoheError(f"{thing.en} needs a reason; say --why …", zh=f"{thing.zh}要写明理由：--why …")
    return why.strip()
