"""Standards of contracts: what a client has agreed beyond the platform's rule, and whether its shops' figures meet it.

The figures are the recorded ones. What comes of them is derived when it is read, and is never a violation: it stands
apart wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlmodel import Session, col, or_, select

from engine.assessment.archive import VersionShelf
from engine.assessment.outcome import ranges_json, six_decimals
from engine.errors import KaoheError, UnknownNameError
from engine.judge.subjects import interval_of
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.tables import Assessment, ContractStandard, Subject
from engine.ledger.violation_lists import known_client
from engine.ledger.violations import by
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Bound, Comparison, Interval, Rule, Version
from engine.rulebook.values import limit
from engine.tracker.contract_bounds import Recorded, Result, read_bound, result_of, versions_met, why_not_stricter


@dataclass(frozen=True, slots=True)
class Agreed:
    """A standard of a contract, and the shop that it is for; None: all of the client's."""

    standard: ContractStandard
    shop: Subject | None

    @property
    def bound(self) -> Bound:
        """What a figure must be."""
        return bound_of(self.standard)


@dataclass(frozen=True, slots=True)
class Checked:
    """A figure beside the contract's standard and the platform's. `stricter`: the contract's still is."""

    standard: ContractStandard
    shop: Subject
    row: Assessment
    version: Version
    result: Result

    @property
    def bound(self) -> Bound:
        """What the contract wants."""
        return bound_of(self.standard)

    @property
    def platform_bound(self) -> Bound:
        """What the platform wants."""
        assert self.version.standard is not None
        return self.version.standard.complies

    @property
    def stricter(self) -> bool:
        """Whether the contract wants more than the version that was used."""
        return why_not_stricter(self.version, self.bound) is None

    def sort_key(self) -> tuple[Any, ...]:
        """assessed_on, platform, shop, agent, rule, cycle: the order of every list."""
        return (self.row.assessed_on, self.shop.platform, self.shop.external_id, "", self.row.rule, self.row.cycle)

    def as_json(self) -> dict[str, Any]:
        """One line of `kaohe standards check --json`."""
        row = self.row
        return {
            "rule": row.rule,
            "version": row.version,
            "platform": self.shop.platform,
            "client": self.shop.client,
            "shop": self.shop.external_id,
            "agent": None,
            "cycle": row.cycle,
            "cycle_start": row.cycle_start.isoformat(),
            "cycle_end": row.cycle_end.isoformat(),
            "assessed_on": row.assessed_on.isoformat(),
            "numerator": row.numerator,
            "denominator": row.denominator,
            "value": six_decimals(row.numerator, row.denominator),
            "contract": str(self.bound),
            "result": self.result,
            "stricter": self.stricter,
            "platform_standard": str(self.platform_bound),
            "verdict": row.verdict,
            "standard": self.standard.id,
        } | ranges_json(*_ranges(row))


def bound_of(standard: ContractStandard) -> Bound:
    """A standard as a comparison."""
    return Bound(cast("Comparison", standard.comparison), limit(standard.limit_written), standard.limit_written)


def set_standard(
    session: Session,
    actor: Actor,
    rule: Rule,
    client: str,
    written: str,
    since: date,
    now: datetime,
    *,
    shop: Subject | None = None,
    until: date | None = None,
    note: str | None = None,
) -> Agreed:
    """Put a standard on record for the cycles of `rule` that begin in `since`..`until`.

    Ends with the journal's lock, so commit next. Raises UnknownNameError for an unknown client, and KaoheError if the
    shop is another client's, the bound is not stricter than each version's that it meets, or another standard holds
    for some of these days.
    """
    known_client(session, client)
    actor.must(Permission.REGISTER, client, shop.key if shop else None)
    if shop is not None and (shop.client, shop.platform) != (client, rule.platform):
        raise KaoheError(
            f"{shop.key} is a shop of {shop.client}, and {rule.id} is about {client}'s shops on {rule.platform}",
            zh=f"{shop.key} 是客户 {shop.client} 的店铺；这里要的是 {client} 在 {rule.platform} 上的店铺",
        )
    if until is not None and until < since:
        raise KaoheError(f"{since}..{until} runs backwards", zh=f"{since} 至 {until} 前后颠倒")
    bound = _stricter(rule, written, since, until)
    _refuse_another(session, client, rule.id, shop, since, until)
    standard = ContractStandard(
        client=client,
        rule=rule.id,
        shop_id=shop.id if shop else None,
        comparison=bound.comparison,
        limit_written=bound.as_written,
        since=since,
        until=until,
        note=note,
        set_at=now,
        set_by=actor.name,
    )
    session.add(standard)
    session.flush()
    payload = {"why": note, "before": None, "after": _told(standard, shop)}
    append(session, now, [Event(actor.name, "standard.set", "standard", str(standard.id), payload)])
    return Agreed(standard, shop)


