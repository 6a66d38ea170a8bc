"""Which days imports have covered, for which shops: what came from there is all there was, even if it is nothing.

Spans that touch become one, so that a shop imported every day for years has one row that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar

from engine.calendar.spans import Spans, joined, within, without
from engine.ledger.dialects import insert_missing
from engine.ledger.presence import portions
from engine.ledger.tables import Coverage, Expectation, Subject

_LIVE = select(Coverage).where(col(Coverage.until).is_(None))


def cover(
    session: Session, kind: str, spans: Mapping[int, Iterable[tuple[date, date]]], now: datetime
) -> dict[int, Spans]:
    """Note that these days of these subjects are covered; which of them say anything new, with their spans.

    The rows of the subjects are locked already, by `presence.hold`. What lies within a span on record adds nothing.
    """
    known = _known(session, kind, spans)
    new: dict[int, Spans] = {}
    closed: list[int] = []
    rows = []
    for subject, said in spans.items():
        before = {(first, last): id_ for id_, first, last in known.get(subject, ())}
        after = joined([*before, *said])
        if after == joined(before):
            continue
        new[subject] = joined(said)
        closed += [id_ for span, id_ in before.items() if span not in after]
        rows += [(subject, first, last) for first, last in after if (first, last) not in before]
    for part in portions(closed):
        session.exec(update(Coverage).where(col(Coverage.id).in_(part)).values(until=now))
    for some in portions(rows):
        insert_missing(
            session,
            Coverage,
            [
                {"subject_id": subject, "kind": kind, "first_day": first, "last_day": last, "recorded_at": now}
                for subject, first, last in some
            ],
        )
    return new


def uncover(session: Session, kind: str, subject: int, first: date | None, last: date | None, now: datetime) -> Spans:
    """Note that the days from `first` to `last` (inclusive; None: no bound) are not covered any more; which were.

    The row of the subject is locked already, against imports too.
    """
    known = _known(session, kind, [subject]).get(subject, [])
    before = joined((one, other) for _, one, other in known)
    going = within(before, first or date.min, last or date.max)
    if not going:
        return ()
    session.exec(update(Coverage).where(col(Coverage.id).in_([id_ for id_, _, _ in known])).values(until=now))
    cover(session, kind, {subject: without(before, going)}, now)
    return going


def _known(session: Session, kind: str, subjects: Iterable[int]) -> dict[int, list[tuple[int, date, date]]]:
    """Subject → id and span of its rows that count, all of them locked, in one order."""
    found: dict[int, list[tuple[int, date, date]]] = defaultdict(list)
    for part in portions(subjects):
        wanted = select(Coverage).where(
            col(Coverage.subject_id).in_(part), Coverage.kind == kind, col(Coverage.until).is_(None)
        )
        locked = wanted.order_by(col(Coverage.subject_id), col(Coverage.first_day), col(Coverage.id))
        for row in session.exec(locked.with_for_update(), execution_options={"populate_existing": True}):
            assert row.id is not None
            found[row.subject_id].append((row.id, row.first_day, row.last_day))
    return found


def covered_days(session: Session, kind: str, subject_key: str, first: date | None, last: date | None) -> Spans:
    """The days from `first` to `last` (inclusive; None: no bound) of a kind that are covered for one subject."""
    of_it = _LIVE.join(Subject, col(Subject.id) == col(Coverage.subject_id)).where(
        Subject.key == subject_key, Coverage.kind == kind
    )
    spans = ((row.first_day, row.last_day) for row in session.exec(of_it))
    return within(spans, first or date.min, last or date.max)


def covered_of_expecting(
    session: Session, platform: str, known_at: datetime | None = None
) -> dict[int, dict[str, Spans]]:
    """Subject → kind → the days that are covered, or were at `known_at`, of shops that were ever expected any."""
    expecting = (
        select(Expectation.subject_id)
        .join(Subject, col(Subject.id) == col(Expectation.subject_id))
        .where(Subject.kind == "shop", Subject.platform == platform)
    )
    if known_at is None:
        return _spans(session, _LIVE.where(col(Coverage.subject_id).in_(expecting)))
    return _spans(session, select(Coverage).where(_then(known_at), col(Coverage.subject_id).in_(expecting)))


def first_covered(session: Session, platform: str, known_at: datetime) -> dict[int, date]:
    """Subject → the first day that was covered at `known_at`, by evidence of any kind."""
    rows = session.exec(
        select(col(Coverage.subject_id), func.min(Coverage.first_day))
        .join(Subject, col(Subject.id) == col(Coverage.subject_id))
        .where(_then(known_at), Subject.platform == platform)
        .group_by(col(Coverage.subject_id))
    )
    return dict(rows.all())


def _then(known_at: datetime) -> ColumnElement[bool]:
    counted = or_(col(Coverage.until).is_(None), col(Coverage.until) > known_at)
    return and_(col(Coverage.recorded_at) <= known_at, counted)


def covered_on(session: Session, platform: str, first: date, last: date) -> dict[int, dict[str, Spans]]:
    """The same of all shops of a platform, as far as it touches the days from `first` to `last`."""
    touching = _LIVE.join(Subject, col(Subject.id) == col(Coverage.subject_id)).where(
        col(Subject.platform) == platform, col(Coverage.first_day) <= last, col(Coverage.last_day) >= first
    )
    return _spans(session, touching)


def _spans(session: Session, wanted: SelectOfScalar[Coverage]) -> dict[int, dict[str, Spans]]:
    rows: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    for row in session.exec(wanted):
        rows[row.subject_id, row.kind].append((row.first_day, row.last_day))
    found: dict[int, dict[str, Spans]] = defaultdict(dict)
    for (subject, kind), spans in rows.items():
        found[subject][kind] = joined(spans)
    return dict(found)
