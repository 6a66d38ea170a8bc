"""Closing a month: only once every one of its cycles is assessed, on all evidence that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.assessment.deadlines import waits
from engine.assessment.due import due_runs
from engine.assessment.outlook import open_cycles
from engine.assessment.place import Place
from engine.assessment.standing import live_files, past_runs, registrations, waived_of
from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.ledger.database import reading, transaction
from engine.ledger.periods import close, month_of, stay_closed
from engine.rulebook.model import Rule, Text

NAMED = 5  # of the cycles that are in the way, in a message


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A cycle that keeps its month from being closed."""

    rule: str
    cycle: str
    why: Text

    def in_language(self, language: str) -> str:
        """What it is, in one phrase."""
        said = self.why.in_language(language)
        return f"{self.rule} {self.cycle}（{said}）" if language == "zh-CN" else f"{self.rule} {self.cycle} ({said})"


COMING = Text("还没到考核时间", "its assessment is still to come")
DUE = Text("到期但还没考核", "due and not assessed")
WAITING = Text("还在等店铺的数据", "evidence of shops is waited for")
FAILED = Text("考核失败", "its assessment failed")


def obstacles(place: Place, rules: Sequence[Rule], month: str, now: datetime) -> list[Obstacle]:
    """The cycles that end in `month` and are not assessed yet, or not on the evidence that is there now."""
    with reading(place.ledger) as session:
        live = live_files(session)
        found: list[Obstacle] = []
        for rule in rules:
            coming = (cycle for _, cycle in open_cycles(rule, now) if month_of(cycle.last) == month)
            found += [Obstacle(rule.id, cycle.key, COMING) for cycle in coming]
            registered = registrations(session, rule.platform, rule.zone)
            waited = {
                w.cycle.key for w in waits(rule, registered, now, place.patience) if month_of(w.cycle.last) == month
            }
            found += [Obstacle(rule.id, cycle, WAITING) for cycle in sorted(waited)]
            past, waived = past_runs(session, rule.id), waived_of(session, rule)
            for run in due_runs(rule, live, registered, past, now, place.patience, waived):
                if month_of(run.cycle.last) == month:
                    found.append(Obstacle(rule.id, run.cycle.key, FAILED if run.rests else DUE))
    return found


def close_month(place: Place, rules: Sequence[Rule], month: str, why: str | None, actor: str, now: datetime) -> None:
    """Close `month`; of one that is closed already, take back the wish to open it again.

    Raises KaoheError while it is not over, or while one of its cycles is not assessed.
    """
    with transaction(place.ledger) as session:
        if stay_closed(session, month, why, actor, now):
            return
    if any(month_of(local_day(now, rule.zone)) <= month for rule in rules):
        raise KaoheError(f"{month} is not over yet; close it afterwards", zh=f"{month} 还没结束；请在月末之后关账")
    if found := obstacles(place, rules, month, now):
        en = "; ".join(_named(found, "en"))
        zh = "；".join(_named(found, "zh-CN"))
        raise KaoheError(
            f"{month} cannot be closed: {en}; assess what is due (`kaohe assess`), and come back when nothing is open",
            zh=f"{month} 不能关账：{zh}；请先用 `kaohe assess` 考核，全部考核完再来",
        )
    with transaction(place.ledger) as session:
        close(session, month, why, actor, now)


def _named(found: Sequence[Obstacle], language: str) -> Iterator[str]:
    yield from (obstacle.in_language(language) for obstacle in found[:NAMED])
    if (more := len(found) - NAMED) > 0:
        yield f"另有 {more} 个" if language == "zh-CN" else f"{more} more"