def end_standard(session: Session, actor: Actor, standard_id: int, last: date, why: str, now: datetime) -> Agreed:
    """Let a standard hold for no cycle that begins after `last`; before its first day, it never held.

    Raises UnknownNameError for one that is not there, KaoheError if it has been ended or there is no reason.
    """
    standard = session.get(ContractStandard, standard_id, with_for_update=True, populate_existing=True)
    shop = session.get(Subject, standard.shop_id) if standard is not None and standard.shop_id is not None else None
    if standard is None or not _sees(actor, standard, shop):
        known = [str(one.standard.id) for one in standards(session, actor)]
        raise UnknownNameError("standard", str(standard_id), known, "`kaohe standards list` shows them")
    actor.must(Permission.REGISTER, standard.client, shop.key if shop else None)
    if standard.ended_at is not None:
        raise KaoheError(
            f"the standard {standard.id} was ended already; set a new one",
            zh=f"标准 {standard.id} 已经终止；请另设一条",
        )
    if not why.strip():
        raise KaoheError("a standard cannot be ended without a reason; say --why", zh="终止标准要写理由：--why")
    if standard.until is not None and last > standard.until:
        raise KaoheError(
            f"the standard {standard.id} ends on {standard.until} already; to make it longer, set a new one",
            zh=f"标准 {standard.id} 本来就到 {standard.until} 为止；要延长请另设一条",
        )
    never = standard.since - timedelta(days=1)
    if last < never:
        raise KaoheError(
            f"the standard {standard.id} holds from {standard.since} on: with --last {never} it never held, "
            "and an earlier day says nothing else",
            zh=f"标准 {standard.id} 从 {standard.since} 起生效：写 --last {never} 即从未生效，更早的日子没有意义",
        )
    before = _told(standard, shop)
    standard.until, standard.ended_at, standard.ended_by = last, now, actor.name
    session.add(standard)
    payload = {"why": why, "before": before, "after": _told(standard, shop)}
    append(session, now, [Event(actor.name, "standard.ended", "standard", str(standard.id), payload)])
    return Agreed(standard, shop)


def standards(session: Session, actor: Actor, client: str | None = None, rule: str | None = None) -> list[Agreed]:
    """Every standard that was ever set, as far as the actor may read it: by client, rule, shop and first day."""
    wanted = select(ContractStandard, Subject).outerjoin(Subject, col(Subject.id) == col(ContractStandard.shop_id))
    if client is not None:
        wanted = wanted.where(ContractStandard.client == known_client(session, client))
    if rule is not None:
        wanted = wanted.where(ContractStandard.rule == rule)
    found = [Agreed(standard, shop) for standard, shop in session.exec(wanted) if _sees(actor, standard, shop)]
    return sorted(found, key=lambda a: (a.standard.client, a.standard.rule, a.shop.key if a.shop else "", *_age(a)))


def check(
    session: Session,
    actor: Actor,
    rulebook: RuleBook,
    *,
    client: str | None = None,
    month: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Checked]:
    """Every current figure for which a contract has a standard, beside it, in the order of every list.

    `month` is that of the cycles' last days, `first` and `last` bound the assessment day, inclusive.
    """
    agreed = standards(session, actor, client)
    if not agreed:
        return []
    wanted = _current().where(
        col(Assessment.rule).in_({a.standard.rule for a in agreed}),
        col(Subject.client).in_({a.standard.client for a in agreed}),
    )
    if month is not None:
        begins = date.fromisoformat(f"{month}-01")
        beyond = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1)
        # A cycle is assessed after its last day, and of days there is an index.
        wanted = wanted.where(Assessment.cycle_end >= begins, Assessment.cycle_end < beyond)
        wanted = wanted.where(Assessment.assessed_on >= begins)
    if first is not None:
        wanted = wanted.where(Assessment.assessed_on >= first)
    if last is not None:
        wanted = wanted.where(Assessment.assessed_on <= last)
    return sorted(_checked(session, rulebook, actor, agreed, session.exec(wanted)), key=Checked.sort_key)


def beside(session: Session, actor: Actor, rulebook: RuleBook, violation_id: str) -> Checked | None:
    """What the contract says of the figure of a violation; None where it says nothing. Raises UnknownNameError."""
    violation = by(session, violation_id)
    agreed = standards(session, actor, rule=violation.rule)
    of_it = (
        Assessment.rule == violation.rule,
        Assessment.subject_id == violation.subject_id,
        Assessment.cycle == violation.cycle,
    )
    found = list(_checked(session, rulebook, actor, agreed, session.exec(_current().where(*of_it)))) if agreed else []
    return found[0] if found else None


