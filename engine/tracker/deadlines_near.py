"""Deadlines that draw near, told 5, 3 and 1 days and 4 hours before: of appeals and of duties.

Until when an appeal is possible is asked as everywhere else (`forfeiting.appeal_until`, `appealable.may_appeal`). A
duty to appeal has the violation's own deadline, and is not told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from engine.assessment.forfeiting import appeal_until
from engine.ledger.parts import in_parts
from engine.ledger.tables import Duty, Subject, Violation
from engine.rulebook.model import Rule
from engine.tracker.appealable import attempts, may_appeal
from engine.tracker.duty_opening import version_of
from engine.tracker.duty_states import duty_name
from engine.tracker.milestones import Coming, Turn, named, shop_of
from engine.tracker.penalties import penalty_name

EVENTS = {"appeal": "deadline.near", "duty": "duty.near"}
STAGES: Mapping[str, timedelta] = {  # how long before, the earliest first
    "5d": timedelta(days=5),
    "3d": timedelta(days=3),
    "1d": timedelta(days=1),
    "4h": timedelta(hours=4),
}
FIRST = STAGES["5d"]
APPEALABLE = ("open", "acknowledged", "confirmed")


def appeals(
    session: Session, rulebook: Mapping[str, Rule], now: datetime, within: timedelta, only: Sequence[str] | None = None
) -> list[Coming]:
    """The deadlines of violations that draw near now or `within` that time; `only` of these, if given."""
    found = [
        (violation, shop, until)
        for part in ([None] if only is None else in_parts(only))
        for violation, shop in _violations(session, rulebook, now, within, part)
        if (until := appeal_until(violation, version_of(rulebook, violation)).at) is not None
        and now < until <= now + within + FIRST
    ]
    made = attempts(session, [violation.id for violation, *_ in found])
    return [
        coming_of(
            (
                "violation",
                violation.id,
                *([penalty_name(shop.key, violation.reference)] if violation.reference else []),
            ),
            until,
            "appeal",
            client=violation.client,
            platform=violation.platform,
            shop=shop.key if shop.kind == "shop" else None,
            rule=violation.rule,
        )
        for violation, shop, until in found
        if may_appeal(violation, version_of(rulebook, violation), made.get(violation.id, 0))
    ]


def duties(
    session: Session, now: datetime, within: timedelta, said: Sequence[Coming], only: Sequence[int] | None = None
) -> list[Coming]:
    """The same of open duties, by their numbers, but of those to appeal that these of violations have `said`."""
    told = {(coming.object_id, coming.over) for coming in said}
    return [
        coming_of(
            ("duty", duty_name(duty.id)),
            duty.due_at,
            "duty",
            client=duty.client,
            platform=shop.platform if shop else None,
            shop=shop.key if shop else None,
            rule=duty.rule,
            kind=duty.kind,
        )
        for part in ([None] if only is None else in_parts(only))
        for duty, shop in _duties(session, now, within, part)
        if duty.kind != "appeal" or (duty.violation_id, duty.due_at) not in told
    ]


def coming_of(names: tuple[str, ...], until: datetime, what: str, **after: Any) -> Coming:
    """A deadline with its stages. `names`: the kind and id of whose it is, and others under which it may be told."""
    kind, name, *others = names
    turns = tuple(
        Turn(
            tuple(f"{one}@{until.isoformat()}/{left}" for one in (name, *others)),
            until - before,
            {"what": what, "until": until.isoformat(), "left": left},
        )
        for left, before in STAGES.items()
    )
    return Coming(EVENTS[what], kind, name, turns, until, named(**after))


def _violations(
    session: Session, rulebook: Mapping[str, Rule], now: datetime, within: timedelta, only: Sequence[str] | None
) -> Iterator[tuple[Violation, Subject]]:
    subject, parent = aliased(Subject), aliased(Subject)
    printed = col(Violation.appeal_until).between(now, now + within + FIRST)
    granted = col(Violation.appeal_until).is_(None) & (col(Violation.noticed_at) > now - _longest(rulebook))
    wanted = (
        select(Violation, subject, parent)
        .join(subject, col(subject.id) == col(Violation.subject_id))
        .outerjoin(parent, col(parent.id) == col(subject.parent_id))
        .where(col(Violation.state).in_(APPEALABLE), or_(printed, granted))
        .order_by(col(Violation.id))
    )
    if only is not None:
        wanted = wanted.where(col(Violation.id).in_(only))
    for violation, who, shop in session.exec(wanted):
        yield violation, shop_of(who, shop)


def _longest(rulebook: Mapping[str, Rule]) -> timedelta:
    """No rule grants more than this, from the instant of the notice."""
    granted = [v.appeal for rule in rulebook.values() for v in rule.versions if v.appeal]
    terms = [term for appeal in granted for term in (appeal.within, *appeal.if_severity.values())]
    days = (timedelta(days=t.amount + 2) if t.unit == "days" else timedelta(hours=t.amount) for t in terms)
    return max(days, default=timedelta(0))


def _duties(
    session: Session, now: datetime, within: timedelta, only: Sequence[int] | None
) -> Iterator[tuple[Duty, Subject | None]]:
    wanted = (
        select(Duty, Subject)
        .outerjoin(Subject, col(Subject.id) == col(Duty.shop_id))
        .where(Duty.state == "open", col(Duty.due_at) > now, col(Duty.due_at) <= now + within + FIRST)
        .order_by(col(Duty.id))
    )
    if only is not None:
        wanted = wanted.where(col(Duty.id).in_(only))
    yield from session.exec(wanted)
