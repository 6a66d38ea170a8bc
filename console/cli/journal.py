"""`kaohe journal`: the audit trail, and whether anybody has changed it."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from console.cli.app import AsJson, current, group
from console.listing import listing
from console.local_time import local_time
from console.notice_audit import spoken_of
from console.output import json_lines, say
from console.phrases import defect_words, heads
from console.sentences import sentence
from engine.errors import KaoheError
from engine.ledger import chain, journal

commands = group("journal")


@commands.command("list")
def list_(
    context: typer.Context,
    about: Annotated[str | None, typer.Option(metavar="ID", help="Only entries about this object.")] = None,
    as_json: AsJson = False,
) -> None:
    """All entries, in the order in which they were written."""
    desk = current(context)
    with desk.reading() as session:
        found = journal.entries(session, object_id=_object(about))
        notices = spoken_of(session, found)
    of = [notices.get(e.object_id) if e.object_kind == "notice" else None for e in found]
    if as_json:
        json_lines(
            {
                "batch": e.batch,
                "position": e.position,
                "at": e.at.isoformat(),
                "actor": e.actor,
                "event": e.event,
                "object_kind": e.object_kind,
                "object": e.object_id,
                "notice": notice.json() if notice else None,
                "payload": e.payload,
                "redacted": e.redacted_why,
            }
            for e, notice in zip(found, of, strict=True)
        )
        return
    language = desk.settings.language
    listing(
        ["#", *heads("at actor event object", language)],
        [
            [
                f"{e.batch}.{e.position}",
                local_time(e.at),
                e.actor,
                e.event,
                notice.words(language) if notice else e.object_id,
            ]
            for e, notice in zip(found, of, strict=True)
        ],
        sentence("no entries", language),
    )


@commands.command()
def verify(
    context: typer.Context,
    expect: Annotated[
        str | None,
        typer.Option(metavar="SEQ:HASH", help="A head that was noted earlier: nothing before it may be gone."),
    ] = None,
) -> None:
    """Check every entry against the chain, and print its head."""
    desk = current(context)
    with desk.reading() as session:
        findings = chain.verify(session, _head(expect))
        head = None if findings else journal.head(session)  # of a journal that is not whole there may be none
    for finding in findings:
        say(defect_words(finding, desk.settings.language))
    if findings:
        raise typer.Exit(1)
    say(sentence("sound", desk.settings.language, head=head))


def _object(about: str | None) -> str | None:
    """The name of an object as the journal has it: the ids of violations are in capitals, however they were typed."""
    return about.strip().upper() if about and re.fullmatch(r"\s*v-[a-z2-7]{12}\s*", about, re.IGNORECASE) else about


def _head(expect: str | None) -> tuple[int, str] | None:
    if expect is None:
        return None
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", expect)
    if match is None:
        raise KaoheError(
            f"--expect {expect!r}: write it as `kaohe journal verify` prints it, SEQ:HASH",
            zh=f"--expect {expect!r}：照 `kaohe journal verify` 打印的样子写，序号:哈希",
        )
    return int(match[1]), match[2]
