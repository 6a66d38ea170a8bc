"""What a worker does at each tick: assess what is due, let notices out. Losing a tick is harmless.

What is due is read from the ledger each time, so a worker may be killed, doubled or stopped for weeks. When the ticks
come, and what else goes on beside them, is said in `console/watch/`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as installed_version

from console.answers import reason_words
from console.desk import KAOHE, Desk
from console.planning import plan
from console.sentences import both, sentence
from console.watch.alarms import Alarms, Complaint, once_on
from console.watch.self_check import Pulse, give_sign_of_life, self_check
from console.wording import LEFT_OUT, wording_faults
from engine.assessment.assess import Assessed, AssessmentError, assess_due, never
from engine.assessment.diagnosing import diagnose_new
from engine.assessment.look_ahead import LookAhead
from engine.errors import KaoheError
from engine.ledger.journal import Event
from engine.ledger.masking import masked
from engine.measure.tallies import TallyCache
from engine.progress import Progress, silent
from engine.rulebook.book import RuleBook
from engine.rulebook.faults import Fault
from engine.rulebook.model import Text
from engine.tracker.lookout import look_after
from notifier.channels.registry import channels_of
from notifier.deliver import Delivered, deliver_due, deliver_on
from notifier.plan import Planned
from notifier.receipt_polls import Polled, poll

log = logging.getLogger("kaohe.worker")


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look at the ledger led to."""

    assessed: Assessed
    planned: Planned
    delivered: Delivered
    channel_faults: Mapping[str, KaoheError]  # what is wrong with channels, by name
    failures: Mapping[str, KaoheError]  # why rules could not be assessed, by rule
    faults: Sequence[Fault]  # of rule files, whose rules are left out until they are mended
    unwarned: Mapping[str, KaoheError]  # why rules could not be looked at ahead, by rule

    def sentence(self, language: str) -> str:
        """The same in one line."""
        return sentence(
            "ticked",
            language,
            runs=self.assessed.runs,
            changed=len(self.assessed.changed),
            queued=self.planned.queued,
            sent=self.delivered.sent,
            failed=self.delivered.failed,
            put_off=put_off_words(self.delivered, language),
        )


def tick(desk: Desk, now: datetime, stop: Callable[[], bool] = never) -> Tick:
    """One unit of everything, under the rule files of this moment: a sign of life, what is due, its notices.

    A faulty file leaves out its own rule and a rule that fails stops at itself: neither holds up anything else.
    """
    give_sign_of_life(desk, installed_version("kaohe"))
    book, faults = RuleBook.load(desk.settings.rulesets)
    assessed, failures = reconcile(desk, book, now, stop, whole=not faults)
    ahead = look_ahead_of(desk)(list(book.values()), now, stop)
    done = Tick(assessed, *deliver(desk, book, now, stop), failures, faults, ahead.failures)
    ask_receipts(desk, now, stop)
    return done


def look_ahead_of(desk: Desk) -> LookAhead:
    """What a worker looks ahead with: it remembers what its last look rested on, and looks when that has changed."""
    return LookAhead(desk.ledger, lambda: desk.lake, TallyCache(desk.cache), KAOHE)


def reconcile(
    desk: Desk,
    book: RuleBook,
    now: datetime,
    stop: Callable[[], bool] = never,
    finished: Callable[[str, float], object] = lambda _rule, _seconds: None,
    progress: Progress = silent,
    *,
    whole: bool = False,
) -> tuple[Assessed, Mapping[str, KaoheError]]:
    """Assess what is due, and look after what follows; what was done, and why rules could not be assessed.

    A `whole` book has all rules in it: no file is faulty.
    """
    known = book.keys() if whole else None
    failures: Mapping[str, KaoheError] = {}
    try:
        done = assess_due(
            desk.place,
            list(book.values()),
            now,
            progress,
            patient=True,
            stop=stop,
            finished=finished,
            known=known,
        )
    except AssessmentError as error:
        done, failures = error.done, error.failures
    diagnose_new(desk.place, book, now, stop)
    look_after(desk.ledger, book, now, KAOHE, stop, lake=lambda: desk.lake)
    return done, failures


