"""Whatever happens in whatever order: no violation is told twice to the same recipient, and none is left out."""

import random
from datetime import timedelta

import pytest
from sqlmodel import col, select

from engine.errors import KaoheError
from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Subject, Violation
from notifier.channels.outcome import Outcome
from notifier.deliver import deliver_due
from notifier.digests import QUIET
from notifier.plan import plan_notices
from notifier.retry import retry

PEOPLE = ("zhang@example.com", "li@example.com", "wang@example.com")
CLIENTS = ("acme", "globex")
TEMPORARY, REFUSED = Outcome("temporary", "450 busy"), Outcome("permanent", "550 no such user")


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_tells_each_violation_once_to_each_recipient(sqlite_office, rulebook, build, now, seed):
    office, chance = sqlite_office, random.Random(seed)
    shops = [office.shop(f"s{n}", contact=PEOPLE[n % 3], client=CLIENTS[n % 2]) for n in range(4)]
    post, at, found, mixed = build.post(), now, [], []
    told = {who: [] for who in PEOPLE}

    class Watching(build.post):
        def send(self, letter, instant):
            outcome = chance.choice([Outcome("accepted", "250 OK")] * 4 + [TEMPORARY, REFUSED])
            if outcome.kind == "accepted":
                [notice] = [n for n in office.notices() if (n.key, n.recipient) == (letter.key, letter.recipient)]
                names = office.items().get(notice.id, [notice.violation_id])
                told[letter.recipient] += names
                assert all(name in letter.body for name in names)
                with reading(office.ledger) as session:
                    clients = session.exec(select(Violation.client).where(col(Violation.id).in_(names)))
                    mixed.extend(len(set(clients)) > 1 for _ in "1")
            return outcome

    post = Watching()
    for _ in range(60):
        step, shop = chance.random(), chance.choice(shops)
        if step < 0.4:
            with reading(office.ledger) as session:
                shop.client = session.get_one(Subject, shop.id).client
            name = f"V-{len(found):03d}"
            office.violation(name, shop, late=chance.random() < 0.8, cycle=f"x-{name}")
            office.assessed(name, at - timedelta(days=2))
            found.append(name)
        elif step < 0.7:
            plan_notices(office.ledger, rulebook, at, "zh-CN")
            deliver_due(office.ledger, {"email": post}, at, "w1")
            at += chance.choice([QUIET / 2, QUIET, QUIET * 10])
        elif step < 0.78 and found:
            office.change(Violation, chance.choice(found), state=chance.choice(["withdrawn", "open"]))
        elif step < 0.84 and found:
            name = chance.choice(found)
            office.change(Violation, name, state="open")
            office.happened("violation.reopened", name, late=chance.random() < 0.5)
        elif step < 0.92:
            said = {"client": chance.choice(CLIENTS)} if chance.random() < 0.5 else {"contact": chance.choice(PEOPLE)}
            office.register(shop.external_id, at=at, **said)
        else:
            try_again(office, at)
    for name in found:  # what stands, stands for good, and everything works from here on
        office.change(Violation, name, state="open")
        office.happened("violation.reopened", name, late=True)
    for _ in range(40):
        plan_notices(office.ledger, rulebook, at, "zh-CN")
        deliver_due(office.ledger, {"email": post}, at, "w1")
        at += timedelta(days=1)
        try_again(office, at)
    assert not any(mixed)
    for who, names in told.items():
        assert len(names) == len(set(names)), f"{who} was told twice"
    with reading(office.ledger) as session:
        contacts = {v.id: session.get_one(Subject, v.subject_id).contact for v in session.exec(select(Violation))}
        assert verify(session) == []
    left = {name: who for name, who in contacts.items() if name not in told[who]}
    assert left == {}


def try_again(office, at):
    """What a person does about notices that failed."""
    for notice in office.notices():
        if notice.state == "failed":
            try:
                retry(office.ledger, notice.id, at, "zhang")
            except KaoheError as error:
                assert "has nobody to go to" in str(error)
