"""What is told of the penalties in the lake: that one came, and that its appeal must be made soon.

The ledger keeps no row of a penalty, so it is asked which day files count: unless those change, no penalty has come.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.errors import KaoheError
from engine.evidence.kinds import PENALTIES
from engine.evidence.lake import Lake
from engine.ledger.database import reading
from engine.ledger.parts import in_parts
from engine.ledger.tables import DayFile, PenaltyMatch, Subject, Violation
from engine.tracker.deadlines_near import FIRST, coming_of
from engine.tracker.matches import APPEAL_IS_OVER
from engine.tracker.milestones import Coming, Turn, named
from engine.tracker.penalties import Penalty, live_penalties, penalties, penalty_name, shops_seen

RECORDED = "penalty.recorded"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A penalty, and the client of its shop."""

    penalty: Penalty
    client: str

    @property
    def name(self) -> str:
        """What the journal calls it."""
        return penalty_name(self.penalty.shop_key, self.penalty.reference)


def live_files(session: Session) -> int:
    """A number that is another one once other day files of penalties count."""
    what = func.count(col(DayFile.id)), func.max(DayFile.id), func.sum(DayFile.id)
    found = session.exec(select(*what).where(DayFile.kind == PENALTIES.name, col(DayFile.until).is_(None))).one()
    told = "/".join(str(int(number or 0)) for number in found)
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:7])


def young_penalties(ledger: Engine, lake: Callable[[], Lake], now: datetime) -> list[Held]:
    """The penalties of which something may be told: noticed within a week, or with an appeal that is still possible.

    A lake that cannot be read is logged and has none: nothing else must wait for it.
    """
    with reading(ledger) as session:
        shops = shops_seen(session)
        live = live_penalties(session, {platform for platform, _ in shops})
    if not live:
        return []
    try:
        found = penalties(lake(), live, shops)
    except KaoheError as error:
        _log.warning("penalties are not looked at, and will be within the hour: %s", error)
        return []
    return [Held(p, shops[p.platform, p.shop].client) for p in found if _news_until(p) > now]


def recorded(held: Sequence[Held]) -> list[Coming]:
    """That these came, each told once."""
    return [
        Coming(
            RECORDED,
            "penalty",
            one.name,
            (Turn((one.name,), one.penalty.noticed_at),),
            _news_until(one.penalty),
            named(client=one.client, platform=one.penalty.platform, shop=one.penalty.shop_key) | _said(one.penalty),
        )
        for one in held
    ]


def penalties_near(session: Session, held: Sequence[Held], now: datetime, within: timedelta) -> list[Coming]:
    """Until when these can be appealed against, if that is soon, and they are no violation's on record."""
    soon = [
        (one, until)
        for one in held
        if (until := one.penalty.appeal_until) is not None
        and now < until <= now + within + FIRST
        and one.penalty.status not in APPEAL_IS_OVER
    ]
    taken = _taken(session, [one.penalty.reference for one, _ in soon])
    return [
        coming_of(
            ("penalty", one.name),
            until,
            "appeal",
            client=one.client,
            platform=one.penalty.platform,
            shop=one.penalty.shop_key,
            rule=one.penalty.rule,
        )
        for one, until in soon
        if one.name not in taken
    ]


def _news_until(penalty: Penalty) -> datetime:
    late = penalty.noticed_at + NOTIFY_WITHIN
    return late if penalty.appeal_until is None else max(late, penalty.appeal_until)


def _said(of: Penalty) -> dict[str, object]:
    return {
        "reference": of.reference,
        "kind": of.kind,
        "rule": of.rule,
        "amount_fen": of.amount_fen,
        "severity": of.severity,
        "measure": of.measure,
        "appeal_until": of.appeal_until.isoformat() if of.appeal_until else None,
        "status": of.status,
        "noticed_at": of.noticed_at.isoformat(),
    }


def _taken(session: Session, references: Sequence[str]) -> set[str]:
    """Which penalties with these numbers are some violation's: recorded on it, or by a person's word."""
    subject, parent = aliased(Subject), aliased(Subject)
    found: set[str] = set()
    for part in in_parts(sorted(set(references))):
        on_record = (
            select(subject.key, parent.key, Violation.reference)
            .join(Violation, col(Violation.subject_id) == col(subject.id))
            .outerjoin(parent, col(parent.id) == col(subject.parent_id))
            .where(col(Violation.reference).in_(part))
        )
        found |= {penalty_name(shop or who, reference or "") for who, shop, reference in session.exec(on_record)}
        said = (
            select(Subject.key, PenaltyMatch.reference)
            .join(PenaltyMatch, col(PenaltyMatch.subject_id) == col(Subject.id))
            .where(
                col(PenaltyMatch.reference).in_(part),
                col(PenaltyMatch.superseded_at).is_(None),
                col(PenaltyMatch.violation_id).is_not(None),
            )
        )
        found |= {penalty_name(*row) for row in session.exec(said)}
    return found
