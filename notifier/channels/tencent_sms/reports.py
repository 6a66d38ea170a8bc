"""What Tencent tells of delivery: the carriers' receipts of a number, and its own calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from notifier.channels.outcome import LONGEST_ANSWER
from notifier.channels.report import Arrival, Asked, Callback, NotGenuineError, Reported
from notifier.sms.pushed import recipient, reference, reported_at, reports, word
from notifier.words.lines import cut

CHANNEL = "tencent-sms"
_STATES: Mapping[str, Arrival] = {"SUCCESS": "delivered", "FAIL": "undelivered"}


def of_receipts(number: str, asked: Sequence[Asked], receipts: Sequence[Mapping[str, Any]]) -> list[Reported]:
    """Those of a number's receipts that are of the messages asked for, by Tencent's name for them or our own word."""
    by_own = {one.own: one for one in asked}
    by_name = {one.provider_id: one for one in asked if one.provider_id}
    found: list[Reported] = []
    for one in receipts:
        name, own = str(one.get("SerialNo") or ""), str(one.get("SessionContext") or "")
        message = by_name.get(name) or by_own.get(own)
        state = _STATES.get(str(one.get("ReportStatus")))
        if message is None or state is None:
            continue
        answer = cut(str(one.get("Description") or ""), LONGEST_ANSWER)
        at = _instant(one.get("UserReceiveTime")) or message.sent_at
        found.append(Reported(CHANNEL, message.provider_id or name or own, number, state, answer, at, own or None))
    return found


def read(body: bytes) -> list[Reported]:
    """The reports of one call. Raises NotGenuineError for what is none of Tencent's."""
    return reports(body, _reported)


def _reported(one: dict[str, Any]) -> Reported | None:
    state = _STATES.get(word(one, "report_status"))
    if state is None:
        raise NotGenuineError("report_status is neither SUCCESS nor FAIL", zh="report_status 不是 SUCCESS 或 FAIL")
    name, at = reference(one, "sid"), reported_at(one, "user_receive_time")
    answer = cut(f"{word(one, 'errmsg')} {word(one, 'description')}", LONGEST_ANSWER)
    number = recipient(f"+{word(one, 'nationcode')}{word(one, 'mobile')}")
    return Reported(CHANNEL, name, number, state, answer, at) if number else None


def _instant(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 4_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


CALLBACK = Callback(read, {"result": 0, "errmsg": "OK"})
