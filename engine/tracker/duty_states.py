"""The states of a duty as one table: what may follow on what, who may do it, and whether it takes a second person.

That a duty is overdue is no state: it is open, and its instant has passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from engine.errors import KaoheError
from engine.ledger.actors import Permission
from engine.ledger.tables import Duty
from engine.rulebook.model import Text

DutyState = Literal["open", "done", "checked", "cancelled"]
HolderKind = Literal["user", "person", "agent"]
HOLDERS: tuple[HolderKind, ...] = ("user", "person", "agent")
INTERNAL: frozenset[str] = frozenset({"person", "agent"})  # holders whom a client's own people do not see


@dataclass(frozen=True, slots=True)
class Step:
    """One way from a state to another. `checked`: only of a duty that asks for a second person, and by such a one."""

    permission: Permission
    checked: bool = False


STEPS: Mapping[tuple[DutyState, DutyState], Step] = MappingProxyType(
    {
        ("open", "open"): Step(Permission.DECIDE),  # given to somebody else, or put off
        ("open", "done"): Step(Permission.HANDLE),
        ("open", "cancelled"): Step(Permission.DECIDE),
        ("done", "checked"): Step(Permission.APPROVE, checked=True),
        ("done", "open"): Step(Permission.APPROVE, checked=True),  # the proof is refused
        ("done", "cancelled"): Step(Permission.DECIDE),
    }
)
STATES: Mapping[str, Text] = MappingProxyType(
    {
        "open": Text("待办", "open"),
        "done": Text("已完成", "done"),
        "checked": Text("已核对", "checked"),
        "cancelled": Text("已取消", "cancelled"),
    }
)


def duty_name(number: int | None) -> str:
    """What people call the duty with this number.

    >>> duty_name(7)
    'D-7'
    """
    return f"D-{number}"


def step(duty: Duty, to: DutyState) -> Step:
    """The way of this duty into that state. Raises KaoheError, with what may follow, where there is none."""
    name = duty_name(duty.id)
    ways = {
        end: way
        for (begin, end), way in STEPS.items()
        if begin == duty.state and (duty.second_person or not way.checked)
    }
    if to in ways:
        return ways[to]
    follow = [end for end in ways if end != duty.state]
    if duty.state == "done" and to in ("checked", "open"):
        raise KaoheError(
            f"duty {name} asks for no second person: it is done, and there is nothing to check",
            zh=f"职责 {name} 不要求第二人核对：已完成，没有要核对的",
        )
    raise KaoheError(
        f"duty {name} is {duty.state} and cannot become {to}; what may follow: {', '.join(follow) or 'nothing'}",
        zh=f"职责 {name} 现在是 {STATES[duty.state].zh}，不能变为 {STATES[to].zh}；之后可以是："
        f"{'、'.join(STATES[state].zh for state in follow) or '无'}",
    )


def overdue(duty: Duty, now: datetime) -> bool:
    """Whether the duty is still open although its instant has passed."""
    return duty.state == "open" and duty.due_at <= now


def late(duty: Duty) -> bool:
    """Whether it was done too late."""
    return duty.done_at is not None and duty.done_at >= duty.due_at


def told(duty: Duty) -> dict[str, str | bool | None]:
    """What the journal keeps of a duty."""
    return {
        "state": duty.state,
        "kind": duty.kind,
        "violation": duty.violation_id,
        "holder": duty.holder,
        "due_at": duty.due_at.isoformat(),
        "second_person": duty.second_person,
    }
