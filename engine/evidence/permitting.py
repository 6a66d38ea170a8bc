"""Whether somebody may import of the shops that their files speak of: asked once these are known, before any change."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from engine.errors import KaoheError
from engine.evidence.covering import Covered
from engine.ledger.actors import Actor, Permission
from engine.ledger.database import reading
from engine.ledger.presence import DEFAULT_CLIENT, present
from engine.ledger.subject_keys import shop_key

MOST_TOLD = 5


class NotTheirShopsError(KaoheError):
    """The files speak of shops that are not on record, or not for this actor to import of."""

    def __init__(self, actor: str, shops: list[str]) -> None:
        told = ", ".join(shops[:MOST_TOLD]) + (" …" if len(shops) > MOST_TOLD else "")
        super().__init__(
            f"{actor} may not import of these shops, or they are not registered: {told}; nothing was imported. "
            "Take them out of the files, or ask whoever registers shops",
            zh=f"{actor} 不能导入这些店铺的数据，或它们没有登记：{told}；什么都没有导入。请从文件中去掉，或请人登记",
        )


def must_import(ledger: Engine, actor: Actor, shops: Iterable[tuple[str, str]], covers: Covered) -> None:
    """Raise NotTheirShopsError unless `actor` may import of these shops (platform, id), and of those that are covered.

    A shop that is not on record would belong to the client of those that were given none.
    """
    if covers.everyone:
        actor.must(Permission.IMPORT, None)
    wanted = {shop_key(*shop): "/".join(shop) for shop in {*shops, *covers.shops}}
    with reading(ledger) as session:  # whose a shop is that the actor cannot see, too
        known = present(session, wanted)
    clients = {key: known[key].client if key in known else DEFAULT_CLIENT for key in wanted}
    if foreign := sorted(wanted[key] for key in wanted if not actor.may(Permission.IMPORT, clients[key], key)):
        raise NotTheirShopsError(actor.name, foreign)
