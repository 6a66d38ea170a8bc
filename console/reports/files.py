"""Reports as files: one for each client and one for the house, whole or not at all, and never two in one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from console.reports.page import page
from console.reports.safe import file_names
from console.reports.sheet import Report
from console.reports.table_files import table_files
from console.reports.words import WORDS
from console.reports.xlsx import workbook
from engine.errors import KaoheError, os_words

Written = tuple[Path, int]
INTERNAL = "internal"


def names_of(reports: list[Report]) -> list[str]:
    """The name of each report's file, without its ending."""
    clients = file_names(r.client for r in reports if r.client is not None)
    return [f"{r.kind}-{r.span}.{INTERNAL if r.client is None else f'client-{clients[r.client]}'}" for r in reports]


def write_workbooks(reports: list[Report], folder: Path) -> Iterator[Written]:
    """An XLSX file for each report, as it is written."""
    return _write(reports, folder, lambda name, report: {f"{name}.xlsx": workbook(report)})


def write_pages(reports: list[Report], folder: Path) -> Iterator[Written]:
    """An HTML file for each report, as it is written."""
    return _write(reports, folder, lambda name, report: {f"{name}.html": page(report)})


def write_tables(reports: list[Report], folder: Path) -> Iterator[Written]:
    """A directory of CSV files for each report, as it is written."""
    return _write(
        reports, folder, lambda name, report: {f"{name}/{key}.csv": data for key, data in table_files(report).items()}
    )


def _write(
    reports: list[Report], folder: Path, made: Callable[[str, Report], Mapping[str, bytes]]
) -> Iterator[Written]:
    for name, report in zip(names_of(reports), reports, strict=True):
        for path, data in made(name, report).items():
            put(folder / path, data)
        yield folder / (path if "/" not in path else name), report.rows


def put(path: Path, data: bytes) -> None:
    """Write a file that somebody may have open or fetch at any moment. Raises KaoheError where it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        en, zh = WORDS["cannot write"].en, WORDS["cannot write"].zh
        raise KaoheError(
            en.format(path=path, why=error.strerror), zh=zh.format(path=path, why=os_words(error))
        ) from error
