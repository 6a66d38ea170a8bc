"""`kaohe assess`: all that is due, once; and what is on record for a range of assessment days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, NoReturn

import typer

from console.cli.app import AsJson, AsOf, command, current
from console.desk import KAOHE, Desk, NoHomeError, day, instant
from console.footnotes import dispute_words, missing_words
from console.layout import Table
from console.local_time import local_time
from console.names import ShopNames, shop_names
from console.output import json_lines, note, say, table
from console.overdue import overdue_lines, wait_lines, waiting_now
from console.phrases import heads, step_words, verdict_words
from console.planning import plan
from console.progress import progress
from console.sentences import sentence
from engine.assessment.archive import current_outcomes
from engine.assessment.assess import AssessmentError, FaultError, assess_due
from engine.assessment.deadlines import Wait
from engine.assessment.diagnosing import diagnose_new
from engine.assessment.due import governed_cycles
from engine.assessment.forecast import forecast_due
from engine.assessment.outcome import Outcome
from engine.assessment.standing import live_files, registrations
from engine.assessment.waiting import names_days
from engine.calendar.assessment import assessment_day
from engine.errors import KaoheError, NothingToDoError
from engine.ledger import subjects
from engine.ledger.actors import Permission
from engine.rulebook.book import refuse_empty
from engine.rulebook.model import Language, Rule
from engine.tracker.lookout import look_after

LATEST = timedelta(days=62)  # after the end of its cycle, no assessment day lies further than this


@command("assess")
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
    restate: Annotated[
        bool, typer.Option("--restate", help="Also assess again what was decided by other words of its rule.")
    ] = False,
    as_known_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Reckon from what was known then, and print; record nothing."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Assess what is due. With --from/--to print every current assessment of these days, else only what is new."""
    desk = current(context)
    language = desk.settings.language
    _refuse_emptiness(desk)
    only_printed = dry_run or as_known_at is not None
    if not only_printed:  # what is due is everybody's
        desk.who.must(Permission.HANDLE, None)
    now = instant(as_of, "--as-of") if only_printed else desk.writes_at(as_of)
    days = Days(day(from_, "--from"), day(to, "--to"))
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    rules = [desk.rulebook.rule(r) for r in rule] if rule else list(desk.rulebook.values())
    shops = _shops(desk, shop)
    known_at = instant(as_known_at, "--as-known-at") if as_known_at else None
    asked = _Asked(rules, now, days, [r.id for r in rules] if rule else None, restate, known_at)
    found = (_forecast if dry_run or known_at else _assess)(desk, asked)
    if known_at:
        note(sentence("as known", language, at=local_time(known_at)))
    outcomes = sorted(_seen(desk, found.outcomes), key=Outcome.sort_key)
    if shops is not None:
        outcomes = [o for o in outcomes if (o.rule.platform, o.shop) in shops]
    waiting = _notes(desk, asked, found, language)
    if not outcomes and not found.runs and not found.failures and not waiting:
        _explain_silence(desk, rules, now, days, bool(found.outcomes))
    if as_json:
        json_lines(o.as_json() for o in outcomes)
    elif outcomes or not found.failures:
        with desk.reading() as session:
            names = shop_names(session)
        _tell(outcomes, names, language)
    if found.failures:
        _end_with(found.failures, language)


def _notes(desk: Desk, asked: _Asked, found: _Found, language: Language) -> list[Wait]:
    """Say what is remarkable about what was done; who is waited for now."""
    everything = desk.who.scope.everything  # how many there are of others is theirs to know
    if found.unnotified and everything:
        note(sentence("old violations", language, n=found.unnotified))
    if found.booked and everything:
        note(sentence("would be booked" if found.forecast else "booked", language, n=found.booked))
    waiting: list[Wait] = []
    if asked.known_at is None:
        with desk.reading() as session:
            waiting = waiting_now(session, asked.rules, asked.now, desk.settings.waiting)
    for line in (*overdue_lines(_seen(desk, found.missing), language), *wait_lines(waiting, language)):
        note(line)
    return waiting


def _seen(desk: Desk, found: Iterable[Outcome]) -> list[Outcome]:
    """What concerns shops that the actor may read: all is assessed, and told to those whom it concerns."""
    return [o for o in found if desk.shows(o.client, o.rule.platform, o.shop)]


def _end_with(failures: Mapping[str, KaoheError], language: str) -> NoReturn:
    for name, why in failures.items():
        note("kaohe: " + sentence("not assessed", language, rule=name, why=why.in_language(language)))
    for why in failures.values():
        if isinstance(why, FaultError):
            raise why.fault  # the outermost edge gives it an id and a place in the log
    raise typer.Exit(KaoheError.exit_code)


@dataclass(frozen=True)
class Days:
    """The assessment days that were asked for; None where there is no bound."""

    first: date | None
    last: date | None

    def __post_init__(self) -> None:
        if self.first and self.last and self.first > self.last:
            raise KaoheError(
                f"--from {self.first} comes after --to {self.last}; the earlier day comes first",
                zh=f"--from {self.first} 晚于 --to {self.last}；请把较早的日期写在 --from",
            )

    @property
    def ranged(self) -> bool:
        """Whether any bound was given."""
        return bool(self.first or self.last)

    def __contains__(self, assessed_on: date) -> bool:
        return (self.first or date.min) <= assessed_on <= (self.last or date.max)

    def __str__(self) -> str:
        return f"{self.first or '…'}..{self.last or '…'}"


@dataclass(frozen=True)
class _Found:
    """What there is to print, and what was done for it."""

    outcomes: list[Outcome]
    failures: Mapping[str, KaoheError]
    runs: int = 0
    unnotified: int = 0
    booked: int = 0
    missing: Sequence[Outcome] = ()
    forecast: bool = False


