"""What evidence calls a shop: its id, or the alias or name under which it is registered.

The answer rests on what is registered and what has evidence, never on the order in which files were imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from engine.errors import KaoheError, near_names
from engine.ledger.tables import Subject

MOST_NEAR = 20  # shops for which names near theirs are sought


def fitting(found: Iterable[Subject], name: str) -> list[Subject]:
    """The shops that `name` can mean: a key, else a registered id, else whatever else it fits.

    The id of a shop that was only seen in evidence stands beside the alias of a registered one: nobody can say which of
    the two is meant. One that is neither registered nor in any evidence gives way.
    """
    shops = list(found)
    for exact in (
        [s for s in shops if s.key in {name, f"shop:{name}"}],
        [s for s in shops if s.external_id == name and s.registered_at is not None],
    ):
        if exact:
            return exact
    called = [s for s in shops if s.registered_at is not None and name in {s.alias, s.name}]
    seen = [s for s in shops if s.external_id == name]
    return [*called, *(s for s in seen if s.first_evidence_on is not None)] if called else seen


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A shop of some evidence that is not registered, though others of its platform are; `near` may be meant."""

    platform: str
    shop: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A shop that was called by its alias or name, and the id of the registered shop that this is."""

    platform: str
    said: str
    shop: str


class ShopNames:
    """All shops that are registered or have evidence, by whatever they are called."""

    def __init__(self, shops: Sequence[Subject]) -> None:
        self._called: dict[str, list[Subject]] = {}
        self._registered: list[Subject] = [s for s in shops if s.registered_at is not None]
        for shop in shops:
            for name in {shop.external_id, shop.alias, shop.name} - {None, ""}:
                self._called.setdefault(str(name), []).append(shop)

    @classmethod
    def of(cls, session: Session) -> ShopNames:
        """Those on record now."""
        there = or_(col(Subject.registered_at).is_not(None), col(Subject.first_evidence_on).is_not(None))
        return cls(session.exec(select(Subject).where(Subject.kind == "shop", there).order_by(col(Subject.key))).all())

    def meant(self, platform: str, name: str) -> str:
        """The id of the shop of this platform that `name` means; the name itself where nothing is called so.

        Raises KaoheError where it may be one of several.
        """
        found = fitting((s for s in self._called.get(name, ()) if s.platform == platform), name)
        if len(found) > 1:
            ids = [f"{s.external_id!r}" for s in found]
            raise KaoheError(
                f"the shop {name!r} of {platform} may be {' or '.join(ids)}: two are called so; write the id of the "
                "one that is meant, or change the other (`kaohe shops add`; what was imported into the wrong shop goes "
                "with `kaohe evidence remove`); nothing was imported",
                zh=f"{platform} 的店铺 {name!r} 可能是 {' 或 '.join(ids)}：名称有歧义；请写明店铺编号，或改另一家的简称"
                "（`kaohe shops add`；导错的数据用 `kaohe evidence remove` 撤回）；什么都没有导入",
            )
        return found[0].external_id if found else name

    def unregistered(self, shops: Iterable[tuple[str, str]]) -> Iterator[Unregistered]:
        """Those of the shops (platform, id) that are not registered, where others of their platform are."""
        registered = {(s.platform, s.external_id) for s in self._registered}
        platforms = {platform for platform, _ in registered}
        strange = [shop for shop in shops if shop not in registered and shop[0] in platforms]
        for number, (platform, shop) in enumerate(strange):
            yield Unregistered(platform, shop, self._near(platform, shop) if number < MOST_NEAR else ())

    def _near(self, platform: str, shop: str) -> tuple[str, ...]:
        elsewhere = [f"{s.platform}/{s.external_id}" for s in self._called.get(shop, ()) if s.platform != platform]
        mine = [s for s in self._registered if s.platform == platform]
        by_name = {str(n): s.external_id for s in mine for n in (s.name, s.alias, s.external_id) if n}
        return tuple(dict.fromkeys([*elsewhere, *(by_name[name] for name in near_names(shop, by_name))]))
