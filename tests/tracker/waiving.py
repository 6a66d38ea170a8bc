"""People who ask for waivers and agree to them, for the tests about that."""

from datetime import date
from functools import partial

from engine.ledger.database import reading, transaction
from engine.ledger.subjects import ShopRow, register_shops
from engine.tracker import waivers
from engine.tracker.waived import shop_left
from engine.tracker.waiver_scope import Asked

W10, W11 = "2026-W10", "2026-W11"
MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)
TUESDAY, NEXT_TUESDAY = "2026-03-10T10:00", "2026-03-17T10:00"
X1 = "xiaohongshu.reply-rate"


class Waiving:
    """People who ask for waivers and agree to them, in an office."""

    def __init__(self, office, at, person):
        self.office, self.at = office, at
        self.li, self.wang = person("li", "operator"), person("wang")

    def ask(self, by=None, now=TUESDAY, why="the platform was down", **asked):
        asked = {"client": "default", "rules": (X1,), "first": MONDAY, "last": SUNDAY} | asked
        with transaction(self.office.ledger) as session:
            asked = Asked(**{k: v for k, v in asked.items() if v is not None})
            return self.name(waivers.request(session, self.office.book, asked, why, by or self.li, self.at(now)))

    def of_violation(self, violation, **more):
        return self.ask(violation=violation, client=None, rules=(), first=None, last=None, **more)

    def approve(self, *names, by=None, now=TUESDAY):
        with transaction(self.office.ledger) as session:
            waivers.approve(session, self.office.book, names, by or self.wang, self.at(now))

    def revoke(self, name, by=None, now=TUESDAY, why="it was not down"):
        with transaction(self.office.ledger) as session:
            waivers.revoke(session, self.office.book, name, why, by or self.wang, self.at(now))

    def edit(self, name, by, now=TUESDAY, **asked):
        asked = {"client": "default", "rules": (X1,), "first": MONDAY, "last": SUNDAY} | asked
        with transaction(self.office.ledger) as session:
            waivers.edit(session, self.office.book, name, Asked(**asked), "better words", by, self.at(now))

    def move(self, client, shop="s1", now=TUESDAY):
        """A shop gets another client, as the console lets it."""
        moved = partial(shop_left, rulebook=self.office.book, now=self.at(now))
        with transaction(self.office.ledger) as session:
            register_shops(session, [ShopRow("xiaohongshu", shop, client=client)], self.at(now), "root", moved)

    def waiver(self, name):
        with reading(self.office.ledger) as session:
            return waivers.by(session, name)

    @staticmethod
    def name(waiver):
        return f"W-{waiver.id}"