def deliver(
    desk: Desk, book: RuleBook, now: datetime, stop: Callable[[], bool] = never
) -> tuple[Planned, Delivered, Mapping[str, KaoheError]]:
    """Queue the notices of what was found, and send what is due; what is wrong with channels, by name."""
    if stop():
        return Planned(), Delivered(), {}
    planned = plan(desk, book, now)
    drafter, most = desk.drafter(book), int(desk.settings["single_notices"])
    channels, faults = channels_of(desk.settings)

    def some(at: datetime) -> Delivered:
        return deliver_due(desk.ledger, channels, at, desk.owner, stop=stop, drafter=drafter, most_single=most)

    return planned, deliver_on(some, now, stop), faults


def ask_receipts(desk: Desk, now: datetime, stop: Callable[[], bool] = never, *, everything: bool = False) -> Polled:
    """Ask the providers what became of the messages that they took, those of which it is time to ask."""
    if stop():
        return Polled()
    channels, _ = channels_of(desk.settings)
    return poll(desk.ledger, channels, now, stop, everything=everything)


@dataclass
class Told:
    """What was last logged about one matter: the same complaint every few seconds would drown all others."""

    complaints: frozenset[str] = frozenset()

    def tell(self, complaints: Iterable[str]) -> None:
        """Log what is wrong now and was not before."""
        found = list(dict.fromkeys(complaints))
        for complaint in found:
            if complaint not in self.complaints:
                log.warning("%s", complaint)
        self.complaints = frozenset(found)


def alarming(what: str, name: str, faults: Mapping[str, KaoheError]) -> list[Complaint]:
    """What is wrong with channels or rules (`what`), as complaints for alarms; the sentence `name` tells each."""
    words = {one: Text(why.in_language("zh-CN"), str(why)) for one, why in faults.items()}
    return [Complaint(f"{what} {n}", both(name, **{what: n}, why=why)) for n, why in words.items()]


def alarm_once(desk: Desk, done: Tick, now: datetime, stop: Callable[[], bool] = never) -> list[Event]:
    """Check as the worker does each minute, after one `tick`; the alarms of it, which go out at once.

    What counts is what the check before found too, which an earlier process made. Raises what `self_check` raises.
    """
    if stop():
        return []
    book, faults = RuleBook.load(desk.settings.rulesets)
    found = [
        *self_check(desk, now, Pulse(), book, faults).alarming,
        *alarming("rule", "not looked ahead", done.unwarned),
        *alarming("channel", "channel left out", done.channel_faults),
        *alarming("words", LEFT_OUT, wording_faults(desk)),
    ]
    events = Alarms(desk.ledger, once_on(desk.owner), KAOHE, once=True).hear(found, now)
    if events:
        deliver(desk, book, now, stop)
    return events


def complaints_of(faults: Iterable[Fault], failures: Mapping[str, KaoheError], language: str) -> list[str]:
    """What is to be told about rules: those whose files are faulty, and those that could not be assessed."""
    return [sentence("left out", language, fault=fault) for fault in faults] + [
        sentence("not assessed", language, rule=rule, why=why.in_language(language)) for rule, why in failures.items()
    ]


def receipt_complaints(polled: Polled, language: str) -> list[str]:
    """What is to be told about providers that cannot be asked what became of messages."""
    return [
        sentence("receipts unasked", language, channel=name, why=masked(why.answer))
        for name, why in polled.faults.items()
    ]


def unwarned_complaints(failures: Mapping[str, KaoheError], language: str) -> list[str]:
    """What is to be told about rules of which nobody is warned."""
    return [sentence("not looked ahead", language, rule=r, why=f.in_language(language)) for r, f in failures.items()]


def delivered_words(planned: Planned, done: Delivered, language: str) -> str:
    """What became of notices, in a line."""
    counts = {"queued": planned.queued, "sent": done.sent, "failed": done.failed}
    return sentence("delivered", language, **counts, put_off=put_off_words(done, language))


def put_off_words(done: Delivered, language: str) -> str:
    """How many notices are to be tried later, and what most providers said; empty where none is."""
    if not done.put_off:
        return ""
    why = masked(reason_words(done.reason, language))
    return sentence(
        "put off", language, n=done.put_off, why=f"{'：' if language == 'zh-CN' else ': '}{why}" if why else ""
    )


def channel_complaints(faults: Mapping[str, KaoheError], language: str) -> list[str]:
    """What is to be told about channels that are set up wrongly."""
    return [sentence("channel left out", language, channel=n, why=f.in_language(language)) for n, f in faults.items()]
