"""From the queue to the channels: each due notice is claimed, sent, and its answer recorded.

A notice found half-way (its process died, or the connection was lost) is first asked after where the
channel can be asked, and otherwise sent again. So every notice is sent at least once, and twice only after
such an accident; an e-mail then has the same Message-ID, by which the receiving side can drop the second
one.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from engine.errors import UnknownNameError
from notifier.channels.contract import Channel
from notifier.channels.outcome import Outcome, OutcomeKind
from notifier.claims import LEASE, Claim, Prepared, claim, due, record
from notifier.drafts import Drafter
from notifier.events import DIGESTS
from notifier.fresh import freshened, prepared
from notifier.gathering import crowded, gather
from notifier.sandbox import TemplateFaultError
from notifier.sheets import SheetError
from notifier.writing import write

ELSEWHERE = 8  # notices in a row that others have: what follows is theirs as well
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

    def __add__(self, later: Delivered) -> Delivered:
        both = Delivered(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(later), strict=True)))
        return replace(both, waiting=later.waiting)  # the same ones wait


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

    done: Counter[str] = Counter()
    resting: set[tuple[str, str | None]] = set()  # channels, and single recipients of one
    found, done["waiting"] = due(ledger, channels, now, limit)
    gathered = [
        number
        for where in crowded(ledger, {(channel, recipient) for _, channel, recipient in found}, now)
        if not stop()
        for number in gather(ledger, *where, now, MANY if most_single is None else most_single)
    ]
    if gathered:
        found, done["waiting"] = due(ledger, channels, now, limit)
    rest, others = deque(found), 0  # so many in a row were somebody else's
    while rest and others < ELSEWHERE and not stop():
        number, channel, recipient = rest.popleft()
        if not resting.isdisjoint({(channel, None), (channel, recipient)}):
            done["resting"] += 1
            continue
        text = _prepared(ledger, number, drafter, instant())
        taken = text if isinstance(text, str) else claim(ledger, number, instant(), owner, lease, text)
        if isinstance(taken, str):
            done[taken] += 1
            others = others + 1 if taken == "gone" else 0
            if taken == "gone" and text != "gone":  # somebody is at the same place: go on far away from them
                rest.rotate(len(rest) // 2)
            if taken == "deferred":
                resting.add((channel, recipient))
            continue
        others = 0
        outcome = _attempt(ledger, drafter, channels[channel], taken, instant())
        if outcome.for_all or outcome.kind == "throttled":
            resting.add((channel, None if outcome.for_all else recipient))
        done[record(ledger, taken, outcome, instant())] += 1
    return Delivered(**done)


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


def _prepared(ledger: Engine, number: int, drafter: Drafter | None, now: datetime) -> Prepared | str | None:
    """The notice's text by now, which taking it writes too; what keeps it from being made is told once it is ours."""
    try:
        return prepared(ledger, number, drafter, now) if drafter else None
    except (TemplateFaultError, SheetError, UnknownNameError):
        return None


def _attempt(ledger: Engine, drafter: Drafter | None, channel: Channel, taken: Claim, now: datetime) -> Outcome:
    # What an earlier attempt left open stays so.
    left: OutcomeKind | None = "unknown" if taken.open_question else None
    try:
        if taken.notice.event in DIGESTS:
            written = write(ledger, taken, drafter or Drafter({}, "zh-CN"), now)
        else:
            written = freshened(ledger, taken, drafter, now) if drafter and not taken.written else taken
    except (TemplateFaultError, SheetError, UnknownNameError) as error:
        return Outcome.of(left or "misconfigured", str(error), unsent=True)
    if written is None:  # taken over, which `record` finds too, or the violation has changed meanwhile
        return Outcome.of(left or "temporary", "what it tells of changed while it was being written", unsent=True)
    letter = written.letter()
    settled = channel.settle(letter) if written.open_question else None
    return replace(settled, unsent=True) if settled else channel.send(letter, now)
