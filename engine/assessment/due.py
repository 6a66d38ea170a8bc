"""What is due: a pure function of rules, calendar, day files, registrations and past runs. No watermark, no schedule.

A cycle is due when its assessment instant has passed and it was never assessed, or was last assessed on another input.
First assessments, late shops, corrected files, downtime and passed deadlines are all this one case; the other is what
people decided since about violations that its ladder counts, or about its own.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from engine.assessment.waiting import NOTHING_AWAITED, PATIENCE, Awaited, Expects, alike, awaited_by
from engine.assessment.waiving import Waived
from engine.calendar.assessment import assessment_day, assessment_instant, due_cycles
from engine.calendar.cycles import Cycle
from engine.errors import KaoheError
from engine.ledger.day_files import Live
from engine.ledger.decisions import Decision
from engine.ledger.periods import month_of
from engine.measure.counts import files_of_counts
from engine.measure.needs import files_read
from engine.measure.presence import kinds_of
from engine.measure.relations import COUNTS, DERIVATIONS
from engine.rulebook.model import Rule, Version

NOTHING = "nothing"  # the input of a cycle whose evidence is gone again
WAIVED = "+"  # in an input, between the digest of what is read and that of what is waived

# Why it is due: never assessed; on other evidence; under other waivers; since something was decided about a violation
# that its ladder counts, or about its own; or by other words of its rule.
Cause = Literal["first", "evidence", "waiver", "decision", "rule"]
Rests = Literal["in_the_way", "aside"]  # and what comes later has to wait, or has not


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered shop, the day from which it is listed even without evidence, and what is expected of it.

    `expected_in` tells, by month, what was expected of it when that month was closed, where it is something else since;
    `unknown_in` are the months that were closed before it was registered.
    """

    platform: str
    shop: str
    listed_from: date
    expects: Expects | None = None
    expected_in: tuple[tuple[str, Expects | None], ...] = ()
    unknown_in: frozenset[str] = frozenset()

    def lists(self, cycle: Cycle) -> bool:
        """Whether the shop is listed in this cycle, whatever it counted."""
        return self.listed_from <= cycle.first and month_of(cycle.last) not in self.unknown_in


@dataclass(frozen=True, slots=True, order=True)
class OpenRun:
    """A run that was begun and is not done: the ledger lets the runs of a rule start in the order of these."""

    due_at: datetime
    id: int
    resting_on: str | None = None  # the input on which it failed, while it rests from that
    aside: bool = False  # it has failed so often that it holds up nothing any more


@dataclass(frozen=True, slots=True)
class PastRun:
    """What the ledger knows of a cycle: its first day, what its last finished run read, the run that is still open.

    `decided_by` are the digests of the versions by which it was decided, if they matter, and `last_by` the one of its
    last run. `reopened`: its month was closed, what came later was booked elsewhere, and now the month is open again.
    An open run is finished in any case: it was begun, and what it was begun for may be gone from sight. `read_to` is
    the batch of the journal up to which the last finished run knew what people had decided; `decisions` are the last
    ones about violations of it.
    """

    first_day: date
    input: str | None
    open_run: OpenRun | None = None
    decided_by: frozenset[str] = frozenset()
    reopened: bool = False
    last_by: str | None = None
    read_to: int | None = None
    decisions: Sequence[Decision] = ()


@dataclass(frozen=True, slots=True)
class DueRun:
    """One unit of work: a rule, the version that governs, a cycle, and the digest of all that it will read.

    `before` is what the cycle's last run had read when this one was planned, and `read_to` how far in the journal: if
    that has changed, somebody else has been there since, and the plan is void. `rests` tells of one that has failed and
    is to be left alone for a while.
    `awaited` belongs to the day files of the plan: imports that come later do not count.
    """

    rule: Rule
    version: Version
    cycle: Cycle
    due_at: datetime
    input: str
    before: str | None
    cause: Cause = "first"
    rests: Rests | None = None
    awaited: Awaited = NOTHING_AWAITED
    read_to: int | None = None

    @property
    def assessed_on(self) -> date:
        """The local day of the assessment instant."""
        assert self.version.assessed is not None
        return assessment_day(self.cycle, self.version.assessed)


