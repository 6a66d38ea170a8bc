"""The states of a waiver as one table: what may follow on what, who may do it, and whether it takes a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.errors import KaoheError
from engine.ledger.actors import Permission
from engine.ledger.tables import Waiver
from engine.rulebook.model import Text

WaiverState = Literal["requested", "approved", "rejected", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class Step:
    """One way from a state to another. `second`: by nobody who ever wrote to it; `writer`: by one of those."""

    permission: Permission | None  # None: by the calendar
    second: bool = False
    writer: bool = False


# A request that is edited stays a request: its editor becomes one of those who wrote it.
STEPS: Mapping[tuple[WaiverState, WaiverState], Step] = MappingProxyType(
    {
        ("requested", "requested"): Step(Permission.HANDLE),
        ("requested", "approved"): Step(Permission.APPROVE, second=True),
        ("requested", "rejected"): Step(Permission.APPROVE),
        ("requested", "revoked"): Step(Permission.HANDLE, writer=True),
        ("approved", "revoked"): Step(Permission.APPROVE),
        ("approved", "expired"): Step(None),
        ("expired", "revoked"): Step(Permission.APPROVE),
    }
)
STATES: Mapping[str, Text] = MappingProxyType(
    {
        "requested": Text("待批准", "requested"),
        "approved": Text("已批准", "approved"),
        "rejected": Text("已驳回", "rejected"),
        "revoked": Text("已撤销", "revoked"),
        "expired": Text("已到期", "expired"),
    }
)


def step(waiver: Waiver, name: str, to: WaiverState) -> Step:
    """The way of this waiver into that state. Raises KaoheError, with what may follow, where there is none."""
    for (begin, end), found in STEPS.items():
        if (begin, end) == (waiver.state, to):
            return found
    follow = [end for begin, end in STEPS if begin == waiver.state and end not in ("expired", begin)]
    raise KaoheError(
        f"waiver {name} is {waiver.state} and cannot become {to}; what may follow: {', '.join(follow) or 'nothing'}",
        zh=f"豁免 {name} 现在是 {STATES[waiver.state].zh}，不能变为 {STATES[to].zh}；之后可以是："
        f"{'、'.join(STATES[state].zh for state in follow) or '无'}",
    )
