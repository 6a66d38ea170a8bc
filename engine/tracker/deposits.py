"""Deposits with the platforms: what somebody read of them, and what may be left of it.

Charges are taken from the deposit, and a platform shuts a shop whose deposit falls below its minimum. kaohe knows a
balance only from who reads it in the back office; what came after that is reckoned from violations and notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.tables import Deposit, Subject
from engine.tracker.charged import charges_of
from engine.tracker.charges import Charge

FROM_DEPOSIT = frozenset({None, "deposit"})  # a notice that names no account is taken for one about the deposit


@dataclass(frozen=True, slots=True)
class Standing:
    """A balance and what may be left of it: all in fen, [least, most].

    `taken_fen` was charged after the balance was read; `open_fen` is what violations that stand may still cost.
    """

    shop: Subject
    deposit: Deposit
    taken_fen: int
    open_fen: tuple[int, int]

    @property
    def left_fen(self) -> tuple[int, int]:
        """What would be left, if all that stands were charged."""
        low, high = self.open_fen
        return self.deposit.balance_fen - self.taken_fen - high, self.deposit.balance_fen - self.taken_fen - low

    @property
    def falls_short(self) -> bool | None:
        """Whether it may fall below the minimum; None where no minimum is given."""
        return None if self.deposit.minimum_fen is None else self.left_fen[0] < self.deposit.minimum_fen

    def as_json(self) -> dict[str, Any]:
        """One line of `kaohe deposits list --json`."""
        return {
            "platform": self.shop.platform,
            "client": self.shop.client,
            "shop": self.shop.external_id,
            "balance_fen": self.deposit.balance_fen,
            "minimum_fen": self.deposit.minimum_fen,
            "at": self.deposit.at.isoformat(),
            "taken_fen": self.taken_fen,
            "open_fen": list(self.open_fen),
            "left_fen": list(self.left_fen),
            "falls_short": self.falls_short,
            "recorded_by": self.deposit.recorded_by,
            "why": self.deposit.why,
        }


def record_deposit(
    session: Session,
    actor: Actor,
    shop: Subject,
    balance_fen: int,
    at: datetime,
    why: str,
    now: datetime,
    minimum_fen: int | None = None,
) -> Deposit:
    """Put a balance on record; a minimum that was given before stays, where none is given now.

    Ends with the journal's lock, so commit next. Raises KaoheError for a negative amount, a time to come, or no reason.
    """
    actor.must(Permission.REGISTER, shop.client, shop.key)
    if balance_fen < 0 or (minimum_fen or 0) < 0:
        raise KaoheError("a deposit cannot be negative", zh="保证金不能是负数")
    if at > now:
        raise KaoheError(f"{at.isoformat()} is still to come", zh=f"{at.isoformat()} 还没到")
    if not why.strip():
        raise KaoheError("say with --why where the balance was read", zh="请用 --why 写明余额是从哪里看到的")
    assert shop.id is not None
    before = _latest(session, [shop.id]).get(shop.id)
    minimum = minimum_fen if minimum_fen is not None or before is None else before.minimum_fen
    deposit = Deposit(
        subject_id=shop.id,
        balance_fen=balance_fen,
        minimum_fen=minimum,
        at=at,
        why=why,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(deposit)
    payload = {"why": why, "before": _told(before), "after": _told(deposit)}
    append(session, now, [Event(actor.name, "deposit.recorded", "shop", shop.key, payload)])
    return deposit


def deposits(session: Session, actor: Actor, lake: Lake, client: str | None = None) -> list[Standing]:
    """The latest balance of each shop that has one, and what may be left of it: by platform and shop."""
    wanted = select(Subject).where(Subject.kind == "shop", col(Subject.id).in_(select(Deposit.subject_id)))
    if client is not None:
        wanted = wanted.where(Subject.client == client)
    shops = [s for s in session.exec(wanted) if actor.may(Permission.READ, s.client, s.key)]
    latest = _latest(session, [s.id for s in shops if s.id is not None])
    having = [shop for shop in shops if shop.id in latest]
    charged = charges_of(session, lake, having)
    found = [reckoned(shop, latest[shop.id or 0], charged[shop.platform or "", shop.external_id]) for shop in having]
    return sorted(found, key=lambda s: (s.shop.platform or "", s.shop.external_id))


def reckoned(shop: Subject, deposit: Deposit, charges: Iterable[Charge]) -> Standing:
    """What may be left of a balance: pure. A charge that was noticed before the balance was read is in it already."""
    taken, low, high = 0, 0, 0
    for charge in charges:
        low, high = low + charge.open_fen[0], high + charge.open_fen[1]
        if charge.noticed_at > deposit.at and charge.account in FROM_DEPOSIT:
            taken += charge.fen or 0
    return Standing(shop, deposit, taken, (low, high))


def _latest(session: Session, shops: Sequence[int]) -> dict[int, Deposit]:
    rows = session.exec(
        select(Deposit).where(col(Deposit.subject_id).in_(shops)).order_by(col(Deposit.at), col(Deposit.id))
    )
    return {row.subject_id: row for row in rows}


def _told(deposit: Deposit | None) -> dict[str, Any] | None:
    if deposit is None:
        return None
    return {
        "balance_fen": deposit.balance_fen,
        "minimum_fen": deposit.minimum_fen,
        "at": deposit.at.isoformat(),
    }
