"""`kaohe violations record` and `notified`: what was decided about a violation, and what the platform's notice says."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsOf, current
from console.cli.violations import commands
from console.decided import decided_lines, doubts_about
from console.desk import KAOHE, Desk
from console.notice_typed import deadline, fen, known_account, moment
from console.output import note, say
from console.sentences import sentence
from console.violation_rows import known_severity
from engine.assessment.deciding import decide
from engine.assessment.forfeiting import ForfeitsAppealError
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.states import state_of
from engine.ledger.violations import by
from engine.tracker.lookout import look_after
from notifier.records import records_of
from notifier.words.vocabulary import STATES, word

NOTICE_CAME = "the platform's notice came"

Severity = Annotated[str | None, typer.Option(help="What the platform decided: minor, serious, grave.")]
Amount = Annotated[str | None, typer.Option(metavar="YUAN", help="What the platform charged.")]
Reference = Annotated[str | None, typer.Option(help="The number of the platform's notice.")]
AppealUntil = Annotated[
    str | None, typer.Option(metavar="TIME", help="The platform's deadline: a day, or the hour if one is printed.")
]
Account = Annotated[str | None, typer.Option(help="What the charge is taken from: deposit, balance.")]
BorneBy = Annotated[str | None, typer.Option(help="Who bears the charge.")]
NoticedAt = Annotated[str | None, typer.Option(metavar="TIME", help="When the platform's notice arrived.")]


@commands.command()
def record(
    context: typer.Context,
    violation: str,
    state: Annotated[
        str, typer.Argument(help="acknowledged, confirmed, appealed, overturned, waived, withdrawn, closed")
    ],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
    severity: Severity = None,
    amount: Amount = None,
    reference: Reference = None,
    appeal_until: AppealUntil = None,
    account: Account = None,
    borne_by: BorneBy = None,
    noticed_at: NoticedAt = None,
    forfeit: Annotated[
        bool, typer.Option("--forfeit-appeal", help="Confirm although that gives up an appeal that can still be made.")
    ] = False,
    as_of: AsOf = None,
) -> None:
    """Record what was decided about a violation, or correct what was recorded: the same state, and what is right."""
    desk = current(context)
    now = desk.writes_at(as_of)
    notice = _notice(amount, reference, appeal_until, account, borne_by, noticed_at)
    try:
        _record(desk, violation, state_of(state), why, notice, severity, now, forfeits=forfeit)
    except ForfeitsAppealError as refused:
        if not sys.stdin.isatty():
            raise
        note(refused.in_language(desk.settings.language))
        typer.confirm(sentence("forfeit", desk.settings.language), abort=True, err=True)
        _record(desk, violation, state_of(state), why, notice, severity, now, forfeits=True)


@commands.command()
def notified(
    context: typer.Context,
    violation: str,
    noticed_at: NoticedAt = None,
    severity: Severity = None,
    amount: Amount = None,
    reference: Reference = None,
    appeal_until: AppealUntil = None,
    account: Account = None,
    borne_by: BorneBy = None,
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")] = NOTICE_CAME,
    as_of: AsOf = None,
) -> None:
    """Note that the platform's notice has come, and what it says. The state stays, and so does the right to appeal."""
    desk = current(context)
    now = desk.writes_at(as_of)
    notice = _notice(amount, reference, appeal_until, account, borne_by, noticed_at)
    _record(desk, violation, None, why, notice, severity, now, arrived=now)


def _notice(
    amount: str | None,
    reference: str | None,
    appeal_until: str | None,
    account: str | None,
    borne_by: str | None,
    noticed_at: str | None,
) -> PlatformNotice:
    """What was typed."""
    if account is not None:
        account = known_account(account)
    return PlatformNotice(
        amount_fen=fen(amount),
        reference=reference,
        appeal_until=deadline(appeal_until, "--appeal-until"),
        account=account,
        borne_by=borne_by,
        noticed_at=moment(noticed_at, "--noticed-at"),
    )


def _record(
    desk: Desk,
    violation: str,
    state: str | None,
    why: str,
    notice: PlatformNotice,
    severity: str | None,
    now: datetime,
    *,
    forfeits: bool = False,
    arrived: datetime | None = None,
) -> None:
    """Record it in this state (None: the one that it has), and tell what is doubtful about it.

    `arrived`: when the notice came, where neither the notice nor what is on record tells it.
    """
    with desk.transaction() as session:
        said, known = replace(notice, severity=known_severity(session, desk, severity)), by(session, violation)
        if said.noticed_at is None and known.noticed_at is None:
            said = replace(said, noticed_at=arrived)
        name = decide(
            session,
            desk.sound_rules,
            violation,
            known.state if state is None else state,
            desk.who,
            why,
            now,
            said,
            forfeits_appeal=forfeits,
        ).id
        recorded = records_of(session, [name])[name]
    look_after(desk.ledger, desk.sound_rules, min(now, datetime.now(UTC)), KAOHE, lake=lambda: desk.lake)
    language = desk.settings.language
    for doubt in doubts_about(recorded, desk.sound_rules, said, language):
        note(doubt)
    told = [word(STATES, recorded.violation.state, language), *decided_lines(recorded.violation, language)]
    say(f"{name}{'：' if language == 'zh-CN' else ': '}{('；' if language == 'zh-CN' else '; ').join(told)}")
