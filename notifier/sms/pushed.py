"""Reports that providers of text messages send by themselves: lists of JSON objects, whose times are China's."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from notifier.channels.report import NotGenuineError, Reported
from notifier.sms.limits import PROVIDERS
from notifier.sms.phone import read_phone

_REFERENCE = re.compile(r"[!-~]{1,64}")
_log = logging.getLogger(__name__)
_INSTANT = "%Y-%m-%d %H:%M:%S"


def reports(body: bytes, read: Callable[[dict[str, Any]], Reported | None]) -> list[Reported]:
    """What `read` makes of the objects of a body; one that it does not know is passed over, so that the others count.

    Raises NotGenuineError for a body that is no list, or has nothing that is known.
    """
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        raise NotGenuineError("is no JSON", zh="不是 JSON") from None
    if not isinstance(listed, list):
        raise NotGenuineError("is no list of objects", zh="不是对象的列表")
    found, odd = list[Reported | None](), list[NotGenuineError]()
    for one in listed:
        try:
            found.append(read(_object(one)))
        except NotGenuineError as error:
            odd.append(error)
    if odd and not found:
        raise odd[0]
    if odd:
        _log.warning("%d of %d reports of a call were passed over: %s", len(odd), len(listed), odd[0])
    return [one for one in found if one]


def _object(one: object) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise NotGenuineError("is no list of objects", zh="不是对象的列表")
    return one


def word(one: dict[str, Any], key: str) -> str:
    """A text of an object, empty where it has none. Raises NotGenuineError for anything else."""
    found = one.get(key) or ""
    if not isinstance(found, str):
        raise NotGenuineError(f"{key} is no text", zh=f"{key} 不是文字")
    return found


def reference(one: dict[str, Any], key: str) -> str:
    """The provider's name for a message. Raises NotGenuineError for what cannot be one."""
    found = word(one, key)
    if not _REFERENCE.fullmatch(found):
        raise NotGenuineError(f"{key} names no message", zh=f"{key} 不是消息的编号")
    return found


def recipient(number: str) -> str | None:
    """A number as notices have it; None for one that none of them can go to."""
    address = read_phone(number)
    return None if address.fault else address.text


def instant(text: str) -> datetime | None:
    """What a provider's time of day says; None for what is no time.

    >>> instant("2026-03-10 10:00:03").isoformat()
    '2026-03-10T02:00:03+00:00'
    """
    try:
        found = datetime.strptime(text, _INSTANT).replace(tzinfo=PROVIDERS)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.year >= 2000 else None


def reported_at(one: dict[str, Any], *keys: str) -> datetime:
    """The first of these times of an object. Raises NotGenuineError where there is none."""
    found = next((at for at in (instant(word(one, key)) for key in keys) if at), None)
    if found is None:
        raise NotGenuineError(f"{keys[0]} is no time", zh=f"{keys[0]} 不是时间")
    return found
