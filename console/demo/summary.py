"""What the demo came to: verdicts by client and platform, a line for each violation, and where to look next."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlmodel import col, select

from console.demo.quarter import AS_OF, FIRST
from console.demo.shops import OFFICER
from console.desk import Desk
from console.output import say, table
from console.phrases import VERDICTS, heads, verdict_words
from console.sentences import sentence
from engine.assessment.archive import current_outcomes
from engine.assessment.outcome import Outcome
from engine.ledger import chain, journal
from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from engine.rulebook.platforms import PLATFORMS
from notifier.events import OPENED
from notifier.records import records_of
from notifier.sheets import Sheets

_FIRST = ("先做这件事", "First\n")  # how the part of a mail begins that says what to do first


def tell(desk: Desk, language: Language) -> list[str]:
    """Say what is on record; the ids of the violations, oldest first."""
    with desk.reading() as session:
        outcomes = current_outcomes(session, desk.rulebook, None, None, AS_OF.date())
        notices = len(session.exec(select(col(Notice.id))).all())
        findings, head = chain.verify(session, None), journal.head(session)
        violations = [o.violation for o in outcomes if o.violation]
        records = records_of(session, violations)
        old = sum(
            (e.payload or {}).get("after", {}).get("notify") is False
            for e in journal.entries(session)
            if e.event == "violation.opened"
        )
    say("")
    say(sentence("demo assessed", language, all=len(outcomes), violations=len(violations)))
    say(sentence("demo notices", language, all=notices, outbox=desk.outbox))
    if old:
        say(sentence("demo old", language, n=old))
    say(sentence("unsound" if findings else "sound", language, head=f"{head.seq}:{head.digest[:16]}…"))
    say("")
    _verdicts(outcomes, language)
    say("")
    sheets = Sheets()
    facts = {name: record.facts(desk.rulebook, sheets, language) for name, record in records.items()}
    table(
        heads("assessed_on shop rule cycle figure severity state violation sanctions", language),
        [
            [
                o.assessed_on.isoformat(),
                facts[o.violation].shop,
                o.rule.title.in_language(language),
                o.cycle,
                o.figure_words(),
                facts[o.violation].severity or "-",
                facts[o.violation].status,
                o.violation,
                facts[o.violation].consequence,
            ]
            for o in outcomes
            if o.violation
        ],
        [4],
    )
    return violations


def _verdicts(outcomes: Sequence[Outcome], language: Language) -> None:
    """How many of each verdict a client's shops on a platform got."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for o in outcomes:
        found[o.client, o.rule.platform][o.verdict] += 1
    verdicts = [v for v in VERDICTS if any(counts[v] for counts in found.values())]
    table(
        [*heads("client platform", language), *(verdict_words(v, False, language) for v in verdicts)],
        [
            [client, PLATFORMS[platform].name.in_language(language), *(str(counts[v]) for v in verdicts)]
            for (client, platform), counts in sorted(found.items())
        ],
        range(2, 2 + len(verdicts)),
    )


def last_mail(desk: Desk, language: Language) -> None:
    """A mail that went out, as far as what to do first: by whom, when, and how much would have mended it."""
    with desk.reading() as session:
        wanted = select(Notice).where(Notice.contact == OFFICER, Notice.state == "sent", Notice.event == OPENED.event)
        mail = session.exec(wanted.order_by(col(Notice.id).desc())).first()
    if mail is None:
        return
    say("")
    say(sentence("demo mail", language, notice=str(mail.id)))
    say("")
    for part in mail.body.split("\n\n"):
        for line in part.splitlines():
            say(f"  │ {line}".rstrip())
        if part.startswith(_FIRST):
            break
        say("  │")


def where_next(desk: Desk, violations: Sequence[str], language: Language) -> None:
    """The commands that lead on from here."""
    say("")
    say(sentence("demo next", language))
    home = desk.settings.home
    shown = shlex.quote(str(home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home))
    example = violations[-1] if violations else "V-…"
    kaohe, last = called(), f"{AS_OF:%Y-%m-%d}"
    for command in (
        f"{kaohe} explain {example} --home {shown}",
        f"{kaohe} notices preview {example} --home {shown}",
        f"{kaohe} violations list --home {shown}",
        f"{kaohe} assess --from {FIRST} --to {last} --as-of {AS_OF:%Y-%m-%dT%H:%M} --json --home {shown}",
        f"{kaohe} calendar --as-of {AS_OF:%Y-%m-%dT%H:%M} --home {shown}",
        f"{kaohe} outlook --as-of {AS_OF:%Y-%m-%dT%H:%M} --home {shown}",
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
