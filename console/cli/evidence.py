"""`kaohe import`: files of evidence in, a summary out."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import AsJson, command, current
from console.desk import day
from console.imported import declared_lines, doubt_lines, named_lines
from console.mapped import ByMapping, mapping_of, rules_of
from console.output import json_lines, note, say
from console.phrases import step_words
from console.progress import progress
from console.sentences import sentence
from engine.errors import KaoheError
from engine.evidence.covering import Covers
from engine.evidence.importer import ImportRequest, ImportSummary, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.kinds import kind as kind_named
from engine.evidence.quarantine import write_quarantine

SHOWN_FAULTS = 10
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@command("import")
def import_(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="CSV, NDJSON or Parquet; with --mapping CSV or XLSX.")
    ],
    kind: Annotated[str | None, typer.Option(help=f"What the files hold: {', '.join(KINDS)}.")] = None,
    mapping: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Read the files as a back office gives them; see `kaohe mappings`."),
    ] = None,
    platform: Annotated[str | None, typer.Option(help="The platform, where the files do not say.")] = None,
    shop: Annotated[str | None, typer.Option(help="The shop, where the files do not say.")] = None,
    shop_from: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="Take the shop from the file's name: 'data_{shop}_*.csv'."),
    ] = None,
    replace: Annotated[
        bool, typer.Option(help="First remove what is stored of each shop and day in the files.")
    ] = False,
    covers: Annotated[
        str | None,
        typer.Option(metavar="FROM..TO", help="The days that the files are all of, whatever they hold."),
    ] = None,
    all_shops: Annotated[bool, typer.Option(help="With --covers: of all registered shops of the platform.")] = False,
    show_values: Annotated[bool, typer.Option(help="Show refused values in full, digits included.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import evidence. Bad rows are set aside and told; the rest of their file is taken."""
    desk = current(context, makes_home=True)
    language = desk.settings.language
    by = mapping_of(mapping, kind, platform)
    request = ImportRequest(
        kind=kind_named(by.kind if by else kind or ""),
        files=tuple(files),
        actor=desk.actor,
        platform=platform,
        shop=shop,
        shop_from=shop_from,
        replace=replace,
        show_values=show_values,
        mapping=by,
        rules=tuple(rules_of(desk).values()),
        covers=covers_of(covers, all_shops),
        allowed=desk.who,
    )
    now = datetime.now(UTC)
    with progress(step_words(language)) as report:
        summary = import_evidence(desk.ledger, desk.lake_to_write, desk.secret, request, now, report)
    quarantine = None
    if summary.faults:
        quarantine = desk.home / "quarantine" / f"{summary.kind}-{now:%Y%m%dT%H%M%S%f}.csv"
        write_quarantine(quarantine, summary.faults, language)
    by_mapping = ByMapping.of(summary, desk)
    if as_json:
        json_lines([_as_json(summary, quarantine) | by_mapping.as_json(language)])
    else:
        by_mapping.tell(language)
        _tell(summary, request.covers, quarantine, language)
    if summary.refused or summary.contradictions or summary.excesses or any(one.in_vain for one in summary.mapped):
        raise typer.Exit(1)


def covers_of(text: str | None, all_shops: bool) -> Covers | None:
    """What --covers and --all-shops say. Raises KaoheError where that is no span of days, or nothing to cover."""
    if text is None:
        if all_shops:
            raise KaoheError(
                "--all-shops needs --covers FROM..TO: which days are the files all of?",
                zh="--all-shops 要与 --covers FROM..TO 同用：文件包含了哪些日子的全部数据？",
            )
        return None
    first, dots, last = (part.strip() for part in text.partition(".."))
    for part in (first, last) if dots else (first,):
        if not DAY.fullmatch(part):  # fromisoformat takes 2026-W10, too, and means its Monday
            raise KaoheError(
                f"--covers {text!r}: {part!r} is not a day; write it like 2026-03-02..2026-03-08",
                zh=f"--covers {text!r}：{part!r} 不是日期；写成 2026-03-02..2026-03-08 这样",
            )
    begin, end = day(first, "--covers"), day(last if dots else first, "--covers")
    assert begin is not None
    assert end is not None
    return Covers(begin, end, all_shops)


def _as_json(summary: ImportSummary, quarantine: Path | None) -> dict[str, object]:
    row = {k: v for k, v in asdict(summary).items() if k not in {"faults", "mapped"}}
    row["days"] = [[platform, day.isoformat()] for platform, day in summary.days]
    for found in (*row["contradictions"], *row["excesses"], *row["partial"]):
        found.update({name: value.isoformat() for name, value in found.items() if isinstance(value, date)})
    for one in row["declared"]:
        one.update({name: [[f.isoformat(), t.isoformat()] for f, t in one[name]] for name in ("empty", "open")})
    row["unused_options"] = row.pop("unused")
    row["quarantine"] = str(quarantine) if quarantine else None
    return row


def _tell(summary: ImportSummary, covers: Covers | None, quarantine: Path | None, language: str) -> None:
    row = {k: v for k, v in asdict(summary).items() if isinstance(v, int | str)}
    removed = sentence("removed", language, n=summary.removed) if summary.removed else ""
    name = "imported numbers" if summary.mapped and summary.kind == "counts" else "imported"
    say(sentence(name, language, **row) + removed)
    if summary.held_back:
        note(sentence("held back", language))
    for platform in dict.fromkeys(p for p, _ in summary.days):
        days = [day for p, day in summary.days if p == platform]
        name = "day changed" if len(days) == 1 else "days changed"
        name = name.replace("day", "period") if summary.kind == "counts" else name
        say(sentence(name, language, platform=platform, n=len(days), first=str(min(days)), last=str(max(days))))
    for line in (*named_lines(summary, language), *doubt_lines(summary, language)):
        note(line)
    for line in declared_lines(summary, language):
        say(line)
    if covers:
        say(sentence("covered", language, days=covers, n=summary.covered))
    if summary.unknown_columns:
        note(sentence("unknown columns", language, names=", ".join(summary.unknown_columns)))
    for fault in summary.faults[:SHOWN_FAULTS]:
        note(fault.told(language))
    if quarantine:
        more = len(summary.faults) - SHOWN_FAULTS
        rest = sentence("more refused", language, n=more) if more > 0 else ""
        note(rest + sentence("quarantine", language, path=quarantine))
