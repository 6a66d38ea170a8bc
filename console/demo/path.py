"""The whole path over the samples, told step by step: registers, import, assessment, notices, and where to look."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections import Counter
from pathlib import Path

from sqlmodel import col, select

from console.demo.samples import AS_OF, write_samples
from console.desk import Desk
from console.mail import mail_channels
from console.output import progress, say, table
from console.phrases import heads, step_words, verdict_words
from console.registers import read_people, read_shops
from console.sentences import sentence
from engine.assessment.archive import current_outcomes
from engine.assessment.assess import assess_due
from engine.assessment.outcome import Outcome
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.ledger import chain, journal
from engine.ledger.database import reading, transaction
from engine.ledger.subjects import register_people, register_shops
from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from notifier.deliver import deliver_due
from notifier.plan import plan_notices

SHOWN = 12


def run_demo(desk: Desk, language: Language) -> None:
    """Run the path in the desk's own home. What is there already stays as it is."""
    shops, people, files = write_samples(desk.home / "samples")
    _register(desk, shops, people)
    _import(desk, files, language)
    with progress(step_words(language)) as report:
        done = assess_due(desk.place, list(desk.rulebook.values()), AS_OF, report)
    plan_notices(desk.ledger, desk.rulebook, AS_OF, language)
    sent = deliver_due(desk.ledger, mail_channels(desk), AS_OF, desk.owner)
    _tell(desk, done.runs, done.unnotified, sent.sent, language)


def _register(desk: Desk, shops: Path, people: Path) -> None:
    with transaction(desk.ledger) as session:
        register_shops(session, [row for _, row in read_shops(shops).rows], AS_OF, desk.actor)
    with transaction(desk.ledger) as session:
        register_people(session, [row for _, row in read_people(people).rows], AS_OF, desk.actor)


def _import(desk: Desk, files: list[Path], language: Language) -> None:
    request = ImportRequest(SESSIONS, tuple(files), desk.actor)
    with progress(step_words(language)) as report:
        summary = import_evidence(desk.ledger, desk.lake, desk.secret, request, AS_OF, report)
    counts = {"taken": summary.taken, "already_there": summary.already_there}
    say(sentence("demo import", language, read=summary.read, refused=summary.refused, days=len(summary.days), **counts))


def _tell(desk: Desk, runs: int, old: int, sent: int, language: Language) -> None:
    with reading(desk.ledger) as session:
        outcomes = current_outcomes(session, desk.rulebook, None, None, None)
        notices = list(session.exec(select(Notice).order_by(col(Notice.id))))
        findings, head = chain.verify(session, None), journal.head(session)
    say(sentence("demo assessed", language, runs=runs, all=len(outcomes), old=old))
    say("  " + " · ".join(f"{verdict_words(v, False, language)} {n}" for v, n in sorted(_counts(outcomes).items())))
    say(sentence("demo notices", language, sent=sent, all=len(notices), outbox=desk.outbox))
    head_words = f"{head.seq}:{head.digest[:16]}…"
    say(sentence("unsound" if findings else "sound", language, head=head_words))
    violations = [o for o in outcomes if o.violation]
    say("")
    table(
        heads("assessed_on client shop cycle figure standard verdict violation", language),
        [
            [
                o.assessed_on.isoformat(),
                o.client,
                o.shop,
                o.cycle,
                f"{o.numerator}/{o.denominator}",
                str(o.version.standard.complies) if o.version.standard else "",
                verdict_words(o.verdict, o.at_risk, language),
                o.violation or "",
            ]
            for o in violations[-SHOWN:]
        ],
        [4],
    )
    _where_next(desk, violations, language)


def _where_next(desk: Desk, violations: list[Outcome], language: Language) -> None:
    unjudged = sorted({"kuaishou", "pinduoduo"} - {rule.platform for rule in desk.rulebook.values()})
    if unjudged:
        say("")
        say(sentence("demo unjudged", language, names=", ".join(unjudged)))
    say("")
    say(sentence("demo next", language))
    home = desk.settings.home
    shown = shlex.quote(str(home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home))
    example = violations[-1].violation if violations else "V-…"
    kaohe = called()
    for command in (
        f"{kaohe} explain {example} --home {shown}",
        f"{kaohe} notices preview {example} --home {shown}",
        f"{kaohe} violations list --home {shown}",
        f"{kaohe} assess --from 2026-01-01 --to 2026-04-07 --as-of 2026-04-07T10:05 --json --home {shown}",
        f"{kaohe} journal verify --home {shown}",
    ):
        say(f"  {command}")


def called() -> str:
    """How this `kaohe` is called from here: by its name where the shell finds it, else by its path."""
    program = Path(sys.argv[0])
    found = shutil.which("kaohe")
    if program.name != "kaohe" or (found and Path(found).resolve() == program.resolve()):
        return "kaohe"
    here = Path.cwd()
    return str(program.absolute().relative_to(here)) if program.absolute().is_relative_to(here) else str(program)


def _counts(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(o.verdict for o in outcomes)
