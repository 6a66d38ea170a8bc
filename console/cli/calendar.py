"""`kaohe calendar`: what is assessed when, for which shops, what came of it, what is next, who is limited."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from console import streams
from console.calendar_page import Page
from console.cli.app import AsJson, AsOf, command, current
from console.desk import LOCAL_ZONE, Desk, instant
from console.output import json_lines, note
from console.sentences import sentence
from engine.assessment.agenda import Agenda, Appointment, agenda
from engine.assessment.booked import Asked, on_record
from engine.calendar.cycles import MONTH, Cycle, cycle_of, parse_cycle
from engine.calendar.zones import local_day
from engine.errors import KaoheError, NothingToDoError, os_words
from engine.ledger import subjects
from engine.ledger.violation_lists import known_client
from engine.rulebook.book import refuse_empty
from engine.rulebook.model import Rule
from engine.rulebook.platforms import platform as known_platform


@command("calendar")
def calendar(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="This month; the present one by default.")
    ] = None,
    as_of: AsOf = None,
    client: Annotated[str | None, typer.Option(help="Only the shops of this client.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    rule: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this rule; may be repeated.")] = None,
    shop: Annotated[str | None, typer.Option(metavar="SHOP", help="Only this shop.")] = None,
    as_json: AsJson = False,
    ics: Annotated[bool, typer.Option("--ics", help="As a calendar file (RFC 5545), for calendar programs.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where --ics puts the calendar.")
    ] = None,
) -> None:
    """A month of assessments: which shops are assessed when, what came of it, what is next, who is limited."""
    desk = current(context)
    _refuse_mixture(as_json, ics, output)
    now = instant(as_of, "--as-of")
    days = _month(month, now)
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    with desk.reading() as session:
        asked = _asked(session, desk, days, client, platform, rule, shop)
        rules = _rules(session, desk, asked)
        record = on_record(session, rules, asked, now, desk.settings.waiting)
    found = agenda(rules, days.first, days.last, now, record, desk.settings.late_after)
    language = desk.settings.language
    if as_json:
        json_lines(_rows(found))
    elif ics:
        from console.calendar_file import CalendarFile  # noqa: PLC0415  a tenth of a second that no other command spends

        whose = "/".join(filter(None, (asked.client, asked.shop)))
        _put(CalendarFile(found, desk.rulebook, now, language, whose).text(), output)
        if output is not None:
            note(sentence("calendar file", language, path=output, n=len(found.items), m=len(found.measures)))
    else:
        Page(found, desk.rulebook, local_day(now, LOCAL_ZONE), language).tell()


def _refuse_mixture(as_json: bool, ics: bool, output: Path | None) -> None:
    if as_json and ics:
        raise KaoheError("--json and --ics are two answers; ask for one", zh="--json 和 --ics 只能选一个")
    if output is not None and not ics:
        raise KaoheError("-o goes with --ics; redirect everything else", zh="-o 要和 --ics 一起用；其他输出请重定向")


def _month(month: str | None, now: datetime) -> Cycle:
    if month is None:
        return cycle_of(MONTH, local_day(now, LOCAL_ZONE))
    try:
        found = parse_cycle(month, MONTH)
    except KaoheError:
        found = None
    if found is None or found.first.year >= date.max.year:  # whose last month is assessed beyond all calendars
        raise KaoheError(
            f"--month {month!r} is not a month; write it like 2026-03",
            zh=f"--month {month!r} 不是月份；写成 2026-03 这样",
        ) from None
    return found


def _asked(
    session: Session,
    desk: Desk,
    days: Cycle,
    client: str | None,
    platform: str | None,
    rule: list[str] | None,
    shop: str | None,
) -> Asked:
    """What the options ask for. Raises UnknownNameError for whatever there is not."""
    name = known_platform(platform).id if platform else None
    subject = subjects.shop(session, shop, name) if shop else None
    if client is not None:
        known_client(session, client)
    return Asked(
        days.first,
        days.last,
        platform=subject.platform if subject else name,
        client=client,
        shop=subject.key if subject else None,
        rules=tuple(desk.rulebook.rule(r).id for r in rule) if rule else None,
    )


def _rules(session: Session, desk: Desk, asked: Asked) -> list[Rule]:
    """The rules that can concern anybody: those of platforms on which there are such shops."""
    shops = [s for s in subjects.shops(session, asked.platform, asked.client) if asked.shop in {None, s.key}]
    wanted = [r for r in desk.rulebook.values() if asked.rules is None or r.id in asked.rules]
    platforms = {s.platform for s in shops}
    if not shops or not any(r.platform in platforms for r in wanted):
        raise NothingToDoError(
            "no such shop is known to be assessed; register shops with `kaohe shops import`, "
            "or import evidence with `kaohe import`",
            zh="没有这样的店铺可考核；请用 `kaohe shops import` 登记店铺，或用 `kaohe import` 导入证据",
        )
    return [r for r in wanted if r.platform in platforms]


def _put(text: str, output: Path | None) -> None:
    """Write to the file, whole or not at all, since programs may fetch it at any moment; else to standard output."""
    if output is None:
        streams.in_utf8(sys.stdout)
        streams.write(text)
        streams.flush()
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        draft.write_bytes(text.encode())
        draft.replace(output)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise KaoheError(
            f"the calendar cannot be written to {output}: {error.strerror}; choose another place with -o",
            zh=f"日历无法写入 {output}：{os_words(error)}；请用 -o 另选位置",
        ) from error


def _rows(found: Agenda) -> Iterator[Mapping[str, Any]]:
    for item in found.items:
        yield {
            "what": "assessment",
            **_appointment(item.appointment),
            "state": item.state,
            "shops": item.shops,
            "verdicts": dict(item.verdicts),
            "violations": [
                {
                    "violation": b.violation,
                    "client": b.shop.client,
                    "shop": b.shop.id,
                    "name": b.shop.name,
                    "state": b.state,
                    "severity": b.severity,
                }
                for b in item.breaches
            ],
        }
    for limited in found.limits:
        yield {
            "what": "sanction",
            "platform": limited.shop.platform,
            "client": limited.shop.client,
            "shop": limited.shop.id,
            "name": limited.shop.name,
            "kind": limited.limit.kind,
            "scope": limited.limit.scope,
            "starts": limited.limit.starts.isoformat(),
            "ends": limited.limit.ends.isoformat(),
            "violations": [{"violation": v, "state": state} for v, state in limited.states.items()],
        }
    for appointment in found.upcoming:
        yield {"what": "next", **_appointment(appointment)}


def _appointment(of: Appointment) -> Mapping[str, Any]:
    return {
        "rule": of.rule,
        "version": of.version,
        "platform": of.platform,
        "cycle": of.cycle,
        "cycle_start": of.cycle_start.isoformat(),
        "cycle_end": of.cycle_end.isoformat(),
        "assessed_on": of.day.isoformat(),
        "due_at": of.due_at.isoformat(),
        "zone": of.zone,
    }
