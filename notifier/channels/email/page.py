"""The plain text of a letter as a simple page, so that both parts of a mail always say the same.

A paragraph whose first line is short and without punctuation gets that line as its heading; lines that
begin with `- ` or `1. ` become lists, and lines of as many cells between ` | ` a table, the first its heads.
Nothing else of the text is read.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.channels.contract import Letter

if TYPE_CHECKING:
    from jinja2 import Template

_ITEM = re.compile(r"(?:-|\d+\.) +(?P<text>.+)")
_PUNCTUATION = re.compile(r"[。．.：:；;，,！!？?]")
LONGEST_HEADING = 60
CELLS = " | "
FEWEST_CELLS = 3
LONGEST_WHOLE = 24
SHORT = 8


def page_of(letter: Letter) -> str:
    """The letter's body as an HTML page; everything from the letter is escaped."""
    blocks = [block.split("\n") for block in re.split(r"\n{2,}", letter.body.strip("\n"))]
    return _template().render(
        language=letter.language,
        title=letter.subject,
        headline=" ".join(blocks[0]),
        sections=[_section(block) for block in blocks[1:]],
    )


def _section(lines: list[str]) -> dict[str, object]:
    heading = ""
    if len(lines) > 1 and _is_heading(lines[0]):
        heading, *lines = lines
    table = _table(lines)
    lines = lines[: len(lines) - len(table)]
    entries = [m["text"] for line in lines if (m := _ITEM.fullmatch(line))]
    return {
        "heading": heading,
        "lines": [line for line in lines if not _ITEM.fullmatch(line)],
        "heads": table[0] if table else [],
        "rows": [[{"text": cell, "whole": _whole(cell)} for cell in row] for row in table[1:]],
        "entries": entries,
        "numbered": any(line[0].isdigit() for line in lines if _ITEM.fullmatch(line)),
    }


def _table(lines: list[str]) -> list[list[str]]:
    """The cells of the lines that end a paragraph and have as many cells, at least three, as the last one."""
    rows = [line.split(CELLS) for line in lines]
    width = len(rows[-1])
    first = next((n + 1 for n in reversed(range(len(rows))) if len(rows[n]) != width), 0)
    table = rows[first:]
    return table if width >= FEWEST_CELLS and len(table) > 1 else []


def _whole(cell: str) -> bool:
    """Whether a cell stays on one line: figures, ids and what is short do, which read badly in two."""
    return len(cell) <= (LONGEST_WHOLE if cell.isascii() else SHORT)


def _is_heading(line: str) -> bool:
    return len(line) <= LONGEST_HEADING and not _PUNCTUATION.search(line) and not _ITEM.fullmatch(line)


@cache
def _template() -> Template:
    from notifier.sandbox import sandbox  # noqa: PLC0415  every command knows of the channels, few write a page

    source = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    return sandbox(html=True).from_string(source)