def due_runs(
    rule: Rule,
    live: Live,
    registrations: Sequence[Registration],
    done: Mapping[str, PastRun],
    now: datetime,
    patience: timedelta = PATIENCE,
    waived: Sequence[Waived] = (),
) -> list[DueRun]:
    """The runs of `rule` that are due at `now`, oldest first. `done` maps the keys of cycles to their last run.

    A cycle is due again when a waiver of it is approved or revoked: `waived` are those that hold.

    A rule that decides otherwise than when a cycle was assessed makes it due where `done` tells how it was decided.
    Evidence that is expected is waited for until `patience` after the assessment instant.
    Raises KaoheError for a rule that judges anything but shops: such rules cannot be assessed so far.
    """
    if rule.subject != "shop":
        raise KaoheError(
            f"{rule.path}: it judges each {rule.subject}, and only rules that judge shops can be assessed",
            zh=f"{rule.path}：它考核的是 {rule.subject}；现在只能考核以店铺为对象的规则",
        )
    registered = [r for r in registrations if r.platform == rule.platform]
    since = _first_day(rule, live, registered, done)
    if since is None:
        return []
    runs = []
    expecting = _expecting(registered)
    counted = _counted(done)
    for version, cycle in governed_cycles(rule, since, now):
        assert version.assessed is not None
        instant = assessment_instant(cycle, version.assessed, rule.zone)
        groups = expecting.get(month_of(cycle.last), expecting[None])
        awaited = awaited_by(groups, kinds_of(version), cycle, now < instant + patience)
        digest = input_digest(rule, version, cycle, live, registered, awaited, waived)
        past = done.get(cycle.key)
        if digest is None and past is None:
            continue  # nobody is registered and nothing happened: there is nothing to say
        digest = digest or NOTHING
        cause = _cause(version, past, digest, waits=bool(awaited.waiting))
        if cause is None and past is not None and _decided_since(version, cycle, past, counted, waived):
            cause = "decision"
        if cause is None and past is not None and past.open_run:
            cause = "evidence"
        if cause is not None:
            before, read_to = (past.input, past.read_to) if past else (None, None)
            rests = _rests(past, digest)
            runs.append(DueRun(rule, version, cycle, instant, digest, before, cause, rests, awaited, read_to))
    return sorted(runs, key=lambda run: _turn(run, done))


def _expecting(registered: Sequence[Registration]) -> Mapping[str | None, Mapping[Expects, Sequence[str]]]:
    """The shops of whom the same is expected, together: by the month that is closed, under None in all other months.

    What is expected of a shop from now on makes nothing of a month that was closed before a breach, or no data.
    """
    found: dict[str | None, Mapping[Expects, Sequence[str]]] = {None: alike((r.shop, r.expects) for r in registered)}
    for month in sorted({month for r in registered for month, _ in r.expected_in}):
        found[month] = alike((r.shop, dict(r.expected_in).get(month, r.expects)) for r in registered)
    return found


def _cause(version: Version, past: PastRun | None, digest: str, *, waits: bool) -> Cause | None:
    """Why a cycle is due by what it reads and by its rule; None if it is not."""
    if past is None or past.input is None:
        return "first"
    if past.input != digest:
        same = past.input.partition(WAIVED)[0] == digest.partition(WAIVED)[0]
        return "waiver" if same else "evidence"
    if past.reopened:
        return "evidence"
    # What is on record of shops that are waited for stays as it was decided: then the last run alone says how it was.
    decided_by = past.decided_by & {past.last_by} if waits else past.decided_by
    return "rule" if decided_by - {version.sha256} else None


def _counted(done: Mapping[str, PastRun]) -> list[tuple[date, int]]:
    """The days on which violations were assessed that a ladder counts otherwise since the batch, in their order."""
    made = (decision for past in done.values() for decision in past.decisions)
    return sorted((decision.assessed_on, decision.batch) for decision in made if decision.kind == "counts")


def _decided_since(
    version: Version,
    cycle: Cycle,
    past: PastRun,
    counted: Sequence[tuple[date, int]],
    waived: Sequence[Waived],
) -> bool:
    """Whether people have decided something since the last run that this cycle's assessment reads.

    That is about earlier violations which its ladder counts, or about violations of its own which they waived, or of
    which a waiver says nothing any more, since the platform has spoken.
    """
    read_to = past.read_to or 0
    since = {decision.kind for decision in past.decisions if decision.batch > read_to}
    if "waived" in since or ("spoken" in since and any(one.covers(cycle) for one in waived)):
        return True
    severity = version.severity
    if severity is None or not severity.steps:
        return False
    assert version.assessed is not None
    day = assessment_day(cycle, version.assessed)
    first = day - timedelta(days=severity.within_days) if severity.within_days is not None else date.min
    window = counted[bisect_left(counted, (first, 0)) : bisect_left(counted, (day, 0))]
    return any(batch > read_to for _, batch in window)


