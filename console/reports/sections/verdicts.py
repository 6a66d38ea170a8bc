"""The verdicts of a month: a line for each shop and rule, and each cycle by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from console.phrases import verdict_words
from console.reports.look import OF_A_SHOP, Look, figure_cell
from console.reports.sheet import Cell, Kind, Quantity, Row, Sheet, Tone, Word
from engine.assessment.outcome import Outcome
from engine.judge.headroom import more_is_better
from notifier.words.figures import percent

FIGURE = "numerator denominator value standard"
JUDGED = ("compliant", "violation")
COUNTED = (*JUDGED, "not_assessed", "no_data")
KINDS: Mapping[str, Kind] = {
    "assessed_on": "day",
    **dict.fromkeys(("value", "rate", "worst"), "figure"),
    **dict.fromkeys(("numerator", "denominator", "cycles", "compliant", "violation_count", "other"), "number"),
    **dict.fromkeys(("not_assessed", "no_data"), "number"),
}
_TONES: Mapping[str, Tone] = {
    "compliant": "good",
    "violation": "bad",
    "no_data": "warn",
    "undetermined": "warn",
    "not_assessed": "quiet",
    "exempt": "quiet",
}


def by_rule(look: Look, outcomes: Iterable[Outcome]) -> Sheet:
    """How often each shop complied with each rule, most violations first, with its worst figure."""
    groups: dict[tuple[str, str, str, str], list[Outcome]] = {}
    for o in outcomes:
        groups.setdefault((o.client, o.rule.platform, o.shop, o.rule.id), []).append(o)
    rows = [(_row(look, of_group), key) for key, of_group in groups.items()]
    rows.sort(key=lambda found: (-_violations(found[0]), found[1]))
    keys = "cycles compliant violation_count no_data not_assessed other rate worst standard"
    return Sheet(
        "by_rule",
        look.said("by rule"),
        look.columns(f"{OF_A_SHOP} rule {keys}", **KINDS),
        tuple(row for row, _ in rows),
        look.said("by rule empty"),
        look.said("by rule hint"),
    )


def verdicts(look: Look, outcomes: Iterable[Outcome]) -> Sheet:
    """Every verdict with its figure."""
    return Sheet(
        "verdicts",
        look.said("verdicts"),
        look.columns(f"{OF_A_SHOP} rule cycle assessed_on {FIGURE} verdict violation", **KINDS),
        tuple(
            Row(
                o.client,
                (
                    *look.of_shop(o.client, o.rule.platform, o.shop),
                    Word(o.rule.id, o.rule.title.in_language(look.language)),
                    o.cycle,
                    o.assessed_on,
                    o.numerator,
                    o.denominator,
                    _figure(o),
                    look.standard(o.version),
                    Word(o.verdict, verdict_words(o.verdict, o.at_risk, look.language), _TONES.get(o.verdict, "")),
                    o.violation,
                ),
            )
            for o in outcomes
        ),
        look.said("verdicts empty"),
    )


def _row(look: Look, of_group: Sequence[Outcome]) -> Row:
    last = of_group[-1]
    counts = Counter(o.verdict for o in of_group)
    judged = [o for o in of_group if o.verdict in JUDGED]
    share = percent(counts["compliant"], len(judged), "down") if judged else None
    cells: tuple[Cell, ...] = (
        *look.of_shop(last.client, last.rule.platform, last.shop),
        Word(last.rule.id, last.rule.title.in_language(look.language)),
        len(of_group),
        counts["compliant"],
        counts["violation"],
        counts["no_data"],
        counts["not_assessed"],
        sum(n for verdict, n in counts.items() if verdict not in COUNTED),
        Quantity(Decimal(share.removesuffix("%")), percent=True) if share else None,
        _figure(min(judged, key=_goodness)) if judged else None,
        look.standard(last.version),
    )
    return Row(last.client, cells)


def _violations(row: Row) -> int:
    count = row.cells[7]
    assert isinstance(count, int)
    return count


def _goodness(o: Outcome) -> Fraction:
    """The figure, turned so that less is worse."""
    assert o.numerator is not None
    value = Fraction(o.numerator, o.denominator or 1)
    standard = o.version.standard
    return value if standard is None or more_is_better(standard.complies) else -value


def _figure(o: Outcome) -> Cell:
    bound = o.version.standard.complies if o.version.standard else None
    return figure_cell(o.numerator, o.denominator, bound, o.numerator_range, o.denominator_range)
