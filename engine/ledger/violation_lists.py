"""Violations as lists show them, and how they are found: whole and in order, or page by page, however many there are.

The order is that of every list: assessment day, platform, shop, agent, rule, cycle. The database sorts, text by code
points on both databases and however it was set up. An index brings each filter's violations by day, so that only the
days of a page are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, not_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.calendar.cycles import Cycle
from engine.errors import UnknownNameError
from engine.ledger.dialects import is_postgresql
from engine.ledger.states import known_state
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject, Violation
from engine.ledger.violations import by

AT_ONCE = 1000  # rows that are fetched at once where all are wanted
_day = col(Violation.assessed_on)
COUNTED = 1000  # of what is left after a page, no more than this is counted


@dataclass(frozen=True, slots=True)
class Listed:
    """A violation as lists show it. `exposure_fen` is the least and the most that it can cost."""

    id: str
    rule: str
    version: str
    platform: str
    client: str
    shop: str | None
    agent: str | None
    person: str | None
    cycle: str
    state: str
    severity: str | None
    exposure_fen: tuple[int, int]
    assessed_on: date
    amount_fen: int | None
    reference: str | None
    appeal_until: datetime | None
    account: str | None
    borne_by: str | None
    noticed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which violations are asked for: those that fit all that is given.

    `shop` is the platform's id of a shop, whose agents' violations are meant too; `first` and `last` bound the
    assessment day, inclusive.
    """

    client: str | None = None
    platform: str | None = None
    shop: str | None = None
    rule: str | None = None
    state: str | None = None
    severity: str | None = None
    cycle: Cycle | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was asked for, and how many come after it; `at_least`: so many were counted, and there are more."""

    rows: tuple[Listed, ...]
    more: int
    at_least: bool


def find(session: Session, **wanted: Any) -> list[Listed]:
    """The violations that fit what is given (see `Wanted`), in order. Raises as `every` does."""
    return list(every(session, Wanted(**wanted)))


def every(session: Session, wanted: Wanted) -> Iterator[Listed]:
    """The violations that fit, by assessment day, platform, shop, agent, rule and cycle, as they are read.

    Raises UnknownNameError, before the first one, for an unknown state, and for a client that no subject has.
    """
    found = _Found(session, wanted)
    statement = found.rows().order_by(_day, *found.place)
    return _read(session.exec(statement.execution_options(yield_per=AT_ONCE)))


def newest(session: Session, wanted: Wanted, limit: int, after: str | None = None) -> Page:
    """At most `limit` of the violations that fit, the newest assessment day first; within a day in order.

    `after` is the id of the last one of the page before. Raises as `every` does, and for an unknown `after`.
    """
    found = _Found(session, wanted)
    shown = None if after is None else one(session, after)
    # Sorting is the work, so that only the days of the page are sorted.
    statement = found.rows().where(*found.beyond(shown), *found.since(limit, shown))
    statement = statement.order_by(_day.desc(), *found.place).limit(limit)
    rows = tuple(_listed(*row) for row in session.exec(statement))
    if len(rows) < limit:
        return Page(rows, 0, at_least=False)
    rest = found.rows(Violation.id).where(*found.beyond(rows[-1])).limit(COUNTED + 1).subquery()
    more = session.exec(select(func.count()).select_from(rest)).one()
    return Page(rows, min(more, COUNTED), at_least=more > COUNTED)


def one(session: Session, violation_id: str) -> Listed:
    """The violation with this id, as lists show it. Raises UnknownNameError."""
    violation = by(session, violation_id)
    subject = session.get_one(Subject, violation.subject_id)
    return _listed(violation, subject, session.get(Subject, subject.parent_id) if subject.parent_id else None)


def known_client(session: Session, client: str) -> str:
    """The client itself. Raises UnknownNameError, with those near it, for one that no subject has."""
    clients = session.exec(select(Subject.client).distinct()).all()
    if client not in clients:
        raise UnknownNameError(
            "client",
            client,
            clients,
            "`kaohe shops list` shows whose shops there are",
            "`kaohe shops list` 列出各客户的店铺",
        )
    return client


class _Found:
    """The query for what is wanted: its columns, its conditions, and where each violation stands within its day."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        if wanted.state is not None:
            known_state(wanted.state)
        if wanted.client is not None:
            known_client(session, wanted.client)
        self._session, self._wanted = session, wanted
        self._subject, self._parent = aliased(Subject), aliased(Subject)
        order = "C" if is_postgresql(session) else "BINARY"  # by code points, both
        texts: list[Any] = [Violation.platform, *map(self._name, ("shop", "agent", "person"))]
        texts += [Violation.rule, Violation.cycle, Violation.id]
        self.place = [text.collate(order) for text in texts]

    def rows(self, *columns: Any) -> Any:
        """Violations with their subjects and these's parents, or these columns of them."""
        subject, parent = self._subject, self._parent
        return (
            select(*(columns or (Violation, subject, parent)))
            .select_from(Violation)
            # There is always a subject. An outer join keeps databases from beginning with all subjects, and sorting.
            .outerjoin(subject, col(subject.id) == col(Violation.subject_id))
            .outerjoin(parent, col(parent.id) == col(subject.parent_id))
            .where(*self._fits())
        )

    def beyond(self, last: Listed | None) -> list[Any]:
        """The conditions for what comes after `last`, the newest day first; none where that is the first page."""
        if last is None:
            return []
        place = last.platform, last.shop or "", last.agent or "", last.person or ""
        before = tuple_(*self.place) <= (*place, last.rule, last.cycle, last.id)
        # Not said with "or", whose sides SQLite would look up apart, by an index each.
        return [_day <= last.assessed_on, not_(and_(_day == last.assessed_on, before))]

    def since(self, limit: int, last: Listed | None) -> list[Any]:
        """The condition for the days of a page: there are `limit` rows in them, and maybe some more."""
        if limit > AT_ONCE:
            return []
        days = select(_day).where(*self._fits())
        if last is not None:
            days = days.where(_day < last.assessed_on)
        oldest = self._session.exec(days.order_by(_day.desc()).offset(limit - 1).limit(1)).first()
        return [] if oldest is None else [_day >= oldest]

    def _fits(self) -> list[Any]:
        wanted = self._wanted
        names = ("client", "platform", "rule", "state", "severity")
        fits = [col(getattr(Violation, n)) == value for n in names if (value := getattr(wanted, n)) is not None]
        if wanted.shop is not None:
            fits.append(col(Violation.subject_id).in_(_of_shop(self._session, wanted.shop, wanted.platform)))
        if wanted.cycle is not None:  # its last day is in an index
            fits += [col(Violation.cycle_end) == wanted.cycle.last, col(Violation.cycle) == wanted.cycle.key]
        if wanted.first is not None:
            fits.append(wanted.first <= _day)
        if wanted.last is not None:
            fits.append(wanted.last >= _day)
        return fits

    def _name(self, kind: str) -> Any:
        """What the subject, or whom it belongs to, is called, if it is of this kind."""
        either = [(col(one_.kind) == kind, col(one_.external_id)) for one_ in (self._subject, self._parent)]
        return case(*either, else_="")


