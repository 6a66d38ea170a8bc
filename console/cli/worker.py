"""`kaohe worker`: assess and send as things fall due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

import engine.evidence.lake_identity  # noqa: F401  the desk's, which must not come from an upgrade made meanwhile
from console.cli.app import command, current
from console.desk import Desk
from console.output import note, say
from console.overdue import overdue_lines
from console.phrases import verdict_words
from console.sentences import sentence
from console.watch.clocks import refuse_wrong_clock, trust_clock
from console.watch.clockwork import leave, work
from console.watch.stopping import Stop, stop_on_signals
from console.wording import wording_complaints, wording_faults
from console.worker import alarm_once, channel_complaints, tick, unwarned_complaints
from engine.assessment.outcome import Outcome
from engine.errors import KaoheError
from engine.rulebook.book import refuse_empty
from engine.rulebook.model import Language
from engine.tracker.access import NotLetInError

MOST_TOLD = 20


def changed_words(o: Outcome, language: Language) -> str:
    """An outcome that is new or has changed, in a line."""
    title, verdict = o.rule.title.in_language(language), verdict_words(o.verdict, o.at_risk, language)
    told = " · ".join([o.assessed_on.isoformat(), f"{o.rule.platform}/{o.shop}", title, o.cycle, verdict])
    return f"{told} · {o.violation}" if o.violation else told


@command("worker")
def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    trusted: Annotated[
        bool, typer.Option("--trust-clock", help="The clock is right, although the journal ends later: go on from now.")
    ] = False,
) -> None:
    """Assess what falls due and send its notices, until told to stop. Several may run on one ledger."""
    desk = current(context, makes_home=True, own_work=True, checks_clock=False)
    language = desk.settings.language
    _ = desk.ledger  # what cannot be opened is told before the clock starts
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    if trusted:
        trust_clock(desk.ledger, datetime.now(UTC), desk.actor)
    with stop_on_signals() as stop:
        if once:
            _once(desk, stop)
            return
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        # Below that it says, every few seconds, that a long catch-up is still going on.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        logging.getLogger("kaohe.worker").info("%s", sentence("worker started", language, owner=desk.owner))
        work(desk, stop)


def _seen(desk: Desk) -> Callable[[Outcome], bool]:
    """Whether whoever started this may be told of an outcome: it is done for all, and told to whom it concerns."""
    try:
        _ = desk.onlooker
    except NotLetInError:  # the service's own user
        return lambda _: False
    return lambda o: desk.shows(o.client, o.rule.platform, o.shop)


def _once(desk: Desk, stop: Stop) -> None:
    language, now = desk.settings.language, datetime.now(UTC)
    refuse_wrong_clock(desk.ledger, now)
    try:
        done = tick(desk, now, stop)
        alarm_once(desk, done, now, stop)
    finally:
        leave(desk)
    seen = _seen(desk)
    say(done.sentence(language))
    changed = [o for o in sorted(done.assessed.changed, key=Outcome.sort_key) if seen(o)]
    for outcome in changed[:MOST_TOLD]:
        say(f"  {changed_words(outcome, language)}")
    if len(changed) > MOST_TOLD:
        say(sentence("more changed", language, n=len(changed) - MOST_TOLD))
    for line in overdue_lines([o for o in done.assessed.missing if seen(o)], language):
        note(line)
    for rule, why in done.failures.items():
        note("kaohe: " + sentence("not assessed", language, rule=rule, why=why.in_language(language)))
    wording = wording_faults(desk)
    for line in [
        *unwarned_complaints(done.unwarned, language),
        *channel_complaints(done.channel_faults, language),
        *wording_complaints(wording, language),
    ]:
        note("kaohe: " + line)
    if done.failures or done.unwarned or done.channel_faults or wording:
        raise typer.Exit(KaoheError.exit_code)
