"""The sample shops: invented, of two clients on three platforms, each with a habit that its background is drawn by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SampleShop:
    """A shop and its habit: how much happens in a week (Pinduoduo: a day), how much of 100 goes well."""

    platform: str
    shop: str
    name: str
    alias: str
    client: str
    owner: str
    much: int
    well: int
    agents: tuple[str, ...]
    opened_on: date | None = None


SHOPS = (
    SampleShop("xiaohongshu", "xhs-1001", "小禾母婴旗舰店", "小禾母婴", "禾苗集团", "赵敏", 120, 93, ("林晓", "周舟")),
    SampleShop("xiaohongshu", "xhs-1002", "青柠美妆集合店", "青柠美妆", "禾苗集团", "赵敏", 60, 89, ("陈思远", "吴桐")),
    SampleShop("xiaohongshu", "xhs-2001", "北巷咖啡旗舰店", "北巷咖啡", "北巷食品", "孙悦", 30, 91, ("张子轩",)),
    SampleShop("xiaohongshu", "xhs-2002", "拾光数码小店", "拾光数码", "北巷食品", "孙悦", 4, 85, ("李佳怡",)),
    # New, registered, and nobody has exported anything of it yet.
    SampleShop(
        *("xiaohongshu", "xhs-2003", "拾光耳机新店", "拾光耳机", "北巷食品", "孙悦", 0, 0, ("李佳怡",)),
        opened_on=date(2026, 3, 16),
    ),
    SampleShop("kuaishou", "ks-3001", "小禾母婴快手店", "小禾快手", "禾苗集团", "赵敏", 80, 90, ("王雨桐", "周舟")),
    SampleShop("kuaishou", "ks-3002", "北巷咖啡快手店", "北巷快手", "北巷食品", "孙悦", 60, 88, ("何田", "张子轩")),
    SampleShop("kuaishou", "ks-3003", "青柠美妆快手店", "青柠快手", "禾苗集团", "赵敏", 50, 92, ("吴桐",)),
    SampleShop("pinduoduo", "pdd-4001", "北巷咖啡拼多多店", "北巷拼多多", "北巷食品", "孙悦", 115, 82, ("钱多",)),
    SampleShop("pinduoduo", "pdd-4002", "小禾母婴拼多多店", "小禾拼多多", "禾苗集团", "赵敏", 25, 85, ("周舟",)),
)

CONTACTS = {"赵敏": "zhaomin@example.com", "孙悦": "sunyue@example.com"}
OFFICER = "officer"  # of the house: told beside the shops' own contacts, and of their accounts by name


def of_platform(platform: str) -> list[SampleShop]:
    """The sample shops of one platform."""
    return [shop for shop in SHOPS if shop.platform == platform]
