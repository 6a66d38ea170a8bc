"""Where an installation keeps what assessing needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import Engine

from engine.assessment.waiting import PATIENCE
from engine.evidence.lake import Lake

LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Ledger, lake and cache, who works there, and who is answerable for it."""

    ledger: Engine
    lake: Lake
    cache: Path
    owner: str  # names this process in leases
    actor: str  # names who is answerable, in the journal
    lease: timedelta = LEASE  # how long a run stays with a process that gives no sign of life
    patience: timedelta = PATIENCE  # how long after an assessment instant expected evidence is waited for
