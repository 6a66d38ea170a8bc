"""`kaohe duties`: who owes what by when, and the proof that it was done."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import AsJson, AsOf, current, group
from console.desk import LOCAL_ZONE, Desk, instant
from console.duty_words import HEADS, kinds, said, told
from console.listing import listing
from console.output import json_lines, say
from engine.calendar.deadlines import end_of
from engine.calendar.written import written_day
from engine.errors import KaoheError
from engine.ledger import subjects
from engine.ledger.tables import Duty
from engine.rulebook.platforms import platform as known_platform
from engine.tracker import duties
from engine.tracker.duty_states import duty_name

Why = Annotated[str, typer.Option(help="The reason; it stands in the journal.")]
HolderKind = Annotated[str, typer.Option("--as", help="What the holder is: user, person or agent.")]
Due = typer.Option("--due", metavar="TIME", help="Until when; a day means its end.")

commands = group("duties")


@commands.command("list")
def list_(
    context: typer.Context,
    open_: Annotated[bool, typer.Option("--open", help="Only those not done yet.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are overdue.")] = False,
    state: Annotated[str | None, typer.Option(help="open, done, checked or cancelled.")] = None,
    holder: Annotated[str | None, typer.Option(help="Only those of this holder.")] = None,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    violation: Annotated[str | None, typer.Option(help="Only those that follow from this violation.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Duties, by the time at which they are due; exits 1 when --overdue finds any."""
    desk = current(context)
    if open_ and state not in {None, "open"}:
        raise KaoheError("--open and --state contradict each other", zh="--open 与 --state 互相矛盾")
    now = instant(as_of, "--as-of")
    with desk.reading() as session:
        rows = duties.find(
            session,
            desk.who,
            now,
            state="open" if open_ else state,
            overdue=overdue,
            holder=holder,
            client=client,
            violation=violation,
        )
        found = told(session, rows, desk.sound_rules, now)
    if as_json:
        json_lines(one.as_json() for one in found)
    else:
        language = desk.settings.language
        heads = [head.in_language(language) for head in HEADS]
        listing(heads, [one.cells(language) for one in found], said("none", "", language))
    if overdue and found:
        raise typer.Exit(1)


@commands.command()
def show(context: typer.Context, duty: str, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """One duty: what proves it, who did it, who checked it."""
    desk = current(context)
    now = instant(as_of, "--as-of")
    with desk.reading() as session:
        (found,) = told(session, [duties.by(session, duty, desk.who)], desk.sound_rules, now)
    if as_json:
        json_lines([found.as_json()])
        return
    for line in found.lines(desk.settings.language):
        say(line)


@commands.command()
def add(
    context: typer.Context,
    kind: str,
    due: Annotated[str, Due],
    why: Annotated[str, typer.Option(help="What is to be done.")],
    client: Annotated[str | None, typer.Option(help="Whose duty it is: a client.")] = None,
    shop: Annotated[str | None, typer.Option(help="Whose duty it is: a shop.")] = None,
    platform: Annotated[str | None, typer.Option(help="The shop's platform.")] = None,
    violation: Annotated[str | None, typer.Option(help="The violation that it follows from.")] = None,
    to: Annotated[str | None, typer.Option(help="Who holds it.")] = None,
    holder_kind: HolderKind = "user",
    second_person: Annotated[
        bool, typer.Option("--second-person", help="Somebody else has to check its proof.")
    ] = False,
    as_of: AsOf = None,
) -> None:
    """Give somebody a duty that no rule has opened."""
    desk = current(context)
    now, until = desk.writes_at(as_of), _until(due)
    name = known_platform(platform).id if platform else None
    with desk.transaction() as session:
        known = kinds(desk.sound_rules)
        titles = {title.zh: name for name, title in known.items()}
        new = duties.New(
            kind=titles.get(kind, kind),
            due_at=until,
            what=why,
            client=client,
            shop=subjects.shop(session, shop, name) if shop else None,
            violation=violation,
            holder=to,
            holder_kind=holder_kind,
            second_person=second_person,
        )
        found = duties.add(session, known, new, desk.who, now)
    _say("added", found, desk)


@commands.command()
def give(
    context: typer.Context,
    duty: str,
    to: Annotated[str | None, typer.Option(help="Who holds it.")] = None,
    holder_kind: HolderKind = "user",
    due: Annotated[str | None, Due] = None,
    why: Annotated[str | None, typer.Option("--why", help="A remark for the journal.")] = None,
    as_of: AsOf = None,
) -> None:
    """Give an open duty to somebody, or set another time at which it is due."""
    desk = current(context)
    now, until = desk.writes_at(as_of), _until(due) if due else None
    with desk.transaction() as session:
        found = duties.give(session, duty, desk.who, now, to, holder_kind, until, why)
    _say("given", found, desk)


@commands.command()
def done(
    context: typer.Context,
    duty: str,
    proof: Annotated[str | None, typer.Option(help="What proves it: words, or a number.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file that proves it: its sha256 is kept.", exists=True, dir_okay=False)
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Report that a duty is done, with its proof."""
    desk = current(context)
    now = desk.writes_at(as_of)
    sha256 = _sha256(file) if file else None
    with desk.transaction() as session:
        found = duties.done(session, duty, proof or (file.name if file else None), sha256, desk.who, now)
    _say("waits" if found.second_person else "done", found, desk)


@commands.command()
def check(
    context: typer.Context,
    duty: str,
    why: Annotated[str | None, typer.Option("--why", help="A remark for the journal.")] = None,
    as_of: AsOf = None,
) -> None:
    """Agree to the proof of a duty that somebody else has done."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = duties.check(session, duty, desk.who, now, why)
    _say("checked", found, desk)


@commands.command()
def reject(context: typer.Context, duty: str, why: Why, as_of: AsOf = None) -> None:
    """Refuse the proof of a duty, which opens it again."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = duties.reject(session, duty, why, desk.who, now)
    _say("rejected", found, desk)


@commands.command()
def cancel(context: typer.Context, duty: str, why: Why, as_of: AsOf = None) -> None:
    """Say that a duty need not be done."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = duties.cancel(session, duty, why, desk.who, now)
    _say("cancelled", found, desk)


def _until(text: str) -> datetime:
    """The first instant that is too late: the next midnight of a day, else the time itself."""
    try:
        return end_of(written_day(text), LOCAL_ZONE)
    except ValueError:
        return instant(text, "--due")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _say(what: str, duty: Duty, desk: Desk) -> None:
    say(said(what, duty_name(duty.id), desk.settings.language))
