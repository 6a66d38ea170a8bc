"""`kaohe mappings`: which files of the back offices can be read, by what, and whether a mapping's file is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.app import AsJson, Lang, current, group, lang_of
from console.output import json_lines, note, say, table
from console.phrases import CLAIMED, COLUMNS, EVIDENCE, heads
from console.sentences import sentence
from engine.evidence.mapping import shelf
from engine.evidence.mapping.model import MappedColumn, MappingFile
from notifier.words.vocabulary import word

commands = group("mappings")


@commands.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """The shipped mappings."""
    found = list(shelf.shipped().values())
    if as_json:
        json_lines(_row(mapping) for mapping in found)
        return
    language = current(context).settings.language
    table(
        heads("mapping title platform kind", language),
        [[m.id, m.title.in_language(language), m.platform, m.kind] for m in found],
    )


@commands.command()
def show(
    context: typer.Context,
    mapping: Annotated[str, typer.Argument(metavar="NAME|FILE")],
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """One mapping: the headers it knows, what it makes of them, what that rests on."""
    found = shelf.mapping(mapping)
    if as_json:
        json_lines([_row(found)])
        return
    language = lang_of(lang, current(context))
    zh = language == "zh-CN"
    kind = word(EVIDENCE, found.kind, language)
    say(f"{found.title.in_language(language)}\n{found.id} · {found.platform} · {kind} · {found.path}")
    for column in found.columns.values():
        say(f"  {column.name}{_marks(column, zh=zh)}: {' / '.join(column.headers)}")
    for part in found.parts.values():
        say(f"  {part.name} = {part.of} × {part.rate}")
    for whole, parts in found.adds_up.items():
        say(f"  {whole} = {' + '.join(parts)}")
    for fed in found.feeds:
        for counter, sums in fed.counters.items():
            terms = "".join(f" {'+' if sign > 0 else '-'} {name}" for name, sign in sums.items())
            say(f"  {fed.rule}/{counter} = {terms.removeprefix(' + ')}")
    for claim in found.provenance:
        basis = {"source": "出处" if zh else "source", "assumed": "假定" if zh else "assumed"}[claim.basis]
        cited = f" [{', '.join(claim.cite)}]" if claim.cite else ""
        words = claim.because or claim.says
        say(f"  {word(CLAIMED, claim.name, language)}: {basis}{cited}: {words.in_language(language) if words else ''}")


@commands.command()
def check(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Files or directories.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every fault of every file as `file:line:column: path: message`; nothing where all is sound."""
    faults = shelf.check(paths or [shelf.SHIPPED])
    if as_json:
        json_lines(
            {"file": f.path, "line": f.line, "column": f.column, "path": f.where, "message": f.what} for f in faults
        )
    else:
        for fault in faults:
            say(str(fault))
    if faults:
        raise typer.Exit(1)
    note(sentence("mappings sound", current(context).settings.language))


def _marks(column: MappedColumn, *, zh: bool) -> str:
    words: list[str] = [word(COLUMNS, column.kind, "zh-CN" if zh else "en")] if column.kind != "text" else []
    words += ["必需" if zh else "required"] if column.required else []
    words += ["向下填充" if zh else "filled down"] if column.fill else []
    return f" ({', '.join(words)})" if words else ""


def _row(mapping: MappingFile) -> dict[str, Any]:
    return {
        "mapping": mapping.id,
        "platform": mapping.platform,
        "kind": mapping.kind,
        "title": {"zh-CN": mapping.title.zh, "en": mapping.title.en},
        "columns": {name: list(column.headers) for name, column in mapping.columns.items()},
        "counters": [f"{fed.rule}/{counter}" for fed in mapping.feeds for counter in fed.counters],
        "assumed": [claim.name for claim in mapping.provenance if claim.basis == "assumed"],
        "sha256": mapping.sha256,
        "file": mapping.path,
    }