@dataclass(frozen=True)
class _Asked:
    """What the command line asks for; `only` are the rules that were named."""

    rules: list[Rule]
    now: datetime
    days: Days
    only: list[str] | None
    restate: bool
    known_at: datetime | None


def _assess(desk: Desk, asked: _Asked) -> _Found:
    """Assess what is due. A rule that fails keeps neither the others nor their notices from being dealt with."""
    failures: Mapping[str, KaoheError] = {}
    days = asked.days
    try:
        with progress(step_words(desk.settings.language)) as report:
            done = assess_due(
                desk.place,
                asked.rules,
                asked.now,
                report,
                days.last,
                restate=asked.restate,
                known=desk.rulebook.keys(),
            )
    except AssessmentError as error:
        done, failures = error.done, error.failures
    diagnose_new(desk.place, desk.rulebook, asked.now, most=None)
    look_after(desk.ledger, desk.rulebook, asked.now, KAOHE, lake=lambda: desk.lake)
    plan(desk, desk.rulebook, asked.now)
    outcomes = _on_record(desk, asked.only, days) if days.ranged else done.changed
    return _Found(outcomes, failures, done.runs, done.unnotified, done.booked, done.missing)


def _forecast(desk: Desk, asked: _Asked) -> _Found:
    """The same with nothing recorded: what would be printed."""
    days = asked.days
    with progress(step_words(desk.settings.language)) as report:
        forecast = forecast_due(
            desk.place,
            asked.rules,
            asked.now,
            report,
            days.last,
            restate=asked.restate,
            known_at=asked.known_at,
        )
    stands = days.ranged and asked.known_at is None  # what was recorded since was not known then
    outcomes = forecast.over(_on_record(desk, asked.only, days)) if stands else forecast.outcomes
    missing = [o for o in forecast.outcomes if names_days(o.missing)]
    found = [o for o in outcomes if o.assessed_on in days]
    return _Found(found, forecast.failures, booked=forecast.booked, missing=missing, forecast=True)


def _on_record(desk: Desk, only: list[str] | None, days: Days) -> list[Outcome]:
    """What stands for these days under the rules asked for, or under every rule that ever was."""
    with desk.reading() as session:
        return current_outcomes(session, desk.rulebook, only, days.first, days.last)


def _shops(desk: Desk, names: list[str] | None) -> set[tuple[str | None, str]] | None:
    if not names:
        return None
    with desk.reading() as session:
        found = [subjects.shop(session, name) for name in names]
    return {(s.platform, s.external_id) for s in found}


def _tell(outcomes: list[Outcome], names: ShopNames, language: Language) -> None:
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
            o.figure_words(),
            f"{o.version.standard.complies}" if o.version.standard else "-",
            verdict_words(o.verdict, o.at_risk, language),
            o.violation or "",
        ]
        for o in outcomes
    ]
    columns = heads("assessed_on platform client shop rule cycle figure standard verdict violation", language)
    called = [names.get((o.rule.platform, o.shop), o.shop) for o in outcomes]
    order = [3, 4, 5, 8, 6, 7, 9, 2, 0]  # what is looked for first; the rule's title names its platform
    short = [[[*row[:3], name, *row[4:]][n] for n in order] for row, name in zip(rows, called, strict=True)]
    table(columns, rows, [6], Table([columns[n] for n in order], short, [4]))
    counts = Counter(o.verdict for o in outcomes)
    say(" · ".join(f"{verdict_words(v, False, language)} {n:,}" for v, n in sorted(counts.items())))
    for line in [*missing_words(outcomes, language), *dispute_words([(o.rule, o.version) for o in outcomes], language)]:
        say(line)


def _refuse_emptiness(desk: Desk) -> None:
    try:
        _ = desk.ledger
    except NoHomeError as error:
        raise NothingToDoError(str(error), zh=error.zh) from error


def _explain_silence(desk: Desk, rules: list[Rule], now: datetime, days: Days, other_shops: bool) -> None:
    """Say why nothing is printed and nothing was assessed; end with 3 where the reason is that there is no evidence."""
    platforms = sorted({r.platform for r in rules})
    en, zh = ", ".join(platforms), "、".join(platforms)
    with desk.reading() as session:
        known = {platform for _, platform, _ in live_files(session)}
        known |= {r.platform for r in rules if registrations(session, r.platform, r.zone)}
    if not known & {r.platform for r in rules}:
        raise NothingToDoError(
            f"no evidence and no registered shop for {en}; import some with `kaohe import`",
            zh=f"{zh} 没有证据，也没有登记的店铺；请先用 `kaohe import` 导入",
        )
    if not days.ranged:
        return
    if other_shops:
        raise NothingToDoError(
            f"none of these shops has evidence for the assessment days {days}",
            zh=f"这些店铺在考核日 {days} 都没有证据",
        )
    if any(_is_assessed_in(rule, days, now) for rule in rules):
        raise NothingToDoError(
            f"no evidence of {en} for the assessment days {days}; import some with `kaohe import`",
            zh=f"{zh} 在考核日 {days} 没有证据；请先用 `kaohe import` 导入",
        )
    note(sentence("no assessment day", desk.settings.language, days=days))


def _is_assessed_in(rule: Rule, days: Days, now: datetime) -> bool:
    """Whether some cycle of the rule has its assessment day within `days`, and its instant has passed."""
    since = (days.first or date(1970, 1, 1)) - LATEST
    return any(
        version.assessed is not None and assessment_day(cycle, version.assessed) in days
        for version, cycle in governed_cycles(rule, since, now)
    )