def _current() -> Any:
    wanted = select(Assessment, Subject).join(Subject, col(Subject.id) == col(Assessment.subject_id))
    return wanted.where(col(Assessment.superseded_at).is_(None), Subject.kind == "shop")


def _checked(
    session: Session, rulebook: RuleBook, actor: Actor, agreed: Sequence[Agreed], rows: Iterable[Any]
) -> Iterable[Checked]:
    by_place: dict[tuple[str, str, int | None], list[ContractStandard]] = {}
    for one in agreed:
        by_place.setdefault((one.standard.client, one.standard.rule, one.standard.shop_id), []).append(one.standard)
    shelf = VersionShelf(session, rulebook)
    for row, shop in rows:
        standard = _holding(by_place, row, shop)
        if standard is None or not actor.may(Permission.READ, shop.client, shop.key):
            continue
        version = shelf.get(row.rule, row.version, row.rule_sha256)[1]
        if version.standard is not None:
            yield Checked(standard, shop, row, version, result_of(version, bound_of(standard), _recorded(row)))


def _holding(
    by_place: Mapping[tuple[str, str, int | None], Sequence[ContractStandard]], row: Assessment, shop: Subject
) -> ContractStandard | None:
    """The standard that holds for a shop's cycle: its own before that of all shops of the client."""
    for whom in (shop.id, None):
        for standard in by_place.get((shop.client, row.rule, whom), ()):
            if standard.since <= row.cycle_start and (standard.until is None or row.cycle_start <= standard.until):
                return standard
    return None


def _recorded(row: Assessment) -> Recorded:
    numerator, denominator = _ranges(row)
    return Recorded(row.verdict, numerator or row.numerator, denominator or row.denominator)


def _ranges(row: Assessment) -> tuple[Interval | None, Interval | None]:
    numerator = interval_of(row.numerator_low, row.numerator_high)
    return numerator, interval_of(row.denominator_low, row.denominator_high)


def _stricter(rule: Rule, written: str, since: date, until: date | None) -> Bound:
    """The bound that is written. Raises KaoheError unless it is stricter than each version's that it meets."""
    met = list(versions_met(rule, since, until))
    if not met:
        raise KaoheError(
            f"{rule.id} has no standard in these days: no version of it is in force",
            zh=f"{rule.id} 在这段时间没有标准：没有生效的版本",
        )
    first = met[0].standard
    assert first is not None
    bound = read_bound(written, first.complies)
    for version in met:
        why, ours = why_not_stricter(version, bound), version.standard
        if why is not None and ours is not None:
            raise KaoheError(
                f"{bound} cannot be a standard over {rule.id}: version {version.key} of the platform wants "
                f"{ours.complies}, and {why.en}",
                zh=f"{bound} 不能作为 {rule.id} 的合同标准：平台 {version.key} 版要求 {ours.complies}，{why.zh}",
            )
    return bound


def _refuse_another(
    session: Session, client: str, rule: str, shop: Subject | None, since: date, until: date | None
) -> None:
    same = select(ContractStandard).where(
        ContractStandard.client == client,
        ContractStandard.rule == rule,
        col(ContractStandard.shop_id).is_(None) if shop is None else ContractStandard.shop_id == shop.id,
        or_(col(ContractStandard.until).is_(None), col(ContractStandard.until) >= since),
    )
    for other in session.exec(same):
        never = other.until is not None and other.until < other.since
        if not never and (until is None or other.since <= until):
            raise KaoheError(
                f"the standard {other.id} ({bound_of(other)} from {other.since}) holds for some of these days; "
                f"end it first: `kaohe standards end {other.id} --last DATE --why …`",
                zh=f"标准 {other.id}（{bound_of(other)}，自 {other.since}）与这段时间重叠；"
                f"请先终止它：`kaohe standards end {other.id} --last DATE --why …`",
            )


def _sees(actor: Actor, standard: ContractStandard, shop: Subject | None) -> bool:
    return actor.may(Permission.READ, standard.client, shop.key if shop else None)


def _age(agreed: Agreed) -> tuple[date, int]:
    return agreed.standard.since, agreed.standard.id or 0


def _told(standard: ContractStandard, shop: Subject | None) -> dict[str, Any]:
    return {
        "client": standard.client,
        "rule": standard.rule,
        "shop": shop.key if shop else None,
        "bound": str(bound_of(standard)),
        "since": standard.since.isoformat(),
        "until": standard.until.isoformat() if standard.until else None,
    }
