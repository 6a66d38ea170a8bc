"""What a ledger holds after a storm, beside what it must hold: everything that is wrong, in words."""

from collections import Counter, defaultdict

from sqlmodel import col, select

from engine.ledger import tables
from engine.ledger.chain import verify
from engine.ledger.database import reading
from engine.ledger.tables import Assessment, JournalEntry, Notice, Run, Subject, Violation
from tests.chaos.truth import RULES

CONTENT = ("numerator", "denominator", "verdict", "severity", "at_risk", "version", "missing")


def shops(session):
    return {s.id: s.external_id for s in session.exec(select(Subject).where(Subject.kind == "shop"))}


def standing(ledger):
    """(rule, shop, first day) → (numerator, denominator, verdict, severity) of the current assessments."""
    columns = (Assessment.rule, Assessment.subject_id, Assessment.cycle_start, Assessment.numerator)
    columns += (Assessment.denominator, Assessment.verdict, Assessment.severity)
    with reading(ledger) as session:
        names = shops(session)
        rows = session.exec(select(*columns).where(col(Assessment.superseded_at).is_(None))).all()
    return {(rule, names[subject], first): tuple(said) for rule, subject, first, *said in rows}


def violations(ledger):
    """(rule, shop, first day) → (state, numerator, denominator, severity) of all violations on record."""
    with reading(ledger) as session:
        names = shops(session)
        rows = session.exec(select(Violation)).all()
    return {
        (v.rule, names[v.subject_id], v.cycle_start): (v.state, v.numerator, v.denominator, v.severity) for v in rows
    }


def wrong_violations(ledger, truth, now):
    """Violations that are not what the truth has: lost, or standing without ground, or with other figures."""
    expected = {key: said for key, said in truth.standing(now).items() if said[2] == "violation"}
    found = violations(ledger)
    wrong = [f"lost: {key} {said}" for key, said in expected.items() if key not in found]
    for key, (state, *figures) in found.items():
        if key in expected:
            numerator, denominator, _, severity = expected[key]
            wanted = "confirmed" if key in truth.spoken else "open"
            severity = truth.settled.get(key, severity)
            if (state, *figures) != (wanted, numerator, denominator, severity):
                wrong.append(f"{key} is {state} {figures}, not {wanted} {expected[key]}")
        elif state != "withdrawn":
            wrong.append(f"{key} is {state} and must not be")
    return wrong


def holders(ledger):
    """The owners of the runs that are being worked at, or were when their owner died."""
    with reading(ledger) as session:
        return [owner for owner in session.exec(select(Run.owner).where(Run.state == "running")) if owner]


def lost_runs(ledger, truth, now):
    """Cycles that are due and have no finished run, and runs that nobody finished."""
    with reading(ledger) as session:
        runs = session.exec(select(Run)).all()
    done = {(run.rule, run.cycle_start) for run in runs if run.state == "done"}
    wanted = {(rule, first) for rule, first, _, _ in truth.cycles(now)}
    return [*sorted(wanted - done), *((r.rule, r.cycle, r.state) for r in runs if r.state != "done")]


def doubled(ledger):
    """What stands twice: current rows, openings, rows that say what the row before them said; and broken chains."""
    with reading(ledger) as session:
        rows = {row.id: row for row in session.exec(select(Assessment))}
        opened = session.exec(select(JournalEntry.object_id).where(JournalEntry.event == "violation.opened")).all()
        done = {run.id: run for run in session.exec(select(Run)) if run.state == "done"}
    found = [f"opened {n} times: {name}" for name, n in Counter(opened).items() if n > 1]
    current = Counter((r.rule, r.subject_id, r.cycle) for r in rows.values() if r.superseded_at is None)
    found += [f"{n} current rows: {key}" for key, n in current.items() if n > 1]
    following = defaultdict(list)
    for row in rows.values():
        if row.run_id not in done:
            found.append(f"row {row.id} of run {row.run_id}, which is not done")
        if row.supersedes_id is not None:
            following[row.supersedes_id].append(row)
            old = rows[row.supersedes_id]
            if (old.rule, old.subject_id, old.cycle) != (row.rule, row.subject_id, row.cycle):
                found.append(f"row {row.id} supersedes {old.id}, which is about something else")
            if old.superseded_at is None:
                found.append(f"row {old.id} is current and superseded by {row.id}")
            if all(getattr(old, name) == getattr(row, name) for name in CONTENT):
                found.append(f"row {row.id} says nothing but what {old.id} said")
    found += [f"row {number} is superseded {len(new)} times" for number, new in following.items() if len(new) > 1]
    # No shop of ours ever loses all its evidence: whatever was superseded was superseded by a row.
    found += [
        f"row {r.id} ends without a successor" for r in rows.values() if r.superseded_at and r.id not in following
    ]
    firsts = Counter((r.rule, r.subject_id, r.cycle) for r in rows.values() if r.supersedes_id is None)
    return found + [f"{n} first rows: {key}" for key, n in firsts.items() if n > 1]


def unsent(ledger):
    """Violations that stand and were to be told, and of which nobody was told; and notices that still wait."""
    with reading(ledger) as session:
        entries = session.exec(
            select(JournalEntry).where(col(JournalEntry.event).in_(["violation.opened", "violation.reopened"]))
        ).all()
        standing_now = set(session.exec(select(Violation.id).where(col(Violation.state).in_(["open", "confirmed"]))))
        notices = session.exec(select(Notice)).all()
        told = {n.violation_id for n in notices if n.state == "sent"} | in_digests(session)
    due = {e.object_id for e in entries if e.payload["after"].get("notify")} & standing_now
    return [f"never told: {name}" for name in sorted(due - told)] + [
        f"notice {n.id} is {n.state}: {n.answer}" for n in notices if n.state in ("queued", "sending", "failed")
    ]


def in_digests(session):
    """The violations that digests which were sent have told of."""
    items = getattr(tables, "NoticeItem", None)
    if items is None:
        return set()
    return set(session.exec(select(items.violation_id).join(Notice).where(Notice.state == "sent")))


def faults_of_journal(ledger):
    with reading(ledger) as session:
        return verify(session)


def counts(ledger):
    """How many runs, assessments, superseded ones, violations and sent notices there are."""
    with reading(ledger) as session:
        runs = session.exec(select(Run).where(Run.state == "done")).all()
        rows = session.exec(select(Assessment.superseded_at)).all()
        broken = sum(run.attempts > 1 for run in runs)
        sent = len(session.exec(select(Notice.id).where(Notice.state == "sent")).all())
    return {
        "runs": len(runs),
        "of them taken over or tried again": broken,
        "assessments": len(rows),
        "of them superseded": sum(at is not None for at in rows),
        "violations": len(violations(ledger)),
        "notices sent": sent,
    }


def judged_rules():
    return sorted(RULES)
