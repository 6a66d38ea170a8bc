"""What an import has to say beside its numbers: shops under other names, options without effect, odd words."""

from __future__ import annotations

from collections.abc import Iterator

from console.expecting import KINDS
from console.sentences import sentence
from engine.calendar.spans import Spans, span_words
from engine.evidence.importer import ImportSummary

MOST_TOLD = 10
MOST_SPANS = 6


def named_lines(summary: ImportSummary, language: str) -> Iterator[str]:
    """Whom the rows were filed under, where that is not plain from the files."""
    for file, encoding in summary.read_as:
        yield sentence("read as", language, file=file, encoding=encoding)
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


def declared_lines(summary: ImportSummary, language: str) -> Iterator[str]:
    """On which days nothing is said to have happened, and which days refused rows leave open: a line for a platform."""
    if summary.kind not in KINDS:
        return  # no rule reads it, so that nobody waits for it
    for one in summary.declared:
        if one.empty:
            told = {"days": _spans(one.empty), "shops": one.shops, "n": one.shop_days}
            yield sentence("declared empty", language, platform=one.platform, **told)
        if one.open:
            yield sentence("left uncovered", language, platform=one.platform, days=_spans(one.open))


def _spans(spans: Spans) -> str:
    more = len(spans) - MOST_SPANS
    return " ".join(map(span_words, spans[:MOST_SPANS])) + (f" +{more}" if more > 0 else "")


def doubt_lines(summary: ImportSummary, language: str) -> Iterator[str]:
    """What was taken, but not as it may have been meant."""
    zh = language == "zh-CN"
    if summary.unknown_reasons:
        said = summary.unknown_reasons[:MOST_TOLD]
        words = "、".join(f"「{w}」{n:,} 次" for w, n in said) if zh else ", ".join(f"{w} ({n:,})" for w, n in said)
        more = " …" if len(summary.unknown_reasons) > MOST_TOLD else ""
        yield sentence("unknown reasons", language, words=words + more)
    for one in summary.partial[:MOST_TOLD]:
        days, cycle = f"{one.period_start} ~ {one.period_end}", f"{one.first} ~ {one.last}"
        yield sentence("partial period", language, rule=one.rule, days=days, cycle=cycle)
    for above in summary.excesses[:MOST_TOLD]:
        yield sentence(
            "above whole",
            language,
            who=" ".join(name for name in (above.platform, above.shop, above.agent) if name),
            days=f"{above.period_start} ~ {above.period_end}",
            part=above.part,
            n=f"{above.value:,}",
            whole=above.whole.rpartition("/")[2],
            of=f"{above.other:,}",
        )
    if len(summary.excesses) > MOST_TOLD:
        yield sentence("above whole more", language, n=len(summary.excesses) - MOST_TOLD)
    for against in summary.contradictions[:MOST_TOLD]:
        who = " ".join(name for name in (against.platform, against.shop, against.agent, against.counter) if name)
        yield sentence(
            "contradicted",
            language,
            who=who,
            days=f"{against.period_start} ~ {against.period_end}",
            value=_number(against.value, language),
            other=_number(against.other, language),
        )
    if summary.contradictions:
        more_of_them = len(summary.contradictions) - MOST_TOLD
        yield (
            sentence("contradicted more", language, n=more_of_them)
            if more_of_them > 0
            else sentence("contradicted mend", language)
        )


def _number(value: int | None, language: str) -> str:
    return sentence("none", language) if value is None else f"{value:,}"
