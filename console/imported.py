"""What an import has to say beside its numbers: shops under other names, options without effect, odd words."""

from __future__ import annotations

from collections.abc import Iterator

from console.sentences import sentence
from engine.evidence.importer import ImportSummary

MOST_TOLD = 10


def named_lines(summary: ImportSummary, language: str) -> Iterator[str]:
    """Whom the rows were filed under, where that is not plain from the files."""
    if summary.unused:
        yield sentence("unused options", language, options=" ".join(summary.unused))
    for named in summary.named:
        yield sentence("named", language, platform=named.platform, said=named.said, shop=named.shop)
    zh = language == "zh-CN"
    for one in summary.unregistered[:MOST_TOLD]:
        near = (" 或 " if zh else " or ").join(one.near)
        name = "unregistered near" if near else "unregistered"
        yield sentence(name, language, platform=one.platform, shop=one.shop, near=near)
    if len(summary.unregistered) > MOST_TOLD:
        yield sentence("more unregistered", language, n=len(summary.unregistered) - MOST_TOLD)
