"""What people call a shop: its alias, its name, or its number where it has neither."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, select

from engine.ledger.tables import Subject

ShopNames = Mapping[tuple[str, str], str]  # (platform, number) → what it is called


def shop_names(session: Session) -> ShopNames:
    """The names of all shops that have one."""
    wanted = select(Subject.platform, Subject.external_id, Subject.alias, Subject.name).where(Subject.kind == "shop")
    return {
        (platform, number): called
        for platform, number, alias, name in session.exec(wanted)
        if platform and number and (called := alias or name)
    }
