"""Recording a judgement: one fenced transaction that writes only what differs from what is on record.

Assessments are appended, and the row they replace is closed. A violation that new evidence changes is corrected or
withdrawn, never overwritten without a journal entry; one on which the platform or a person has spoken keeps its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, select, update

from engine.assessment import rows
from engine.assessment.archive import VersionShelf, as_on_record, sanctions_of
from engine.assessment.courses import take_back
from engine.assessment.deciding import (
    WITHDRAWN,
    let_off,
    ours_to_change,
    remove_sanctions,
    settle,
    version_used,
    withdrawn_by_evidence,
)
from engine.assessment.due import Cause
from engine.assessment.judging import Judgement
from engine.assessment.outcome import Outcome
from engine.assessment.waiting import names_days
from engine.judge.decide import Situation
from engine.ledger import journal
from engine.ledger.dialects import insert_rows
from engine.ledger.states import step
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Assessment, Sanction, Subject, Violation
from engine.ledger.tables import Situation as SituationRow
from engine.ledger.violation_ids import violation_id
from engine.rulebook.book import RuleBook

# Older news wakes nobody: a first import of a year must not send a year of notices.
NOTIFY_WITHIN = timedelta(days=7)
LATE = timedelta(hours=24)  # after its instant: an assessment that comes later than this says so
WHY: Mapping[Cause, str] = {  # why what is on record changes
    "first": "new evidence",
    "evidence": "new evidence",
    "waiver": "a waiver",
    "decision": "a decision about an earlier violation",
    "rule": "the rule decides otherwise",
}
AT_ONCE = 500  # values in one query
WAIVED = ("waived", "closed")  # what was waived may have been closed since

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording changed: the outcomes that are new or differ, and how many opened violations are too old.

    `booked` counts corrections: of a month that is closed nothing changes. `missing` are those among the outcomes whose
    evidence has not come in time, and was not told to be missing before.
    """

    changed: tuple[Outcome, ...]
    unnotified: int
    booked: int = 0
    missing: tuple[Outcome, ...] = ()


def record(session: Session, run_id: int, judgement: Judgement, actor: str, now: datetime) -> Recorded:
    """Write `judgement` inside the caller's transaction, which has fenced the run already.

    Corrections that stand about the cycle, whose month is open (again), stand no longer; what was decided since it was
    closed is settled in their place. Raises KaoheError where one was booked in a month that is closed.
    """
    work = _Recording(session, run_id, judgement, actor, now)
    changed = work.compare()
    work.take_back()
    work.write_situations(changed)
    work.write_violations(changed)
    missing = work.note_missing(changed)
    work.write_assessments(changed)
    journal.append(session, now, work.events)
    found = tuple(work.as_it_stands(o) for o in changed)
    return Recorded(found, work.unnotified, missing=tuple(missing))


