"""What clients' contracts want beyond the platforms' rules, what was charged, and what is left of deposits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.contract_words import RESULTS
from console.phrases import verdict_words
from console.reports.look import OF_A_SHOP, Look, figure_cell
from console.reports.sheet import Cell, Kind, Money, Row, Sheet, Tone, Word
from engine.judge.subjects import interval_of
from engine.tracker.charges import Entry, Sums, summed
from engine.tracker.deposits import Standing
from engine.tracker.standards import Checked
from notifier.words.figures import standard

MISSED = frozenset({"missed", "undetermined"})
FIGURE = "numerator denominator value contract result standard verdict"
SPANS = "forecast_min_fen forecast_max_fen open_min_fen open_max_fen"
KINDS: Mapping[str, Kind] = {
    "assessed_on": "day",
    "value": "figure",
    "read_at": "time",
    **dict.fromkeys(("numerator", "denominator", "violation_count", "charge_count"), "number"),
    **dict.fromkeys(
        (*SPANS.split(), "charged_fen", "unmatched_fen", "correction_min_fen", "correction_max_fen"), "money"
    ),
    **dict.fromkeys(("balance_fen", "taken_fen", "left_min_fen", "left_max_fen", "minimum_fen"), "money"),
}
_TONES: Mapping[str, Tone] = {"met": "good", "missed": "bad", "undetermined": "warn", "no_figure": "quiet"}


def missed(look: Look, checked: Iterable[Checked]) -> Sheet:
    """The figures that miss a contract's standard, or may. None of it is a violation of the platform's."""
    return Sheet(
        "standards",
        look.said("standards"),
        look.columns(f"{OF_A_SHOP} rule cycle assessed_on {FIGURE}", **KINDS),
        tuple(Row(c.shop.client, _figure(look, c)) for c in checked if c.result in MISSED),
        look.said("standards empty"),
        look.said("standards hint"),
    )


def charges(look: Look, entries: Iterable[Entry]) -> Sheet:
    """By shop and bearer: what was forecast, what may still come, what was charged, what corrections add."""
    keys = f"{OF_A_SHOP} borne_by violation_count {SPANS} charge_count charged_fen unmatched_fen"
    rows = []
    for (client, bearer, platform, shop), sums in summed(entries, ("client", "bearer", "shop")).items():
        rows.append(Row(client, (*look.of_shop(client or "", platform, shop), bearer, *_sums(sums))))
    return Sheet(
        "charges",
        look.said("charges"),
        look.columns(f"{keys} correction_min_fen correction_max_fen", **KINDS),
        tuple(rows),
        look.said("charges empty"),
        look.said("charges hint"),
    )


def deposits(look: Look, standings: Iterable[Standing]) -> Sheet:
    """The latest balance of each shop, and what would be left if all that stands were charged."""
    rows = []
    for one in standings:
        shop, deposit = one.shop, one.deposit
        low, high = one.left_fen
        short = "falls short" if one.falls_short else "enough" if one.falls_short is False else ""
        cells = (
            *look.of_shop(shop.client, shop.platform, shop.external_id),
            look.local(deposit.at, shop.platform),
            Money(deposit.balance_fen),
            Money(one.taken_fen),
            Money(low),
            Money(high),
            None if deposit.minimum_fen is None else Money(deposit.minimum_fen),
            Word(short, look.said(short), "bad" if one.falls_short else "good") if short else None,
        )
        rows.append(Row(shop.client, cells))
    return Sheet(
        "deposits",
        look.said("deposits"),
        look.columns(f"{OF_A_SHOP} read_at balance_fen taken_fen left_min_fen left_max_fen minimum_fen state", **KINDS),
        tuple(rows),
        look.said("deposits empty"),
    )


def _figure(look: Look, c: Checked) -> tuple[Cell, ...]:
    row = c.row
    ranges = (
        interval_of(row.numerator_low, row.numerator_high),
        interval_of(row.denominator_low, row.denominator_high),
    )
    tone: Tone = "bad" if row.verdict == "violation" else ""
    return (
        *look.of_shop(c.shop.client, c.shop.platform, c.shop.external_id),
        look.title(row.rule),
        row.cycle,
        row.assessed_on,
        row.numerator,
        row.denominator,
        figure_cell(row.numerator, row.denominator, c.bound, *ranges),
        Word(str(c.bound), standard(c.bound, look.language)),
        Word(c.result, RESULTS[c.result].in_language(look.language), _TONES[c.result]),
        Word(str(c.platform_bound), standard(c.platform_bound, look.language)),
        Word(row.verdict, verdict_words(row.verdict, row.at_risk, look.language), tone),
    )


def _sums(sums: Sums) -> tuple[Cell, ...]:
    return (
        sums.violations,
        *(Money(fen) for fen in (*sums.forecast_fen, *sums.open_fen)),
        sums.charges,
        Money(sums.charged_fen),
        Money(sums.unmatched_fen),
        *(Money(fen) for fen in sums.correction_fen),
    )
