"""Nobody was there for sixty days: everything is assessed once, in order, and what comes late is marked so."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from engine.assessment.assess import assess_due
from engine.ledger.journal import entries
from engine.progress import silent
from engine.rulebook.book import RuleBook
from notifier.channels.email import EmailChannel
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.deliver import deliver_due
from notifier.plan import plan_notices
from tests.chaos import findings
from tests.chaos.installation import Installation
from tests.chaos.table import SEED
from tests.chaos.world import World
from tests.mail_server import Mailbox

DAYS = 60
LATE = timedelta(hours=24)

pytestmark = pytest.mark.slow


@pytest.fixture
def office(ledger, ledger_url, tmp_path):
    """An office that has assessed a fortnight, was then away for sixty days, and comes back to all their evidence."""
    made = Installation(ledger, ledger_url, tmp_path, World(SEED, DAYS))
    made.begin()
    for load in made.world.whole:
        made.bring(load)
    return made


def test_after_sixty_days_everything_is_assessed_once_in_order_and_marked_late(office):
    end = office.world.end
    done = assess_due(office.place, office.rules, end, silent)

    cycles = list(office.truth.cycles(end))
    assert findings.lost_runs(office.ledger, office.truth, end) == []
    with findings.reading(office.ledger) as session:
        runs = session.exec(findings.select(findings.Run).order_by(findings.col(findings.Run.id))).all()
        opened = [e for e in entries(session) if e.event == "violation.opened"]
        due_at = {
            a.violation_id: run.due_at
            for a in session.exec(findings.select(findings.Assessment))
            if (run := session.get(findings.Run, a.run_id)) and a.violation_id
        }
    away = [run for run in runs if run.finished_at == end]  # before that, decisions have made some cycles due again
    due_before = {(run.rule, run.cycle_start) for run in runs} - {(run.rule, run.cycle_start) for run in away}
    wanted = [c[:2] for c in cycles if c[:2] not in due_before]
    assert len(wanted) > DAYS
    assert Counter((run.rule, run.cycle_start) for run in away) == dict.fromkeys(wanted, 1)
    in_turn = defaultdict(list)
    for run in away:
        in_turn[run.rule].append(run.due_at)
    assert all(instants == sorted(instants) for instants in in_turn.values())

    assert findings.standing(office.ledger) == office.truth.standing(end)
    assert findings.wrong_violations(office.ledger, office.truth, end) == []
    assert findings.doubled(office.ledger) == []
    assert findings.faults_of_journal(office.ledger) == []
    ours = [e for e in opened if e.at == end]
    late = {e.object_id for e in ours if e.payload["after"].get("late")}
    assert late == {e.object_id for e in ours if end - due_at[e.object_id] > LATE}
    assert len(ours) > len(late) > DAYS / 2
    assert done.runs == len(away)
    assert assess_due(office.place, office.rules, end, silent).runs == 0


def test_what_sixty_days_held_back_comes_in_one_digest_to_each_recipient(office):
    end = office.world.end
    assess_due(office.place, office.rules, end, silent)
    book = RuleBook(office.rules)
    with Mailbox() as mailbox:
        server = SmtpServer("127.0.0.1", mailbox.port, "plain", host_name="localhost")
        for hours in (0, 1, 5, 24):  # a digest waits until nothing more joins it
            now = end + timedelta(hours=hours)
            plan_notices(office.ledger, book, now, "zh-CN")
            deliver_due(office.ledger, {"email": EmailChannel(Sender("kaohe@example.com"), server)}, now, "worker")
    with findings.reading(office.ledger) as session:
        contacts = {s.id: s.contact for s in session.exec(findings.select(findings.Subject)) if s.contact}
        told_of = {v.id: contacts[v.subject_id] for v in session.exec(findings.select(findings.Violation))}
        opened = [e for e in entries(session) if e.event == "violation.opened"]
    in_time = Counter(told_of[e.object_id] for e in opened if not e.payload["after"].get("late"))
    late = {told_of[e.object_id] for e in opened if e.payload["after"].get("late")}
    assert findings.unsent(office.ledger) == []
    assert len(late) > 5
    for recipient in contacts.values():
        assert mailbox.to[recipient] <= in_time[recipient] + (recipient in late), recipient
