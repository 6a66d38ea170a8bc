"""`kaohe evidence remove`: what was imported into the wrong shop is taken out again, for a reason that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsJson, current
from console.cli.evidence_status import evidence_commands
from console.desk import day
from console.output import json_lines, note, say, table
from console.phrases import heads, step_words
from console.progress import progress
from console.sentences import sentence
from engine.errors import KaoheError, NothingToDoError
from engine.evidence.kinds import KINDS
from engine.evidence.kinds import kind as kind_named
from engine.evidence.removing import RemovalRequest, RemovedDay, remove_evidence
from engine.ledger.actors import Permission
from engine.ledger.subjects import shop as known_shop
from engine.ledger.whose import whose_subject
from engine.rulebook.platforms import platform as known_platform


@evidence_commands.command()
def remove(
    context: typer.Context,
    platform: Annotated[str, typer.Option(help="The shop's platform.")],
    shop: Annotated[str, typer.Option(help="The shop: its id, alias or name.")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of evidence; may be repeated. All kinds by default.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day to remove.")] = None,
    to: Annotated[str | None, typer.Option(metavar="DATE", help="Last day to remove.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say which days and how many rows would go; remove nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a shop's rows out of the evidence. Each kind goes as a whole or not at all; assess again afterwards."""
    desk = current(context)
    language = desk.settings.language
    first, last = day(from_, "--from"), day(to, "--to")
    if first and last and first > last:
        raise KaoheError(
            f"--from {first} --to {last}: the earlier day comes first",
            zh=f"--from {first} --to {last}：请把较早的日期写在前面",
        )
    kinds = [kind_named(name) for name in dict.fromkeys(kind or KINDS)]
    with desk.reading() as session:
        subject = known_shop(session, shop, known_platform(platform).id)
        id_, place = subject.external_id, known_platform(platform).id
        desk.who.must(Permission.REGISTER, *whose_subject(session, subject))
    removed: list[RemovedDay] = []
    for one in kinds:
        request = RemovalRequest(one, place, id_, desk.actor, why, first, last)
        with progress(step_words(language)) as report:
            removed += remove_evidence(desk.ledger, desk.lake, request, datetime.now(UTC), report, dry_run)
    if not removed:
        raise NothingToDoError(
            f"there is no such evidence of {place}/{id_}; nothing was removed",
            zh=f"{place}/{id_} 没有这样的数据；什么都没有移除",
        )
    if as_json:
        json_lines(
            {
                "platform": place,
                "shop": id_,
                "kind": one.kind,
                "day": one.day.isoformat(),
                "rows": one.rows,
                "removed": not dry_run,
            }
            for one in removed
        )
        return
    if dry_run:
        table(
            heads("kind evidence_day rows", language), [[r.kind, r.day.isoformat(), str(r.rows)] for r in removed], [2]
        )
        note(sentence("would remove", language, shop=f"{place}/{id_}", n=sum(r.rows for r in removed)))
        return
    for name in dict.fromkeys(r.kind for r in removed):
        say(_told(f"{place}/{id_}", name, [r for r in removed if r.kind == name], language))


def _told(shop: str, kind: str, days: Sequence[RemovedDay], language: str) -> str:
    first, last = str(days[0].day), str(days[-1].day)
    rows = sum(d.rows for d in days)
    return sentence("rows removed", language, shop=shop, kind=kind, n=rows, days=len(days), first=first, last=last)
