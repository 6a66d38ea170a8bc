"""Many names, in parts that one query can ask for: databases bound how many values a statement may have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Name = TypeVar("Name")
AT_ONCE = 500


def in_parts(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    """The same names in the same order, at most 500 at once.

    >>> [len(part) for part in in_parts(range(1001))]
    [500, 500, 1]
    """
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
