"""/metrics: what stands in the documentation and nothing else, and never a shop or a client."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families

from console.desk import desk as desk_of
from console.watch.jobs import Worker
from console.watch.metrics import LedgerFigures, Meters
from engine.errors import KaoheError
from engine.ledger.database import open_ledger

DOCS = Path(__file__).parents[2] / "docs" / "reliability.md"
DOCUMENTED = re.compile(r"^\| `(kaohe_\w+)(?:{([\w, ]+)})?` \|", re.MULTILINE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def scraped(kaohe, sessions, home, monkeypatch):
    """What a worker's /metrics says after an assessment with a violation and a notice."""
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com", "--client", "acme")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    monkeypatch.setattr("console.watch.jobs.refuse_wrong_clock", lambda *_: None)  # it is not March 2026
    with desk_of(str(home)) as desk:
        desk.makes_home = True
        worker = Worker(desk, now=lambda: datetime(2026, 3, 10, 3, tzinfo=UTC))
        for step in (worker.check, worker.reconcile, worker.deliver, worker.check):
            step()
        worker.meters.registry.register(LedgerFigures(desk.ledger, timedelta(minutes=10)))
        port = free_port()
        server, thread = worker.meters.serve("127.0.0.1", port)
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/metrics") as answer:
                yield list(text_string_to_metric_families(answer.read().decode()))
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def ours(families):
    return [family for family in families if family.name.startswith("kaohe_")]


def test_every_metric_stands_in_the_documentation_with_its_labels(scraped):
    documented = dict(DOCUMENTED.findall(DOCS.read_text(encoding="utf-8")))
    found = {family.name + ("_total" if family.type == "counter" else "") for family in ours(scraped)}
    assert found == set(documented)
    for family in ours(scraped):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        named = documented[family.name + ("_total" if family.type == "counter" else "")]
        assert labels <= set(filter(None, named.split(", "))) <= {"rule", "state"}


def test_the_figures_are_those_of_the_ledger_and_of_this_worker(scraped):
    said = {
        (sample.name, *sample.labels.values()): sample.value for family in ours(scraped) for sample in family.samples
    }
    rule = "xiaohongshu.reply-rate"
    assert said["kaohe_ledger_up",] == 1
    assert said["kaohe_violations", rule, "open"] == 1
    assert said["kaohe_notices", "sent"] == 1
    assert said["kaohe_workers",] == 1
    assert said["kaohe_runs_finished_total", rule] == 1
    assert said["kaohe_run_seconds_count",] == 1
    assert said["kaohe_notices_tried_total", "sent"] == 1
    assert said["kaohe_due",] == said["kaohe_late",] == 0
    assert said["kaohe_check_ok",] == 1
    assert abs(said["kaohe_clock_skew_seconds",]) < 60
    assert said["kaohe_last_reconcile_timestamp_seconds",] > 0


def test_no_shop_no_client_and_no_address_is_told(scraped):
    text = repr(scraped)
    for secret in ("s1", "acme", "zhao", "example.com"):
        assert f"'{secret}" not in text


def test_a_ledger_that_does_not_answer_is_told_and_the_rest_goes_on(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.sqlite")
    ledger.dispose()
    (tmp_path / "l.sqlite").unlink()
    (tmp_path / "l.sqlite").mkdir()
    meters = Meters()
    meters.registry.register(LedgerFigures(ledger, timedelta(minutes=10)))
    names = {f.name: f for f in meters.registry.collect()}
    assert names["kaohe_ledger_up"].samples[0].value == 0
    assert "kaohe_notices" not in names
    assert "kaohe_runs_finished" in names


def test_a_port_that_is_taken_is_told(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(KaoheError, match=r"metrics_port .* cannot be opened: .*; choose another"):
            Meters().serve("127.0.0.1", taken.getsockname()[1])
