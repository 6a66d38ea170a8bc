"""What the platforms decided: notices that have just come, how long they can be appealed, and a month's comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from console.penalty_words import RESULTS, STATUSES, own_words, to_check
from console.reports.look import OF_A_SHOP, Look
from console.reports.sections.deadlines import deadline_row
from console.reports.sheet import Cell, Kind, Money, Row, Sheet, Todo, Tone, Word
from engine.calendar.zones import local_day
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.matches import Compared
from engine.tracker.penalties import Penalty

NEW = timedelta(days=3)  # a notice is new on its day and on so many after it: weekends lie between
APPEAL = 0
FIND_OUT = 1
KINDS: Mapping[str, Kind] = {
    "noticed_at": "time",
    "appeal_until": "time",
    **dict.fromkeys(("amount_fen", "exposure_min_fen", "exposure_max_fen"), "money"),
}
_TONES: Mapping[str, Tone] = {"open": "bad", "confirmed": "warn", "appealed": "warn", "overturned": "good"}
_RESULTS: Mapping[str, Tone] = {"matched": "good", "differing": "warn", "theirs_only": "bad"}


@dataclass(frozen=True, slots=True)
class Noticed:
    """A penalty, and whose shop it is about."""

    penalty: Penalty
    client: str


def penalties(look: Look, noticed: Iterable[Noticed]) -> Sheet:
    """The notices of the last days, the newest first. Who bears it is free text, and so internal."""
    found = [n for n in noticed if _day(n.penalty) >= look.day - NEW and n.penalty.noticed_at <= look.now]
    found.sort(key=lambda n: n.penalty.noticed_at, reverse=True)
    keys = f"{OF_A_SHOP} reference noticed_at status kind rule cycle severity measure amount_fen appeal_until borne_by"
    return Sheet(
        "penalties",
        look.said("penalties"),
        look.columns(keys, **KINDS),
        tuple(Row(n.client, _cells(look, n)) for n in found),
        look.said("penalties empty"),
        look.said("penalties hint"),
    )


def appeals(look: Look, noticed: Iterable[Noticed], known: Iterable[str | None]) -> tuple[Row, ...]:
    """How long notices can still be appealed, as rows of `deadlines`; `known` are numbers that stand there already."""
    there, rows = frozenset(known), []
    for n in noticed:
        p = n.penalty
        if p.status != "open" or p.appeal_until is None or p.reference in there or p.noticed_at > look.now:
            continue
        matter = look.said(
            "do appeal penalty", shop=look.shop(p.platform, p.shop), kind=p.kind or p.rule or "", reference=p.reference
        )
        shop = look.of_shop(n.client, p.platform, p.shop)
        rows += deadline_row(look, n.client, shop, p.appeal_until, matter, APPEAL, reference=p.reference)
    return tuple(rows)


def compared(look: Look, lines: Iterable[Compared]) -> Sheet:
    """A month's penalties and violations side by side, what needs a person first."""
    order = ("theirs_only", "differing", "ours_only", "matched")
    found = sorted(lines, key=lambda line: order.index(line.match.result))
    keys = f"{OF_A_SHOP} result reference noticed_at violation rule cycle severity measure amount_fen"
    return Sheet(
        "matches",
        look.said("matches"),
        look.columns(f"{keys} exposure_min_fen exposure_max_fen check", **KINDS),
        tuple(Row(line.client, _compared(look, line), todo=_to_look_at(look, line)) for line in found),
        look.said("matches empty"),
        look.said("matches hint"),
    )


def _to_look_at(look: Look, line: Compared) -> Todo | None:
    """A penalty that we had not foreseen: either our reading of the rule is wrong, or the platform's decision is."""
    p = line.penalty
    if p is None or line.match.result != "theirs_only" or line.match.basis is not None or p.status == "overturned":
        return None
    means = line.match.means
    matter = look.title_words(means[0]) if len(means) == 1 else p.kind or p.rule or ""
    told = own_words(line, look.language) if means else ""
    shop = look.shop(p.platform, p.shop)
    what = look.said("do find out", shop=shop, kind=matter, reference=p.reference, told=told)
    return Todo(FIND_OUT, None, what.strip(), internal=True)


def _cells(look: Look, n: Noticed) -> tuple[Cell, ...]:
    p = n.penalty
    return (
        *look.of_shop(n.client, p.platform, p.shop),
        p.reference,
        look.local(p.noticed_at, p.platform),
        Word(p.status, STATUSES[p.status].in_language(look.language), _TONES.get(p.status, "quiet")),
        p.kind,
        look.title(p.rule) if p.rule else None,
        p.cycle,
        look.severity(p.severity),
        p.measure,
        None if p.amount_fen is None else Money(p.amount_fen),
        look.deadline(p.appeal_until, p.platform),
        p.borne_by,
    )


def _compared(look: Look, line: Compared) -> tuple[Cell, ...]:
    found, p, ours = line.match, line.penalty, line.ours
    rule = ours.rule if ours else p.rule if p else None
    span = ours.amount_fen if ours else None
    return (
        *look.of_shop(line.client, line.platform, line.shop),
        Word(found.result, RESULTS[found.result].in_language(look.language), _RESULTS.get(found.result, "quiet")),
        p.reference if p else None,
        look.local(p.noticed_at, p.platform) if p else None,
        found.violation,
        look.title(rule) if rule else None,
        ours.cycle if ours else p.cycle if p else None,
        look.severity(p.severity if p else ours.severity if ours else None),
        p.measure if p else None,
        None if p is None or p.amount_fen is None else Money(p.amount_fen),
        Money(span[0]) if span else None,
        Money(span[1]) if span else None,
        to_check(line, look.language) or None,
    )


def _day(penalty: Penalty) -> date:
    return local_day(penalty.noticed_at, PLATFORMS[penalty.platform].zone)
