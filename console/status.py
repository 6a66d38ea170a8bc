"""How an installation stands: what is due, what runs, what failed, what waits to be sent, who works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select

from console.desk import Desk
from engine.assessment.due import due_runs
from engine.assessment.standing import live_files, past_runs, registrations
from engine.errors import KaoheError
from engine.ledger.database import reading
from engine.ledger.masking import masked
from engine.ledger.runs import open_runs
from engine.ledger.tables import DayFile, Notice, Violation
from engine.ledger.workers import last_seen
from notifier.queued import failed_notices

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
    late: tuple[str, ...]

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
            "late": list(self.late),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        seen = ", ".join(f"{name} ({at:%Y-%m-%d %H:%M:%S}Z)" for name, at in self.workers.items()) or "none"
        return [
            f"runs: {self.due} due, {self.running} running, {self.failed} failed",
            f"violations: {_counts(self.violations)}",
            f"notices: {_counts(self.notices)}",
            f"evidence: {self.days_of_evidence} days",
            f"workers seen: {seen}",
            *(f"late: {what}" for what in self.late[:MOST_LATE]),
            *([f"late: {more} more, `--json` names them"] if (more := len(self.late) - MOST_LATE) > 0 else []),
        ]


def status_of(desk: Desk, now: datetime, late_after: timedelta) -> Status:
    """How things stand at `now`; what is due for longer than `late_after` is late."""
    with reading(desk.ledger) as session:
        live = live_files(session)
        due, late = [], []
        for rule in desk.rulebook.values():
            registered = registrations(session, rule.platform, rule.zone)
            try:
                due += due_runs(rule, live, registered, past_runs(session, rule.id), now)
            except KaoheError as error:  # the others' state is worth knowing all the same
                late.append(f"{rule.id} cannot be assessed: {error}")
        runs = open_runs(session)
        notices = dict(session.exec(select(Notice.state, func.count()).group_by(col(Notice.state))).all())
        violations = dict(session.exec(select(Violation.state, func.count()).group_by(col(Violation.state))).all())
        days = session.exec(select(func.count()).select_from(DayFile).where(col(DayFile.until).is_(None))).one()
        workers = last_seen(session)
        unsent = failed_notices(session)
    late += [f"{d.rule.id} {d.cycle.key}, due {d.due_at:%Y-%m-%d %H:%M}Z" for d in due if now - d.due_at > late_after]
    late += [f"{r.rule} {r.cycle} failed: {r.failure}" for r in runs if r.state == "failed"]
    late += [f"notice {n.id} about {n.violation_id} failed: {masked(n.answer or '')}" for n in unsent]
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


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"
