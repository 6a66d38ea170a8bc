"""What use cases find for a report, asked of one desk: the edge of the reports, with nothing to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from console.desk import Desk
from console.duty_words import told as duties_told
from console.names import shop_names
from console.reports.daily import DailyFacts
from console.reports.look import Look
from console.reports.month import MonthFacts
from console.reports.sections.penalties import Noticed
from console.reports.sections.violations import WAITING, Found
from console.waiver_words import told as waivers_told
from engine.assessment.archive import current_outcomes
from engine.assessment.booked import Asked
from engine.assessment.evidence_calendar import evidence_calendar
from engine.assessment.lacking import lacking
from engine.assessment.outcome import Outcome
from engine.assessment.outlook import outlook
from engine.calendar.cycles import Cycle, cycle_of, parse_cycle, rolling
from engine.errors import KaoheError
from engine.ledger import periods
from engine.ledger.lookup import shops
from engine.ledger.violation_lists import Listed, find
from engine.measure.tallies import TallyCache
from engine.progress import Progress
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Language
from engine.tracker import duties, waivers
from engine.tracker.appealable import appealable
from engine.tracker.charged import charged
from engine.tracker.deposits import deposits
from engine.tracker.matches import compare, sides
from engine.tracker.own_verdict import with_verdicts
from engine.tracker.penalties import seen_penalties, shops_seen
from engine.tracker.practice import practice
from engine.tracker.sanctions import active
from engine.tracker.standards import check

LATEST = timedelta(days=62)  # after the end of its cycle, no assessment day lies further than this
LOOKED_BACK = 31  # days of evidence that a daily report looks at
RECENT = timedelta(days=6)  # a week of assessment days: every weekly figure is told once
LONGEST_APPEAL = 62  # days: no notice can be appealed for longer
AT_ONCE = 500


def look_of(session: Session, book: RuleBook, language: Language, day: date, now: datetime) -> Look:
    """How a report about `day` speaks, with the names that shops have now."""
    return Look(language, day, now, shop_names(session), book)


def clients_of(session: Session) -> list[str]:
    """The clients that have shops, by name."""
    return sorted({shop.client for shop in shops(session)})


def daily_facts(
    session: Session, desk: Desk, book: RuleBook, look: Look, progress: Progress, client: str | None
) -> DailyFacts:
    """What stands on the day of `look`; of one client, if it is given."""
    rules, day, now = list(book.values()), look.day, look.now
    # As everywhere, what was assessed after the day that is told about is not known on it.
    waits = [v for state in (*WAITING, "confirmed") for v in find(session, client=client, state=state, last=day)]
    days = cycle_of(rolling(LOOKED_BACK), day)
    awaited = evidence_calendar(session, desk.lake, rules, days, now, desk.settings.waiting)
    # Figures are measured of whole files, which hold everybody's.
    everything = desk.who.scope.everything
    seen = None if everything else {(s.platform, s.external_id) for s in shops(session)}
    stands = outlook(session, desk.lake, TallyCache(desk.cache), rules, now, progress)
    owed = duties.find(session, desk.who, now, state="open", client=client)
    owed += [d for d in duties.find(session, desk.who, now, state="done", client=client) if d.second_person]
    return DailyFacts(
        outlooks=[
            o for o in stands if client in {None, o.client} and (seen is None or (o.rule.platform, o.shop) in seen)
        ],
        violations=_with_outcomes(session, book, waits),
        evidence=[row for row in awaited if client in {None, row.shop.client}],
        lacking=[o for o in lacking(session, book, day) if client in {None, o.client}],
        limits=active(session, desk.who, Asked(day, day, client=client), now),
        appealable=[row for row in appealable(session, book, desk.who, now) if client in {None, row.client}],
        penalties=_noticed(session, desk, look, client),
        checked=check(session, desk.who, book, client=client, first=day - RECENT, last=day),
        duties=duties_told(session, [d for d in owed if d.opened_at <= now], book, now),
    )


def month_facts(
    session: Session, desk: Desk, book: RuleBook, look: Look, month: Cycle, client: str | None
) -> MonthFacts:
    """What is on record about the cycles that end in a month; of one client, if it is given."""
    until = month.last + LATEST
    judged = current_outcomes(session, book, None, month.first, until)
    outcomes = [o for o in judged if o.cycle_end in month and client in {None, o.client}]
    ends = {o.violation: o.cycle_end for o in judged if o.violation}
    listed = find(session, client=client, first=month.first, last=until)
    found = [v for v in listed if _end(v, ends) in month]
    by_id = {o.violation: o for o in outcomes if o.violation}
    booked = periods.corrections(session, about=month.key)
    booked += [b for b in periods.corrections(session, booked_in=month.key) if b.correction.month != month.key]
    now = look.now
    of = sides(session, desk.lake, client=client)
    lines = with_verdicts(session, of, compare(of, book, now, desk.settings.penalty_days))
    let_off = [w for w in waivers.find(session, client) if w.first_day <= month.last and w.last_day >= month.first]
    whole = client is None  # of one client alone, practice says too little, and it is not told
    return MonthFacts(
        month.key,
        outcomes,
        [Found(v, by_id.get(v.id)) for v in found],
        [b for b in booked if client in {None, b.shop.client}],
        periods.periods(session),
        [line for line in lines if line.day in month],
        waivers_told(session, let_off),
        practice(session, desk.lake, book, now, desk.settings.penalty_days) if whole else [],
        charged(session, desk.lake, client=client, month=month.key),
        check(session, desk.who, book, client=client, month=month.key),
        deposits(session, desk.who, desk.lake, client),
    )


def _noticed(session: Session, desk: Desk, look: Look, client: str | None) -> list[Noticed]:
    first = look.day - timedelta(days=LONGEST_APPEAL)
    shops_of = shops_seen(session, client)
    found = seen_penalties(session, desk.lake, client=client, first=first, last=look.day)
    return [Noticed(p, shops_of[p.platform, p.shop].client) for p in found]


def _with_outcomes(session: Session, book: RuleBook, listed: Sequence[Listed]) -> list[Found]:
    outcomes: dict[str, Outcome] = {}
    ids = [v.id for v in listed]
    for start in range(0, len(ids), AT_ONCE):
        some = current_outcomes(session, book, None, None, None, ids[start : start + AT_ONCE])
        outcomes |= {o.violation: o for o in some if o.violation}
    return [Found(v, outcomes.get(v.id)) for v in listed]


def _end(violation: Listed, ends: Mapping[str, date]) -> date:
    """The last day of the cycle; where neither a verdict nor its key tells it, the day of the assessment."""
    try:
        return ends.get(violation.id) or parse_cycle(violation.cycle).last
    except KaoheError:
        return violation.assessed_on
