"""What the ledger has on record for a calendar of assessments: verdicts by cycle, breaches, measures, what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from engine.assessment.agenda import Appointment, Booked, Breach, CycleName, Measure, OnRecord, Shop
from engine.assessment.archive import dated_sanction
from engine.assessment.due import due_runs
from engine.assessment.standing import live_files, past_runs, registrations, waived_of
from engine.assessment.waiting import PATIENCE
from engine.calendar.zones import local_day
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Assessment, Run, Sanction, Subject, Violation
from engine.rulebook.model import Rule
from engine.rulebook.platforms import platform


@dataclass(frozen=True, slots=True)
class Asked:
    """What a calendar is asked about: inclusive days, and of whom; None is all. `shop` is the key of a subject."""

    first: date
    last: date
    platform: str | None = None
    client: str | None = None
    shop: str | None = None
    rules: tuple[str, ...] | None = None

    def of_shops(self) -> list[Any]:
        """The conditions on `Subject` that its shops fit."""
        wanted: list[Any] = [Subject.kind == "shop"]
        if self.platform is not None:
            wanted.append(Subject.platform == self.platform)
        if self.client is not None:
            wanted.append(Subject.client == self.client)
        if self.shop is not None:
            wanted.append(Subject.key == self.shop)
        return wanted

    def of_rule(self, rule: Any) -> list[Any]:
        """The condition on a column that names rules."""
        return [] if self.rules is None else [col(rule).in_(self.rules)]


def on_record(
    session: Session, rules: Sequence[Rule], asked: Asked, now: datetime, patience: timedelta = PATIENCE
) -> OnRecord:
    """What is on record about what is asked; of `rules`, which cycles are assessed, and which are due at `now`.

    Violations that were assessed after the day of `now` bring no measures.
    """
    live = live_files(session)
    done: set[CycleName] = set()
    due: set[CycleName] = set()
    for rule in rules:
        past = past_runs(session, rule.id)
        done |= {(rule.id, cycle) for cycle, run in past.items() if run.input is not None}
        registered, waived = registrations(session, rule.platform, rule.zone), waived_of(session, rule)
        due |= {(rule.id, run.cycle.key) for run in due_runs(rule, live, registered, past, now, patience, waived)}
    booked = _booked(session, asked, {rule.id: rule.zone for rule in rules})
    return OnRecord(
        shops=_shops(session, asked),
        booked=booked,
        done=frozenset(done | {b.appointment.name for b in booked}),
        due=frozenset(due),
        measures=measures(session, asked, now),
    )


def _shops(session: Session, asked: Asked) -> dict[str, int]:
    counted = select(Subject.platform, func.count()).where(*asked.of_shops()).group_by(col(Subject.platform))
    return {name: count for name, count in session.exec(counted) if name is not None}


def _booked(session: Session, asked: Asked, zones: Mapping[str, str]) -> list[Booked]:
    """The current assessments of these days by cycle, those of rules that there are no more among them."""
    columns: list[Any] = [Assessment.rule, Assessment.cycle, Assessment.version, Assessment.assessed_on]
    columns += [Assessment.cycle_start, Assessment.cycle_end, Run.due_at, Subject.platform, Assessment.verdict]
    wanted = (
        sa_select(*columns, func.count())
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .join(Run, col(Run.id) == col(Assessment.run_id))
        .where(*_current(asked), *asked.of_shops())
        .group_by(*columns)
    )
    found: dict[CycleName, tuple[Appointment, Counter[str]]] = {}
    # One cycle may have been judged under more than one version: the newest speaks for it.
    rows: Any = session.exec(wanted)  # type: ignore[call-overload]  # it knows up to four columns
    for rule, key, version, day, first, last, due_at, where, verdict, count in sorted(rows):
        zone = zones.get(rule) or platform(where).zone
        counts = found[rule, key][1] if (rule, key) in found else Counter()
        counts[verdict] += count
        found[rule, key] = Appointment(rule, version, where, key, first, last, day, due_at, zone), counts
    breaches = _breaches(session, asked)
    return [Booked(a, dict(sorted(n.items())), tuple(breaches.get(name, ()))) for name, (a, n) in found.items()]


def _breaches(session: Session, asked: Asked) -> dict[CycleName, list[Breach]]:
    wanted = (
        select(Assessment, Subject, Violation)
        .join(Subject, col(Subject.id) == col(Assessment.subject_id))
        .join(Violation, col(Violation.id) == col(Assessment.violation_id))
        .where(*_current(asked), *asked.of_shops())
    )
    found: dict[CycleName, list[Breach]] = {}
    for row, subject, violation in session.exec(wanted):
        breach = Breach(_shop(subject), violation.id, violation.state, violation.severity)
        found.setdefault((row.rule, row.cycle), []).append(breach)
    return {name: sorted(of_one, key=lambda b: (b.shop.platform, b.shop.id)) for name, of_one in found.items()}


def measures(session: Session, asked: Asked, now: datetime) -> list[Measure]:
    """All measures with days of every shop that has one in the stretch: what follows on one another must stay whole."""
    standing = [col(Violation.state).not_in(sorted(LET_OFF)), *asked.of_rule(Violation.rule)]
    in_stretch = (
        select(Violation.subject_id)
        .join(Sanction, col(Sanction.violation_id) == col(Violation.id))
        .where(*standing, col(Sanction.starts) <= asked.last, col(Sanction.ends) >= asked.first)
    )
    wanted = (
        select(Sanction, Violation, Subject)
        .join(Violation, col(Violation.id) == col(Sanction.violation_id))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(*standing, *asked.of_shops(), col(Sanction.starts).is_not(None), col(Subject.id).in_(in_stretch))
    )
    found = [
        Measure(_shop(subject), v.rule, v.id, v.state, row.position, dated_sanction(row))
        for row, v, subject in session.exec(wanted)
        if v.assessed_on <= local_day(now, platform(v.platform).zone)
    ]
    return sorted(
        found, key=lambda m: (m.sanction.starts or date.max, m.shop.platform, m.shop.id, m.violation, m.position)
    )


def _current(asked: Asked) -> list[Any]:
    return [
        col(Assessment.superseded_at).is_(None),
        Assessment.assessed_on >= asked.first,
        Assessment.assessed_on <= asked.last,
        *asked.of_rule(Assessment.rule),
    ]


def _shop(subject: Subject) -> Shop:
    return Shop(subject.platform or "", subject.client, subject.external_id, subject.alias or subject.name)
