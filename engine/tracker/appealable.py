"""What can still be appealed against, and by when: the officer's list, the next deadline first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine.assessment.archive import VersionShelf
from engine.assessment.forfeiting import Until, appeal_until
from engine.errors import KaoheError
from engine.ledger.actors import Actor, Permission
from engine.ledger.parts import in_parts
from engine.ledger.tables import Appeal, JournalEntry, Run, Situation, Subject, Violation
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Version
from engine.tracker.appeals import HANDED_IN

HOUR = timedelta(hours=1)
LONGEST = timedelta(days=366)  # no platform grants more than this
Stage = Literal["possible", "drafted", "submitted"]


@dataclass(frozen=True, slots=True)
class Appealable:
    """A decision with its appeal: how far it is, until when, how many attempts were made of those that are granted.

    `hours_left` are whole hours until the deadline, none or less once it has passed; None where there is none to keep:
    it is unknown, or the appeal is handed in.
    """

    violation: str
    rule: str
    platform: str
    client: str
    shop: str
    shop_name: str | None
    cycle: str
    state: str
    severity: str | None
    stage: Stage
    until: Until
    hours_left: int | None
    made: int
    granted: int | None
    by: str | None

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed and nothing was handed in."""
        return self.hours_left is not None and self.hours_left <= 0


def appealable(
    session: Session, rulebook: RuleBook, actor: Actor, now: datetime, within: timedelta | None = None
) -> list[Appealable]:
    """What the actor may see of it, by deadline; unknown deadlines and what is handed in come last.

    `within` leaves only what is overdue, or due before so much time has passed. Of decisions that were confirmed, those
    whose deadline has passed are left out: that was the answer to it.
    """
    shelf = VersionShelf(session, rulebook)
    begun = set(session.exec(select(Appeal.violation_id).where(col(Appeal.submitted_at).is_(None))))
    spoken = list(_spoken_about(session, now))
    made = attempts(session, [violation.id for violation, *_ in spoken])
    found = []
    for violation, sha256, subject, parent in spoken:
        shop = parent if subject.kind == "agent" and parent is not None else subject
        if not actor.may(Permission.READ, violation.client, shop.key):
            continue
        version = _version(shelf, violation, sha256)
        row = _row(violation, shop, version, now, made.get(violation.id, 0), drafted=violation.id in begun)
        if row is not None and (within is None or _due(row, now + within)):
            found.append(row)
    latest = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda r: (r.hours_left is None, r.until.at or latest, r.violation))


def _spoken_about(session: Session, now: datetime) -> Iterator[tuple[Violation, str | None, Subject, Subject | None]]:
    """Violations about which the platform has spoken, or whose appeal was begun: with the digest of what decided."""
    begun = select(Appeal.violation_id).where(col(Appeal.submitted_at).is_(None))
    subject, parent = aliased(Subject), aliased(Subject)
    wanted = (
        select(Violation, col(Run.rule_sha256), subject, parent)
        .join(subject, col(subject.id) == col(Violation.subject_id))
        .outerjoin(parent, col(parent.id) == col(subject.parent_id))
        .outerjoin(Situation, col(Situation.id) == col(Violation.situation_id))
        .outerjoin(Run, col(Run.id) == col(Situation.run_id))
        .where(
            or_(
                col(Violation.state) == "appealed",
                col(Violation.id).in_(begun),
                (col(Violation.state) == "confirmed")
                & or_(col(Violation.appeal_until) > now, col(Violation.noticed_at) > now - LONGEST),
                col(Violation.state).in_(["open", "acknowledged"])
                & or_(
                    col(Violation.noticed_at).is_not(None),
                    col(Violation.appeal_until).is_not(None),
                    col(Violation.reference).is_not(None),
                    col(Violation.decided_severity).is_not(None),
                ),
            )
        )
    )
    yield from session.exec(wanted)


def _version(shelf: VersionShelf, violation: Violation, sha256: str | None) -> Version | None:
    if sha256 is None:
        return None
    try:
        return shelf.get(violation.rule, violation.version, sha256)[1]
    except KaoheError:  # its text is lost: a list of all others must not wait for it
        return None


def _row(
    violation: Violation, shop: Subject, version: Version | None, now: datetime, made: int, *, drafted: bool
) -> Appealable | None:
    granted, until = version.appeal if version else None, appeal_until(violation, version)
    if violation.state == "appealed":
        stage: Stage = "submitted"
    elif not may_appeal(violation, version, made) or (
        violation.state == "confirmed" and until.over(now) and not drafted
    ):
        return None
    else:
        stage = "drafted" if drafted else "possible"
    open_until = until.at if stage != "submitted" else None
    return Appealable(
        violation=violation.id,
        rule=violation.rule,
        platform=violation.platform,
        client=violation.client,
        shop=shop.external_id,
        shop_name=shop.alias or shop.name,
        cycle=violation.cycle,
        state=violation.state,
        severity=violation.severity,
        stage=stage,
        until=until,
        hours_left=None if open_until is None else (open_until - now) // HOUR,
        made=made,
        granted=granted.attempts if granted else None,
        by=granted.by if granted else None,
    )


def may_appeal(violation: Violation, version: Version | None, made: int) -> bool:
    """Whether a violation that is not under appeal can be appealed against after so many attempts, the time apart."""
    granted = version.appeal if version else None
    if granted is None:
        return violation.appeal_until is not None  # the platform itself prints one
    if granted.attempts is not None and made >= granted.attempts:
        return False
    return not (violation.state == "confirmed" and granted.confirming_forfeits and not made)


def _due(row: Appealable, before: datetime) -> bool:
    return row.hours_left is not None and row.until.at is not None and row.until.at <= before


def attempts(session: Session, violations: Sequence[str]) -> dict[str, int]:
    """How many appeals were handed in against each of these, of those that were appealed against at all."""
    found: dict[str, int] = {}
    for part in in_parts(violations):
        told = (
            select(JournalEntry.object_id, func.count(col(JournalEntry.id)))
            .where(
                JournalEntry.object_kind == "violation",
                col(JournalEntry.object_id).in_(part),
                JournalEntry.event == HANDED_IN,
            )
            .group_by(col(JournalEntry.object_id))
        )
        found |= dict(session.exec(told).all())
    return found
