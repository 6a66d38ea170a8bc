"""How far a command has come, while somebody waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine.progress import Progress as Report
from engine.progress import silent


@contextmanager
def progress(words: Mapping[str, str] | None = None) -> Iterator[Report]:
    """A progress bar on standard error while it is a terminal, silence otherwise. `words` are the steps' names."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: str, done: int, total: int) -> None:
            bar.update(task, description=(words or {}).get(step, step), completed=done, total=total or None)

        yield report
