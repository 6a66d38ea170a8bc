"""One text for one value: what digests are taken over, so that they are the same on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """`value` as JSON in UTF-8 with sorted keys and no spaces: equal values give equal bytes.

    Takes dict (with str keys), list, tuple (as a list), str, int, bool, None. Raises TypeError on all else,
    floats above all (their text differs between programs), and ValueError on text that is not Unicode.

    >>> canonical_json({"b": [1, None], "a": "考核"}).decode()
    '{"a":"考核","b":[1,null]}'
    """
    _check(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def sha256_of(value: Any) -> str:
    """The hexadecimal sha256 of the canonical JSON of `value`.

    >>> sha256_of(None)
    '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b'
    """
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _check(value: Any, where: str = "value") -> None:
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{where} has the key {key!r}; keys must be text")
            _check(inner, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for position, inner in enumerate(value):
            _check(inner, f"{where}[{position}]")
    else:
        raise TypeError(
            f"{where} is a {type(value).__name__} ({value!r}); only text, int, bool, None, list and dict "
            "have one canonical form"
        )
