"""From the journal to the queue: each violation that was opened becomes its notices, once.

What was found late, more than a day after its assessment, joins a digest instead: one mail for a whole catch-up.

A shop that gets another contact or client is news as well: its open violations that are young enough are told to those
who were not told, and what waits for anybody else is dropped. So are other contacts and routes: what was told to nobody
is told to whom they lead.

Texts are made outside the transaction that stores them, so that a long run of violations does not hold up
other writers. That transaction moves the cursor only from where the texts began: whoever comes second
writes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine, update
from sqlmodel import Session, col

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Entry, Event, append, batch_sizes, entries, head
from engine.ledger.tables import Cursor, Notice
from engine.rulebook.model import Language, Rule
from notifier.digests import READER, Addressee, astray, forsake, join, joined_events, planning, rehouse
from notifier.drafts import Drafter
from notifier.escalating import unacknowledged
from notifier.events import ESCALATED, EVENTS, OPENED, is_late
from notifier.happenings import Happening, happenings
from notifier.queued import drop, store
from notifier.records import Record, late_of, open_of_shop, records_of, unheard, unsent_of_shop
from notifier.render import Templates
from notifier.routing.mutes import mutes_at
from notifier.routing.recipients import misdirected
from notifier.routing.rows import routing_of
from notifier.routing.ways import Ways
from notifier.sheets import Sheets
from notifier.tales import Tale
from notifier.told import told

TURNS = frozenset({"shop.registered", "shop.changed"})  # events that may give a shop another contact or client
WAYS = frozenset({"contact", "route"})  # what is told to whom
BATCHES, ENTRIES = 100, 2000  # of the journal's batches, and of their entries, one transaction works off so many


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning came to: `queued`, `refused` and `already` count notices, the rest violations.

    refused          the address cannot be used: recorded as failed, with how to mend it
    already          the notice was there
    without_contact  nobody to tell: the shops' keys are in `silent_shops`
    old              opened too long ago to tell anybody
    settled          no longer open when its turn came
    late             found long after the assessment: told in a digest
    muted            nobody is told while a mute holds: recorded, with its reason
    small            so few that chance decides, as its rule says: told in the week's list alone
    """

    queued: int = 0
    refused: int = 0
    already: int = 0
    without_contact: int = 0
    old: int = 0
    settled: int = 0
    silent_shops: frozenset[str] = field(default_factory=frozenset)
    late: int = 0
    muted: int = 0
    small: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(
            self.queued + other.queued,
            self.refused + other.refused,
            self.already + other.already,
            self.without_contact + other.without_contact,
            self.old + other.old,
            self.settled + other.settled,
            self.silent_shops | other.silent_shops,
            self.late + other.late,
            self.muted + other.muted,
            self.small + other.small,
        )


def plan_notices(
    ledger: Engine,
    rulebook: Mapping[str, Rule],
    now: datetime,
    language: Language,
    templates: Templates | None = None,
    sheets: Sheets | None = None,
) -> Planned:
    """Queue the notices of all news that the journal has had since the last time, and of what is to be escalated.

    May be called at any time, by any number of processes, and may die at any point: nothing is queued twice
    and nothing is left out. A faulty template or sheet of one's own is passed over for the shipped one. Raises
    TemplateFaultError or SheetError where that is faulty too, and then leaves the violations for the next call.
    """
    drafter = Drafter(rulebook, language, templates or Templates(), sheets or Sheets())
    total = Planned()
    _rehouse(ledger, now)
    while (step := _step(ledger, drafter, now)) is not None:
        total += step
    return total + _escalate(ledger, drafter, now)


