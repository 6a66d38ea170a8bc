"""From the queue to the channels: each due notice is claimed, sent, and its answer recorded.

A notice found half-way (its process died, or the connection was lost) is first asked after where the
channel can be asked, and otherwise sent again. So every notice is sent at least once, and twice only after
such an accident; an e-mail then has the same Message-ID, by which the receiving side can drop the second
one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from engine.errors import KaoheError
from notifier.batches import claim_together
from notifier.channels.contract import Channel, KeepsOpen
from notifier.channels.outcome import Outcome, OutcomeKind
from notifier.claims import LEASE, Claim, Due, claim, due, give_back, record
from notifier.drafts import Drafter
from notifier.events import DIGESTS
from notifier.fresh import freshened, unless_faulty
from notifier.gathering import crowded, gather
from notifier.writing import write

STALE = timedelta(seconds=5)  # so old a text is not sent: what it tells of may have changed
ON_END = 30  # seconds
MANY = 10**9  # notices at one recipient: only a cap gathers them


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the due notices.

    delayed  not taken now, to be tried again
    failed   not to be tried again without a person
    dropped  the violation was settled in the meantime, so nobody was told
    lost     somebody else had taken the notice over before our answer was recorded
    gone     somebody else was faster
    deferred not now: outside the hours of their recipient, or more than may come
    muted    somebody wants nobody to be told of it for a while
    resting  left for later, since their channel, or their recipient on it, lets nothing through now
    waiting  due, but of a channel that is not set up here
    reasons  what was said of those that were delayed, and of how many
    """

    sent: int = 0
    delayed: int = 0
    failed: int = 0
    dropped: int = 0
    lost: int = 0
    gone: int = 0
    resting: int = 0
    waiting: int = 0
    deferred: int = 0
    muted: int = 0
    reasons: Mapping[str, int] = field(default_factory=Counter, compare=False)

    def __add__(self, later: Delivered) -> Delivered:
        counts = {f.name: getattr(self, f.name) + getattr(later, f.name) for f in fields(self) if f.name != "reasons"}
        reasons = Counter(self.reasons) + Counter(later.reasons)
        # The same ones wait, and what rested before was taken up again.
        return Delivered(**counts | {"waiting": later.waiting, "resting": later.resting}, reasons=reasons)

    @property
    def put_off(self) -> int:
        """How many are to be tried later."""
        return self.delayed + self.resting

    @property
    def reason(self) -> str:
        """What was said of most of those that were delayed; empty where none was."""
        return max(sorted(self.reasons), key=lambda said: self.reasons[said], default="")


