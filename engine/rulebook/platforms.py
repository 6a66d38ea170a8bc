"""The marketplaces that rules may belong to, with the zone that their days are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import UnknownNameError
from engine.rulebook.model import Text


@dataclass(frozen=True, slots=True)
class Platform:
    """One marketplace. `zone` is an IANA time zone."""

    id: str
    zone: str
    name: Text


def _platform(name: str, zh: str, en: str) -> tuple[str, Platform]:
    return name, Platform(name, "Asia/Shanghai", Text(zh, en))


PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    dict(
        [
            _platform("kuaishou", "快手小店", "Kuaishou"),
            _platform("xiaohongshu", "小红书", "Xiaohongshu"),
            _platform("pinduoduo", "拼多多", "Pinduoduo"),
            _platform("douyin", "抖店", "Douyin"),
            _platform("taobao", "淘宝", "Taobao"),
            _platform("tmall", "天猫", "Tmall"),
            _platform("jd", "京东", "JD"),
            _platform("wechat", "微信小店", "WeChat"),
        ]
    )
)


_ALSO: Mapping[str, str] = {"快手": "kuaishou", "抖音": "douyin", "微信": "wechat"}  # what people say besides


def platform_of(written: str) -> str:
    """The id of the platform that somebody means by its id or its Chinese name; what is neither, as it was written.

    >>> platform_of("拼多多"), platform_of("快手"), platform_of("jd"), platform_of("amazon")
    ('pinduoduo', 'kuaishou', 'jd', 'amazon')
    """
    by_word = {known.name.zh: known.id for known in PLATFORMS.values()}
    return {**by_word, **_ALSO}.get(written.strip(), written)


def platform(name: str) -> Platform:
    """The platform with this id or Chinese name. Raises UnknownNameError with names near it.

    >>> platform("xiaohongshu").name.zh
    '小红书'
    """
    try:
        return PLATFORMS[platform_of(name)]
    except KeyError:
        hint = "、".join(f"{known.id}（{known.name.zh}）" for known in PLATFORMS.values())
        raise UnknownNameError("platform", name, PLATFORMS, zh=hint) from None
