"""Which duties follow from a violation as it stands, and bringing those on record in line with that.

What is read is the state of the violation and not the story of how it came there, so that working off an entry of the
journal twice, or late, changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from engine.assessment.forfeiting import appeal_until
from engine.calendar.zones import local_day
from engine.ledger.journal import Event
from engine.ledger.states import LET_OFF, SETTLED
from engine.ledger.tables import Assessment, Duty, JournalEntry, Sanction, Subject, Violation
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import DutySpec, Rule, Version
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.appealable import may_appeal
from engine.tracker.duties import event
from engine.tracker.duty_due import due_instant
from engine.tracker.duty_states import told

NEWS_FOR = timedelta(days=7)  # what was due already, and began longer ago, wakes nobody: a first import of a year, say
# Events that tell of the notice.
DECIDED = ("violation.confirmed", "violation.appealed", "violation.amended", "violation.notified")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A duty that follows, since which day, until when."""

    spec: DutySpec
    since: date
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Case:
    """A violation and all that its duties hang on."""

    violation: Violation
    shop: Subject
    measures: frozenset[str]
    noticed: datetime | None
    appealed_by: str | None
    appeals: int
    duties: tuple[Duty, ...]

    @property
    def zone(self) -> str:
        return PLATFORMS[self.violation.platform].zone


def bring_in_line(
    session: Session, rulebook: Mapping[str, Rule], violations: Sequence[str], actor: str, now: datetime
) -> list[Event]:
    """Open, change and cancel the duties of these violations; what the journal says of it."""
    events: list[Event] = []
    for case in _cases(session, violations):
        version = version_of(rulebook, case.violation)
        if case.violation.state in LET_OFF:
            events += _lapse(session, case.duties, f"the violation is {case.violation.state}", actor)
        elif case.violation.state not in SETTLED and version is not None:
            events += _align(session, case, version, actor, now)
    return events


def open_at_risk(session: Session, rulebook: Mapping[str, Rule], actor: str, now: datetime) -> list[Event]:
    """Open the duties of shops that were found to be at risk within the last week, each once."""
    events: list[Event] = []
    for row, shop, spec in _at_risk(session, rulebook, now, locked=True):
        occasion = violation_id(row.rule, shop.key, row.cycle)
        there = select(Duty.id).where(Duty.occasion == occasion, Duty.kind == spec.kind)
        if session.exec(there).first() is None:
            due_at = due_instant(spec, row.assessed_on, None, PLATFORMS[shop.platform or ""].zone)
            duty = _new(spec, row.rule, occasion, None, shop, due_at, now)
            events.append(_opened(session, duty, actor))
    return events


def lacks_at_risk(session: Session, rulebook: Mapping[str, Rule], now: datetime) -> bool:
    """Whether `open_at_risk` would open anything."""
    wanted = {
        (violation_id(row.rule, shop.key, row.cycle), spec.kind) for row, shop, spec in _at_risk(session, rulebook, now)
    }
    names = sorted({occasion for occasion, _ in wanted})
    there = {
        found
        for start in range(0, len(names), 500)
        for found in session.exec(
            select(Duty.occasion, Duty.kind).where(col(Duty.occasion).in_(names[start : start + 500]))
        )
    }
    return bool(wanted - there)


def wanted_of(case: _Case, version: Version) -> dict[str, Wanted]:
    """What follows from a violation that stands, by kind. To appeal is owed while it can be done, and until then."""
    violation, found = case.violation, {}
    for spec in version.duties:
        if spec.on == "measure" and spec.kind not in case.measures:
            continue
        if spec.of == "notice" and case.noticed is None:
            continue
        if spec.kind == "appeal" and not _can_appeal(violation, version, case.appeals):
            continue
        since = violation.assessed_on
        if spec.of == "notice" and case.noticed is not None:
            since = local_day(case.noticed, case.zone)
        printed = appeal_until(violation, version).at if spec.kind == "appeal" else None
        found[spec.kind] = Wanted(spec, since, due_instant(spec, since, printed, case.zone))
    return found


def _can_appeal(violation: Violation, version: Version, made: int) -> bool:
    return violation.state != "appealed" and (version.appeal is None or may_appeal(violation, version, made))


def _align(session: Session, case: _Case, version: Version, actor: str, now: datetime) -> list[Event]:
    events: list[Event] = []
    wanted = wanted_of(case, version)
    by_rule = {duty.kind: duty for duty in case.duties if duty.rule is not None}
    for kind, one in wanted.items():
        duty = by_rule.get(kind)
        if duty is None:
            if not _is_old(one, case.zone, now):
                new = _new(
                    one.spec, case.violation.rule, case.violation.id, case.violation.id, case.shop, one.due_at, now
                )
                events.append(_opened(session, new, actor))
            continue
        if duty.violation_id is None:  # it was opened when the shop was only at risk
            duty.violation_id = case.violation.id
            session.add(duty)
        if duty.state == "open" and not duty.due_by_hand and duty.due_at != one.due_at:
            before = told(duty)
            duty.due_at = one.due_at
            duty.overdue_at = None if one.due_at > now else duty.overdue_at
            session.add(duty)
            events.append(event(duty, "duty.changed", actor, "it is due at another time", before))
    for duty in case.duties:
        follows = duty.rule is None or duty.kind in wanted
        if duty.state == "cancelled" and duty.lapsed and follows:
            events.append(_reopen(session, duty, wanted.get(duty.kind), actor, now))
        elif duty.state == "open" and not follows:
            events += _end(session, case, duty, actor, now)
    return events


