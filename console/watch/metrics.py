"""/metrics for Prometheus: what the ledger says when it is asked, and what this worker has done.

Labels are rules and states alone: never a shop or a client, which are nobody else's business and without number.
Every metric stands in docs/reliability.md.
"""

from __future__ import annotations

import time
from collections import Counter as Counted
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, func, select

from console.status import Status
from console.watch.clocks import times_of
from engine.errors import KaoheError, os_words
from engine.ledger import journal
from engine.ledger.database import reading
from engine.ledger.tables import Notice, Run, Violation
from engine.ledger.workers import last_seen
from notifier.deliver import Delivered

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)  # that a run takes
# When each counter began would be as many series again, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it
JOBS = ("reconcile", "deliver", "receipts", "check")


class LedgerFigures(Collector):
    """What the ledger says at the moment of asking: cheap questions, each answered by an index or a small table."""

    def __init__(self, ledger: Engine, worker_seen_within: timedelta) -> None:
        self._ledger, self._within = ledger, worker_seen_within

    def collect(self) -> Iterator[Metric]:
        """All figures, or only that the ledger did not answer."""
        found: list[Metric] = []
        try:
            with reading(self._ledger) as session:
                found += self._figures(session)
        except (KaoheError, DBAPIError):
            found.clear()
        yield GaugeMetricFamily("kaohe_ledger_up", "1 if the ledger answered just now", 1 if found else 0)
        yield from found

    def _figures(self, session: Session) -> Iterator[Metric]:
        runs = GaugeMetricFamily("kaohe_open_runs", "runs begun and not finished", labels=["rule", "state"])
        open_ = select(Run.rule, Run.state, func.count()).where(Run.state != "done")
        for rule, state, count in session.exec(open_.group_by(col(Run.rule), col(Run.state))):
            runs.add_metric([rule, state], count)
        yield runs
        violations = GaugeMetricFamily("kaohe_violations", "violations on record", labels=["rule", "state"])
        on_record = select(Violation.rule, Violation.state, func.count())
        for rule, state, count in session.exec(on_record.group_by(col(Violation.rule), col(Violation.state))):
            violations.add_metric([rule, state], count)
        yield violations
        notices = GaugeMetricFamily("kaohe_notices", "notices on record", labels=["state"])
        for state, count in session.exec(select(Notice.state, func.count()).group_by(col(Notice.state))):
            notices.add_metric([state], count)
        yield notices
        yield GaugeMetricFamily("kaohe_journal_batches", "batches in the journal", journal.head(session).seq)
        times = times_of(session, datetime.now(UTC))
        living = [at for at in last_seen(session).values() if times.database - at <= self._within]
        yield GaugeMetricFamily("kaohe_workers", "workers that gave a sign of life lately", len(living))
        skew = "this host's clock minus the database's"
        yield GaugeMetricFamily("kaohe_clock_skew_seconds", skew, times.skew.total_seconds())
        behind = "how far this host's clock is behind the end of the journal"
        yield GaugeMetricFamily("kaohe_clock_behind_journal_seconds", behind, times.behind.total_seconds())


class Meters:
    """What this worker has done and found so far. May be told from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

        def gauge(name: str, help_: str) -> Gauge:
            return Gauge(name, help_, registry=self.registry)

        self._runs = Counter("kaohe_runs_finished", "runs finished here", ["rule"], registry=self.registry)
        self._seconds = Histogram("kaohe_run_seconds", "how long they took", buckets=SECONDS, registry=self.registry)
        tried = "notices tried here, by what came of it"
        self._tried = Counter("kaohe_notices_tried", tried, ["state"], registry=self.registry)
        self._ticks = {
            job: gauge(f"kaohe_last_{job}_timestamp_seconds", f"when {job} last came to a good end") for job in JOBS
        }
        self._due = gauge("kaohe_due", "runs due, as of the last self-check")
        self._waiting = gauge("kaohe_waiting", "shops whose evidence is awaited, as of the last self-check")
        overdue = "shops without the expected evidence in the rule's last cycle, as of the last self-check"
        self._overdue = Gauge("kaohe_overdue", overdue, ["rule"], registry=self.registry)
        self._late = gauge("kaohe_late", "what is late, as of the last self-check")
        self._sound = gauge("kaohe_check_ok", "1 if the last self-check found nothing wrong")
        for state in ("sent", "delayed", "failed"):
            self._tried.labels(state)

    def finished(self, rule: str, seconds: float) -> None:
        """A run of `rule` was finished, in so many seconds."""
        self._runs.labels(rule).inc()
        self._seconds.observe(seconds)

    def delivered(self, done: Delivered) -> None:
        """Notices were tried."""
        for state in ("sent", "delayed", "failed"):
            self._tried.labels(state).inc(getattr(done, state))

    def ticked(self, job: str) -> None:
        """A job came to a good end."""
        self._ticks[job].set(time.time())

    def checked(self, sound: bool, status: Status | None = None) -> None:
        """A self-check came to an end; without a status where the ledger did not answer."""
        self._sound.set(1 if sound else 0)
        if status is not None:
            self._due.set(status.due)
            self._waiting.set(status.waiting)
            self._overdue.clear()
            for rule, shops in Counted(one.rule.id for one in status.overdue).items():
                self._overdue.labels(rule).set(shops)
            self._late.set(len(status.late))

    def serve(self, host: str, port: int) -> tuple[WSGIServer, Thread]:
        """Answer with /metrics on that address. Raises KaoheError where it cannot be opened."""
        try:
            return start_http_server(port, host, self.registry)
        except OSError as error:
            raise KaoheError(
                f"metrics_port {port} on {host} cannot be opened: {error.strerror or error}; choose another, "
                "or none for all but one of several workers",
                zh=f"metrics_port {port}（{host}）打不开：{os_words(error)}；请换一个，"
                "同机有几个值守进程时只给其中一个",
            ) from error