def _escalate(ledger: Engine, drafter: Drafter, now: datetime) -> Planned:
    """Queue what nobody has acknowledged in time, for those to whom its routes escalate."""
    with reading(ledger) as session:
        routing = routing_of(session)
        found = unacknowledged(session, routing, now)
        if not found:
            return Planned()
        records = records_of(session, sorted({one.violation for one in found}))
        mutes = mutes_at(session, now)
    made: list[Notice] = []
    for one in found:
        record, ways = records[one.violation], Ways(replace(routing, routes=(one.route,)), mutes, drafter.language)
        news, client = record.news(ESCALATED.event), record.violation.client
        tale = Tale(ESCALATED.event, one.told(client, routing), record, record.shop)
        made += ways.kept(drafter.told(tale, one.key, client, ways.of(news, record.shop), now), news)
    with transaction(ledger) as session:
        planning(session)
        fresh = store(session, made)
        append(session, now, [told(n, number, f"notice.{n.state}") for n, number in fresh])
    states = Counter(n.state for n, _ in fresh)
    return Planned(queued=states["queued"], refused=states["failed"], muted=states["muted"])


def _rehouse(ledger: Engine, now: datetime) -> None:
    with reading(ledger) as session:
        if not astray(session):
            return
    with transaction(ledger) as session:
        planning(session)
        append(session, now, rehouse(session, now))


def _step(ledger: Engine, drafter: Drafter, now: datetime) -> Planned | None:
    """Work off some batches of the journal; None if there is nothing left."""
    with reading(ledger) as session:
        begin = _position(session)
        end = _reach(session, begin)
        if end == begin:
            return None
        news = entries(session, begin, batches=end - begin)
        found = [e for e in news if e.event in EVENTS]
        others = happenings(session, news, now)
        turned = {e.object_id: e.at for e in news if _turns(e)}
        opened = {e.object_id for e in found}
        again = _young(session, turned)
        if any(e.object_kind in WAYS for e in news):
            again |= unheard(session, OPENED.states, now - NOTIFY_WITHIN)
        again -= opened
        records = records_of(session, sorted(opened | again))
        late = late_of(session, again)
        ways = Ways(routing_of(session), mutes_at(session, now), drafter.language)
    made, joining, planned = _drafts(drafter, ways, found, records, now)
    made += _drafts_again(drafter, ways, again - late, records, now)
    made += _drafts_of_others(drafter, ways, others, now)
    for name in sorted(late):
        if not records[name].is_small(drafter.rulebook):
            made += _late(drafter, ways, joining, records[name], now)
    with transaction(ledger) as session:
        if not _advance(session, begin, end):
            return Planned()
        dropped = _redirect(session, turned, again)
        again_news = {name: (records[name].news(OPENED.event), shop) for name in again if (shop := records[name].shop)}
        dropped += forsake(session, again_news)
        fresh = store(session, made)
        joined = join(session, joining, now)
        said = [told(n, number, f"notice.{n.state}") for n, number in fresh]
        append(session, now, dropped + said + joined_events(joined))
    states = Counter([n.state for n, _ in fresh] + [n.state for n, _, is_new in joined if is_new])
    queued, refused, muted = states["queued"], states["failed"], states["muted"]
    return planned + Planned(queued=queued, refused=refused, already=len(made) - len(fresh), muted=muted)


def _reach(session: Session, begin: int) -> int:
    """Up to which batch one step goes: at least one, and no more than hold some number of entries."""
    last, held = min(head(session).seq, begin + BATCHES), 0
    for batch, count in batch_sizes(session, begin, last):
        held += count
        if held > ENTRIES and batch > begin + 1:
            return batch - 1
    return last


def _turns(entry: Entry) -> bool:
    """Whether this entry gives a shop another contact or client."""
    after = (entry.payload or {}).get("after") or {}
    return entry.event in TURNS and not after.keys().isdisjoint({"contact", "client"})


def _young(session: Session, turned: Mapping[str, datetime]) -> set[str]:
    """The open violations of these shops whose assessment was not too long ago when the shop changed."""
    found: set[str] = set()
    for shop, at in turned.items():
        assessed = open_of_shop(session, shop, OPENED.states)
        found |= {name for name, instant in assessed.items() if at - instant <= NOTIFY_WITHIN}
    return found