class _Recording:
    """The steps of one recording, over what they share: the rows on record, the subjects, the events so far."""

    def __init__(self, session: Session, run_id: int, judgement: Judgement, actor: str, now: datetime) -> None:
        self.session, self.run_id, self.judgement = session, run_id, judgement
        self.actor, self.now = actor, now
        self.rule = judgement.due.rule
        self.why = WHY[judgement.due.cause]
        self.events: list[journal.Event] = []
        self.unnotified = 0
        self.reopened: list[str] = []  # violations about which corrections stood
        self.situation_ids: dict[Situation, int] = {}
        self.decided: dict[str, Violation] = {}  # shop → its violation about which the platform has spoken
        self.new_violations: list[rows.Row] = []
        self.new_sanctions: list[rows.Row] = []
        waiting = {shop_key(self.rule.platform, shop) for shop in judgement.due.awaited.waiting}
        found = subjects_of(session, [*waiting, *(shop_key(self.rule.platform, o.shop) for o in judgement.outcomes)])
        self.subjects = {key: id_ for key, (id_, _) in found.items()}
        self.clients = dict(found.values())
        self.waiting = {self.subjects[key] for key in waiting}  # what is on record about them stays as it is
        self.current = self._current()

    def subject_id(self, outcome: Outcome) -> int:
        return self.subjects[shop_key(self.rule.platform, outcome.shop)]

    def _current(self) -> dict[int, rows.Standing]:
        """Columns and no objects: a run may have a row for each of very many shops, and changes few of them."""
        current = self.session.execute(
            rows.STANDING.where(
                col(Assessment.rule) == self.rule.id,
                col(Assessment.cycle) == self.judgement.due.cycle.key,
                col(Assessment.superseded_at).is_(None),
            )
        )
        return {row.subject_id: row for row in (rows.Standing(*found) for found in current)}

    def compare(self) -> list[Outcome]:
        """The outcomes that say something else than the record."""
        restated, concerned = self.judgement.due.cause == "rule", self.judgement.concerned
        return [
            o
            for o in self.judgement.outcomes
            if (concerned is None or o.shop in concerned)
            and rows.says(o, restated) != rows.said(self.current.get(self.subject_id(o)), restated)
        ]

    def take_back(self) -> None:
        events, self.reopened = take_back(
            self.session, self.rule.id, self.judgement.due.cycle.key, self.actor, self.now
        )
        self.events += events

    def write_situations(self, changed: Sequence[Outcome]) -> None:
        wanted = {self.judgement.situations[o.shop] for o in changed if o.shop in self.judgement.situations}
        for situation in sorted(wanted, key=lambda s: s.digest):
            decision = self.judgement.decisions[situation]
            row = SituationRow(
                run_id=self.run_id,
                digest=situation.digest,
                facts=[f.as_data() for f in situation.facts],
                decision=rows.decision_json(decision),
                trace=[f.as_data() for f in decision.trace],
                decided_by=decision.decided_by,
            )
            self.session.add(row)
            self.session.flush()
            assert row.id is not None
            self.situation_ids[situation] = row.id

    def write_violations(self, changed: Sequence[Outcome]) -> None:
        ids = [v for o in changed for v in (o.violation, self._old_violation(o), self._waived(o)) if v]
        listed = {self.subject_id(o) for o in self.judgement.outcomes} | self.waiting
        gone = [row for subject, row in sorted(self.current.items()) if subject not in listed]
        if self.judgement.concerned is not None:  # where no evidence has changed, nobody's is gone
            gone = []
        ids += [row.violation_id for row in gone if row.violation_id]
        known = {v.id: v for v in self._violations([*ids, *self.reopened])}
        for name in sorted(known.keys() & set(self.reopened)):
            self._settle(known[name])
        for outcome in changed:
            if outcome.violation:
                self._open_or_correct(outcome, known.get(outcome.violation))
            elif (waived := self._waived(outcome)) and waived in known and known[waived].state in WAIVED:
                self._note_waived(outcome, known[waived])
            elif (old := self._old_violation(outcome)) and old in known:
                self._withdraw(known[old], f"{self.why}: {outcome.verdict}", rows.figures_of(outcome))
        self._close([row.id for row in gone])
        for row in gone:
            if row.violation_id in known:
                self._withdraw(known[row.violation_id], f"{self.why}: the shop has none in this cycle", None)
        self.session.flush()
        for opened in self.new_violations:  # a shop may have changed its client since the run looked
            opened["client"] = self.clients[opened["subject_id"]]
        insert_rows(self.session, Violation, self.new_violations)
        insert_rows(self.session, Sanction, self.new_sanctions)

    def _waived(self, outcome: Outcome) -> str | None:
        """What the violation is called that would be on record, or is, but for a waiver."""
        situation = self.judgement.situations.get(outcome.shop) if outcome.verdict == "exempt" else None
        if situation is None or all(f.kind != "waiver" for f in situation.facts):
            return None
        return violation_id(self.rule.id, shop_key(self.rule.platform, outcome.shop), outcome.cycle)

    def _note_waived(self, outcome: Outcome, known: Violation) -> None:
        """A breach that was waived stays waived, with the figure that it has by now; nothing where that is the same."""
        findings = rows.figure_columns(outcome) | rows.day_columns(outcome)
        if all(getattr(known, name) == value for name, value in findings.items()):
            return
        before = rows.on_record(known)
        for name, value in findings.items():
            setattr(known, name, value)
        known.changed_at = self.now
        self.session.add(known)
        payload = {"why": self.why, "before": before, "after": rows.figures_of(outcome) | {"state": known.state}}
        self.events.append(journal.Event(self.actor, "violation.corrected", "violation", known.id, payload))

    def _old_violation(self, outcome: Outcome) -> str | None:
        row = self.current.get(self.subject_id(outcome))
        return row.violation_id if row else None

    def _violations(self, ids: Sequence[str]) -> list[Violation]:
        """These violations, locked: what a person says about one meanwhile must not be written over."""
        found: list[Violation] = []
        for chunk in _chunks(sorted(set(ids))):
            wanted = select(Violation).where(col(Violation.id).in_(chunk)).order_by(col(Violation.id))
            found += self.session.exec(wanted.with_for_update(), execution_options={"populate_existing": True}).all()
        return found

    def _open_or_correct(self, outcome: Outcome, known: Violation | None) -> None:
        situation = self.judgement.situations[outcome.shop]
        findings = rows.findings_of(outcome, self.situation_ids[situation], self.now)
        if known is None:
            self.new_violations.append(rows.new_violation(outcome, self.subject_id(outcome), findings))
            self.new_sanctions += rows.sanction_rows(outcome.violation or "", outcome.sanctions)
            self._note("violation.opened", outcome, "the assessment found a breach")
            return
        before = rows.on_record(known)
        reopened = known.state == "withdrawn" and withdrawn_by_evidence(self.session, known)
        if reopened:
            known.state = step(known.id, known.state, "open").after
        if ours_to_change(known):
            remove_sanctions(self.session, known)
            self.new_sanctions += rows.sanction_rows(outcome.violation or "", outcome.sanctions)
        else:  # what the platform decided about severity and amounts stands
            findings = rows.figure_columns(outcome) | rows.day_columns(outcome) | {"changed_at": self.now}
            self.decided[outcome.shop] = known
        moved = known.assessed_on != outcome.assessed_on
        for name, value in findings.items():
            setattr(known, name, value)
        if moved and outcome.shop in self.decided:
            self._settle(known)  # its measures begin on another day
        self.session.add(known)
        event = "violation.reopened" if reopened else "violation.corrected"
        self._note(event, outcome, self.why, before, known)

    def as_it_stands(self, outcome: Outcome) -> Outcome:
        """The outcome with what the platform decided in the place of what was reckoned."""
        known = self.decided.get(outcome.shop)
        if known is None:
            return outcome
        return as_on_record(outcome, known, sanctions_of(self.session, [known.id]).get(known.id, ()))

    def _settle(self, known: Violation) -> None:
        """Let measures and exposure follow anew from what was decided."""
        used = version_used(self.session, VersionShelf(self.session, RuleBook([self.rule])), known)
        settle(self.session, used[1] if used else None, known)

    def _withdraw(self, known: Violation, why: str, after: Mapping[str, Any] | None) -> None:
        if known.state == "withdrawn":
            return
        before = rows.on_record(known)
        if ours_to_change(known):
            known.state, known.changed_at = step(known.id, known.state, "withdrawn").after, self.now
            let_off(self.session, known)
            event = WITHDRAWN
        else:
            event = "violation.contradicted"  # the platform has decided; that our figure says otherwise is news
        payload = {"why": why, "before": before, "after": dict(after or {}) | {"state": known.state}}
        self.events.append(journal.Event(self.actor, event, "violation", known.id, payload))

    def _note(
        self,
        event: str,
        outcome: Outcome,
        why: str,
        before: Mapping[str, Any] | None = None,
        known: Violation | None = None,
    ) -> None:
        """Journal a breach. Of one that was on record (`known`), the state and severity that it has by now are told."""
        assert outcome.violation
        # What was told, or should have been, when it was first found stays news, however late it stands again.
        age = (known.opened_at if known else self.now) - self.judgement.due.due_at
        notify = age <= NOTIFY_WITHIN
        if event == "violation.opened" and not notify:
            self.unnotified += 1
        stands = self.as_it_stands(outcome)
        after = rows.figures_of(outcome) | {
            "state": known.state if known else "open",
            "severity": known.severity if known else outcome.severity,
            "sanctions": [s.as_json() for s in stands.sanctions],
            "exposure_fen": list(stands.exposure_fen()),
            "notify": notify,
        }
        if event == "violation.opened" and age > LATE:
            after["late"] = True
        payload = {"why": why, "before": before, "after": after}
        self.events.append(journal.Event(self.actor, event, "violation", outcome.violation, payload))

    def note_missing(self, changed: Sequence[Outcome]) -> list[Outcome]:
        """Journal whose evidence has not come in time, once: not again where less or more of it is missing."""
        overdue = self.judgement.due.awaited.overdue
        found = []
        for outcome in changed:
            old = self.current.get(self.subject_id(outcome))
            if outcome.shop in overdue and not (old and names_days(old.missing or ())):
                found.append(outcome)
                after = {"rule": self.rule.id, "cycle": outcome.cycle, "missing": list(outcome.missing)}
                told = {"why": "the evidence has not come in time", "after": after}
                key = shop_key(self.rule.platform, outcome.shop)
                self.events.append(journal.Event(self.actor, "evidence.missing", "shop", key, told))
        return found

    def write_assessments(self, changed: Sequence[Outcome]) -> None:
        self._close([row.id for o in changed if (row := self.current.get(self.subject_id(o)))])
        insert_rows(self.session, Assessment, [self._assessment(o) for o in changed])

    def _close(self, ids: Sequence[int]) -> None:
        """Mark these assessments as no longer current."""
        for chunk in _chunks(ids):
            self.session.exec(update(Assessment).where(col(Assessment.id).in_(chunk)).values(superseded_at=self.now))

    def _assessment(self, outcome: Outcome) -> rows.Row:
        subject_id = self.subject_id(outcome)
        situation = self.judgement.situations.get(outcome.shop)
        situation_id = self.situation_ids[situation] if situation else None
        return rows.assessment_row(
            outcome, self.run_id, subject_id, situation_id, self.current.get(subject_id), self.now
        )


def subjects_of(session: Session, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Key → id and client of these subjects, all of them locked against removal in one order.

    The rows that point at them would lock them one by one as they come, and so could meet a registration half-way that
    holds some and waits for others.
    """
    found: dict[str, tuple[int, str]] = {}
    for chunk in _chunks(sorted(keys)):
        wanted = (
            select(Subject.key, Subject.id, Subject.client)
            .where(col(Subject.key).in_(chunk))
            .order_by(col(Subject.key))
        )
        locked = session.exec(wanted.with_for_update(read=True, key_share=True))
        found |= {key: (id_, client) for key, id_, client in locked if id_ is not None}
    return found


def _chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """The values in order, in lists that a query can take."""
    return (list(values[start : start + AT_ONCE]) for start in range(0, len(values), AT_ONCE))
