"""Evidence, decisions, waivers and assessments in any order: at rest, all verdicts are what is right by then.

What is right is reckoned here by hand, from the last files, the states that people put violations in, and the waivers;
and once more by assessing all of it at once, with nothing on record but that.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlmodel import select

from engine.assessment.deciding import ours_to_change
from engine.assessment.outcome import exposure_fen
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.states import TRANSITIONS
from engine.ledger.tables import Assessment, Subject, Violation, WaivedViolation, Waiver
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import SanctionSpec, Severity
from engine.tracker import waivers
from engine.tracker.waiver_scope import Asked

RULE = "xiaohongshu.reply-rate"
WEEKS = {f"2026-W{n}": date.fromisocalendar(2026, n, 1) for n in range(10, 14)}
SHOPS = ("s1", "s2")
STEPS = {1: "minor", 2: "serious", 3: "grave"}
WITHIN = 14  # the week before last counts, and none before it
SPOKEN = {"confirmed", "appealed", "overturned"}
TIMES = [f"2026-{day}T10:00" for day in ("03-10", "03-17", "03-24", "03-31")]


def breach(shop, week):
    return violation_id(RULE, f"shop:xiaohongshu/{shop}", week)


@pytest.fixture
def world(like_x1, open_office, week_of, at, person):
    def make(seed, ledger):
        severity = Severity("platform", within_days=WITHIN, steps=STEPS)
        amounts = {"minor": 10_000, "serious": 20_000, "grave": 40_000}
        ladder = {
            name: (SanctionSpec("liquidated_damages", amount_fen=(fen, 2 * fen)),) for name, fen in amounts.items()
        }
        return World(
            Random(seed), open_office(ledger, [like_x1(severity=severity, ladder=ladder)]), week_of, at, person
        )

    return make


class World:
    """An office in which anything may happen next; it keeps what was last said of each week."""

    def __init__(self, chance, office, week_of, at, person):
        self.chance, self.office, self.week_of, self.at = chance, office, week_of, at
        self.li, self.wang = person("li", "operator"), person("wang")
        self.replied, self.closed_as, self.now = {}, {}, 0

    def begin(self):
        """Breaches nearly everywhere, the first of them assessed."""
        for shop in SHOPS:
            self.replied |= {(shop, week): self.chance.choice([1, 1, 5, 9]) for week in WEEKS}
        self.office.take(*(row for name, replied in self.replied.items() for row in self.week_of(*name, replied, 10)))
        self.assess()

    def happen(self):
        steps = [self.evidence] * 2 + [self.decision] * 6 + [self.waiver] * 2 + [self.assess] * 3
        self.chance.choice(steps)()

    def evidence(self):
        shop, week = self.chance.choice(SHOPS), self.chance.choice(list(WEEKS))
        self.replied[shop, week] = self.chance.choice([1, 5, 9])
        self.office.take(*self.week_of(shop, week, self.replied[shop, week], 10), replace_days=True)
        for other in SHOPS:  # the file takes the place of the whole day
            if other != shop and (other, week) in self.replied:
                self.office.take(*self.week_of(other, week, self.replied[other, week], 10))

    def decision(self):
        with reading(self.office.ledger) as session:
            found = sorted((v.id, v.state) for v in session.exec(select(Violation)))
        if found:
            name, state = self.chance.choice(found)
            following = [to for to in TRANSITIONS[state] if (state, to) != ("waived", "closed")]
            if following:
                to = (
                    "confirmed"
                    if "confirmed" in following and self.chance.random() < 0.5
                    else self.chance.choice(following)
                )
                if to == "closed":
                    self.closed_as[name] = state
                self.office.say(name, to, forfeits_appeal=True)

    def waiver(self):
        now = self.at("2026-03-31T12:00")
        with transaction(self.office.ledger) as session:
            held = session.exec(select(Waiver).where(Waiver.state == "approved")).all()
            if held and self.chance.random() < 0.6:
                name = waivers.by(session, f"W-{self.chance.choice(held).id}")
                waivers.revoke(session, self.office.book, f"W-{name.id}", "it was not down", self.wang, now)
                return
        if (shop := self.chance.choice(SHOPS)) in {shop for shop, _ in self.replied}:
            first = self.chance.choice(list(WEEKS.values()))
            with transaction(self.office.ledger) as session:
                subject = next(s for s in shops_of(session) if s.external_id == shop)
                asked = Asked(shop=subject, rules=(RULE,), first=first, last=first + timedelta(days=13))
                waiver = waivers.request(session, self.office.book, asked, "the platform was down", self.li, now)
            with transaction(self.office.ledger) as session:
                waivers.approve(session, self.office.book, [f"W-{waiver.id}"], self.wang, now)

    def assess(self, last=False):
        self.now = len(TIMES) - 1 if last else self.chance.randint(self.now, len(TIMES) - 1)
        return self.office.assess(self.at(TIMES[self.now]))

    def right(self):
        """(shop, week) → verdict and severity, reckoned by hand."""
        with reading(self.office.ledger) as session:
            states = {v.id: self.closed_as.get(v.id, v.state) for v in session.exec(select(Violation))}
            by_waiver = set(session.exec(select(WaivedViolation.violation_id)))
            held = session.exec(select(Waiver).where(Waiver.state == "approved")).all()
            names = {s.id: s.external_id for s in shops_of(session)}
            covered = {
                (names[w.shop_id], week)
                for w in held
                for week, monday in WEEKS.items()
                if w.first_day <= monday and monday + timedelta(days=6) <= w.last_day
            }
        found = {}
        for (shop, week), replied in self.replied.items():
            name, state = breach(shop, week), states.get(breach(shop, week))
            counted = sum(
                states.get(breach(shop, other)) == "confirmed"
                for other, monday in WEEKS.items()
                if timedelta(0) < WEEKS[week] - monday <= timedelta(days=WITHIN)
            )
            if replied == 9:
                found[shop, week] = ("compliant", None)
            elif (state == "waived" and name not in by_waiver) or ((shop, week) in covered and state not in SPOKEN):
                found[shop, week] = ("exempt", None)
            else:
                found[shop, week] = ("violation", STEPS[min(counted + 1, 3)])
        return found


def shops_of(session):
    return session.exec(select(Subject).where(Subject.kind == "shop")).all()


def check(world):
    world.begin()
    for _ in range(world.chance.randint(6, 14)):
        world.happen()
    world.assess(last=True)
    office, now = world.office, world.at(TIMES[-1])
    assert office.assess(now).runs == 0
    fresh = office.forecast(now, known_at=datetime.now(UTC) + timedelta(days=1))
    anew = {(o.shop, o.cycle): (o.verdict, o.severity) for o in fresh}
    assert anew == world.right()
    # What was decided about a breach stands in the place of our forecast; the rows have the forecast itself.
    with reading(office.ledger) as session:
        names = {s.id: s.external_id for s in shops_of(session)}
        stands = [a for a in session.exec(select(Assessment)) if a.superseded_at is None]
        assert {(names[a.subject_id], a.cycle): (a.verdict, a.severity) for a in stands} == anew
        ours = {v.id: v for v in session.exec(select(Violation)) if ours_to_change(v)}
    assert {o.violation for o in fresh if o.violation} >= ours.keys()
    for o in fresh:
        if o.violation in ours:
            v = ours[o.violation]
            assert (v.severity, (v.exposure_min_fen, v.exposure_max_fen)) == (o.severity, exposure_fen(o.sanctions))


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(5))
def test_any_interleaving_comes_to_rest_in_what_is_right(world, sqlite_ledger, seed):
    check(world(seed, sqlite_ledger))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
@pytest.mark.parametrize("url", ["sqlite_ledger_url", "postgres_ledger_url"])
def test_many_interleavings_come_to_rest_in_what_is_right(world, request, seed, url):
    ledger = open_ledger(request.getfixturevalue(url))
    request.addfinalizer(ledger.dispose)
    check(world(seed, ledger))
