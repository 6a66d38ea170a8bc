"""What a case knows and what its rules conclude: small frozen facts, so that equal cases are one case.

A fact is a kind with properties of type bool, str or int. Values keep within what the rule engine reads
without loss: 64-bit integers, and strings that need no escape in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import KaoheError

Value = bool | str | int
ValueType = Literal["bool", "str", "int"]

LONGEST_STRING = 1000  # characters
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


class FactError(KaoheError):
    """A value or fact that the case rules cannot hold."""


def type_of(value: Value) -> ValueType:
    """The type of `value`; True is a bool here and never the integer 1.

    Raises FactError for any other type.

    >>> type_of(True), type_of(1)
    ('bool', 'int')
    """
    given: object = value  # what a caller hands over need not be what its types promise
    if isinstance(given, bool):
        return "bool"
    if isinstance(given, int):
        return "int"
    if isinstance(given, str):
        return "str"
    raise FactError(
        f"{value!r} is {type(value).__name__}; a fact holds bool, str or int (use whole fen or basis points)"
    )


def fault_of(value: Value) -> str | None:
    """What is wrong with `value` as a property or literal, or None where nothing is.

    >>> fault_of("say \\"hello\\"")
    "'say \\"hello\\"' holds a quote, a backslash or a control character; write it without"
    """
    try:
        kind = type_of(value)
    except FactError as error:
        return str(error)
    if kind == "int" and not _SMALLEST <= int(value) <= _LARGEST:
        return f"{value} does not fit in 64 bits"
    if kind == "str":
        return _fault_of_text(str(value))
    return None


def _fault_of_text(text: str) -> str | None:
    if len(text) > LONGEST_STRING:
        return f"{text[:20]!r}… has {len(text)} characters; at most {LONGEST_STRING} are kept"
    if any(c in '"\\' or not c.isprintable() for c in text):
        return f"{text!r} holds a quote, a backslash or a control character; write it without"
    return None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so. `properties` are (name, value) pairs by name; make one with `Fact.of`."""

    kind: str
    properties: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.properties:
            if fault := fault_of(value):
                raise FactError(f"fact {self.kind}, property {name}: {fault}")

    @classmethod
    def of(cls, kind: str, /, **properties: Value) -> Fact:
        """The fact of this kind with these properties. Raises FactError for a value that cannot be held.

        >>> Fact.of("history", ordinal=2)["ordinal"]
        2
        """
        return cls(kind, tuple(sorted(properties.items())))

    def __getitem__(self, name: str) -> Value:
        return dict(self.properties)[name]

    def as_data(self) -> dict[str, Value]:
        """The fact as a flat JSON object; its kind stands under `kind`."""
        return {"kind": self.kind, **dict(self.properties)}

    @classmethod
    def from_data(cls, data: Mapping[str, Value]) -> Fact:
        """The fact that `as_data` described."""
        return cls.of(str(data["kind"]), **{name: value for name, value in data.items() if name != "kind"})


def order_of(fact: Fact) -> str:
    """The key that facts are sorted by: the same whatever their types, and the same everywhere."""
    return canonical(fact.as_data())


def canonical(data: object) -> str:
    """JSON with sorted keys and no spaces: what digests and orders are taken of."""
    return _encode(data)
