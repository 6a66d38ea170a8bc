"""What evidence is expected of a shop: said by a person, journalled, and kept as sets of days.

Nothing is ever waited for that nobody has said is expected: silence of any other shop stays silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from engine.calendar.spans import FOR_EVER, Spans, joined, span_words, within
from engine.errors import KaoheError
from engine.ledger.dialects import insert_rows
from engine.ledger.journal import Event
from engine.ledger.presence import portions
from engine.ledger.tables import Expectation, Subject


class Wish(NamedTuple):
    """What a person says: these kinds are expected `since` a day, and no longer than `until`.

    Without `since`: from today on, if they are not expected already; with `until` alone, an expectation on record ends.
    """

    kinds: tuple[str, ...]
    since: date | None = None
    until: date | None = None


def expected_of(session: Session, subject_ids: Iterable[int]) -> dict[int, dict[str, Spans]]:
    """Subject → kind → the days on which its evidence is expected; subjects of whom none is are left out."""
    rows: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    for part in portions(set(subject_ids)):
        mine = select(Expectation).where(col(Expectation.subject_id).in_(part), col(Expectation.ended_at).is_(None))
        for row in session.exec(mine):
            rows[row.subject_id, row.kind].append((row.since, row.until or FOR_EVER))
    return _by_subject(rows)


def expected_on(session: Session, platform: str, known_at: datetime | None = None) -> dict[int, dict[str, Spans]]:
    """The same of all shops of a platform, as it is or as it was at `known_at`."""
    rows: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    counts: ColumnElement[bool] = col(Expectation.ended_at).is_(None)
    if known_at is not None:
        counts = and_(col(Expectation.registered_at) <= known_at, or_(counts, col(Expectation.ended_at) > known_at))
    wanted = select(Expectation).join(Subject, col(Subject.id) == col(Expectation.subject_id)).where(counts)
    for row in session.exec(wanted.where(Subject.kind == "shop", Subject.platform == platform)):
        rows[row.subject_id, row.kind].append((row.since, row.until or FOR_EVER))
    return _by_subject(rows)


def expected_before(
    session: Session, platform: str, instants: Mapping[str, datetime]
) -> dict[str, dict[int, dict[str, Spans]]]:
    """Name → subject → what was expected before the instant of that name, of shops of whom it is said anew since."""
    if not instants:
        return {}
    since = min(instants.values())
    said = or_(col(Expectation.registered_at) >= since, col(Expectation.ended_at) >= since)
    of_platform = select(Subject.id).where(Subject.kind == "shop", Subject.platform == platform)
    changed = select(Expectation.subject_id).where(said, col(Expectation.subject_id).in_(of_platform))
    rows = session.exec(select(Expectation).where(col(Expectation.subject_id).in_(changed))).all()
    found: dict[str, dict[int, dict[str, Spans]]] = {}
    for name, at in sorted(instants.items()):
        anew = {r.subject_id for r in rows if r.registered_at >= at or (r.ended_at is not None and r.ended_at >= at)}
        spans: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
        for row in rows:
            if row.registered_at < at and (row.ended_at is None or row.ended_at >= at):
                spans[row.subject_id, row.kind].append((row.since, row.until or FOR_EVER))
        then = _by_subject(spans)
        if anew:
            found[name] = {subject: then.get(subject, {}) for subject in anew}
    return found


def _by_subject(rows: Mapping[tuple[int, str], Sequence[tuple[date, date]]]) -> dict[int, dict[str, Spans]]:
    found: dict[int, dict[str, Spans]] = defaultdict(dict)
    for (subject, kind), spans in sorted(rows.items()):
        found[subject][kind] = joined(spans)
    return dict(found)


def expect(session: Session, wishes: Sequence[tuple[Subject, Wish, date]], now: datetime, actor: str) -> list[Event]:
    """Put wishes on record; the events to journal (`shop.expects`), one for each shop of whom anything differs.

    Each wish comes with its shop, whose row is locked, and with today at its platform. Raises KaoheError for a wish
    that ends what is not expected.
    """
    before = expected_of(session, [_id(subject) for subject, _, _ in wishes])
    events: list[Event] = []
    for subject, wish, today in wishes:
        known = before.get(_id(subject), {})
        changed = {
            kind: _granted(subject, kind, known.get(kind, ()), wish, today) for kind in dict.fromkeys(wish.kinds)
        }
        changed = {kind: spans for kind, spans in changed.items() if spans != known.get(kind, ())}
        if changed:
            _keep(session, _id(subject), changed, now)
            told = {
                "before": {kind: expected_words(known.get(kind, ())) for kind in changed},
                "after": {kind: expected_words(spans) for kind, spans in changed.items()},
            }
            events.append(Event(actor, "shop.expects", "shop", subject.key, told))
    return events


def expected_words(spans: Spans) -> list[str]:
    """Spans as the journal and the lists tell them."""
    return [span_words(span) for span in spans]


def _id(subject: Subject) -> int:
    assert subject.id is not None
    return subject.id


def _granted(subject: Subject, kind: str, known: Spans, wish: Wish, today: date) -> Spans:
    """The days on which `kind` is expected once the wish is granted."""
    since = wish.since
    if since is None and wish.until is None and not any(last >= today for _, last in known):
        since = today
    if wish.until is not None and since is None and not known:
        raise KaoheError(
            f"{subject.key} is not expected to bring {kind}, so there is nothing to end; say --from too to expect "
            "them for a time",
            zh=f"{subject.key} 没有登记 {kind}，没有可以结束的；若只在一段时间里需要，请同时写 --from",
        )
    if since is not None and wish.until is not None and wish.until < since:
        raise KaoheError(
            f"{subject.key}: {kind} would be expected until {wish.until}, before it begins on {since}; "
            "the earlier day comes first",
            zh=f"{subject.key}：{kind} 的结束日 {wish.until} 早于开始日 {since}；请把较早的日期写在前面",
        )
    wanted = joined([*known, (since, FOR_EVER)]) if since is not None else known
    return wanted if wish.until is None else within(wanted, date.min, wish.until)


def _keep(session: Session, subject_id: int, changed: Mapping[str, Spans], now: datetime) -> None:
    """Make the rows of these kinds that count what they are to be; what is changed is ended, and begun anew."""
    wanted = {(kind, first): None if last == FOR_EVER else last for kind in changed for first, last in changed[kind]}
    mine = select(Expectation).where(
        Expectation.subject_id == subject_id, col(Expectation.kind).in_(changed), col(Expectation.ended_at).is_(None)
    )
    for row in session.exec(mine.order_by(col(Expectation.id))).all():
        name = row.kind, row.since
        if name in wanted and wanted[name] == row.until:
            wanted.pop(name)
        else:
            row.ended_at = now
            session.add(row)
    session.flush()
    rows = [
        {"subject_id": subject_id, "kind": kind, "since": since, "until": until, "registered_at": now}
        for (kind, since), until in wanted.items()
    ]
    insert_rows(session, Expectation, rows)
