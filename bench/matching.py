"""How long it takes to compare penalties with violations: `python -m bench.matching [VIOLATIONS] [PENALTIES]`."""

from __future__ import annotations

import random
import resource
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

from engine.rulebook.book import load_or_refuse
from engine.tracker.guessing import Guesser
from engine.tracker.matching import Ours, match
from engine.tracker.penalties import Penalty

RULES = ("kuaishou.good-rating", "kuaishou.service-attitude", "kuaishou.reply-rate-3min")
SHOPS, FIRST = 10_000, date(2025, 1, 7)
SAID = (("rule", "cycle"), ("rule",), ("kind",), ())  # what a notice tells of the rule and the cycle


def main(violations: int, penalties: int) -> None:
    """Compare generated rows: every shop breaches three rules week after week, and a tenth of it was punished."""
    numbers = random.Random(7)
    ours = [_ours(n) for n in range(violations)]
    theirs = [_penalty(ours[numbers.randrange(violations)], n, numbers) for n in range(penalties)]
    guesser = Guesser(load_or_refuse([Path(__file__).parents[1] / "rulesets"]))
    start = perf_counter()
    found = match(theirs, ours, guesser, date(2027, 1, 1), 30)
    seconds = perf_counter() - start
    sure = sum(bool(m.penalty and m.violation and not m.doubts) for m in found)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{violations:,} violations, {penalties:,} penalties: {seconds:.1f} s, {sure:,} certain, peak {memory:,} MB")


def _ours(n: int) -> Ours:
    rule, shop, week = RULES[n % 3], n // 3 % SHOPS, n // 3 // SHOPS
    assessed = FIRST + timedelta(days=7 * week)
    cycle = (
        f"{(assessed - timedelta(days=7)).isocalendar().year}-W{(assessed - timedelta(days=7)).isocalendar().week:02d}"
    )
    return Ours(f"V-{n:012}", rule, "kuaishou", f"k{shop}", cycle, 7, assessed, "open", "minor", (0, 0), None)


def _penalty(about: Ours, n: int, numbers: random.Random) -> Penalty:
    told = numbers.choice(SAID)
    noticed = datetime.combine(about.assessed_on, datetime.min.time(), UTC) + timedelta(hours=4 + numbers.randrange(96))
    return Penalty(
        platform="kuaishou",
        shop=about.shop,
        reference=f"KS-{n}",
        kind="服务态度差" if "kind" in told else None,
        rule=about.rule if "rule" in told else None,
        cycle=about.cycle if "cycle" in told else None,
        severity=None,
        measure=None,
        amount_fen=None,
        account=None,
        noticed_at=noticed,
        appeal_until=None,
        status="open",
        borne_by=None,
    )


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], "1000000", "100000")[:2]))
