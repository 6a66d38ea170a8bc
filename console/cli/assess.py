"""`kaohe assess`: all that is due, once; and what is on record for a range of assessment days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated

import typer

from console.cli.app import AsJson, AsOf, app, current
from console.desk import Desk, NoHomeError, day, instant
from console.output import json_lines, note, progress, say, table
from console.phrases import heads, step_words, verdict_words
from console.sentences import sentence
from engine.assessment.archive import current_outcomes
from engine.assessment.assess import Assessed, assess_due, forecast_due
from engine.assessment.outcome import Outcome
from engine.assessment.standing import live_files, registrations
from engine.errors import NothingToDoError
from engine.ledger import subjects
from engine.ledger.database import reading
from engine.rulebook.model import Rule
from notifier.plan import plan_notices


@app.command()
def assess(
    context: typer.Context,
    as_of: AsOf = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First assessment day to print.")] = None,
    to: Annotated[str | None, typer.Option(metavar="DATE", help="Last assessment day to assess and print.")] = None,
    rule: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this rule; may be repeated.")] = None,
    shop: Annotated[
        list[str] | None, typer.Option(metavar="SHOP", help="Print only this shop; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Reckon and print; record nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Assess what is due. With --from/--to print every current assessment of these days, else only what is new."""
    desk = current(context)
    language = desk.settings.language
    _refuse_emptiness(desk)
    now = instant(as_of, "--as-of")
    first, last = day(from_, "--from"), day(to, "--to")
    rules = [desk.rulebook.rule(r) for r in rule] if rule else list(desk.rulebook.values())
    shops = _shops(desk, shop)
    done = Assessed()
    if dry_run:
        with progress(step_words(language)) as report:
            found = forecast_due(desk.place, rules, now, report, last)
        outcomes = [o for o in found if first is None or o.assessed_on >= first]
    else:
        with progress(step_words(language)) as report:
            done = assess_due(desk.place, rules, now, report, last)
        plan_notices(desk.ledger, desk.rulebook, now, desk.settings.language)
        outcomes = _on_record(desk, rules, first, last) if first or last else done.changed
    if shops is not None:
        outcomes = [o for o in outcomes if (o.rule.platform, o.shop) in shops]
    outcomes = sorted(outcomes, key=Outcome.sort_key)
    if done.unnotified:
        note(sentence("old violations", language, n=done.unnotified))
    if not outcomes and not done.runs:
        _refuse_silence(desk, rules, bool(first or last))
    if as_json:
        json_lines(o.as_json() for o in outcomes)
    else:
        _tell(outcomes, language)


def _on_record(desk: Desk, rules: list[Rule], first: date | None, last: date | None) -> list[Outcome]:
    with reading(desk.ledger) as session:
        return current_outcomes(session, desk.rulebook, [r.id for r in rules], first, last)


def _shops(desk: Desk, names: list[str] | None) -> set[tuple[str | None, str]] | None:
    if not names:
        return None
    with reading(desk.ledger) as session:
        found = [subjects.shop(session, name) for name in names]
    return {(s.platform, s.external_id) for s in found}


def _tell(outcomes: list[Outcome], language: str) -> None:
    if not outcomes:
        say(sentence("nothing new", language))
        return
    rows = [
        [
            o.assessed_on.isoformat(),
            o.rule.platform,
            o.client,
            o.shop,
            o.rule.title.in_language(language),
            o.cycle,
            f"{o.numerator}/{o.denominator}" if o.denominator is not None else "-",
            f"{o.version.standard.complies}" if o.version.standard else "-",
            verdict_words(o.verdict, o.at_risk, language),
            o.violation or "",
        ]
        for o in outcomes
    ]
    table(
        heads("assessed_on platform client shop rule cycle figure standard verdict violation", language),
        rows,
        [6],
    )
    counts = Counter(o.verdict for o in outcomes)
    say(" · ".join(f"{verdict_words(v, False, language)} {n:,}" for v, n in sorted(counts.items())))


def _refuse_emptiness(desk: Desk) -> None:
    try:
        _ = desk.ledger
    except NoHomeError as error:
        raise NothingToDoError(str(error), zh=error.zh) from error


def _refuse_silence(desk: Desk, rules: list[Rule], ranged: bool) -> None:
    """End with 3 where the reason for silence is that there is nothing to assess."""
    platforms = {r.platform for r in rules}
    with reading(desk.ledger) as session:
        known = {platform for _, platform, _ in live_files(session)}
        known |= {r.platform for r in rules if registrations(session, r.platform, r.zone)}
    if ranged or not platforms & known:
        names = ", ".join(sorted(platforms))
        raise NothingToDoError(
            f"no evidence and no registered shop for {names}{' in these days' if ranged else ''}; "
            "import some with `kaohe import`",
            zh=f"{names} {'在这些日子' if ranged else ''}没有证据，也没有登记的店铺；请先用 `kaohe import` 导入",
        )
