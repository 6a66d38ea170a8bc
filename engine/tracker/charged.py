"""What is on record for the ledger of charges: violations, penalties and corrections that a session may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from engine.assessment.standing import closed_states
from engine.evidence.lake import Lake
from engine.ledger.periods import corrections, month_of
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Situation, Subject, Violation
from engine.ledger.violation_lists import known_client
from engine.tracker.charges import Charge, Corrected, Entry, Reckoned, charges, entries
from engine.tracker.matches import decided
from engine.tracker.penalties import live_penalties, penalties, seen_penalties, shops_seen

T = TypeVar("T")
CHUNK = 500  # names that a statement asks for at once


def charged(session: Session, lake: Lake, *, client: str | None = None, month: str | None = None) -> list[Entry]:
    """Every line of a client and of a month that `session` may see; None is all. Raises UnknownNameError."""
    if client is not None:
        known_client(session, client)
    shops = shops_seen(session, client)
    clients = {place: shop.client for place, shop in shops.items()}
    said = decided(session, shops.values())
    theirs = [p for p in seen_penalties(session, lake, client=client) if (p.platform, p.shop) in clients]
    of_client = [] if client is None else [col(Violation.client) == client]
    violations = {v.id: v for v in _reckoned(session, [*of_client, *_in_month(month)])}
    # The violation that a penalty belongs to may count in another month.
    for column, names in (
        (Violation.reference, {p.reference for p in theirs}),
        (Violation.id, {v for v in said.values() if v is not None}),
    ):
        for some in _some(sorted(names)):
            violations |= {v.id: v for v in _reckoned(session, [*of_client, col(column).in_(some)])}
    corrected = [
        Corrected(
            booked.shop.client,
            booked.shop.platform or "",
            booked.shop.external_id,
            booked.correction.booked_in,
            tuple(booked.correction.before["exposure_fen"]),
            tuple(booked.correction.after["exposure_fen"]),
        )
        for booked in corrections(session, booked_in=month)
    ]
    readable = [v for v in violations.values() if (v.platform, v.shop) in clients]
    lines = entries(readable, theirs, [c for c in corrected if (c.platform, c.shop) in clients], clients, said)
    return [line for line in lines if month in {None, line.month}]


def charges_of(session: Session, lake: Lake, shops: Sequence[Subject]) -> dict[tuple[str, str], list[Charge]]:
    """What violations and penalties of each of these shops (platform, id) come to, read for all at once."""
    found: dict[tuple[str, str], list[Charge]] = {(shop.platform or "", shop.external_id): [] for shop in shops}
    said = decided(session, shops)
    violations: dict[str, Reckoned] = {}
    ids = [shop.id for shop in shops if shop.id is not None]
    # Of what is let off nothing is felt, but its notice is told by it.
    feels = or_(col(Violation.state).not_in(sorted(LET_OFF)), col(Violation.reference).is_not(None))
    for some in _some(ids):
        agents = select(Subject.id).where(col(Subject.parent_id).in_(some))
        own = or_(col(Violation.subject_id).in_(some), col(Violation.subject_id).in_(agents))
        violations |= {v.id: v for v in _reckoned(session, [own, feels])}
    for names in _some(sorted({v for v in said.values() if v is not None} - violations.keys())):
        violations |= {v.id: v for v in _reckoned(session, [col(Violation.id).in_(names)])}
    live = live_penalties(session, {platform for platform, _ in found})
    for charge in charges(violations.values(), penalties(lake, live, found), said):
        of = charge.violation or charge.penalty
        assert of is not None
        found[of.platform, of.shop].append(charge)
    return found


def _in_month(month: str | None) -> list[Any]:
    """The condition for violations of cycles that end in a month."""
    if month is None:
        return []
    begins = date.fromisoformat(f"{month}-01")
    beyond = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1)
    return [col(Violation.cycle_end) >= begins, col(Violation.cycle_end) < beyond]


def _some(names: Sequence[T]) -> Iterator[Sequence[T]]:
    return (names[n : n + CHUNK] for n in range(0, len(names), CHUNK))


def _reckoned(session: Session, fits: Sequence[Any]) -> Iterator[Reckoned]:
    subject, parent = aliased(Subject), aliased(Subject)
    columns: Any = (Violation, subject, parent)
    rows: Any = session.exec(
        select(*columns)
        .select_from(Violation)
        .outerjoin(subject, col(subject.id) == col(Violation.subject_id))
        .outerjoin(parent, col(parent.id) == col(subject.parent_id))
        .where(*fits)
    ).all()
    forecasts = _forecasts(session, sorted({v.situation_id for v, _, _ in rows if v.situation_id is not None}))
    let_off = _let_off(session, [v for v, _, _ in rows])
    for violation, who, whose in rows:
        shop = who if who.kind == "shop" or whose is None else whose
        exposure = violation.exposure_min_fen, violation.exposure_max_fen
        yield Reckoned(
            violation.id,
            violation.client,
            violation.platform,
            shop.external_id,
            month_of(violation.cycle_end),
            let_off.get(violation.id, violation.state),
            forecasts.get(violation.situation_id or 0, exposure),
            exposure,
            violation.amount_fen,
            violation.reference,
            violation.noticed_at or violation.changed_at,
            violation.account,
            violation.borne_by,
        )


def _let_off(session: Session, violations: Iterable[Violation]) -> dict[str, str]:
    """Closed violation → the state that had let it off before: to close a case charges nothing again."""
    closed = {violation.rule for violation in violations if violation.state == "closed"}
    states = [item for rule in sorted(closed) for item in closed_states(session, rule).items()]
    return {name: state for name, state in states if state in LET_OFF}


def _forecasts(session: Session, situations: Sequence[int]) -> dict[int, tuple[int, int]]:
    """What each situation was reckoned to cost, whatever was decided since."""
    found: dict[int, tuple[int, int]] = {}
    for some in (situations[n : n + CHUNK] for n in range(0, len(situations), CHUNK)):
        wanted = select(Situation.id, Situation.decision).where(col(Situation.id).in_(some))
        for id_, decision in session.exec(wanted):
            low, high = decision["exposure_fen"]
            found[id_ or 0] = low, high
    return found
