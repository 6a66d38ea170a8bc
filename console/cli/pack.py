"""`kaohe pack`: all about a violation in one file, for whoever decides about it; and the check of such a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import Lang, command, current, lang_of
from console.desk import Desk
from console.output import note, say
from console.packing import pack_files
from console.phrases import pack_words
from console.sentences import sentence
from engine.errors import KaoheError, os_words
from engine.evidence.lake import Lake
from engine.rulebook.model import Language
from engine.tracker.bundle import checked, zipped
from engine.tracker.pack import gather
from notifier.records import records_of


@command("pack")
def pack(
    context: typer.Context,
    violation: Annotated[str | None, typer.Argument(metavar="[VIOLATION]")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE.zip", help="Where the pack is put.")] = None,
    verify: Annotated[
        Path | None, typer.Option(metavar="FILE.zip", help="Check a pack that somebody sent, instead of making one.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Everything about a violation in one file: figures, rule, sources, trace, notices, journal, attachments."""
    desk = current(context)
    language = lang_of(lang, desk)
    if verify is not None and violation is None and out is None:
        _verify(verify, language)
    elif violation is not None and verify is None:
        path = out or Path(f"{violation.strip().upper()}.zip")
        name, size, digest = _write(desk, violation, path, language)
        say(sentence("packed", language, violation=name, path=path, size=f"{size:,}", digest=digest))
    else:
        raise KaoheError(
            "name a violation to pack (with -o FILE.zip), or check a pack with --verify FILE.zip",
            zh="请写要打包的违规编号（用 -o FILE.zip 指定文件），或用 --verify FILE.zip 核对材料包",
        )


def _write(desk: Desk, violation: str, path: Path, language: Language) -> tuple[str, int, str]:
    """Make the pack, whole or not at all; the violation's id, how large the file is, and its digest."""
    with desk.reading() as session:
        content = gather(
            session, desk.sound_rules, Lake(desk.settings.lake), desk.cache, desk.attachments, violation, desk.who
        )
        record = records_of(session, [content.violation.id])[content.violation.id]
    used = content.explanation.outcome
    facts = record.facts_under(used.rule, used.version.key, desk.sheets, language)
    data = zipped(pack_files(content, facts, language))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise KaoheError(f"cannot write {path}: {error.strerror}", zh=f"写不了 {path}：{os_words(error)}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return content.violation.id, len(data), checked(path).digest


def _verify(path: Path, language: Language) -> None:
    found = checked(path)
    for finding in found.findings:
        note(pack_words(finding, language))
    if found.findings:
        raise typer.Exit(1)
    say(sentence("pack sound", language, n=found.files, digest=found.digest, head=found.head or "-"))