def _end(session: Session, case: _Case, duty: Duty, actor: str, now: datetime) -> list[Event]:
    """What becomes of a duty that does not follow any more: to have appealed is to have done it."""
    if duty.kind != "appeal" or case.violation.state != "appealed":
        return _lapse(session, [duty], "it does not follow from the violation any more", actor)
    before = told(duty)
    who = case.appealed_by or actor
    duty.state, duty.done_by, duty.done_at, duty.proof, duty.doers = "done", who, now, "appealed", [*duty.doers, who]
    session.add(duty)
    return [event(duty, "duty.done", actor, "the appeal was recorded", before)]


def _lapse(session: Session, duties: Sequence[Duty], why: str, actor: str) -> list[Event]:
    events = []
    for duty in duties:
        if duty.state == "open":
            before = told(duty)
            duty.state, duty.lapsed = "cancelled", True
            session.add(duty)
            events.append(event(duty, "duty.cancelled", actor, why, before))
    return events


def _reopen(session: Session, duty: Duty, wanted: Wanted | None, actor: str, now: datetime) -> Event:
    before = told(duty)
    duty.state, duty.lapsed = "open", False
    if wanted is not None and not duty.due_by_hand:
        duty.due_at = wanted.due_at
    if duty.due_at > now:
        duty.overdue_at = None
    session.add(duty)
    return event(duty, "duty.reopened", actor, "the violation stands again", before)


def _is_old(wanted: Wanted, zone: str, now: datetime) -> bool:
    return wanted.due_at <= now and local_day(now, zone) - wanted.since > NEWS_FOR


def _new(
    spec: DutySpec, rule: str, occasion: str, violation: str | None, shop: Subject, due_at: datetime, now: datetime
) -> Duty:
    return Duty(
        kind=spec.kind,
        client=shop.client,
        shop_id=shop.id,
        occasion=occasion,
        violation_id=violation,
        rule=rule,
        holder=shop.owner,
        holder_kind=None,  # the register says a name, and not whose
        second_person=spec.second_person,
        opened_at=now,
        due_at=due_at,
        state="open",
        doers=[],
    )


def _opened(session: Session, duty: Duty, actor: str) -> Event:
    session.add(duty)
    session.flush()
    return event(duty, "duty.opened", actor, None, None)


def version_of(rulebook: Mapping[str, Rule], violation: Violation) -> Version | None:
    """What today's file of the rule says under the version that was used; None where it cannot be asked."""
    rule = rulebook.get(violation.rule)
    return next((v for v in rule.versions if v.key == violation.version), None) if rule else None


def _cases(session: Session, violations: Sequence[str]) -> list[_Case]:
    names = list(violations)
    rows = session.exec(
        select(Violation, Subject)
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(col(Violation.id).in_(names), col(Subject.kind) == "shop")
        # Until this ends nobody hands a shop to another client; in the order in which registrations lock shops.
        .order_by(col(Subject.key), col(Violation.id))
        .with_for_update(read=True, key_share=True, of=Subject)
    ).all()
    measures: dict[str, set[str]] = {}
    for name, kind in session.exec(
        select(Sanction.violation_id, Sanction.kind).where(col(Sanction.violation_id).in_(names))
    ):
        measures.setdefault(name, set()).add(kind)
    duties: dict[str, list[Duty]] = {}
    about = or_(col(Duty.violation_id).in_(names), col(Duty.occasion).in_(names))
    for duty in session.exec(select(Duty).where(about).order_by(col(Duty.id)).with_for_update()):
        duties.setdefault(duty.violation_id or duty.occasion or "", []).append(duty)
    noticed, appealed, made = _decided(session, names)
    return [
        _Case(
            violation,
            shop,
            frozenset(measures.get(violation.id, ())),
            violation.noticed_at or (noticed.get(violation.id) if _is_decided(violation) else None),
            appealed.get(violation.id),
            made[violation.id],
            tuple(duties.get(violation.id, ())),
        )
        for violation, shop in rows
    ]


def _is_decided(violation: Violation) -> bool:
    return violation.state in ("confirmed", "appealed") or violation.decided_severity is not None


def _decided(session: Session, names: Sequence[str]) -> tuple[dict[str, datetime], dict[str, str], Mapping[str, int]]:
    """Violation → when somebody first recorded what the platform decided; who recorded the last appeal; how many."""
    told_of = session.exec(
        select(JournalEntry.object_id, JournalEntry.event, JournalEntry.at, JournalEntry.actor)
        .where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.object_id).in_(names),
            col(JournalEntry.event).in_(DECIDED),
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    noticed: dict[str, datetime] = {}
    appealed: dict[str, str] = {}
    made: Counter[str] = Counter()
    for name, what, at, actor in told_of:
        noticed.setdefault(name, at)
        if what == "violation.appealed":
            appealed[name] = actor
            made[name] += 1
    return noticed, appealed, made


def _at_risk(
    session: Session, rulebook: Mapping[str, Rule], now: datetime, *, locked: bool = False
) -> list[tuple[Assessment, Subject, DutySpec]]:
    specs = {
        (rule.id, version.key): [duty for duty in version.duties if duty.on == "at_risk"]
        for rule in rulebook.values()
        for version in rule.versions
    }
    rules = sorted({rule for (rule, _), duties in specs.items() if duties})
    if not rules:
        return []
    wanted = (
        select(Assessment, Subject)
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .where(
            col(Assessment.rule).in_(rules),
            col(Assessment.superseded_at).is_(None),
            col(Assessment.at_risk).is_(True),
            Assessment.verdict != "violation",
            Assessment.assessed_on >= (now - NEWS_FOR).date(),
            col(Subject.kind) == "shop",
        )
        .order_by(col(Subject.key), col(Assessment.id))
    )
    if locked:
        wanted = wanted.with_for_update(read=True, key_share=True, of=Subject)
    rows = session.exec(wanted).all()
    return [(row, shop, spec) for row, shop in rows for spec in specs.get((row.rule, row.version), ())]
