"""Violations on record: those that wait for somebody, their deadlines, and what came of those of a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.reports.look import OF_A_SHOP, Look, figure_cell
from console.reports.sections.deadlines import deadline_row
from console.reports.sheet import Cell, Kind, Money, Row, Sheet, Todo
from engine.assessment.outcome import Outcome
from engine.ledger.violation_lists import Listed
from engine.tracker.appealable import Appealable

APPEAL, LOOK_AT = 0, 3  # ranks
WAITING = ("open", "acknowledged")
KINDS: Mapping[str, Kind] = {
    "assessed_on": "day",
    "value": "figure",
    "appeal_until": "time",
    **dict.fromkeys(("exposure_min_fen", "exposure_max_fen", "amount_fen"), "money"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A violation, and the outcome that it rests on where there is a current one."""

    listed: Listed
    outcome: Outcome | None

    @property
    def internal(self) -> bool:
        """Whether it is about an agent or a person, which no client sees."""
        return bool(self.listed.agent or self.listed.person)


def violated(look: Look, found: Iterable[Found]) -> Sheet:
    """The violations that nobody has dealt with yet, the newest first."""
    keys = f"{OF_A_SHOP} agent rule cycle assessed_on value standard severity exposure_min_fen exposure_max_fen state"
    waiting = [f for f in found if f.listed.state in WAITING]
    waiting.sort(key=lambda f: f.listed.assessed_on, reverse=True)
    rows = []
    for f in waiting:
        v = f.listed
        cells = (*_cells(look, f), *_cost(v), look.state(v.state), v.id)
        rows.append(Row(v.client, cells, f.internal, _to_settle(look, v)))
    return Sheet(
        "violated",
        look.said("violated"),
        look.columns(f"{keys} violation", **KINDS),
        tuple(rows),
        look.said("violated empty"),
        look.said("violated hint"),
    )


def appeals(look: Look, found: Iterable[Found], open_: Iterable[Appealable]) -> tuple[Row, ...]:
    """How long violations can still be appealed, as rows of `deadlines`; what is handed in already waits for nobody."""
    shown = {f.listed.id for f in found if not f.internal}
    rows = []
    for row in open_:
        if row.until.at is None or row.stage == "submitted":
            continue
        matter = look.said(
            "do appeal",
            shop=look.shop(row.platform, row.shop),
            rule=look.title_words(row.rule),
            cycle=row.cycle,
            violation=row.violation,
        )
        if row.stage == "drafted":
            matter = look.said("drafted", matter=matter)
        shop, internal = look.of_shop(row.client, row.platform, row.shop), row.violation not in shown
        rows += deadline_row(
            look, row.client, shop, row.until.at, matter, APPEAL, violation=row.violation, internal=internal
        )
    return tuple(rows)


def of_month(look: Look, found: Iterable[Found]) -> Sheet:
    """All violations of a month's cycles, and what was decided about each."""
    keys = f"{OF_A_SHOP} agent rule cycle assessed_on value standard severity exposure_min_fen exposure_max_fen"
    return Sheet(
        "violations",
        look.said("violations of"),
        look.columns(f"{keys} amount_fen state reference appeal_until violation", **KINDS),
        tuple(
            Row(
                f.listed.client,
                (
                    *_cells(look, f),
                    *_cost(f.listed),
                    _money(f.listed.amount_fen),
                    look.state(f.listed.state),
                    f.listed.reference,
                    look.deadline(f.listed.appeal_until, f.listed.platform),
                    f.listed.id,
                ),
                f.internal,
                _to_settle(look, f.listed),
            )
            for f in found
        ),
        look.said("violations empty"),
        look.said("violations hint"),
    )


def _to_settle(look: Look, v: Listed) -> Todo | None:
    """What is to be done about a violation that nobody has looked at."""
    if v.state != "open":
        return None
    told = {"shop": look.shop(v.platform, v.shop), "rule": look.title_words(v.rule), "cycle": v.cycle}
    return Todo(LOOK_AT, None, look.said("do look", violation=v.id, **told))


def _cells(look: Look, f: Found) -> tuple[Cell, ...]:
    v, o = f.listed, f.outcome
    bound = o.version.standard.complies if o and o.version.standard else None
    figure = figure_cell(o.numerator, o.denominator, bound, o.numerator_range, o.denominator_range) if o else None
    return (
        *look.of_shop(v.client, v.platform, v.shop),
        v.agent or v.person,
        look.title(v.rule),
        v.cycle,
        v.assessed_on,
        figure,
        look.standard(o.version if o else None),
        look.severity(v.severity),
    )


def _cost(v: Listed) -> tuple[Cell, Cell]:
    return Money(v.exposure_fen[0]), Money(v.exposure_fen[1])


def _money(fen: int | None) -> Money | None:
    return None if fen is None else Money(fen)
