"""Runs: each due piece of assessing is done once, by one process at a time, whichever of them dies meanwhile.

A run is claimed with a lease, in the database's own time. Whoever finishes it must still own it: otherwise
nothing of its transaction is written. The runs of one rule go one by one, oldest first, since severity
depends on history.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    true,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from engine.errors import KaoheError
from engine.ledger.dialects import Lock, database_clock, insert_missing, table_of, take_lock
from engine.ledger.tables import RuleVersion, Run

Clock = Callable[[Session], datetime]
QUIETLY = {"synchronize_session": False}  # rows are changed in the database, not in objects of this session

# Of a run that fails: how long it rests each time. Having failed as often as there are rests, it is set aside: it holds
# up no other run, and is tried once in a while, since what was in its way (a full disk, say) may be gone.
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
# Of a run whose process dies, which any process may do through no fault of the run: set aside only then.
MOST_DEATHS = 10
DIED = f"{MOST_DEATHS} processes have died over it, one after the other"


class Claim(NamedTuple):
    """A run that now belongs to one owner, until its lease ends. `attempts` counts this one."""

    id: int
    rule: str
    cycle: str
    cycle_start: date
    due_at: datetime
    attempts: int


class LostLeaseError(KaoheError):
    """The run belongs to somebody else by now: whatever was done for it must not be written."""

    def __init__(self, run_id: int, owner: str) -> None:
        super().__init__(
            f"run {run_id} no longer belongs to {owner}: its lease ended and another worker took it over; "
            "nothing was written"
        )


def open_run(session: Session, rule: str, cycle: str, cycle_start: date, due_at: datetime) -> int:
    """The id of the open run of this rule and cycle, opened now if there is none.

    `due_at` is the cycle's assessment instant: runs go in its order.
    """
    row = {
        "rule": rule,
        "cycle": cycle,
        "cycle_start": cycle_start,
        "due_at": due_at,
        "state": "due",
        "attempts": 0,
    }
    wanted = select(Run.id).where(Run.rule == rule, Run.cycle == cycle, Run.state != "done")
    while True:
        insert_missing(session, Run, [row])
        found = session.exec(wanted).first()
        # None: the one that was in the way has been finished by another process in between.
        if found is not None:
            return found


def claim(
    session: Session,
    owner: str,
    lease: timedelta,
    run_id: int | None = None,
    clock: Clock = database_clock,
    *,
    at_once: bool = False,
    input_digest: str | None = None,
) -> Claim | None:
    """Take the oldest run that may start now (or `run_id`, if it may) for `lease`; None if none may.

    A run may start if it is due, if its owner's lease has ended, or if it failed and has rested (`at_once`: also
    before, and also where it failed on another input than `input_digest`); no older run of the same rule may be open,
    unless it was set aside, and none of them running. On another input, attempts are counted anew. Commit at once:
    other claims wait for it.
    """
    take_lock(session, Lock.CLAIM)
    now = clock(session)
    wanted = {"this": run_id, "now": now, "until": now + lease, "by": owner, "digest": input_digest}
    statement = _claiming(run_id is not None, input_digest is not None, at_once)
    taken = session.connection().execute(statement, wanted).first()
    if taken is None:
        return None
    claimed = Claim(*taken)
    # A younger run that a dead process left behind: should that process come back, it must not finish it now.
    session.connection().execute(_leaving_behind(), {"of": claimed.rule, "this": claimed.id})
    return claimed


def heartbeat(session: Session, run_id: int, owner: str, lease: timedelta, clock: Clock = database_clock) -> None:
    """Let the lease end `lease` from now. Raises LostLeaseError if the run belongs to another by now."""
    _change_own(session, run_id, owner, {"lease_until": clock(session) + lease})


def finish(
    session: Session,
    run_id: int,
    owner: str,
    input_digest: str,
    version: str,
    rule_sha256: str,
    now: datetime,
    cause: str | None = None,
    read_to: int | None = None,
) -> None:
    """Mark the run as done, in the transaction that writes its results.

    `input_digest` covers all evidence that it read, `read_to` is the batch of the journal up to which it knew what
    people had decided; `version` and `rule_sha256` (of a kept rule version) name the rule, `cause` says why it was due.
    Raises LostLeaseError if the run belongs to another by now: the transaction must not be committed.
    """
    values: dict[str, object] = {"input": input_digest, "version": version, "rule_sha256": rule_sha256}
    values |= {"cause": cause, "read_to": read_to}
    _change_own(session, run_id, owner, {"state": "done", "lease_until": None, "finished_at": now} | values)


def fail(session: Session, claimed: Claim, owner: str, failure: str, clock: Clock = database_clock) -> None:
    """Give the run up and note why; it rests before it may start again. Raises LostLeaseError like `finish`."""
    again = clock(session) + RESTS[min(claimed.attempts, len(RESTS)) - 1]
    given_up: dict[str, object] = {"state": "failed", "owner": None, "lease_until": again, "failure": failure}
    _change_own(session, claimed.id, owner, given_up)


def release(session: Session, run_id: int, owner: str) -> None:
    """Give the run back untried: anybody may take it at once. Raises LostLeaseError like `finish`."""
    given_back: dict[str, object] = {"state": "due", "owner": None, "lease_until": None, "attempts": Run.attempts - 1}
    _change_own(session, run_id, owner, given_back)


def bury(session: Session, run_id: int, clock: Clock = database_clock) -> bool:
    """Set the run aside if one process after the other has died of it; whether that was so."""
    now = clock(session)
    wanted = {"this": run_id, "now": now, "until": now + RESTS[-1]}
    return session.connection().execute(_of_dead(), wanted).rowcount == 1


def leave_behind(session: Session, clock: Clock = database_clock) -> None:
    """Take what runs from every process whose lease has ended: it may start again, and they cannot finish it."""
    over = (col(Run.state) == "running", col(Run.lease_until) < clock(session))
    given_back: dict[str, object] = {"state": "due", "owner": None, "lease_until": None}
    session.exec(update(Run).where(*over).values(**given_back), execution_options=QUIETLY)


def is_aside(run: Run) -> bool:
    """Whether the run has failed so often that it no longer holds up others."""
    return run.state == "failed" and run.attempts >= len(RESTS)


def keep_version(session: Session, rule_sha256: str, rule: str, version: str, source_text: str, now: datetime) -> None:
    """Keep the text of a rule version that is used, unless it is kept already."""
    row = {
        "sha256": rule_sha256,
        "rule": rule,
        "version": version,
        "source_text": source_text,
        "first_used_at": now,
    }
    insert_missing(session, RuleVersion, [row])


class Read(NamedTuple):
    """What a finished run had read: its input, and the journal up to this batch (None: it is not known)."""

    input: str
    to: int | None


def latest_read(session: Session, rule: str) -> dict[str, Read]:
    """For each cycle of the rule that was ever done: what its last done run had read."""
    found = session.exec(select(Run.cycle, Run.input, Run.read_to).where(col(Run.id).in_(_last_done(rule))))
    return {cycle: Read(digest, to) for cycle, digest, to in found if digest is not None}


def last_read(session: Session, rule: str, cycle: str) -> Read | None:
    """The same of one cycle; None if no run of it was ever done."""
    done = (Run.rule == rule, Run.cycle == cycle, Run.state == "done", col(Run.input).is_not(None))
    found = session.exec(select(Run.input, Run.read_to).where(*done).order_by(col(Run.id).desc()).limit(1)).first()
    return Read(*found) if found else None


def latest_version(session: Session, rule: str) -> dict[str, str]:
    """The same for the digest of the version by which it was done."""
    found = session.exec(select(Run.cycle, Run.rule_sha256).where(col(Run.id).in_(_last_done(rule))))
    return {cycle: digest for cycle, digest in found if digest is not None}


def _last_done(rule: str) -> SelectOfScalar[int | None]:
    """Runs that were put away have no input: they are done, and did nothing."""
    done = (Run.rule == rule, Run.state == "done", col(Run.input).is_not(None))
    return select(func.max(Run.id)).where(*done).group_by(col(Run.cycle))


def open_runs(session: Session) -> list[Run]:
    """Everything that is due, running or failed, oldest first."""
    return list(session.exec(select(Run).where(Run.state != "done").order_by(col(Run.due_at), col(Run.id))))


# The statements of a claim are built once: to build one takes as long as the database takes to carry it out.


@cache
def _claiming(named: bool, on_input: bool, at_once: bool) -> ReturningUpdate[Any]:
    """Takes the oldest run that may start, or `this` one where it is `named`."""
    run = table_of(Run)
    digest, last = bindparam("digest", type_=String()), run.c.attempts
    anew = run.c.input != digest if on_input else false()  # null: no input is known
    pick = (
        select(run.c.id)
        .where(_may_start(run, true() if at_once else anew), run.c.id == bindparam("this") if named else true())
        .order_by(run.c.due_at, run.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # one that is being finished at this moment is left alone
    )
    return (
        update(run)
        .where(run.c.id == pick.scalar_subquery())
        .values(
            state="running",
            owner=bindparam("by"),
            lease_until=bindparam("until"),
            attempts=case((anew, 1), else_=last + 1),
            input=digest if on_input else run.c.input,
            failure=None,
        )
        .returning(*(run.c[name] for name in Claim._fields))
    )


@cache
def _leaving_behind() -> Update:
    """Gives back what runs of the rule `of`, but for `this` one."""
    run = table_of(Run)
    others = (run.c.rule == bindparam("of"), run.c.state == "running", run.c.id != bindparam("this"))
    return update(run).where(*others).values(state="due", owner=None, lease_until=None)


def _may_start(run: Table, at_once: ColumnElement[bool]) -> ColumnElement[bool]:
    over = run.c.lease_until < bindparam("now")
    other = run.alias()
    older = exists().where(
        other.c.rule == run.c.rule,
        other.c.state != "done",
        or_(other.c.state != "failed", other.c.attempts < len(RESTS)),
        tuple_(other.c.due_at, other.c.id) < tuple_(run.c.due_at, run.c.id),
    )
    running = exists().where(
        other.c.rule == run.c.rule,
        other.c.state == "running",
        other.c.lease_until >= bindparam("now"),
    )
    return and_(
        or_(
            run.c.state == "due",
            and_(run.c.state == "running", over),
            and_(run.c.state == "failed", or_(over, at_once)),
        ),
        ~older,
        ~running,
    )


@cache
def _of_dead() -> Update:
    """Sets `this` run aside if it has died often enough."""
    run = table_of(Run)
    over = (run.c.state == "running", run.c.lease_until < bindparam("now"), run.c.attempts >= MOST_DEATHS)
    aside: dict[str, Any] = {
        "state": "failed",
        "owner": None,
        "lease_until": bindparam("until"),
        "failure": DIED,
    }
    return update(run).where(run.c.id == bindparam("this"), *over).values(**aside)


def _change_own(session: Session, run_id: int, owner: str, values: dict[str, object]) -> None:
    """The fence: only the owner of a running run may change it."""
    changed = session.exec(
        update(Run).where(col(Run.id) == run_id, col(Run.state) == "running", col(Run.owner) == owner).values(**values),
        execution_options=QUIETLY,
    )
    if changed.rowcount != 1:
        raise LostLeaseError(run_id, owner)
