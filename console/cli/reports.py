"""`kaohe report`: the day's and the month's report, a file for each client and one for the house."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from console.cli.app import AsJson, AsOf, Lang, current, group, lang_of
from console.desk import LOCAL_ZONE, Desk, day, instant
from console.output import json_lines, note, say, table
from console.phrases import step_words
from console.progress import progress
from console.reports.about import for_client, for_the_house
from console.reports.daily import daily as daily_report
from console.reports.files import Written, write_pages, write_tables, write_workbooks
from console.reports.gather import clients_of, daily_facts, look_of, month_facts
from console.reports.look import Look
from console.reports.month import monthly
from console.reports.overview import overview
from console.reports.sheet import Report, json_rows
from console.reports.shown import shown
from console.reports.words import WORDS, word_of
from engine.calendar.cycles import MONTH, cycle_of, parse_cycle
from engine.calendar.zones import day_bounds, local_day
from engine.errors import KaoheError, NothingToDoError
from engine.ledger.periods import read_month
from engine.ledger.violation_lists import known_client
from engine.rulebook.book import refuse_empty

commands = group("report")

Client = Annotated[str | None, typer.Option(help="Only this client's file.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", metavar="DIR", help="Write workbooks into this directory.")]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="DIR", help="Write pages into this directory, ready to be printed.")
]
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="DIR", help="Write CSV files into this directory, one a section.")
]


@commands.command()
def daily(
    context: typer.Context,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="About this day; today by default.")] = None,
    client: Client = None,
    xlsx: Xlsx = None,
    html: Html = None,
    csv: Csv = None,
    as_of: AsOf = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """What to do today: deadlines, violations, what is lost or near, missing data, active sanctions."""
    desk = current(context)
    language = lang_of(lang, desk)
    about, now = _moment(on, as_of)
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    with desk.reading() as session, progress(step_words(desk.settings.language)) as step:
        clients = _clients(session, client)
        look = look_of(session, desk.rulebook, language, about, now)
        report = daily_report(look, daily_facts(session, desk, desk.rulebook, look, step, client))
    _deliver(desk, look, report, clients, client, _Places(xlsx, html, csv, as_json))


@commands.command()
def month(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="This month; the present one by default.")
    ] = None,
    client: Client = None,
    xlsx: Xlsx = None,
    html: Html = None,
    csv: Csv = None,
    as_of: AsOf = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """What a month came to: verdicts, violations and what was decided, exposure and charges, corrections, closing."""
    desk = current(context)
    language = lang_of(lang, desk)
    now = instant(as_of, "--as-of")
    wanted = parse_cycle(read_month(month), MONTH) if month else cycle_of(MONTH, local_day(now, LOCAL_ZONE))
    with desk.reading() as session, progress(step_words(desk.settings.language)):
        clients = _clients(session, client)
        look = look_of(session, desk.sound_rules, language, local_day(now, LOCAL_ZONE), now)
        report = monthly(look, month_facts(session, desk, desk.sound_rules, look, wanted, client))
    if not report.rows:
        words = WORDS["nothing in month"]
        raise NothingToDoError(words.en.format(month=wanted.key), zh=words.zh.format(month=wanted.key))
    _deliver(desk, look, report, clients, client, _Places(xlsx, html, csv, as_json))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a report goes."""

    xlsx: Path | None
    html: Path | None
    csv: Path | None
    as_json: bool

    def writers(self) -> list[tuple[Callable[[list[Report], Path], Iterator[Written]], Path]]:
        """What writes where."""
        wanted = ((write_workbooks, self.xlsx), (write_pages, self.html), (write_tables, self.csv))
        return [(write, folder) for write, folder in wanted if folder is not None]


def _moment(on: str | None, as_of: str | None) -> tuple[date, datetime]:
    """The day that is told about, and the instant: now, a past day's last, a coming day's first."""
    if on is None:
        now = instant(as_of, "--as-of")
        return local_day(now, LOCAL_ZONE), now
    if as_of is not None:
        raise KaoheError(WORDS["day and time"].en, zh=WORDS["day and time"].zh)
    about, now = day(on, "--on"), instant(None, "--as-of")
    assert about is not None
    starts, ends = day_bounds(about, LOCAL_ZONE)
    return about, min(max(now, starts), ends - timedelta(seconds=1))


def _clients(session: Session, client: str | None) -> list[str]:
    """The clients that get a file. Raises NothingToDoError where no shop is known, UnknownNameError for another one."""
    found = clients_of(session)
    if not found:
        raise NothingToDoError(WORDS["nothing known"].en, zh=WORDS["nothing known"].zh)
    return [known_client(session, client)] if client is not None else found


def _deliver(desk: Desk, look: Look, report: Report, clients: list[str], client: str | None, places: _Places) -> None:
    house = [for_the_house(look, report)] if client is None and desk.who.internal else []
    reports = [*house, *(for_client(look, report, name) for name in clients)]
    language = desk.settings.language
    with progress({"writing": word_of("writing", language)}) as step:
        for write, folder in places.writers():
            for done, (path, rows) in enumerate(write(reports, folder), 1):
                step("writing", done, len(reports))
                note(word_of("written", language, path=path, n=rows))
    if places.as_json:
        json_lines(row for one in (house or reports) for row in json_rows(one))
    elif not places.writers():
        for one in house or reports:
            _tell(one)


def _tell(report: Report) -> None:
    found = overview(report)
    say(report.title)
    for sentence in found.notes:
        say(sentence)
    say("")
    rows = [[c.title, shown(c.rows), shown(c.shops), c.hint] for c in found.counts]
    table(found.count_heads, rows, [1, 2])
    say("")
    say(found.first_title if found.todos else found.nothing_first)
    for number, todo in enumerate(found.todos, 1):
        say(f"{number}. {f'{shown(todo.at)} ' if todo.at else ''}{todo.text}")