def deliver_due(
    ledger: Engine,
    channels: Mapping[str, Channel],
    now: datetime,
    owner: str,
    limit: int = 100,
    lease: timedelta = LEASE,
    drafter: Drafter | None = None,
    stop: Callable[[], bool] = lambda: False,
    most_single: int | None = None,
) -> Delivered:
    """Send at most `limit` of the notices that are due `now`, the longest due first.

    `owner` names this process; several may deliver from one ledger. `drafter` writes each text when it goes out, so
    that it tells what is on record by then; without one a notice goes out as it was queued, and digests are written
    under the rules as the ledger keeps them. When a channel answers that no letter would fare better, it is left alone
    for the rest of the call. Where more than `most_single` notices are due at one recipient, or more than may come,
    they are gathered into one message. `stop` is asked before each notice: once it says so, the one in hand was the
    last.
    """
    started = time.monotonic()

    def instant() -> datetime:
        """The caller's now, moved on by what this call has taken so far."""
        return now + timedelta(seconds=time.monotonic() - started)

    found, waiting = due(ledger, channels, now, limit)
    places = {(channel, recipient) for _, channel, recipient in found}
    most = MANY if most_single is None else most_single
    gathered = [
        number
        for where in crowded(ledger, places, now, most)
        if not stop()
        for number in gather(ledger, *where, now, most)
    ]
    if gathered:
        found, waiting = due(ledger, channels, now, limit)
    with ExitStack() as lines:
        opened = {
            name: lines.enter_context(channel.opened()) if isinstance(channel, KeepsOpen) else channel
            for name, channel in channels.items()
        }
        turn = _Turn(ledger, opened, owner, lease, drafter, instant, stop)
        while found and not stop():
            found = turn.some(found)
    counts: dict[str, Any] = {**turn.done, "waiting": waiting}
    return Delivered(**counts, reasons=turn.reasons)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One call of `deliver_due`: what became of its notices so far, and who is left alone for the rest of it.

    `resting` holds channels, and single recipients of one.
    """

    ledger: Engine
    channels: Mapping[str, Channel]
    owner: str
    lease: timedelta
    drafter: Drafter | None
    instant: Callable[[], datetime]
    stop: Callable[[], bool]
    resting: set[tuple[str, str | None]] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def some(self, found: Sequence[Due]) -> list[Due]:
        """Take and send the first of what was found; what is left of it."""
        rest = [one for one in found if not self._rests(one)]
        begun = self.instant()
        batch = claim_together(self.ledger, [one.number for one in rest], begun, self.owner, self.lease)
        held = dict(batch.claims)  # and not tried yet
        try:
            written: Mapping[int, Claim | KaoheError | None] = batch.claims
            if self.drafter and held:
                written = freshened(self.ledger, [*held.values()], self.drafter, begun)
            ready = self.instant()
            late: list[Due] = []
            for place, one in enumerate(rest[: batch.seen]):
                if one.number not in held and one.number not in batch.alone:
                    self.done["gone"] += 1
                elif self.stop() or (place and self.instant() - ready > STALE):
                    late.append(one)
                elif self._rests(one):
                    continue
                elif one.number in held:
                    taken = held.pop(one.number)
                    self._send(taken, written[one.number] or self._written(taken))
                else:
                    self._alone(one)
        finally:
            give_back(self.ledger, held.values())
        return late + rest[batch.seen :]

    def _rests(self, one: Due) -> bool:
        rests = not self.resting.isdisjoint({(one.channel, None), (one.channel, one.recipient)})
        self.done["resting"] += rests
        return rests

    def _alone(self, one: Due) -> None:
        taken = claim(self.ledger, one.number, self.instant(), self.owner, self.lease)
        if isinstance(taken, str):
            self.done[taken] += 1
            if taken == "deferred":
                self.resting.add((one.channel, one.recipient))
        else:
            self._send(taken, self._written(taken))

    def _written(self, taken: Claim) -> Claim | KaoheError | None:
        """The notice with its text as it is to be by now."""
        now = self.instant()
        if taken.notice.event not in DIGESTS:
            return freshened(self.ledger, [taken], self.drafter, now)[taken.number] if self.drafter else taken
        drafter = self.drafter or Drafter({}, "zh-CN")
        return unless_faulty(lambda: write(self.ledger, taken, drafter, now), taken.number)

    def _send(self, taken: Claim, written: Claim | KaoheError | None) -> None:
        outcome = self._outcome(taken, written)
        where = taken.notice.channel, None if outcome.for_all else taken.notice.recipient
        if outcome.for_all or outcome.kind == "throttled":
            self.resting.add(where)
        became = record(self.ledger, taken, outcome, self.instant())
        self.done[became] += 1
        if became == "delayed":
            self.reasons[outcome.answer] += 1

    def _outcome(self, taken: Claim, written: Claim | KaoheError | None) -> Outcome:
        # What an earlier attempt left open stays so.
        left: OutcomeKind | None = "unknown" if taken.open_since else None
        if isinstance(written, KaoheError):
            return Outcome.of(left or "misconfigured", str(written), unsent=True)
        if written is None:  # taken over, which `record` finds too, or the violation has changed meanwhile
            return Outcome.of(left or "temporary", "what it tells of changed while it was being written", unsent=True)
        channel, letter = self.channels[taken.notice.channel], written.letter()
        settled = channel.settle(letter, taken.open_since) if taken.open_since else None
        return replace(settled, unsent=True) if settled else channel.send(letter, self.instant())


def deliver_on(
    deliver: Callable[[datetime], Delivered], now: datetime, stop: Callable[[], bool] = lambda: False
) -> Delivered:
    """Let `deliver` be called, as of `now` and what has passed since, while it gets something out: for half a minute.

    Then somebody has to look whether what waits was settled, and what has come since.
    """
    begun, total = time.monotonic(), Delivered()
    while True:
        done = deliver(now + timedelta(seconds=time.monotonic() - begun))
        total += done
        if not done.sent or stop() or time.monotonic() - begun > ON_END:
            return total
