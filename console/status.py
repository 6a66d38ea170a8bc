"""How an installation stands: what is due, what runs, what failed, what waits to be sent, who works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select

from console.desk import Desk
from console.phrases import NOTICE_STATES, counted
from console.sentences import sentence
from engine.assessment.due import due_runs
from engine.assessment.standing import live_files, past_runs, registrations
from engine.ledger.database import reading
from engine.ledger.runs import open_runs
from engine.ledger.tables import DayFile, Notice, Violation
from engine.ledger.workers import last_seen
from engine.rulebook.model import Language, Text
from notifier.words.vocabulary import STATES

MOST_LATE = 8  # lines for people; the JSON names all


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
    late: tuple[Text, ...]

    def as_json(self) -> dict[str, Any]:
        """The line of `kaohe status --json`."""
        return {
            "due": self.due,
            "running": self.running,
            "failed": self.failed,
            "notices": self.notices,
            "violations": self.violations,
            "days_of_evidence": self.days_of_evidence,
            "workers": {name: at.isoformat() for name, at in self.workers.items()},
            "late": [what.en for what in self.late],
        }

    def lines(self, language: Language) -> list[str]:
        """The same for people."""
        seen = ", ".join(f"{name} ({at:%Y-%m-%d %H:%M:%S}Z)" for name, at in self.workers.items())
        none, more = sentence("none", language), len(self.late) - MOST_LATE
        return [
            sentence("status runs", language, due=self.due, running=self.running, failed=self.failed),
            sentence("status violations", language, counts=counted(self.violations, STATES, language) or none),
            sentence("status notices", language, counts=counted(self.notices, NOTICE_STATES, language) or none),
            sentence("status evidence", language, n=self.days_of_evidence),
            sentence("status workers", language, seen=seen or none),
            *(sentence("late", language, what=what.in_language(language)) for what in self.late[:MOST_LATE]),
            *([sentence("late more", language, n=more)] if more > 0 else []),
        ]


def status_of(desk: Desk, now: datetime, late_after: timedelta) -> Status:
    """How things stand at `now`; what is due for longer than `late_after` is late."""
    with reading(desk.ledger) as session:
        live = live_files(session)
        due = []
        for rule in desk.rulebook.values():
            registered = registrations(session, rule.platform, rule.zone)
            due += due_runs(rule, live, registered, past_runs(session, rule.id), now)
        runs = open_runs(session)
        notices = dict(session.exec(select(Notice.state, func.count()).group_by(col(Notice.state))).all())
        violations = dict(session.exec(select(Violation.state, func.count()).group_by(col(Violation.state))).all())
        days = session.exec(select(func.count()).select_from(DayFile).where(col(DayFile.until).is_(None))).one()
        workers = last_seen(session)
    late = [
        _both("late run", rule=d.rule.id, cycle=d.cycle.key, at=f"{d.due_at:%Y-%m-%d %H:%M}Z")
        for d in due
        if now - d.due_at > late_after
    ]
    late += [_both("failed run", rule=r.rule, cycle=r.cycle, why=r.failure or "") for r in runs if r.state == "failed"]
    return Status(
        due=len(due),
        running=sum(r.state == "running" for r in runs),
        failed=sum(r.state == "failed" for r in runs),
        notices=notices,
        violations=violations,
        days_of_evidence=days,
        workers=workers,
        late=tuple(late),
    )


def _both(name: str, **values: object) -> Text:
    return Text(sentence(name, "zh-CN", **values), sentence(name, "en", **values))