def _rests(past: PastRun | None, digest: str) -> Rests | None:
    if past is None or past.open_run is None or past.open_run.resting_on != digest:
        return None  # what failed on other evidence may do better on this
    return "aside" if past.open_run.aside else "in_the_way"


def startable(due: Sequence[DueRun]) -> tuple[DueRun, ...]:
    """Those of `due`, of one rule and oldest first, that need not wait for a failed run to have rested."""
    found: list[DueRun] = []
    for run in due:
        if run.rests == "in_the_way":
            break
        if run.rests is None:
            found.append(run)
    return tuple(found)


def stray_runs(due: Sequence[DueRun], done: Mapping[str, PastRun], now: datetime) -> list[OpenRun]:
    """Open runs that nothing will finish, oldest first: as the rule stands now, their cycles are not due.

    They were begun under other rule files. Left open they would hold up all runs after them. One of a later instant
    holds up nothing that is due by `now`: it stays, with why it failed, for those who come when its time has come.
    """
    wanted = {run.cycle.key for run in due}
    opened = ((cycle, past.open_run) for cycle, past in done.items())
    return sorted(run for cycle, run in opened if run and cycle not in wanted and run.due_at <= now)


def _turn(run: DueRun, done: Mapping[str, PastRun]) -> tuple[datetime, bool, int, Cycle]:
    """The order in which the ledger lets runs start: what was opened goes by the instant that it was opened with."""
    past = done.get(run.cycle.key)
    if past is not None and past.open_run is not None:
        return past.open_run.due_at, False, past.open_run.id, run.cycle
    return run.due_at, True, 0, run.cycle


def governed_cycles(rule: Rule, since: date, now: datetime) -> Iterator[tuple[Version, Cycle]]:
    """Every cycle from `since` whose instant has passed, with the version that governs it."""
    for version, following in zip(rule.versions, [*rule.versions[1:], None], strict=True):
        if version.repealed or version.cycle is None or version.assessed is None:
            continue
        first = max(since, version.since)
        for cycle in due_cycles(version.cycle, version.assessed, rule.zone, first, now):
            if version.since <= cycle.first and (following is None or cycle.first < following.since):
                yield version, cycle


def input_digest(
    rule: Rule,
    version: Version,
    cycle: Cycle,
    live: Live,
    registered: Sequence[Registration],
    awaited: Awaited = NOTHING_AWAITED,
    waived: Sequence[Waived] = (),
) -> str | None:
    """sha256 over the generations that a run reads, the registrations that apply, what is awaited and what is waived.

    None where there is nothing to say. What is waived has a digest of its own, behind that of all else: so a run on
    other evidence is told from one under other waivers. Where nothing is awaited it is what it was before it could be.
    """
    files = {
        file
        for relation in {c.relation for c in version.counters}
        for day in cycle.days()
        for file in files_read(relation, rule.platform, day, live, agents=rule.subject != "shop")
    } | set(files_of_counts(rule.platform, [cycle], live))
    shops = sorted(r.shop for r in registered if r.lists(cycle))
    if not files and not shops and not awaited.told:
        return None
    document: list[object] = [[[k, p, d.isoformat(), g] for k, p, d, g in sorted(files)], shops]
    if states := awaited.as_data():
        document.append(states)
    waivers = [[one.name, sorted(one.shops)] for one in waived if one.covers(cycle)]
    return _sha256(document) + (WAIVED + _sha256(waivers) if waivers else "")


def _sha256(document: list[Any]) -> str:
    return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()


def _first_day(rule: Rule, live: Live, registered: Sequence[Registration], done: Mapping[str, PastRun]) -> date | None:
    """The earliest day that any cycle of the rule could have to do with; evidence that is gone counts, too."""
    kinds = {DERIVATIONS[c.relation].kind for v in rule.versions for c in v.counters} | {COUNTS}
    days = [day for kind, platform, day in live if platform == rule.platform and kind in kinds]
    days += [r.listed_from for r in registered]
    days += [spans[0][0] for r in registered if r.expects for _, spans in r.expects.expected]
    days += [run.first_day for run in done.values()]
    return min(days, default=None)
