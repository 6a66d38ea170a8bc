"""Violations on record: which states they may go through, and who put them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import or_
from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.journal import Event, append
from engine.ledger.states import both
from engine.ledger.tables import Violation

# From each state, the states that may follow.
TRANSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "open": ("acknowledged", "confirmed", "appealed", "waived", "withdrawn"),
        "acknowledged": ("confirmed", "appealed", "waived", "withdrawn"),
        "confirmed": ("appealed", "closed"),  # what grants an appeal is the platform's own decision
        "appealed": ("overturned", "confirmed"),
        "overturned": ("closed",),
        "waived": ("closed",),
        "withdrawn": ("open", "closed"),  # evidence that took it back may bring it back
        "closed": (),
    }
)


def record(
    session: Session,
    violation_id: str,
    new_state: str,
    actor: str,
    why: str,
    now: datetime,
    severity: str | None = None,
    amount_fen: int | None = None,
    reference: str | None = None,
    appeal_until: date | None = None,
) -> Violation:
    """Put a violation into another state, and journal `violation.<state>` with what was before and after.

    `severity`, `amount_fen`, `reference` and `appeal_until` are what the platform's notice says; each replaces
    what is on record. Given the state that the violation has, they correct the record (`violation.amended`).
    What follows from it is not reckoned here (see `engine.assessment.deciding`).
    Ends with the journal's lock, so commit next. Raises UnknownNameError for an unknown violation or state, and
    KaoheError, naming the states that may follow, if this one may not, or if nothing would change.
    """
    violation = by(session, violation_id, for_change=True)
    if new_state not in TRANSITIONS:
        raise UnknownNameError("state", new_state, TRANSITIONS, zh="、".join(map(both, TRANSITIONS)))
    given = {"severity": severity, "amount_fen": amount_fen, "reference": reference, "appeal_until": appeal_until}
    said = {name: value for name, value in given.items() if value is not None}
    amends = new_state == violation.state and bool(said)
    if new_state not in TRANSITIONS[violation.state] and not amends:
        may_follow = ", ".join(TRANSITIONS[violation.state]) or "nothing"
        raise KaoheError(
            f"violation {violation.id} is {violation.state} and cannot become {new_state}; "
            f"what may follow: {may_follow}",
            zh=f"违规 {violation.id} 现在是 {both(violation.state)}，不能变为 {both(new_state)}；之后可以是："
            f"{'、'.join(map(both, TRANSITIONS[violation.state])) or '无'}",
        )
    if not why.strip():
        raise KaoheError(
            f"violation {violation.id} cannot become {new_state} without a reason; say why",
            zh=f"违规 {violation.id} 变为 {both(new_state)} 要写明理由（--why）",
        )
    if amount_fen is not None and amount_fen < 0:
        raise KaoheError(f"an amount cannot be negative: {amount_fen} fen", zh=f"金额不能是负数：{amount_fen} 分")
    on_record = {name: getattr(violation, name) for name in said}
    if "severity" in said:  # to say what we forecast is news, too: it is decided then
        on_record["severity"] = violation.decided_severity
    if amends and on_record == said:
        raise KaoheError(
            f"violation {violation.id} is {new_state}, and all of this is on record already",
            zh=f"违规 {violation.id} 已是 {both(new_state)}，这些内容也都已记录",
        )
    before = {"state": violation.state, "severity": violation.severity} | _told(violation, said)
    violation.state, violation.changed_at = new_state, now
    if severity is not None:
        violation.decided_severity = severity
    for name, value in said.items():
        setattr(violation, name, value)
    session.add(violation)
    after = {"state": new_state, "severity": violation.severity} | _told(violation, said)
    payload = {"why": why, "before": before, "after": after}
    event = "violation.amended" if amends else f"violation.{new_state}"
    append(session, now, [Event(actor, event, "violation", violation.id, payload)])
    return violation


def _told(violation: Violation, names: Iterable[str]) -> dict[str, str | int]:
    """What is on record under these names, as the journal keeps it: days as ISO text, nothing where there is none."""
    values = {name: getattr(violation, name) for name in names}
    said = {name: value for name, value in values.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def by(session: Session, violation_id: str, for_change: bool = False) -> Violation:
    """The violation with this id (in capitals or not), locked for the transaction if it is to be changed.

    Raises UnknownNameError with ids near it.
    """
    given = violation_id.strip().upper()  # ids are read out and typed in
    found = session.get(Violation, given, with_for_update=for_change, populate_existing=for_change)
    if found is None:
        raise UnknownNameError(
            "violation",
            violation_id,
            _near(session, given),
            "`kaohe violations list` shows those there are",
            "`kaohe violations list` 列出全部",
        )
    return found


def _near(session: Session, violation_id: str) -> list[str]:
    """Ids that begin or end like `violation_id`: to compare it with all of them would take too long."""
    letters = violation_id.removeprefix("V-")
    if not letters:
        return []
    likely = or_(
        col(Violation.id).startswith(f"V-{letters[:4]}", autoescape=True),
        col(Violation.id).endswith(letters[-4:], autoescape=True),
    )
    return list(session.exec(select(Violation.id).where(likely).limit(100)))
