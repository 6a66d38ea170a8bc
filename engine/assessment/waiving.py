"""Approved waivers as the assessment meets them: of which shops, over which days. What people do is in the tracker.

A cycle is waived only if it lies wholly within the days of the waiver: one that begins before them, or goes on after
them, is judged as ever. A waiver that has expired still holds for the cycles within its days, which may be assessed
later; on one about which the platform has spoken it has no say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from engine.calendar.cycles import Cycle
from engine.judge.facts import Fact
from engine.ledger.everything import everything
from engine.ledger.tables import JournalBatch, JournalEntry, Subject, Violation, Waiver, WaiverShop

HOLDS = ("approved", "expired")  # states in which a waiver has a say
APPROVED, REVOKED = "waiver.approved", "waiver.revoked"
SHOP_LEFT = "waiver.shop_left"  # it went to another client: the waiver says nothing of it any more


def waiver_name(number: int | None) -> str:
    """What people call the waiver with this number.

    >>> waiver_name(3)
    'W-3'
    """
    return f"W-{number}"


@dataclass(frozen=True, slots=True)
class Waived:
    """A waiver that holds: its name, its days (inclusive), the shops that it covers.

    `spoken` are the (cycle, shop) about which the platform has spoken: they are not waived.
    """

    name: str
    first: date
    last: date
    shops: frozenset[str]
    spoken: frozenset[tuple[str, str]] = frozenset()

    def covers(self, cycle: Cycle) -> bool:
        """Whether the cycle lies wholly within the days.

        >>> from engine.calendar.cycles import parse_cycle
        >>> days = Waived("W-1", date(2026, 3, 2), date(2026, 3, 8), frozenset())
        >>> [days.covers(parse_cycle(key)) for key in ("2026-W10", "2026-W11", "2026-03")]
        [True, False, False]
        """
        return self.first <= cycle.first and cycle.last <= self.last


def waived_in(waived: Iterable[Waived], cycle: Cycle) -> dict[str, Collection[Fact]]:
    """Shop → the waiver that it has in a cycle: of several the oldest, which was enough."""
    found: dict[str, Collection[Fact]] = {}
    for one in waived:
        if one.covers(cycle):
            for shop in one.shops:
                if (cycle.key, shop) not in one.spoken:
                    found.setdefault(shop, [Fact.of("waiver", reference=one.name)])
    return found


def asked_to_waive(session: Session, violation: Violation) -> frozenset[str]:
    """Whoever wrote to a request that waits and covers this violation, whether the session sees it or not."""
    with everything(session):
        found = session.exec(
            select(Waiver)
            .join(WaiverShop, col(WaiverShop.waiver_id) == col(Waiver.id))
            .where(
                Waiver.state == "requested",
                WaiverShop.shop_id == violation.subject_id,
                Waiver.first_day <= violation.cycle_start,
                Waiver.last_day >= violation.cycle_end,
                or_(col(Waiver.violation_id).is_(None), Waiver.violation_id == violation.id),
            )
        ).all()
    return frozenset(name for one in found if violation.rule in one.rules for name in one.writers)


def waivers_that_hold(
    session: Session, rule: str, platform: str, known_at: datetime | None = None
) -> tuple[Waived, ...]:
    """The waivers of `rule` for shops of `platform`, oldest first, as they are or as known at `known_at`."""
    states = HOLDS if known_at is None else (*HOLDS, "revoked")
    wanted = select(Waiver).where(col(Waiver.state).in_(states)).order_by(col(Waiver.id))
    rows = [w for w in session.exec(wanted) if rule in w.rules]
    if known_at is not None:
        held = _held(session, known_at)
        rows = [w for w in rows if waiver_name(w.id) in held]
    if not rows:
        return ()
    shops = _shops(session, [w.id for w in rows if w.id is not None], platform)
    if known_at is not None:
        for w in rows:
            if left := _left_since(session, w, platform, known_at):
                shops.setdefault(w.id, set()).update(left)
    return tuple(
        Waived(waiver_name(w.id), w.first_day, w.last_day, frozenset(shops[w.id])) for w in rows if w.id in shops
    )


def _shops(session: Session, waivers: Sequence[int], platform: str) -> dict[int | None, set[str]]:
    rows = session.exec(
        select(WaiverShop.waiver_id, Subject.external_id)
        .join(Subject, col(Subject.id) == col(WaiverShop.shop_id))
        .where(col(WaiverShop.waiver_id).in_(waivers), Subject.platform == platform)
    )
    found: dict[int | None, set[str]] = {}
    for waiver, shop in rows:
        found.setdefault(waiver, set()).add(shop)
    return found


def _left_since(session: Session, waiver: Waiver, platform: str, known_at: datetime) -> set[str]:
    """The shops of `platform` that the waiver has lost since."""
    told = session.exec(
        select(JournalEntry.payload)
        .join(JournalBatch, col(JournalBatch.seq) == col(JournalEntry.batch))
        .where(
            JournalEntry.object_kind == "waiver",
            JournalEntry.object_id == waiver_name(waiver.id),
            JournalEntry.event == SHOP_LEFT,
            col(JournalBatch.committed_at) > known_at,
        )
    )
    keys = [payload["before"]["shop"] for payload in told if payload]
    found = select(Subject.external_id).where(col(Subject.key).in_(keys), Subject.platform == platform)
    return set(session.exec(found)) if keys else set()


def _held(session: Session, known_at: datetime) -> set[str]:
    """The names of the waivers that were approved and not revoked at `known_at` by the ledger's clock."""
    told = session.exec(
        select(JournalEntry.object_id, JournalEntry.event)
        .join(JournalBatch, col(JournalBatch.seq) == col(JournalEntry.batch))
        .where(
            JournalEntry.object_kind == "waiver",
            col(JournalEntry.event).in_([APPROVED, REVOKED]),
            col(JournalBatch.committed_at) <= known_at,
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    return {name for name, event in dict(told.all()).items() if event == APPROVED}
