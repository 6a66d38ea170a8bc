"""How an installation stands: what is due, what runs, what failed, what waits to be sent, who works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from console.answers import answer_words
from console.desk import Desk
from console.local_time import local_time
from console.overdue import overdue_lines, waiting_now
from console.phrases import NOTICE_STATES, about_words, counted
from console.sentences import both, sentence
from engine.assessment.due import DueRun, due_runs
from engine.assessment.never_came import NeverCame, never_came
from engine.assessment.standing import live_files, past_runs, registrations, waived_of
from engine.errors import KaoheError
from engine.ledger.lookup import shops
from engine.ledger.masking import masked
from engine.ledger.runs import open_runs
from engine.ledger.tables import DayFile, Notice, Violation
from engine.ledger.workers import last_seen
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Language, Text
from notifier.claims import unsent
from notifier.digests import items_of
from notifier.queued import failed_notices
from notifier.receipt_polls import unasked
from notifier.words.vocabulary import STATES

MOST_LATE = 8  # lines for people; the JSON names all


OWN = "operator."  # how the events begin that tell whoever runs kaohe how it stands


@dataclass(frozen=True, slots=True)
class Late(Text):
    """Something that is late; `kind` is the name of its sentence, the same for all that are late in that way.

    `own`: a notice of an alarm that says so already, about which no other alarm is to be raised.
    """

    kind: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Counts, and the names of what is late."""

    due: int
    running: int
    failed: int
    notices: dict[str, int]
    violations: dict[str, int]
    days_of_evidence: int
    workers: dict[str, datetime]
    late: tuple[Late, ...]
    waiting: int = 0  # shops whose evidence may still come, the last of it by `waiting_until`
    waiting_until: datetime | None = None
    overdue: tuple[NeverCame, ...] = ()  # no work of kaohe's is late there: somebody has to bring the evidence

    def as_json(self) -> dict[str, Any]:
        """The line of `kaohe status --json`."""
        return {
            "due": self.due,
            "running": self.running,
            "failed": self.failed,
            "waiting": self.waiting,
            "waiting_until": self.waiting_until.isoformat() if self.waiting_until else None,
            "overdue": [
                {"platform": o.rule.platform, "shop": o.shop, "rule": o.rule.id, "cycle": o.cycle, "missing": o.missing}
                for o in self.overdue
            ],
            "notices": self.notices,
            "violations": self.violations,
            "days_of_evidence": self.days_of_evidence,
            "workers": {name: at.isoformat() for name, at in self.workers.items()},
            "late": [what.en for what in self.late],
        }

    def lines(self, language: Language) -> list[str]:
        """The same for people."""
        seen = ", ".join(f"{name} ({local_time(at)})" for name, at in self.workers.items())
        none, more = sentence("none", language), len(self.late) - MOST_LATE
        return [
            sentence("status runs", language, due=self.due, running=self.running, failed=self.failed),
            *self._waiting(language),
            *overdue_lines(self.overdue, language),
            sentence("status violations", language, counts=counted(self.violations, STATES, language) or none),
            sentence("status notices", language, counts=counted(self.notices, NOTICE_STATES, language) or none),
            sentence("status evidence", language, n=self.days_of_evidence),
            sentence("status workers", language, seen=seen or none),
            *(sentence("late", language, what=what.in_language(language)) for what in self.late[:MOST_LATE]),
            *([sentence("late more", language, n=more)] if more > 0 else []),
        ]

    def _waiting(self, language: Language) -> list[str]:
        if self.waiting_until is None:
            return []
        return [sentence("status waiting", language, n=self.waiting, until=local_time(self.waiting_until))]


