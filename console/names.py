"""What people call a shop: its alias, its name, or its number where it has neither."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from sqlmodel import Session, select

from engine.ledger.tables import Subject
from engine.rulebook.model import Language
from engine.rulebook.platforms import PLATFORMS

ShopNames = Mapping[tuple[str, str], str]  # (platform, number) → what it is called


def shop_names(session: Session) -> ShopNames:
    """The names of all shops that have one."""
    wanted = select(Subject.platform, Subject.external_id, Subject.alias, Subject.name).where(Subject.kind == "shop")
    return {
        (platform, number): called
        for platform, number, alias, name in session.exec(wanted)
        if platform and number and (called := alias or name)
    }


def shop_words(key: str, language: Language, shops: ShopNames | None = None) -> str:
    """A shop's key as people say it; every other name as it is.

    >>> shop_words("shop:kuaishou/ks%2030", "zh-CN"), shop_words("shop:kuaishou/k1", "en", {("kuaishou", "k1"): "一店"})
    ('快手小店 ks 30', '一店')
    >>> shop_words("D-7", "en")
    'D-7'
    """
    platform, _, quoted = key.removeprefix("shop:").partition("/")
    if not key.startswith("shop:") or not quoted:
        return key
    number, known = unquote(quoted), PLATFORMS.get(platform)
    called = (shops or {}).get((platform, number))
    return called or f"{known.name.in_language(language) if known else platform} {number}"
