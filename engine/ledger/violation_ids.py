"""The name of a violation: the same on every machine, since it is made of what the violation is about."""

from __future__ import annotations

import base64
import hashlib

from engine.ledger.canonical import canonical_json

LETTERS = 12  # of 5 bits each: a million violations collide with a probability of one in two million


def violation_id(rule: str, subject_key: str, cycle: str, occurrence: int = 1) -> str:
    """`V-` and twelve letters: base32 (RFC 4648) of the sha256 of the canonical JSON list of the arguments.

    >>> violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", "2026-W10")
    'V-SNLIWC3TZOEK'
    """
    digest = hashlib.sha256(canonical_json([rule, subject_key, cycle, occurrence])).digest()
    return "V-" + base64.b32encode(digest).decode("ascii")[:LETTERS]
