"""The channel of Aliyun's text messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from notifier.channels.aliyun_sms.cloud import PAGE, AliyunCloud, Said
from notifier.channels.aliyun_sms.codes import OK, outcome
from notifier.channels.aliyun_sms.reports import DELIVERED, FAILED, of_records
from notifier.channels.contract import Letter
from notifier.channels.outcome import Outcome
from notifier.channels.report import Asked, Reported
from notifier.sms.letters import message_of
from notifier.sms.limits import PROVIDERS
from notifier.sms.phone import national

WAITING = 1  # what a record says of a message that is on its way
LOOKED_BACK = timedelta(days=1)  # for the receipts of one that an earlier attempt may have sent
KEPT = timedelta(days=30)  # how far back Aliyun lets anybody look
ASTRAY = timedelta(hours=1)  # how much our clock may differ from Aliyun's
MOST_PAGES = 4  # of a day; a number gets 50 messages of one template a day at most


@dataclass(frozen=True, slots=True)
class AliyunSms:
    """The channel; `clock` tells which days to look through."""

    cloud: AliyunCloud
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Ask Aliyun once to send one message to one number."""
        message = message_of(letter)
        if isinstance(message, Outcome):
            return message
        said = self.cloud.send(message)
        return said if isinstance(said, Outcome) else outcome(said, now)

    def settle(self, letter: Letter, since: datetime) -> Outcome | None:
        """What became of earlier attempts, by Aliyun's records since the first; None where they have none of them.

        As long as the records cannot be read the question stays open: nothing is sent. It stays open too where the
        first attempt is longer ago than records are kept.
        """
        message = message_of(letter)
        if isinstance(message, Outcome):
            return message
        now = self.clock()
        first, last = _day(max(min(since, now) - ASTRAY, now - KEPT)), _day(now)
        days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        found = self._recorded(message.number, days)
        if isinstance(found, Said | Outcome):
            why = found.answer if isinstance(found, Outcome) else f"{found.code} {found.message}"
            return Outcome.of("unknown", f"Aliyun's records cannot be asked: {why}")
        settled = _settled([record for record in found if record.out_id == message.digest])
        if settled is None and since - ASTRAY < now - KEPT:
            return Outcome.of("unknown", f"Aliyun keeps records for {KEPT.days} days, and the first attempt is older")
        return settled

    def receipts(self, recipient: str, asked: Sequence[Asked], now: datetime) -> list[Reported] | Outcome:
        """What the records of the days on which these messages were sent say of them, or why they cannot be read."""
        days = {_day(one.sent_at) for one in asked}
        # What Aliyun never named to us was taken by an attempt before the one that found it.
        days |= {_day(one.sent_at - LOOKED_BACK) for one in asked if one.provider_id is None}
        found = self._recorded(national(recipient), days)
        if isinstance(found, Said):
            return Outcome.of("unknown", f"{found.code} {found.message}") if found.code == OK else outcome(found, now)
        return found if isinstance(found, Outcome) else of_records(recipient, asked, found)

    def _recorded(self, number: str, days: Collection[date]) -> list[Any] | Said | Outcome:
        """Aliyun's records of a number on these days, the latest first; the answer that has none where one has not."""
        records: list[Any] = []
        for day in sorted(days, reverse=True):
            for page in range(1, MOST_PAGES + 1):
                said = self.cloud.sent_to(number, day, page)
                found = _records(said)
                if found is None:
                    return said
                records += found
                if len(found) < PAGE:
                    break
        return records

    def greet(self) -> Outcome:
        """Whether the key fits, by a question that sends nothing."""
        now = self.clock()
        said = self.cloud.statistics(now.astimezone(PROVIDERS).date())
        return said if isinstance(said, Outcome) else outcome(said, now)


def _day(instant: datetime) -> date:
    return instant.astimezone(PROVIDERS).date()


def _records(said: Said | Outcome) -> list[Any] | None:
    """The records of an answer; None where it is none, or has none and does not say that there are none."""
    if isinstance(said, Outcome) or said.code != OK:
        return None
    listed = said.body.sms_send_detail_dtos
    if listed is None:
        return [] if str(said.body.total_count) == "0" else None
    return list(listed.sms_send_detail_dto or ())


def _settled(records: list[Any]) -> Outcome | None:
    """One that arrived or is on its way counts more than one that failed."""
    best = max(records, key=lambda r: (r.send_status == DELIVERED, r.send_status == WAITING), default=None)
    if best is None:
        return None
    told = f"found in Aliyun's records: {best.err_code or ''} {best.send_date or ''}".rstrip(" :")
    return Outcome.of("permanent" if best.send_status == FAILED else "accepted", told)
