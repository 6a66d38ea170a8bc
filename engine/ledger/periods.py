"""Months that are closed: paid, and judged no more. To open one again takes two people.

A cycle belongs to the month of its last day.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from engine.errors import KaoheError
from engine.ledger.dialects import Lock, take_lock
from engine.ledger.journal import Event, append
from engine.ledger.runs import leave_behind
from engine.ledger.tables import Correction, JournalEntry, Period, Run, Subject

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
CLOSED = ("closed", "reopening")  # a wish to open it again opens nothing


def month_of(day: date) -> str:
    """The month of a day.

    >>> month_of(date(2026, 3, 31))
    '2026-03'
    """
    return f"{day:%Y-%m}"


def read_month(text: str) -> str:
    """A month as people type it. Raises KaoheError if it is none."""
    if not MONTH.fullmatch(text):
        raise KaoheError(f"{text!r} is not a month; write it like 2026-03", zh=f"{text!r} 不是月份；写成 2026-03 这样")
    return text


def is_closed(session: Session, month: str) -> bool:
    """Whether nothing of this month is judged any more."""
    period = session.get(Period, month, populate_existing=True)
    return period is not None and period.state in CLOSED


def keep_months(session: Session) -> None:
    """Keep every month as it is, open or closed, until the transaction ends: who closes or opens one waits.

    It is taken after the locks of violations: nobody who has it waits for one of these.
    """
    take_lock(session, Lock.CLAIM)


def close(session: Session, month: str, why: str | None, actor: str, now: datetime) -> None:
    """Close a month; nothing if it is closed. The caller has found all its cycles assessed.

    Holds off claims until the transaction ends: a run that is claimed later finds it closed when it is recorded.
    A run whose lease has ended is taken from its process: should that one come back, it must not finish it now.
    Raises KaoheError while one of its runs is being worked on, and while corrections are booked in it about a month
    that is open again: they would be paid, and then taken back.
    """
    keep_months(session)
    leave_behind(session)
    busy = select(Run.rule, Run.cycle).where(Run.state == "running").order_by(col(Run.id)).limit(1)
    if (found := session.exec(busy).first()) is not None:
        raise KaoheError(
            f"{found[0]} {found[1]} is being assessed at this moment; close the month when that is done",
            zh=f"{found[0]} {found[1]} 正在考核；请等它完成后再关账",
        )
    about = select(Correction.month).where(Correction.booked_in == month, col(Correction.superseded_at).is_(None))
    opened = about.where(col(Correction.month).not_in(_closed())).order_by(col(Correction.month)).limit(1)
    if (other := session.exec(opened).first()) is not None:
        raise KaoheError(
            f"corrections of {other} are booked in {month}, and {other} is open again; `kaohe assess` judges it anew "
            "and takes them back",
            zh=f"{month} 里记有 {other} 的更正，而 {other} 已重开；请先用 `kaohe assess` 重新考核，更正随之撤销",
        )
    if not is_closed(session, month):
        _change(session, month, "closed", "period.closed", why, actor, now)


def ask_to_reopen(session: Session, month: str, why: str, actor: str, now: datetime) -> None:
    """Note the wish to open a closed month again. Raises KaoheError if it is not closed, or no reason is given."""
    _closed_period(session, month)
    if not why.strip():
        raise KaoheError(f"{month} cannot be opened again without a reason; say --why", zh="重开要写理由：--why")
    _refuse_booked_on(session, month)
    _change(session, month, "reopening", "period.reopening", why, actor, now)


def stay_closed(session: Session, month: str, why: str | None, actor: str, now: datetime) -> bool:
    """Take back the wish to open a month again, if there is one; whether there was."""
    keep_months(session)
    period = session.get(Period, month, populate_existing=True)
    if period is None or period.state != "reopening":
        return False
    _change(session, month, "closed", "period.stays_closed", why, actor, now)
    return True


def reopen(session: Session, month: str, actor: str, now: datetime, names: Collection[str] = ()) -> None:
    """Open a month again, as somebody else has asked: what was corrected about it is judged anew.

    Raises KaoheError if nobody has asked, or `actor` has, by this name or another one of their `names`.
    """
    period = _closed_period(session, month)
    if period.state != "reopening":
        raise KaoheError(
            f"nobody has asked for {month} to be opened again; `kaohe period reopen {month} --why …` does",
            zh=f"还没有人申请重开 {month}；先用 `kaohe period reopen {month} --why …` 申请",
        )
    if period.changed_by in {actor, *names}:
        raise KaoheError(
            f"{actor} has asked for {month} to be opened again; somebody else has to agree",
            zh=f"重开 {month} 是 {actor} 申请的；须由另一个人批准",
        )
    _refuse_booked_on(session, month)
    _change(session, month, "open", "period.reopened", period.why, actor, now)


def corrected_and_open(session: Session, rule: str) -> set[str]:
    """The cycles of `rule` about which corrections stand although their month is open (again)."""
    stands = select(Correction.cycle).where(Correction.rule == rule, col(Correction.superseded_at).is_(None))
    return set(session.exec(stands.where(col(Correction.month).not_in(_closed()))))


def closings(session: Session) -> dict[str, datetime]:
    """Month → when it was closed, of those that are: to wish for one to be opened again opens nothing."""
    told = (
        select(JournalEntry.object_id, JournalEntry.at)
        .where(
            JournalEntry.object_kind == "period",
            JournalEntry.event == "period.closed",
            col(JournalEntry.object_id).in_(_closed()),
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    return dict(session.exec(told).all())  # the last time counts


def _closed() -> SelectOfScalar[str]:
    return select(Period.month).where(col(Period.state).in_(CLOSED))


class Booked(NamedTuple):
    """A correction with the names of its shop and client."""

    correction: Correction
    shop: Subject


def corrections(
    session: Session, *, about: str | None = None, booked_in: str | None = None, violation: str | None = None
) -> list[Booked]:
    """The corrections that stand: of cycles of the month `about`, booked in the month `booked_in`, of a `violation`."""
    wanted = select(Correction, Subject).join(Subject, col(Subject.id) == col(Correction.subject_id))
    wanted = wanted.where(col(Correction.superseded_at).is_(None))
    if about is not None:
        wanted = wanted.where(Correction.month == about)
    if booked_in is not None:
        wanted = wanted.where(Correction.booked_in == booked_in)
    if violation is not None:
        wanted = wanted.where(Correction.violation_id == violation)
    order = (col(Correction.booked_in), Correction.rule, Correction.cycle, Subject.key)
    return [Booked(*row) for row in session.exec(wanted.order_by(*order))]


def periods(session: Session) -> list[Period]:
    """All months that were ever closed, in order."""
    return list(session.exec(select(Period).order_by(col(Period.month))))


def _closed_period(session: Session, month: str) -> Period:
    keep_months(session)
    period = session.get(Period, month, populate_existing=True)
    if period is None or period.state not in CLOSED:
        raise KaoheError(f"{month} is not closed", zh=f"{month} 没有关账")
    return period


def _refuse_booked_on(session: Session, month: str) -> None:
    """What was booked in a month that is closed itself is paid: to judge it anew would pay it twice."""
    booked = select(Correction.booked_in).where(Correction.month == month, col(Correction.superseded_at).is_(None))
    closed = col(Correction.booked_in).in_(_closed())
    later = session.exec(booked.where(closed).order_by(col(Correction.booked_in).desc()).limit(1)).first()
    if later is not None:
        raise KaoheError(
            f"corrections of {month} are booked in {later}, which is closed; open that one again first",
            zh=f"{month} 的更正记在 {later}，而它已关账；请先重开 {later}",
        )


def _change(session: Session, month: str, state: str, event: str, why: str | None, actor: str, now: datetime) -> None:
    period = session.get(Period, month)
    before = {"state": period.state if period else "open"}
    session.merge(Period(month=month, state=state, changed_at=now, changed_by=actor, why=why))
    payload = {"why": why, "before": before, "after": {"state": state}}
    append(session, now, [Event(actor, event, "period", month, payload)])
