"""Where shops stand in cycles that are not assessed yet: what is lost already, and what somebody can still mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.outlook_words import words
from console.reports.look import OF_A_SHOP, Look, figure_cell
from console.reports.sheet import Cell, Kind, Row, Sheet, Todo, Tone, Word
from engine.assessment.outlook import Outlook

MEND = 1  # the rank of what can still be mended
CLOSE = 1  # so few bad ones break a figure whose rule has no early warning
FIGURE = "numerator denominator value standard"
KINDS: Mapping[str, Kind] = {
    "due_at": "time",
    "value": "figure",
    **dict.fromkeys(("numerator", "denominator", "needed"), "number"),
}
_TONES: Mapping[str, Tone] = {"behind": "warn", "holding": "", "lost": "bad", "unknown": "quiet"}


def certain(look: Look, outlooks: Iterable[Outlook]) -> Sheet:
    """The cycles whose standard cannot be met any more."""
    keys = f"{OF_A_SHOP} rule cycle due_at {FIGURE} standing"
    return Sheet(
        "certain",
        look.said("certain"),
        look.columns(keys, **KINDS),
        tuple(Row(o.client, (*_cells(look, o), _standing(look, o, "lost"))) for o in outlooks if is_certain(o)),
        look.said("certain empty"),
        look.said("certain hint"),
    )


def near(look: Look, outlooks: Iterable[Outlook]) -> Sheet:
    """The cycles in which a shop fails as things stand, or nearly so, and can still pass; and those nobody can tell."""
    keys = f"{OF_A_SHOP} rule cycle due_at {FIGURE} standing needed told"
    return Sheet(
        "near",
        look.said("near"),
        look.columns(keys, **KINDS),
        tuple(_near(look, o) for o in outlooks if is_near(o)),
        look.said("near empty"),
        look.said("near hint"),
    )


def is_certain(o: Outlook) -> bool:
    """Whether nothing mends it any more."""
    return o.standing == "lost" or (o.standing == "behind" and not _can_be_mended(o))


def is_near(o: Outlook) -> bool:
    """Whether somebody should look at it today."""
    if o.missing:
        return False  # what is missing has a section of its own
    if o.standing == "holding":
        warns = o.version.at_risk
        if warns is None or o.numerator is None or not o.denominator:
            return o.breaks is not None and o.breaks <= CLOSE
        return warns.admits(o.numerator, o.denominator)
    return o.standing == "unknown" or (o.standing == "behind" and _can_be_mended(o))


def _can_be_mended(o: Outlook) -> bool:
    return o.mends is not None or o.dilutes is not None or bool(o.missing)


def _near(look: Look, o: Outlook) -> Row:
    told = words(o, look.language)
    todo = None
    if o.standing == "behind":
        shop, rule = look.shop(o.rule.platform, o.shop), o.rule.title.in_language(look.language)
        at = look.local(o.due_at, o.rule.platform)
        todo = Todo(MEND, at, look.said("do mend", shop=shop, rule=rule, told=told))
    needed = o.breaks if o.standing == "holding" else o.dilutes if o.mends is None else o.mends
    return Row(o.client, (*_cells(look, o), _standing(look, o, o.standing), needed, told), todo=todo)


def _cells(look: Look, o: Outlook) -> tuple[Cell, ...]:
    bound = o.version.standard.complies if o.version.standard else None
    return (
        *look.of_shop(o.client, o.rule.platform, o.shop),
        Word(o.rule.id, o.rule.title.in_language(look.language)),
        o.cycle.key,
        look.local(o.due_at, o.rule.platform),
        o.numerator,
        o.denominator,
        figure_cell(o.numerator, o.denominator, bound, o.numerator_range, o.denominator_range),
        look.standard(o.version),
    )


def _standing(look: Look, o: Outlook, name: str) -> Word:
    return Word(o.standing, look.said(name), _TONES.get(name, ""))
