"""`kaohe appeals`: what can be appealed against and by when; drafts, what was handed in, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.app import AsJson, AsOf, current, group
from console.cli.violations_record import Amount, Reference, Severity
from console.decided import until_json, until_words
from console.desk import instant
from console.listing import listing
from console.notice_typed import fen, moment
from console.output import json_lines, say
from console.phrases import OUTCOMES, STAGES, heads
from console.sentences import sentence
from console.violation_rows import known_severity
from engine.errors import KaoheError, UnknownNameError, os_words
from engine.ledger.platform_notice import PlatformNotice
from engine.rulebook.model import Language
from engine.rulebook.platforms import zone_of
from engine.tracker.appealable import Appealable, appealable
from engine.tracker.appeals import FOLLOWS, Draft, conclude, correct_time, draft, submit
from notifier.words.vocabulary import STATES, word

COLUMNS = "appeal_until hours_left stage attempts client platform shop rule cycle state violation"
HANDED_IN = "the appeal was handed in"

commands = group("appeals")


@commands.command("list")
def list_(
    context: typer.Context,
    due_within: Annotated[
        str | None, typer.Option("--due-within", metavar="TERM", help="Only what is overdue or due so soon: 5d, 12h.")
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What can still be appealed against, the next deadline first; what is overdue is marked."""
    desk = current(context)
    now, within = instant(as_of, "--as-of"), _term(due_within)
    with desk.reading() as session:
        found = appealable(session, desk.sound_rules, desk.who, now, within)
    if as_json:
        json_lines(_row(row) for row in found)
        return
    language = desk.settings.language
    listing(
        heads(COLUMNS, language),
        [_cells(row, language) for row in found],
        sentence("no appeals", language),
        [1],
    )


@commands.command("open")
def open_(
    context: typer.Context,
    violation: str,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="A file with what the appeal says, UTF-8.")] = None,
    attach: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A file that proves it; may be repeated.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="The account that it is made with.")] = None,
) -> None:
    """Draft an appeal, or go on with the draft. Nothing is handed in yet, and the state stays."""
    desk = current(context)
    store = desk.attachments
    said = Draft(_text(text), by, [store.put(path) for path in attach or ()])
    with desk.transaction() as session:
        name = draft(session, desk.sound_rules, violation, said, desk.who, datetime.now(UTC)).violation_id
    say(sentence("appeal drafted", desk.settings.language, violation=name))


@commands.command("submit")
def submit_(
    context: typer.Context,
    violation: str,
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")] = HANDED_IN,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When it was handed in; now by default.")] = None,
    late: Annotated[
        str | None, typer.Option(metavar="WHY", help="Why the platform takes it although its deadline has passed.")
    ] = None,
) -> None:
    """Record that the draft was handed in to the platform: the violation is under appeal from then on."""
    desk = current(context)
    with desk.transaction() as session:
        made = submit(session, desk.sound_rules, violation, desk.who, why, datetime.now(UTC), late, moment(at, "--at"))
    say(sentence("appeal submitted", desk.settings.language, violation=made.violation_id, n=made.attempt))


@commands.command()
def correct(
    context: typer.Context,
    violation: str,
    at: Annotated[str, typer.Option(metavar="TIME", help="When it was really handed in.")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
) -> None:
    """Put right when an appeal was handed in, while its outcome is awaited."""
    desk, handed_in = current(context), instant(at, "--at")
    with desk.transaction() as session:
        made = correct_time(session, desk.sound_rules, violation, desk.who, handed_in, why, datetime.now(UTC))
    say(sentence("appeal submitted", desk.settings.language, violation=made.violation_id, n=made.attempt))


@commands.command()
def outcome(
    context: typer.Context,
    violation: str,
    result: Annotated[str, typer.Argument(help="upheld, overturned, partly: what became of the platform's decision")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
    severity: Severity = None,
    amount: Amount = None,
    reference: Reference = None,
) -> None:
    """Record what the platform answered to an appeal."""
    desk = current(context)
    language = desk.settings.language
    named = {spelt: name for name in FOLLOWS for spelt in (name, OUTCOMES[name].zh)}.get(result)
    if named is None:
        known = "、".join(f"{name}（{words.zh}）" for name, words in OUTCOMES.items())
        raise UnknownNameError("outcome", result, OUTCOMES, zh=known)
    with desk.transaction() as session:
        notice = PlatformNotice(known_severity(session, desk, severity), fen(amount), reference)
        changed = conclude(session, desk.sound_rules, violation, named, desk.who, why, datetime.now(UTC), notice)
    say(f"{changed.id}{'：' if language == 'zh-CN' else ': '}{word(STATES, changed.state, language)}")


def _term(text: str | None) -> timedelta | None:
    """So many days or hours.

    >>> _term("5d"), _term("12h")
    (datetime.timedelta(days=5), datetime.timedelta(seconds=43200))
    """
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 4 and unit in {"d", "h"}):
        raise KaoheError(
            f"--due-within {text!r} is no term; write it like 5d or 12h",
            zh=f"--due-within {text!r} 不是时长；写成 5d（天）或 12h（小时）",
        )
    return timedelta(days=int(number)) if unit == "d" else timedelta(hours=int(number))


def _text(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        zh = os_words(error) if isinstance(error, OSError) else "不是 UTF-8"
        raise KaoheError(f"cannot read {path}: {why}", zh=f"读不了 {path}：{zh}（须为 UTF-8 文本）") from None


def _row(row: Appealable) -> dict[str, Any]:
    return {
        "violation": row.violation,
        "rule": row.rule,
        "platform": row.platform,
        "client": row.client,
        "shop": row.shop,
        "cycle": row.cycle,
        "state": row.state,
        "severity": row.severity,
        "stage": row.stage,
        "appeal_until": until_json(row.until.at, zone_of(row.platform)),
        "deadline": row.until.at.isoformat() if row.until.at else None,
        "deadline_from": row.until.basis,
        "hours_left": row.hours_left,
        "overdue": row.overdue,
        "attempts": row.made,
        "attempts_granted": row.granted,
        "by": row.by,
    }


def _cells(row: Appealable, language: Language) -> list[str]:
    zone = zone_of(row.platform)
    until = until_words(row.until.at, zone) if row.until.at else "?"
    left = "" if row.hours_left is None else str(row.hours_left)
    stage = STAGES[row.stage].in_language(language)
    late = ("已逾期" if language == "zh-CN" else "overdue") if row.overdue else left
    granted = "?" if row.granted is None else str(row.granted)
    return [
        until,
        late,
        stage,
        f"{row.made}/{granted}",
        row.client,
        row.platform,
        row.shop_name or row.shop,
        row.rule,
        row.cycle,
        word(STATES, row.state, language),
        row.violation,
    ]
