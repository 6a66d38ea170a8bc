"""What the platforms decided: the penalties in the lake, of those shops that a session may see.

A penalty is evidence, and so it lies in day files; who may see a shop stands in the ledger. So the shops are asked for
first, and no row of another one leaves this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import NamedTuple

import duckdb
from sqlmodel import Session, col, select

from engine.evidence.day_rows import day_rows
from engine.evidence.duck import connect
from engine.evidence.kinds import PENALTIES
from engine.evidence.lake import Lake
from engine.ledger import day_files
from engine.ledger.day_files import Live
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Subject
from engine.ledger.veil import veil_of
from engine.measure.counting import kept, uncountable

_COLUMNS = (
    "platform, shop, reference, kind, rule, cycle, severity, measure, amount_fen, account, noticed_at, appeal_until, "
    "status, borne_by"
)


class PenaltyKey(NamedTuple):
    """What tells a penalty from all others: the number of a notice is the platform's, and only of one shop."""

    platform: str
    shop: str
    reference: str


@dataclass(frozen=True, slots=True)
class Penalty:
    """One decision of a platform, as its notice tells it. `kind`, `measure` and `borne_by` are free text.

    `rule` and `cycle` are what the notice names, in whatever words. Instants are UTC; `appeal_until` is exclusive.
    """

    platform: str
    shop: str
    reference: str
    kind: str | None
    rule: str | None
    cycle: str | None
    severity: str | None
    measure: str | None
    amount_fen: int | None
    account: str | None
    noticed_at: datetime
    appeal_until: datetime | None
    status: str
    borne_by: str | None

    @property
    def key(self) -> PenaltyKey:
        """What tells it from all others."""
        return PenaltyKey(self.platform, self.shop, self.reference)

    @property
    def shop_key(self) -> str:
        """The natural name of its shop."""
        return shop_key(self.platform, self.shop)


def penalty_name(key: str, reference: str) -> str:
    """What the journal calls the penalty with this number, of the shop with this key.

    >>> penalty_name("shop:kuaishou/k1", "CF-1")
    'shop:kuaishou/k1#CF-1'
    """
    return f"{key}#{reference}"


def penalties(
    lake: Lake,
    live: Live,
    shops: Collection[tuple[str, str]],
    *,
    reference: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Penalty]:
    """The penalties of these shops (platform, id) in the live day files, by notice time, platform, shop and reference.

    `first` and `last` bound the local day of the notice, inclusive. Raises UncountableError where a day file is missing
    or damaged.
    """
    files = sorted(
        (*key, generation)
        for key, generation in live.items()
        if key[0] == PENALTIES.name and (first is None or key[2] >= first) and (last is None or key[2] <= last)
    )
    if not files or not shops:
        return []
    rows = day_rows(PENALTIES, [kept(lake, file) for file in files])
    platforms, names = zip(*sorted(shops), strict=True)
    con = connect()
    try:
        found = con.execute(
            f"SELECT {_COLUMNS} FROM ({rows}) SEMI JOIN "  # noqa: S608  our own columns and files
            "(SELECT unnest(?::VARCHAR[]) AS platform, unnest(?::VARCHAR[]) AS shop) USING (platform, shop) "
            "WHERE ?::VARCHAR IS NULL OR reference = ? ORDER BY noticed_at, platform, shop, reference",
            [list(platforms), list(names), reference, reference],
        ).fetchall()
    except duckdb.Error as error:
        raise uncountable(lake, files, error) from error
    finally:
        con.close()
    return [_penalty(row) for row in found]


def seen_penalties(
    session: Session,
    lake: Lake,
    *,
    client: str | None = None,
    platform: str | None = None,
    shop: str | None = None,
    reference: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Penalty]:
    """The same, of the shops that `session` may see: of a client, of a platform, or the one with this id."""
    shops = shops_seen(session, client, platform, shop)
    live = live_penalties(session, {name for name, _ in shops})
    found = penalties(lake, live, shops, reference=reference, first=first, last=last)
    return veiled(session, found)


def veiled(session: Session, found: list[Penalty]) -> list[Penalty]:
    """These penalties as the reader of `session` may see them: who bears one is for people of the house."""
    return [replace(penalty, borne_by=None) for penalty in found] if veil_of(session) else found


def shops_seen(
    session: Session, client: str | None = None, platform: str | None = None, shop: str | None = None
) -> dict[tuple[str, str], Subject]:
    """The shops on record that `session` may see, also those of which there is nothing but a penalty."""
    wanted = select(Subject).where(Subject.kind == "shop")
    for column, value in ((Subject.client, client), (Subject.platform, platform), (Subject.external_id, shop)):
        if value is not None:
            wanted = wanted.where(col(column) == value)
    return {(row.platform, row.external_id): row for row in session.exec(wanted) if row.platform is not None}


def live_penalties(session: Session, platforms: Iterable[str]) -> Live:
    """The live day files of penalties of these platforms."""
    files = (file for name in sorted(set(platforms)) for file in day_files.live(session, PENALTIES.name, name))
    return {(file.kind, file.platform, file.day): file.generation for file in files}


def _penalty(row: tuple[object, ...]) -> Penalty:
    found = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("noticed_at", "appeal_until"):
        value = found[name]
        found[name] = value.replace(tzinfo=UTC) if isinstance(value, datetime) else None
    return Penalty(**found)  # type: ignore[arg-type]  # the columns of the lake have these types
