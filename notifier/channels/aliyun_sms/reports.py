"""What Aliyun tells of delivery: the records of a number, and its own calls (`SmsReport`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.channels.outcome import LONGEST_ANSWER
from notifier.channels.report import Arrival, Asked, Callback, NotGenuineError, Reported
from notifier.sms.pushed import instant, recipient, reference, reported_at, reports, word
from notifier.words.lines import cut

CHANNEL = "aliyun-sms"
FAILED, DELIVERED = 2, 3  # what a record says of its message; 1: it is on its way
_STATES: Mapping[int, Arrival] = {FAILED: "undelivered", DELIVERED: "delivered"}


def of_records(number: str, asked: Sequence[Asked], records: Sequence[Any]) -> list[Reported]:
    """The final ones of a number's records that are of the messages asked for, which they name by our own word."""
    ours = {one.own: one for one in asked}
    return [
        Reported(
            CHANNEL,
            ours[record.out_id].provider_id or record.out_id,  # records do not repeat Aliyun's own name
            number,
            _STATES[record.send_status],
            cut(str(record.err_code or ""), LONGEST_ANSWER),
            instant(str(record.receive_date)) or instant(str(record.send_date)) or ours[record.out_id].sent_at,
            record.out_id,
        )
        for record in records
        if record.out_id in ours and record.send_status in _STATES
    ]


def read(body: bytes) -> list[Reported]:
    """The reports of one call. Raises NotGenuineError for what is none of Aliyun's."""
    return reports(body, _reported)


def _reported(one: dict[str, Any]) -> Reported | None:
    success = one.get("success")
    if not isinstance(success, bool):
        raise NotGenuineError("success is neither true nor false", zh="success 不是 true 或 false")
    name, at = reference(one, "biz_id"), reported_at(one, "report_time", "send_time")
    answer = cut(f"{word(one, 'err_code')} {word(one, 'err_msg')}", LONGEST_ANSWER)
    number = recipient(word(one, "phone_number"))
    state: Arrival = "delivered" if success else "undelivered"
    return Reported(CHANNEL, name, number, state, answer, at, word(one, "out_id") or None) if number else None


CALLBACK = Callback(read, {"code": 0, "msg": "接收成功"})
