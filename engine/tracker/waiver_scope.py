"""What a waiver may cover: a stretch of days and some shops, and never so much that it becomes another rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from engine.assessment.waiving import waiver_name
from engine.calendar.cycles import CAMPAIGN, cycles_between
from engine.calendar.zones import local_day
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor, Permission
from engine.ledger.everything import everything
from engine.ledger.tables import Subject, Violation, Waiver, WaiverShop
from engine.ledger.violation_lists import known_client
from engine.ledger.violations import by
from engine.rulebook.model import Rule
from engine.rulebook.platforms import PLATFORMS

# Three months are the most that a rule by the month can need for something that passes; what stays longer is another
# rule, and belongs into a version of it.
LONGEST = timedelta(days=92)
# What lies further back is settled between people and platform; what is further ahead, nobody knows yet.
FURTHEST = timedelta(days=92)
MOST_SHOPS = 20  # whoever is no officer asks for more in parts, so that somebody looks at each
MOST_RULES = 5  # to let off everything is no waiver


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks to let off: a client or one shop, rules and days (inclusive); or one violation alone."""

    client: str | None = None
    shop: Subject | None = None
    rules: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    violation: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """What a waiver covers, checked. `key` is that of the one shop that it is of."""

    client: str
    shop_id: int | None
    key: str | None
    violation_id: str | None
    rules: tuple[str, ...]
    first: date
    last: date
    shops: tuple[int, ...]


def cover_of(session: Session, rulebook: Mapping[str, Rule], asked: Asked, actor: Actor, now: datetime) -> Cover:
    """What is asked for, looked up and within the limits.

    Raises UnknownNameError for what there is not, NotAllowedError, and KaoheError for what is too long, too wide, or
    covers no whole cycle.
    """
    if asked.violation is not None:
        return _of_violation(session, asked, actor)
    if (asked.client is None) == (asked.shop is None):
        raise KaoheError(
            "a waiver is of one client or of one shop: give --client or --shop, or --violation alone",
            zh="豁免只能是一个客户或一家店铺的：写 --client 或 --shop，或只写 --violation",
        )
    rules = _rules(rulebook, asked.rules)
    if asked.shop is not None:
        client, shops = asked.shop.client, [asked.shop]
    else:
        client = known_client(session, asked.client or "")
        shops = _shops_of(session, client)
    key = asked.shop.key if asked.shop else None
    actor.must(Permission.HANDLE, client, key)
    shops = [shop for shop in shops if shop.platform in {rule.platform for rule in rules}]
    if not shops:
        raise KaoheError(
            f"none of these rules judges a shop of this waiver: {', '.join(r.id for r in rules)}",
            zh=f"这些规则都不考核所选的店铺：{'、'.join(r.id for r in rules)}",
        )
    if len(shops) > MOST_SHOPS and not actor.may(Permission.APPROVE, client):
        raise KaoheError(
            f"a waiver over {len(shops)} shops is too wide: at most {MOST_SHOPS}, unless an officer asks for it",
            zh=f"豁免覆盖 {len(shops)} 家店铺，太宽：最多 {MOST_SHOPS} 家，更多须由主管（officer）申请",
        )
    first, last = _days(asked, rules, now)
    ids = tuple(shop.id for shop in shops if shop.id is not None)
    return Cover(client, asked.shop.id if asked.shop else None, key, None, tuple(r.id for r in rules), first, last, ids)


def refuse_chain(session: Session, waiver: Waiver, states: Collection[str], along: Collection[int] = ()) -> None:
    """Raise KaoheError where a waiver, with those that touch or overlap it, lets a shop off a rule for too long.

    Others count in these `states`, and those whose numbers are `along`, whoever may see them; what is of one violation
    alone does not.
    """
    if waiver.violation_id is not None:
        return
    with everything(session):
        mine = select(WaiverShop.shop_id).where(WaiverShop.waiver_id == waiver.id)
        found = session.exec(
            select(WaiverShop.shop_id, Waiver)
            .join(Waiver, col(Waiver.id) == col(WaiverShop.waiver_id))
            .where(
                col(WaiverShop.shop_id).in_(mine),
                Waiver.id != waiver.id,
                col(Waiver.violation_id).is_(None),
                or_(col(Waiver.state).in_(states), col(Waiver.id).in_(along)),
            )
        ).all()
    others: dict[tuple[int, str], list[Waiver]] = {}
    for shop, other in found:
        for rule in {*other.rules} & {*waiver.rules}:
            others.setdefault((shop, rule), []).append(other)
    for (_, rule), touching in sorted(others.items()):
        first, last = stretch((waiver.first_day, waiver.last_day), [(o.first_day, o.last_day) for o in touching])
        if last - first >= LONGEST:
            names = sorted(o.id or 0 for o in touching if first <= o.first_day <= last)
            told, days = ", ".join(map(waiver_name, names)), (last - first).days + 1
            raise KaoheError(
                f"with {told} a shop would be let off {rule} for {days} days at a stretch, {first} to {last}: at most "
                f"{LONGEST.days}; what stays longer is another rule",
                zh=f"连同 {told}，会有店铺连续 {days} 天（{first} 至 {last}）豁免 {rule}：最长 {LONGEST.days} 天；"
                "长期如此应当改规则",
            )


