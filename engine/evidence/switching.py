"""What imports and removals say of the day files between which they switch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from engine.evidence.columns import Kind
from engine.ledger import day_files
from engine.ledger.day_files import Change, Live


def live_files(session: Session, kinds: Iterable[Kind], platforms: Sequence[str]) -> Live:
    """(kind, platform, day) → generation of the live files of these kinds and platforms."""
    return {
        (f.kind, f.platform, f.day): f.generation
        for kind in kinds
        for p in platforms
        for f in day_files.live(session, kind.name, p)
    }


def told_days(changes: Sequence[Change], kind: Kind) -> list[list[str | None]]:
    """The changes of a kind as the journal tells them: platform, day, old and new generation."""
    return [[c.platform, c.day.isoformat(), c.old, c.new] for c in changes if c.kind == kind.name]