def _of_shop(session: Session, shop: str, platform: str | None) -> list[int]:
    """The ids of a shop, and of its agents. Given one by one: of a query, no database knows how many it will find."""
    own = select(Subject.id).where(Subject.kind == "shop", Subject.external_id == shop)
    if platform is not None:
        own = own.where(Subject.key == shop_key(platform, shop))
    found = [id_ for id_ in session.exec(own) if id_ is not None]
    agents = select(Subject.id).where(col(Subject.parent_id).in_(found))
    return [*found, *(id_ for id_ in session.exec(agents) if id_ is not None)]


def _read(result: Any) -> Iterator[Listed]:
    try:
        for row in result:
            yield _listed(*row)
    finally:  # a reader may stop before the end
        result.close()


def _listed(violation: Violation, subject: Subject, parent: Subject | None) -> Listed:
    named = {subject.kind: subject.external_id}
    if parent is not None:
        named[parent.kind] = parent.external_id
    return Listed(
        id=violation.id,
        rule=violation.rule,
        version=violation.version,
        platform=violation.platform,
        client=violation.client,
        shop=named.get("shop"),
        agent=named.get("agent"),
        person=named.get("person"),
        cycle=violation.cycle,
        state=violation.state,
        severity=violation.severity,
        exposure_fen=(violation.exposure_min_fen, violation.exposure_max_fen),
        assessed_on=violation.assessed_on,
        amount_fen=violation.amount_fen,
        reference=violation.reference,
        appeal_until=violation.appeal_until,
        account=violation.account,
        borne_by=violation.borne_by,
        noticed_at=violation.noticed_at,
    )
