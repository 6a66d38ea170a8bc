"""Whatever happens in whatever order: no violation is told twice to the same recipient, and none is left out."""

import random
from contextlib import suppress
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


class History:
    """An office to which things happen by chance, and what its people were told."""

    def __init__(self, office, rulebook, seed, at):
        self.office, self.rulebook, self.chance, self.at = office, rulebook, random.Random(seed), at
        self.shops = [office.shop(f"s{n}", contact=PEOPLE[n % 3], client=CLIENTS[n % 2]) for n in range(4)]
        self.found, self.clients = [], []
        self.told = {who: [] for who in PEOPLE}

    def send(self, letter, now):  # a channel's
        outcome = self.chance.choice([Outcome("accepted", "250 OK")] * 4 + [TEMPORARY, REFUSED])
        if outcome.kind == "accepted":
            [notice] = [n for n in self.office.notices() if (n.key, n.recipient) == (letter.key, letter.recipient)]
            names = self.office.items().get(notice.id, [notice.violation_id])
            self.told[letter.recipient] += names
            assert all(name in letter.body for name in names)
            with reading(self.office.ledger) as session:
                clients = session.exec(select(Violation.client).where(col(Violation.id).in_(names)))
                self.clients.append(set(clients))
        return outcome

    def settle(self, letter, since):  # a channel's
        return None

    def find(self, shop):
        with reading(self.office.ledger) as session:
            shop.client = session.get_one(Subject, shop.id).client
        self.found.append(f"V-{len(self.found):03d}")
        self.office.violation(self.found[-1], shop, late=self.chance.random() < 0.8, cycle=f"x-{self.found[-1]}")
        self.office.assessed(self.found[-1], self.at - timedelta(days=2))

    def work(self, _=None, pauses=(QUIET / 2, QUIET, QUIET * 10)):
        plan_notices(self.office.ledger, self.rulebook, self.at, "zh-CN")
        deliver_due(self.office.ledger, {"email": self}, self.at, "w1")
        self.at += self.chance.choice(pauses)

    def settle_one(self, _):
        for name in self.found[-1:]:
            self.office.change(Violation, name, state=self.chance.choice(["withdrawn", "open"]))

    def reopen(self, _):
        for name in self.chance.sample(self.found, min(1, len(self.found))):
            self.stand(name, late=self.chance.random() < 0.5)

    def stand(self, name, late):
        self.office.change(Violation, name, state="open")
        self.office.happened("violation.reopened", name, late=late)

    def turn(self, shop):
        client, contact = {"client": self.chance.choice(CLIENTS)}, {"contact": self.chance.choice(PEOPLE)}
        self.office.register(shop.external_id, at=self.at, **self.chance.choice([client, contact]))

    def try_again(self, _=None):
        """What a person does about notices that failed; some have nobody to go to."""
        for notice in self.office.notices():
            if notice.state == "failed":
                with suppress(KaoheError):
                    retry(self.office.ledger, notice.id, self.at, "zhang")


@pytest.mark.few(3)
@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_tells_each_violation_once_to_each_recipient(sqlite_office, rulebook, now, seed):
    history = History(sqlite_office, rulebook, seed, now)
    steps = [history.find] * 8 + [history.work] * 6 + [history.turn] * 2
    steps += [history.settle_one, history.settle_one, history.reopen, history.try_again]
    for _ in range(60):
        history.chance.choice(steps)(history.chance.choice(history.shops))
    for name in history.found:  # what stands, stands for good from here on
        history.stand(name, late=True)
    for _ in range(40):
        history.work(pauses=[timedelta(days=1)])
        history.try_again()
    assert all(len(clients) == 1 for clients in history.clients)
    for who, names in history.told.items():
        assert len(names) == len(set(names)), f"{who} was told twice"
    with reading(sqlite_office.ledger) as session:
        contacts = {v.id: session.get_one(Subject, v.subject_id).contact for v in session.exec(select(Violation))}
        assert verify(session) == []
    assert len(contacts) == len(history.found) > 0
    assert {name: who for name, who in contacts.items() if name not in history.told[who]} == {}
