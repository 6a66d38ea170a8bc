"""Which shops are limited, by what, on which days: the ledger of active sanctions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from engine.assessment.agenda import ShopLimit, shop_limits
from engine.assessment.booked import Asked, measures
from engine.errors import KaoheError
from engine.ledger.actors import Actor, Permission
from engine.ledger.subject_keys import shop_key


def active(session: Session, actor: Actor, asked: Asked, now: datetime) -> list[ShopLimit]:
    """The limits that hold on some day of what is asked, each whole, by first day, platform, shop, kind and scope.

    Violations that were let off limit nobody, nor do those that were assessed after `now`. Days that several limit are
    told once, with all of them.
    """
    if asked.last < asked.first:
        raise KaoheError(f"{asked.first}..{asked.last} runs backwards", zh=f"{asked.first} 至 {asked.last} 前后颠倒")
    found = shop_limits(measures(session, asked, now))
    seen = [
        limit
        for limit in found
        if actor.may(Permission.READ, limit.shop.client, shop_key(limit.shop.platform, limit.shop.id))
        and limit.limit.starts <= asked.last
        and limit.limit.ends >= asked.first
    ]
    return sorted(seen, key=ShopLimit.sort_key)


def days_within(limit: ShopLimit, first: date, last: date) -> int:
    """How many of the days `first`..`last` a shop is limited."""
    return max(0, (min(limit.limit.ends, last) - max(limit.limit.starts, first)) // timedelta(days=1) + 1)


def as_json(limit: ShopLimit) -> dict[str, Any]:
    """One line of `kaohe sanctions --json`."""
    of = limit.limit
    return {
        "platform": limit.shop.platform,
        "client": limit.shop.client,
        "shop": limit.shop.id,
        "name": limit.shop.name,
        "kind": of.kind,
        "scope": of.scope,
        "starts": of.starts.isoformat(),
        "ends": of.ends.isoformat(),
        "violations": [{"violation": name, "state": state} for name, state in sorted(limit.states.items())],
        "stretches": _stretches(of.stretches),
    }


def _stretches(found: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"starts": s.starts.isoformat(), "ends": s.ends.isoformat(), "violations": list(s.violations)} for s in found
    ]
