"""Do the workers live, are they of this version, and does anything wait too long for them?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from console.doctor.finding import Finding, ok, remark
from console.local_time import local_time
from console.status import Status
from engine.ledger.tables import WorkerSeen
from engine.rulebook.model import Text

SUBJECT = "workers"


def check_workers(found: Sequence[WorkerSeen], now: datetime, late_after: timedelta, version: str) -> list[Finding]:
    """What is wrong with workers that were never told to stop; `now` by the database's clock, `version` is ours."""
    if not found:
        return [remark(SUBJECT, "没有在运行的；用 `kaohe worker` 启动", "none is at work; `kaohe worker` starts one")]
    wrong = [finding for worker in found for finding in _of(worker, now, late_after, version)]
    seen = ", ".join(f"{w.worker} ({local_time(w.seen_at)})" for w in found)
    return wrong or [ok(SUBJECT, seen, seen)]


def _of(worker: WorkerSeen, now: datetime, late_after: timedelta, version: str) -> list[Finding]:
    name, seen = worker.worker, local_time(worker.seen_at)
    if now - worker.seen_at > late_after:
        what = Text(f"{name} 最后一次出现在 {seen}：已死或卡住", f"{name} was last seen {seen}: it died, or hangs")
        mend = Text(
            "请看它的日志并重新启动；不再出现的一周后自动忘记",
            "look at its log and start it again; one that does not come back is forgotten after a week",
        )
        return [Finding(SUBJECT, "warning", what, mend)]
    if worker.version != version:
        theirs = worker.version or "?"
        what = Text(f"{name} 的版本是 {theirs}，本机是 {version}", f"{name} is of version {theirs}, this is {version}")
        return [Finding(SUBJECT, "warning", what, Text("请升级并重新启动它", "upgrade it, and start it again"))]
    return []


def check_lateness(status: Status) -> list[Finding]:
    """Whether anything is late."""
    if not status.late:
        return [ok("work", f"到期 {status.due}，没有迟的", f"{status.due} due, nothing late")]
    what = Text(f"有 {len(status.late)} 项迟了", f"late: {len(status.late)}")
    return [Finding("work", "warning", what, Text("见 `kaohe status`", "`kaohe status` names them"))]