def _redirect(session: Session, turned: Iterable[str], again: Collection[str]) -> list[Event]:
    """Let what these shops' unsent notices say of client and contact be true; what the journal says of it.

    What waits for somebody whom a shop does not name any more is dropped. Of the violations that are told `again`, what
    has failed for such a recipient is dropped too: others are told instead.
    """
    events = []
    routing = routing_of(session)
    for shop in sorted(turned):
        unsent = unsent_of_shop(session, shop)
        records = records_of(session, sorted({str(n.violation_id) for n in unsent}))
        for notice in unsent:
            record, retold = records[str(notice.violation_id)], notice.key in again
            why = misdirected(notice, record.news(notice.event), record.shop, routing)
            if why and (notice.state == "queued" or (notice.state == "failed" and retold)):
                events.append(drop(session, notice, why))
            elif not (notice.state == "queued" and retold):  # those are written anew
                notice.client = record.violation.client
                session.add(notice)
    return events


def _drafts_again(
    drafter: Drafter, ways: Ways, violations: Iterable[str], records: Mapping[str, Record], now: datetime
) -> list[Notice]:
    made: list[Notice] = []
    for name in sorted(violations):
        record = records[name]
        if record.is_small(drafter.rulebook):
            continue
        made += ways.kept(drafter.notices(record, OPENED.event, ways.to(record), now), record.news(OPENED.event))
    return made


def _drafts(
    drafter: Drafter, ways: Ways, found: Sequence[Entry], records: Mapping[str, Record], now: datetime
) -> tuple[list[Notice], dict[Addressee, list[str]], Planned]:
    made: list[Notice] = []
    joining: dict[Addressee, list[str]] = defaultdict(list)
    old = settled = late = small = 0
    silent: list[str] = []
    for entry in found:
        record = records.get(entry.object_id)
        if _is_old(entry):
            old += 1
        elif record is None or record.violation.state not in (occasion := EVENTS[entry.event]).states:
            settled += 1
        elif record.is_small(drafter.rulebook):
            small += 1
        elif not (recipients := ways.to(record)):
            silent.append(record.shop.key if record.shop else record.violation.id)
        elif is_late(entry.payload):
            late += 1
            made += _late(drafter, ways, joining, record, now)
        else:
            made += ways.kept(drafter.notices(record, occasion.event, recipients, now), record.news(occasion.event))
    planned = Planned(without_contact=len(silent), silent_shops=frozenset(silent), old=old, settled=settled, late=late)
    return made, joining, planned + Planned(small=small)


def _drafts_of_others(drafter: Drafter, ways: Ways, others: Iterable[Happening], now: datetime) -> list[Notice]:
    made: list[Notice] = []
    for one in others:
        if one.record and not one.occasion.of_small and one.record.is_small(drafter.rulebook):
            continue
        tale = Tale(one.news.event, one.told, one.record, one.shop, one.object, one.records)
        to = one.recipients(ways)
        made += ways.kept(drafter.told(tale, one.key, one.news.client or "", to, now), one.news)
    return made


def _late(
    drafter: Drafter, ways: Ways, joining: dict[Addressee, list[str]], record: Record, now: datetime
) -> list[Notice]:
    """Let this violation join the digest of everybody who gets it; notices, for the record, to who is muted."""
    news = record.news(OPENED.event)
    told, silenced = ways.parted(record)
    for recipient in told:
        joining[Addressee(recipient, record.violation.client)].append(record.violation.id)
    return ways.kept(drafter.notices(record, OPENED.event, silenced, now), news)


def _is_old(entry: Entry) -> bool:
    after = (entry.payload or {}).get("after") or {}
    return after.get("notify") is False


def _position(session: Session) -> int:
    cursor = session.get(Cursor, READER)
    return cursor.batch if cursor else 0


def _advance(session: Session, begin: int, end: int) -> bool:
    """Move the cursor from `begin` to `end`; False if somebody else has moved it."""
    if begin == 0:
        insert_missing(session, Cursor, [{"reader": READER, "batch": 0}])
    here = (col(Cursor.reader) == READER) & (col(Cursor.batch) == begin)
    return session.exec(update(Cursor).where(here).values(batch=end)).rowcount == 1
