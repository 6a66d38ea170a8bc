"""The channel of Tencent's text messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from notifier.channels.contract import Letter
from notifier.channels.http import Answer, by_status
from notifier.channels.outcome import Outcome
from notifier.channels.report import Asked, Reported
from notifier.channels.tencent_sms.cloud import PAGE, Said, TencentCloud
from notifier.channels.tencent_sms.codes import outcome, refused
from notifier.channels.tencent_sms.reports import of_receipts
from notifier.sms.letters import message_of
from notifier.sms.phone import national

LOOKED_BACK = timedelta(days=1)  # for the receipts of one that an earlier attempt may have sent
KEPT = timedelta(days=7)  # how far back Tencent lets anybody look
ASTRAY = timedelta(hours=1)  # how much our clock may differ from Tencent's
MOST_PAGES = 4  # of the receipts of a number
GATEWAY_TIMEOUT = 504
ASK = "ask Tencent's helpers to return SessionContext, or look into its console, then `kaohe notices retry`"


@dataclass(frozen=True, slots=True)
class TencentSms:
    """The channel; `clock` tells up to when to look through the records."""

    cloud: TencentCloud
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Ask Tencent once to send one message to one number."""
        message = message_of(letter)
        if isinstance(message, Outcome):
            return message
        if not all(name.isascii() and name.isdigit() for name in message.variables):
            return Outcome.of("misconfigured", "the variables of the notice are not numbered: mend its binding")
        return _outcome(self.cloud.send(message), now, outcome)

    def settle(self, letter: Letter, since: datetime) -> Outcome | None:
        """What became of earlier attempts, by the carriers' receipts since the first; None where there is none.

        Receipts come some seconds to minutes after a message: one that is missing yet is sent again. Receipts without
        our own word may be of any message to this number: then the question stays open. It stays open too where the
        first attempt is longer ago than receipts are kept.
        """
        message = message_of(letter)
        if isinstance(message, Outcome):
            return message
        now = self.clock()
        begin = min(since, now) - ASTRAY
        said = self.cloud.sent_to(message.number, max(begin, now - KEPT), now)
        listed = _listed(said)
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            why = said if isinstance(said, Outcome) else _outcome(said, now, outcome)
            return Outcome.of("unknown", f"Tencent's receipts cannot be asked: {why.answer}")
        ours = [one for one in listed if one.get("SessionContext") == message.digest]
        if ours:
            arrived = next((one for one in ours if one.get("ReportStatus") != "FAIL"), None)
            told = f"found in Tencent's receipts: {(arrived or ours[0]).get('Description') or ''}".rstrip(" :")
            number = str((arrived or ours[0]).get("SerialNo") or "") or None
            return Outcome.of("accepted" if arrived else "permanent", told, reference=number)
        nameless = sum(1 for one in listed if not one.get("SessionContext"))
        if nameless or len(listed) >= PAGE:
            why_open = f"{nameless} of the {len(listed)} receipts of this number do not say which message they are of"
            return Outcome.of("unknown", f"{why_open}: {ASK}")
        if begin < now - KEPT:
            return Outcome.of("unknown", f"Tencent keeps receipts for {KEPT.days} days, and the first attempt is older")
        return None

    def receipts(self, recipient: str, asked: Sequence[Asked], now: datetime) -> list[Reported] | Outcome:
        """What the carriers' receipts since the first of these messages say of them, or why they cannot be read."""
        # Some were taken by an attempt before the one that found them.
        begin, found = min(one.sent_at for one in asked) - LOOKED_BACK, list[dict[str, Any]]()
        for page in range(MOST_PAGES):
            said = self.cloud.sent_to(national(recipient), begin, now, page * PAGE)
            listed = _listed(said)
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                return said if isinstance(said, Outcome) else _outcome(said, now, outcome)
            found += listed
            if len(listed) < PAGE:
                break
        return of_receipts(recipient, asked, found)

    def greet(self) -> Outcome:
        """Whether the key fits, by a question that sends nothing."""

        def answered(said: Said, now: datetime) -> Outcome:
            return refused(said.code, said.message, now) if said.code else Outcome.of("accepted", "Ok")

        now = self.clock()
        return _outcome(self.cloud.statistics(now), now, answered)


def _listed(said: Said | Answer | Outcome) -> Any:
    """The receipts of an answer that has a place for them."""
    if not isinstance(said, Said) or said.code or "PullSmsSendStatusSet" not in said.response:
        return None
    return said.response["PullSmsSendStatusSet"] or []


def _outcome(said: Said | Answer | Outcome, now: datetime, read: Callable[[Said, datetime], Outcome]) -> Outcome:
    if isinstance(said, Outcome):
        return said
    if isinstance(said, Said):
        return read(said, now)
    if said.status == GATEWAY_TIMEOUT:  # what stands behind it may have taken the message
        return Outcome.of("unknown", f"HTTP {said.status} {said.text()}")
    return by_status(said, now) or Outcome.of("unknown", f"HTTP {said.status}")