def stretch(span: tuple[date, date], others: Iterable[tuple[date, date]]) -> tuple[date, date]:
    """The days without a gap of which `span` (first and last day) is a part, with those of the others.

    >>> of = [(date(2026, 3, 3), date(2026, 3, 4)), (date(2026, 3, 5), date(2026, 3, 9)), (date(2026, 3, 11),) * 2]
    >>> [day.day for day in stretch((date(2026, 3, 1), date(2026, 3, 2)), of)]
    [1, 9]
    """
    first, last = span
    waiting, day = sorted(others), timedelta(days=1)
    while near := [one for one in waiting if one[0] <= last + day and first - day <= one[1]]:
        first, last = min(first, *(one[0] for one in near)), max(last, *(one[1] for one in near))
        waiting = [one for one in waiting if one not in near]
    return first, last


def _of_violation(session: Session, asked: Asked, actor: Actor) -> Cover:
    if asked != Asked(violation=asked.violation):
        raise KaoheError(
            "a waiver of one violation has its shop, rule and days already: give --violation alone",
            zh="单条违规的豁免已经确定店铺、规则和日期：只写 --violation",
        )
    violation: Violation = by(session, asked.violation or "")
    subject = session.get_one(Subject, violation.subject_id)
    actor.must(Permission.HANDLE, violation.client, subject.key)
    if violation.state not in ("open", "acknowledged"):
        raise KaoheError(
            f"violation {violation.id} is {violation.state}; only an open or acknowledged one can be waived",
            zh=f"违规 {violation.id} 的状态是 {violation.state}；只有预判违规（open、acknowledged）才能豁免",
        )
    assert subject.id is not None
    rule, days = (violation.rule,), (violation.cycle_start, violation.cycle_end)
    return Cover(violation.client, subject.id, subject.key, violation.id, rule, *days, (subject.id,))


def _shops_of(session: Session, client: str) -> list[Subject]:
    wanted = select(Subject).where(Subject.kind == "shop", Subject.client == client)
    return list(session.exec(wanted.order_by(col(Subject.id))))


def _rules(rulebook: Mapping[str, Rule], names: Sequence[str]) -> list[Rule]:
    wanted = sorted(set(names))
    for name in wanted:
        if name not in rulebook:
            raise UnknownNameError("rule", name, rulebook)
    if not 1 <= len(wanted) <= MOST_RULES:
        raise KaoheError(
            f"a waiver names 1 to {MOST_RULES} rules, not {len(wanted)}: give --rule for each",
            zh=f"豁免要写明 1 至 {MOST_RULES} 条规则，现在是 {len(wanted)} 条：每条写一个 --rule",
        )
    return [rulebook[name] for name in wanted]


def _days(asked: Asked, rules: Sequence[Rule], now: datetime) -> tuple[date, date]:
    first, last = asked.first, asked.last
    if first is None or last is None:
        raise KaoheError(
            "a waiver has a first and a last day: give --from and --to",
            zh="豁免必须有起止日期：写 --from 和 --to",
        )
    if last < first:
        raise KaoheError(f"--from {first} comes after --to {last}", zh=f"--from {first} 晚于 --to {last}")
    if last - first >= LONGEST:
        raise KaoheError(
            f"a waiver lasts at most {LONGEST.days} days, not {(last - first).days + 1}: what stays longer is another "
            "rule, or a stricter look at this one",
            zh=f"豁免最长 {LONGEST.days} 天，现在是 {(last - first).days + 1} 天：长期如此应当改规则",
        )
    today = local_day(now, PLATFORMS[rules[0].platform].zone)
    if first < today - FURTHEST or last > today + FURTHEST + LONGEST:
        raise KaoheError(
            f"a waiver begins at most {FURTHEST.days} days ago and ends at most {(FURTHEST + LONGEST).days} days ahead",
            zh=f"豁免最早从 {FURTHEST.days} 天前开始，最晚在 {(FURTHEST + LONGEST).days} 天后结束",
        )
    for rule in rules:
        if not _covers_a_cycle(rule, first, last):
            raise KaoheError(
                f"no cycle of {rule.id} lies wholly within {first} to {last}, so nothing of it would be waived; "
                "give whole cycles",
                zh=f"{rule.id} 没有完整落在 {first} 至 {last} 的周期，豁免不了任何东西；请写完整的周期",
            )
    return first, last


def _covers_a_cycle(rule: Rule, first: date, last: date) -> bool:
    """Whether some cycle of a version in force lies wholly within these days; campaigns are known to nobody here."""
    for version in rule.versions:
        if version.repealed or version.cycle is None:
            continue
        if version.cycle == CAMPAIGN:
            return True
        for cycle in cycles_between(version.cycle, first, last):
            if first <= cycle.first and cycle.last <= last and rule.version_for(cycle.first) is version:
                return True
    return False
