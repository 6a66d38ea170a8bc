"""The new day files of one import: what each changed day holds, merged with what is live, written and kept.

Repeated when another import was faster; a day that it left alone is not written again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from engine.errors import KaoheError
from engine.evidence import merging, unions
from engine.evidence.columns import Kind
from engine.evidence.contradictions import Contradiction, Excess, contradictions, excesses
from engine.evidence.derived_sessions import find_derived, find_sessions
from engine.evidence.kinds import COUNTS, MESSAGES, SESSIONS
from engine.evidence.lake import Lake
from engine.evidence.merging import Counted
from engine.ledger.day_files import Change, Live
from engine.progress import Progress


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What becomes of the rows, and the days to switch: of the import's kind, then of those that it changes too.

    `contradictions`: counts that another one contradicts; `excesses`: counts that are more than what they are part of.
    """

    counted: Counted
    changes: tuple[Change, ...]
    contradictions: tuple[Contradiction, ...] = ()
    excesses: tuple[Excess, ...] = ()


@dataclass(slots=True)
class Rewriting:
    """One import, its rows in the table `staged` of `con`.

    Where it `removes`, no row is staged, and the table `emptied` says which shops and days go; where it only replaces,
    that table is made of what is staged.
    """

    con: duckdb.DuckDBPyConnection
    lake: Lake
    drafts: Path
    kind: Kind
    replace: bool
    progress: Progress
    removes: bool = False
    parts: Sequence[tuple[str, str]] = ()  # of counts: which counter is a part of which
    # What was written for a day: of keyed rows for one change of one old generation, else for the old generation.
    _merged: dict[tuple[str, str, date, str | None, int], Change] = field(default_factory=dict)
    _united: dict[tuple[str, date, str | None], tuple[Counted, Change | None]] = field(default_factory=dict)

    def shops(self) -> list[tuple[str, str, date]]:
        """(platform, shop, first day) of everything staged, sorted."""
        return self.con.execute("SELECT platform, shop, min(day) FROM staged GROUP BY ALL ORDER BY ALL").fetchall()

    def rewrite(self, live: Live) -> Rewritten:
        """Write and keep the days that change, given what is live of every kind that the import may change."""
        files = {key: self._file(key, generation) for key, generation in live.items()}
        if self.replace and not self.removes:
            place = "SELECT platform, shop, day FROM"
            again = f" UNION {place} rivals" if self.kind.key else ""
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE emptied AS SELECT DISTINCT * FROM ({place} staged{again})")
        if not self.kind.key:
            return self._unite(live, files)
        found = [file for (kind, _, _), file in files.items() if kind == self.kind.name]
        if self.kind is SESSIONS:
            find_sessions(self.con, found, self.replace)
        else:
            merging.find_before(self.con, self.kind, found, self.replace)
            self.con.execute("CREATE OR REPLACE TEMP VIEW after AS FROM staged")
        return Rewritten(merging.count(self.con, self.kind), self._merge(self.kind, live, files))

    def _unite(self, live: Live, files: Mapping[tuple[str, str, date], Path]) -> Rewritten:
        staged = unions.staged_days(self.con, self.removes)
        every: list[Counted] = []
        changes: list[Change] = []
        for done, day in enumerate(staged):
            self.progress("writing days", done, len(staged))
            old = live.get((self.kind.name, day.platform, day.day))
            key = (day.platform, day.day, old)
            if key not in self._united:
                draft = self.drafts / "day.parquet"
                file = files.get((self.kind.name, day.platform, day.day))
                counted, rows = unions.union_day(self.con, self.kind, day, file, self.replace, draft)
                change = None if rows is None else self._kept(self.kind, day.platform, day.day, old, rows)
                self._united[key] = counted, change
            counted, change = self._united[key]
            every.append(counted)
            changes += [change] if change else []
        self.progress("writing days", len(staged), len(staged))
        if self.kind is MESSAGES:
            sessions = [file for (kind, _, _), file in files.items() if kind == SESSIONS.name]
            messages: dict[date, list[Path]] = defaultdict(list)
            for (kind, _, on), file in files.items():
                if kind == MESSAGES.name:
                    messages[on].append(file)
            find_derived(self.con, sessions, messages, self.replace)
            changes += self._merge(SESSIONS, live, files)
        against: list[Contradiction] = []
        above: list[Excess] = []
        if self.kind is COUNTS and not self.removes:
            stored = [file for (kind, _, _), file in files.items() if kind == COUNTS.name]
            against = contradictions(self.con, stored, self.replace)
            above = excesses(self.con, stored, self.replace, self.parts)
        return Rewritten(
            Counted(sum(c.taken for c in every), sum(c.already_there for c in every), 0, sum(c.removed for c in every)),
            tuple(changes),
            tuple(against),
            tuple(above),
        )

    def _merge(self, kind: Kind, live: Live, files: Mapping[tuple[str, str, date], Path]) -> tuple[Change, ...]:
        """Write the days on which the tables `before` and `after` differ."""
        days = merging.changed_days(self.con, kind)
        changes = []
        for done, changed in enumerate(days):
            self.progress("writing days", done, len(days))
            platform, day = changed.platform, changed.day
            old = live.get((kind.name, platform, day))
            key = (kind.name, platform, day, old, changed.how)
            if key not in self._merged:
                file, draft = files.get((kind.name, platform, day)), self.drafts / "day.parquet"
                rows = merging.write_day(self.con, kind, platform, day, file, draft)
                self._merged[key] = self._kept(kind, platform, day, old, rows)
            changes.append(self._merged[key])
        self.progress("writing days", len(days), len(days))
        return tuple(changes)

    def _kept(self, kind: Kind, platform: str, day: date, old: str | None, rows: int) -> Change:
        new = self.lake.keep(self.drafts / "day.parquet", kind.name, platform, day) if rows else None
        return Change(kind.name, platform, day, old, new, rows)

    def _file(self, key: tuple[str, str, date], generation: str) -> Path:
        path = self.lake.path(*key, generation)
        if not path.exists():
            raise KaoheError(
                f"{path}: the ledger counts on this day file, but the lake does not have it; "
                "restore it from a backup, or import that day again with --replace into a fresh lake"
            )
        return path
