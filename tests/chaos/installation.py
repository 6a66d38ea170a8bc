"""What a test of this room begins with: a ledger, a lake, rules, and a fortnight on which people had their say."""

import time
from datetime import UTC
from pathlib import Path
from random import Random

from console.settings import SHIPPED_RULESETS
from engine.assessment.assess import assess_due
from engine.assessment.place import Place
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.actors import Actor
from engine.ledger.database import transaction
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.violations import record
from engine.progress import silent
from engine.rulebook.book import load_or_refuse
from tests.chaos import findings
from tests.chaos.truth import Truth
from tests.chaos.world import DAWN, FIRST, PLATFORMS, SHOPS, midnight

RULES = [SHIPPED_RULESETS, Path(__file__).parent / "rules"]


class Installation:
    """A ledger, a lake and rules, with a fortnight of history that people have had their say on."""

    def __init__(self, ledger, url, home, world):
        self.ledger, self.url, self.home, self.world = ledger, url, home, world
        self.truth = Truth()
        self.rules = [r for r in load_or_refuse(RULES).values() if r.id in findings.judged_rules()]
        self.place = Place(ledger, Lake(home / "lake"), home / "cache", "before", "before")

    def begin(self):
        dawn = midnight(DAWN).astimezone(UTC)
        rows = [
            ShopRow(platform, shop, opened_on=FIRST, contact=f"{shop}@example.com")
            for platform in PLATFORMS.values()
            for shop in SHOPS
        ]
        with transaction(self.ledger) as session:
            register_shops(session, rows, dawn, "desk")
        for load in self.world.history:
            self.bring(load)
        assess_due(self.place, self.rules, dawn, silent)
        found = self.differences(dawn)
        assert not found, found
        self._confirm(dawn)
        assess_due(self.place, self.rules, dawn, silent)  # what was decided is reckoned with in the cycles after it
        found = self.differences(dawn)
        assert not found, found

    def bring(self, load):
        """Import in this process."""
        file = self.world.write(load, self.home / "brought.csv")
        request = ImportRequest(KINDS[load.kind], (file,), "desk", replace=load.replace)
        import_evidence(self.ledger, self.place.lake, bytes(32), request, load.at.astimezone(UTC), silent)
        self.truth.accept(self.world, load)

    def _confirm(self, dawn):
        """People confirm some violations whose cycles are over: those after them are worse, for a while."""
        chance = Random(f"{self.world.seed} confirmed")
        days = {(rule, first): (last, on) for rule, first, last, on in self.truth.cycles(dawn)}
        known = {}
        with findings.reading(self.ledger) as session:
            names = findings.shops(session)
            for v in session.exec(findings.select(findings.Violation)):
                known[v.rule, names[v.subject_id], v.cycle_start] = (v.id, v.severity)
        for key in sorted(known):
            name, severity = known[key]
            last, assessed = days[key[0], key[2]]
            assert last < DAWN  # nothing of it will ever be judged again
            if chance.random() < 0.4:
                continue
            self.truth.settled[key] = severity  # as it was when somebody spoke about it
            with transaction(self.ledger) as session:
                record(session, name, "confirmed", Actor.unbounded("a person"), "told so", dawn)
            self.truth.confirmed[key[0], key[1]].append(assessed)
            self.truth.spoken.add(key)

    def job(self, smtp):
        where = {"ledger": self.url, "lake": str(self.place.lake.root), "cache": str(self.place.cache)}
        return where | {"rules": [str(path) for path in RULES], "smtp": smtp}

    def wait_until_settled(self, patience):
        """The moment at which all was as it must be; None if it was not within `patience` seconds."""
        expected = self.truth.standing(self.world.end)
        limit = time.time() + patience
        while time.time() < limit:
            moment = time.time()
            if findings.standing(self.ledger) == expected and not findings.unsent(self.ledger):
                return moment
            time.sleep(0.2)
        return None

    def differences(self, now):
        found, wanted = findings.standing(self.ledger), self.truth.standing(now)
        return [
            f"{key}: {found.get(key)}, not {wanted.get(key)}"
            for key in sorted(found.keys() | wanted.keys())
            if found.get(key) != wanted.get(key)
        ]
