"""The states of a violation as one machine: which may follow on which, who may say so, and what they are called.

Whoever changes the state of a violation asks `step` first, kaohe itself included (it takes a prediction back where new
evidence says otherwise, and brings it back), so that no other way through the states can be taken by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Permission
from engine.rulebook.model import Text

# While nobody but us has spoken, a breach is a prediction; the platform's word alone makes it a penalty.
STATES: Mapping[str, Text] = {
    "open": Text("预判违规", "Predicted violation"),
    "acknowledged": Text("预判违规（已知悉）", "Predicted violation, acknowledged"),
    "confirmed": Text("平台已判罚", "Penalised by the platform"),
    "appealed": Text("申诉中", "Under appeal"),
    "overturned": Text("判罚已撤销", "Penalty overturned"),
    "waived": Text("已豁免", "Waived"),
    "withdrawn": Text("预判已撤回", "Prediction withdrawn"),
    "closed": Text("已结案", "Closed"),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of the machine. Each needs a reason, and is journalled with it.

    `permission` is what a person needs for it. `not_by_asker`: if somebody asked for it, another one has to grant it.
    `gives_up`: it may give an appeal up (the rule says whether), and so is asked back.
    """

    before: str
    after: str
    permission: Permission
    not_by_asker: bool = False
    gives_up: bool = False
    by_itself: bool = True  # False: it only follows from something else, like a waiver that is revoked


_HANDLE, _DECIDE, _APPROVE = Permission.HANDLE, Permission.DECIDE, Permission.APPROVE
MACHINE: tuple[Transition, ...] = (
    Transition("open", "acknowledged", _HANDLE),
    Transition("open", "confirmed", _DECIDE, gives_up=True),
    Transition("open", "appealed", _DECIDE),
    Transition("open", "waived", _APPROVE, not_by_asker=True),
    Transition("open", "withdrawn", _APPROVE, not_by_asker=True),
    Transition("acknowledged", "confirmed", _DECIDE, gives_up=True),
    Transition("acknowledged", "appealed", _DECIDE),
    Transition("acknowledged", "waived", _APPROVE, not_by_asker=True),
    Transition("acknowledged", "withdrawn", _APPROVE, not_by_asker=True),
    Transition("confirmed", "appealed", _DECIDE),  # what grants an appeal is the platform's own decision
    Transition("confirmed", "closed", _DECIDE),
    Transition("appealed", "overturned", _DECIDE),
    Transition("appealed", "confirmed", _DECIDE),  # the appeal was made: nothing of it is given up
    Transition("overturned", "closed", _DECIDE),
    Transition("waived", "closed", _DECIDE),
    Transition("waived", "open", _APPROVE, by_itself=False),  # as it was before a waiver that is revoked
    Transition("waived", "acknowledged", _APPROVE, by_itself=False),
    Transition("withdrawn", "open", _APPROVE),  # evidence that took it back may bring it back
    Transition("withdrawn", "closed", _DECIDE),
)
_STEPS: Mapping[tuple[str, str], Transition] = MappingProxyType({(t.before, t.after): t for t in MACHINE})
# From each state, the states that somebody may put a violation into.
TRANSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {state: tuple(t.after for t in MACHINE if t.before == state and t.by_itself) for state in STATES}
)
AMEND = Permission.DECIDE  # to say more about a violation in the state that it has

# In these nothing follows from a violation. What is closed brings what it brought in the state in which it was closed.
LET_OFF = frozenset({"overturned", "waived", "withdrawn"})
SETTLED = LET_OFF | {"closed"}  # nobody has to do anything about it any more


class NoSuchStepError(KaoheError):
    """A violation cannot go from the state that it has into another one."""

    def __init__(self, violation: str, before: str, after: str) -> None:
        following = TRANSITIONS[before]
        super().__init__(
            f"violation {violation} is {before} and cannot become {after}; "
            f"what may follow: {', '.join(following) or 'nothing'}",
            zh=f"违规 {violation} 现在是 {both(before)}，不能变为 {both(after)}；之后可以是："
            f"{'、'.join(map(both, following)) or '无'}",
        )


def step(violation: str, before: str, after: str, *, follows: bool = False) -> Transition:
    """The step of `violation` from one state to another; `follows`: it follows from something else that was done.

    Raises UnknownNameError for a state that there is not, NoSuchStepError where it may not follow.

    >>> step("V-1", "open", "waived").permission.value
    'approve'
    """
    known_state(after)
    found = _STEPS.get((before, after))
    if found is None or not (found.by_itself or follows):
        raise NoSuchStepError(violation, before, after)
    return found


def known_state(name: str) -> str:
    """The state itself. Raises UnknownNameError, with those there are, for another one."""
    if name not in STATES:
        raise UnknownNameError("state", name, STATES, zh="、".join(map(both, STATES)))
    return name


_ALSO: Mapping[str, str] = {  # what people write for them besides
    "预判": "open",
    "已知悉": "acknowledged",
    "知悉": "acknowledged",
    "已判罚": "confirmed",
    "判罚": "confirmed",
    "确认": "confirmed",
    "申诉": "appealed",
    "已撤销": "overturned",
    "撤销": "overturned",
    "豁免": "waived",
    "已撤回": "withdrawn",
    "撤回": "withdrawn",
    "结案": "closed",
}


def state_of(written: str) -> str:
    """The state that somebody means by its name or a Chinese word for it; what is neither, as it was written.

    >>> state_of("撤回"), state_of("平台已判罚"), state_of("open"), state_of("opne")
    ('withdrawn', 'confirmed', 'open', 'opne')
    """
    by_word = {words.zh: name for name, words in STATES.items()}
    return {**by_word, **_ALSO}.get(written.strip(), written)


def both(name: str) -> str:
    """A state with its word, for messages in Chinese.

    >>> both("open")
    'open（预判违规）'
    """
    return f"{name}（{STATES[name].zh}）" if name in STATES else name
