"""The marketplaces that rules may belong to, with the zone that their days are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import UnknownNameError
from engine.rulebook.model import Text


@dataclass(frozen=True, slots=True)
class Platform:
    """One marketplace. `zone` is an IANA time zone; `called` is what people write for it in Chinese."""

    id: str
    zone: str
    name: Text
    called: tuple[str, ...]


CHINA = "Asia/Shanghai"


def _platform(name: str, zh: str, en: str, *others: str) -> tuple[str, Platform]:
    return name, Platform(name, CHINA, Text(zh, en), (zh, *others))


PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    dict(
        [
            _platform("kuaishou", "快手小店", "Kuaishou", "快手"),
            _platform("xiaohongshu", "小红书", "Xiaohongshu"),
            _platform("pinduoduo", "拼多多", "Pinduoduo"),
            _platform("douyin", "抖店", "Douyin", "抖音", "抖音小店"),
            _platform("taobao", "淘宝", "Taobao"),
            _platform("tmall", "天猫", "Tmall"),
            _platform("jd", "京东", "JD"),
            _platform("wechat", "微信小店", "WeChat", "微信"),
        ]
    )
)


CALLED: Mapping[str, str] = MappingProxyType({said: p.id for p in PLATFORMS.values() for said in p.called})


def platform_id(name: str) -> str:
    """The id of the platform that is called so in Chinese; any other name as it is.

    >>> platform_id("拼多多"), platform_id("pinduoduo")
    ('pinduoduo', 'pinduoduo')
    """
    return CALLED.get(name, name)


def zone_of(name: str | None) -> str:
    """The zone that a platform's days are kept in; of one that is not known, China's.

    >>> zone_of("kuaishou")
    'Asia/Shanghai'
    """
    known = PLATFORMS.get(name or "")
    return known.zone if known else CHINA


def platform(name: str) -> Platform:
    """The platform with this id or Chinese name. Raises UnknownNameError with names near it.

    >>> platform("xiaohongshu").name.zh
    '小红书'
    """
    try:
        return PLATFORMS[platform_id(name)]
    except KeyError:
        hint = "、".join(f"{known.id}（{known.name.zh}）" for known in PLATFORMS.values())
        known_names = PLATFORMS if name.isascii() else CALLED
        raise UnknownNameError("platform", name, known_names, zh=hint) from None