def status_of(desk: Desk, now: datetime, late_after: timedelta, book: RuleBook | None = None) -> Status:
    """How things stand at `now` under the rules of `book` (the desk's, if none is given).

    What is due, or waits to be sent, for longer than `late_after` is late. Cycles and runs are of whole platforms: they
    are told of those on which the reader has shops.
    """
    everything = desk.who.scope.everything
    with desk.reading() as session:
        live = live_files(session)
        due: list[DueRun] = []
        late: list[Late] = []
        rules = list((desk.rulebook if book is None else book).values())
        if not everything:
            platforms = {shop.platform for shop in shops(session)}
            rules = [rule for rule in rules if rule.platform in platforms]
        for rule in rules:
            registered = registrations(session, rule.platform, rule.zone)
            try:
                past, waived = past_runs(session, rule.id), waived_of(session, rule)
                due += due_runs(rule, live, registered, past, now, desk.settings.waiting, waived)
            except KaoheError as error:  # the others' state is worth knowing all the same
                why = Text(error.in_language("zh-CN"), str(error))
                late.append(_late("unassessable rule", rule=rule.id, why=why))
        waiting = waiting_now(session, rules, now, desk.settings.waiting)
        overdue = never_came(session, rules)
        told = {rule.id for rule in rules}
        runs = [run for run in open_runs(session) if everything or run.rule in told]
        notices = dict(session.exec(select(Notice.state, func.count()).group_by(col(Notice.state))).all())
        violations = dict(session.exec(select(Violation.state, func.count()).group_by(col(Violation.state))).all())
        days = session.exec(select(func.count()).select_from(DayFile).where(col(DayFile.until).is_(None))).one()
        workers = last_seen(session)
        unsent = failed_notices(session)
        digests = items_of(session, [n.id for n in unsent if n.violation_id is None and n.id is not None])
        late += _waiting_notices(session, now - late_after)
        late += _unasked_receipts(session, now, now - late_after)
    late += [
        _late("late run", rule=d.rule.id, cycle=d.cycle.key, at=local_time(d.due_at, d.rule.platform))
        for d in due
        if now - d.due_at > late_after
    ]
    late += [  # what a run failed of may speak of anybody's shop
        _late("failed run", rule=r.rule, cycle=r.cycle, why=(r.failure or "") if everything else "…")
        for r in runs
        if r.state == "failed"
    ]
    late += [_failed(n, len(digests.get(n.id or 0, ()))) for n in unsent]
    late += _missing_worker(workers, len(due), now - late_after)
    return Status(
        due=len(due),
        running=sum(r.state == "running" for r in runs),
        failed=sum(r.state == "failed" for r in runs),
        notices=notices,
        violations=violations,
        days_of_evidence=days,
        workers=workers,
        late=tuple(late),
        waiting=len({(wait.rule.platform, wait.shop) for wait in waiting}),
        waiting_until=max((wait.until for wait in waiting), default=None),
        overdue=tuple(overdue),
    )


def _late(kind: str, **values: object) -> Late:
    said = both(kind, **values)
    return Late(said.zh, said.en, kind)


def _waiting_notices(session: Session, before: datetime) -> list[Late]:
    """What is late about notices: those that should have gone out before that time, and wait or were left half-way."""
    found = unsent(session, before)
    return [_late("late notices", n=found[0], at=local_time(found[1]))] if found else []


def _unasked_receipts(session: Session, now: datetime, before: datetime) -> list[Late]:
    """What is late about receipts: messages that should have been asked after before that time, and no provider was."""
    found = unasked(session, now, before).items()
    return [_late("late receipts", channel=name, n=n, at=local_time(sent)) for name, (n, sent) in found]


def _missing_worker(workers: Mapping[str, datetime], due: int, before: datetime) -> list[Late]:
    """What is late about workers: something is due, and none that was never told to stop gave a sign since then.

    Where no worker runs at all, somebody assesses by hand or by another clock: what is late tells for itself.
    """
    last = max(workers.values(), default=None)
    return [_late("late worker", due=due, at=local_time(last))] if due and last and last < before else []


def _failed(notice: Notice, violations: int) -> Late:
    said = masked(notice.answer or "")
    answer = Text(answer_words(said, "zh-CN"), said)
    about = Text(about_words(notice, violations, "zh-CN"), about_words(notice, violations, "en"))
    failed = _late("failed notice", number=str(notice.id), violation=about, answer=answer)
    return replace(failed, own=notice.event.startswith(OWN))
