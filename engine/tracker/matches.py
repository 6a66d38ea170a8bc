"""Penalties and violations compared, as both stand: what is read for it, and what people decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from engine.assessment.deciding import decide
from engine.calendar.zones import local_day
from engine.errors import KaoheError, UnknownNameError
from engine.evidence.lake import Lake
from engine.ledger.actors import Actor, Permission
from engine.ledger.journal import Event, append
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.states import TRANSITIONS
from engine.ledger.tables import PenaltyMatch, Subject, Violation
from engine.ledger.veil import veil_of
from engine.ledger.violations import by
from engine.rulebook.book import RuleBook
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.guessing import Guesser
from engine.tracker.matching import Match, Ours, amount_told, match
from engine.tracker.penalties import (
    Penalty,
    PenaltyKey,
    live_penalties,
    penalties,
    penalty_name,
    seen_penalties,
    shops_seen,
    veiled,
)

# What a status of the platform's comes to, of a violation.
STATE_OF = {"appealed": "appealed", "overturned": "overturned"}
CONFIRMED = "confirmed"
# Statuses by which the platform itself says that an appeal was made, or can be made no more.
APPEAL_IS_OVER = frozenset({"appealed", "upheld", "overturned", "expired"})
_ON_THE_WAY = frozenset({"acknowledged", "confirmed", "appealed"})


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """Our verdict of the rule, shop and cycle of a penalty. The cycle is the notice's, else the last one before it."""

    rule: str
    cycle: str
    verdict: str
    numerator: int | None
    denominator: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A line of the comparison with its two sides; `client` is whose shop it is about."""

    match: Match
    client: str
    platform: str
    shop: str
    penalty: Penalty | None
    ours: Ours | None
    verdict: OwnVerdict | None = None  # ours, of what the platform has alone, once it was asked for

    @property
    def day(self) -> date:
        """The local day of the notice; of what only we have, the assessment day."""
        if self.penalty is not None:
            return local_day(self.penalty.noticed_at, PLATFORMS[self.platform].zone)
        assert self.ours is not None
        return self.ours.assessed_on


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared: of some shops all penalties, all violations, and what people decided."""

    shops: Mapping[tuple[str, str], Subject]
    theirs: Mapping[PenaltyKey, Penalty]
    ours: Mapping[str, Ours]
    versions: Mapping[str, str]  # violation → the version of its rule
    told: Mapping[PenaltyKey, str | None]
    veiled: bool = False  # for a reader who is not of the house: what is doubtful is not told


def sides(
    session: Session,
    lake: Lake,
    *,
    client: str | None = None,
    platform: str | None = None,
    shop: str | None = None,
    rule: str | None = None,
) -> Sides:
    """Both sides of the shops that `session` may see: all, of a client, of a platform, or the one with this id.

    With `rule`, of other rules only those violations with which the number of a notice is recorded: enough to say what
    became of this one's.
    """
    shops = shops_seen(session, client, platform, shop)
    live = live_penalties(session, {name for name, _ in shops})
    ours = list(_ours(session, client, platform, shop, rule))
    return Sides(
        shops,
        {p.key: p for p in veiled(session, penalties(lake, live, shops))},
        {one.id: one for one, _ in ours},
        {one.id: version for one, version in ours},
        decided(session, shops.values()),
        veil_of(session) is not None,
    )


def compare(of: Sides, rulebook: RuleBook, now: datetime, days: int) -> list[Compared]:
    """All penalties and violations compared (see `matching.match`); a notice may take `days` to come."""
    today = local_day(now, PLATFORMS["xiaohongshu"].zone)
    found = match(of.theirs.values(), of.ours.values(), Guesser(rulebook), today, days, of.told)
    lines = []
    for line in found:
        penalty = of.theirs[line.penalty] if line.penalty else None
        one = of.ours[line.violation] if line.violation else None
        place = (penalty.platform, penalty.shop) if penalty else one.place if one else ("", "")
        told = replace(line, doubts=()) if of.veiled else line
        lines.append(Compared(told, of.shops[place].client, *place, penalty, one))
    return lines


def decided(session: Session, shops: Iterable[Subject]) -> dict[PenaltyKey, str | None]:
    """What people decided about the penalties of these shops: the violation, or None where it is none of ours."""
    places = {row.id: (row.platform or "", row.external_id) for row in shops}
    rows = session.exec(select(PenaltyMatch).where(col(PenaltyMatch.superseded_at).is_(None)))
    return {
        PenaltyKey(*places[row.subject_id], row.reference): row.violation_id for row in rows if row.subject_id in places
    }


def one_penalty(
    session: Session, lake: Lake, reference: str, platform: str | None = None, shop: str | None = None
) -> Penalty:
    """The penalty with this number. Raises UnknownNameError, and KaoheError where several shops have one."""
    number = reference.strip()
    found = seen_penalties(session, lake, platform=platform, shop=shop, reference=number)
    if not found:
        known = {p.reference for p in seen_penalties(session, lake, platform=platform, shop=shop)}
        raise UnknownNameError(
            "penalty",
            reference,
            known,
            "`kaohe penalties list` shows those there are",
            "`kaohe penalties list` 列出全部",
        )
    if len(found) > 1:
        places = [f"{p.platform}/{p.shop}" for p in found]
        raise KaoheError(
            f"several shops have a penalty {number!r}: {', '.join(places)}; say --platform … --shop …",
            zh=f"不止一家店铺有处罚 {number!r}：{'、'.join(places)}；请写 --platform … --shop …",
        )
    return found[0]


def link(session: Session, actor: Actor, penalty: Penalty, violation_id: str, why: str, now: datetime) -> None:
    """Say that a penalty belongs to a violation, whatever matching makes of it. Commit next: it ends with the journal.

    Raises UnknownNameError for a violation that is not there, and KaoheError if it is of another shop or has another
    penalty, if nothing would change, and without a reason.
    """
    subject = _shop(session, penalty)
    actor.must(Permission.DECIDE, subject.client, subject.key)
    violation = by(session, violation_id)
    if violation.subject_id != subject.id:
        raise KaoheError(
            f"violation {violation.id} is not of {penalty.platform}/{penalty.shop}, and penalty {penalty.reference} is",
            zh=f"违规 {violation.id} 不属于 {penalty.platform}/{penalty.shop}，处罚 {penalty.reference} 是这家店铺的",
        )
    rival = session.exec(
        select(PenaltyMatch).where(PenaltyMatch.violation_id == violation.id, col(PenaltyMatch.superseded_at).is_(None))
    ).first()
    if rival is not None and rival.reference != penalty.reference:
        raise KaoheError(
            f"violation {violation.id} has penalty {rival.reference} already; "
            f"`kaohe penalties unlink {rival.reference}` takes it off first",
            zh=f"违规 {violation.id} 已对应处罚 {rival.reference}；请先 `kaohe penalties unlink {rival.reference}`",
        )
    _decide(session, actor, subject, penalty, "penalty.linked", violation.id, why, now)


def ours_none(session: Session, actor: Actor, penalty: Penalty, why: str, now: datetime) -> None:
    """Say that a penalty belongs to none of our violations. As `link` otherwise."""
    subject = _shop(session, penalty)
    actor.must(Permission.DECIDE, subject.client, subject.key)
    _decide(session, actor, subject, penalty, "penalty.unmatched", None, why, now)


def unlink(session: Session, actor: Actor, penalty: Penalty, why: str, now: datetime) -> None:
    """Take back what somebody decided about a penalty: matching decides again. Raises KaoheError if nobody has."""
    subject = _shop(session, penalty)
    actor.must(Permission.DECIDE, subject.client, subject.key)
    before = _current(session, subject, penalty.reference)
    if before is None:
        raise KaoheError(
            f"nobody has decided anything about penalty {penalty.reference}; there is nothing to take back",
            zh=f"没有人对处罚 {penalty.reference} 作过决定，没有什么可撤回的",
        )
    _give_reason(penalty, why)
    before.superseded_at = now
    session.add(before)
    _journal(session, actor, penalty, "penalty.unlinked", before, None, why, now)


def still_say(session: Session, penalty: Penalty) -> list[str]:
    """The violations on which the number of a penalty stands although a person said that it is not theirs."""
    subject = session.exec(select(Subject).where(Subject.key == penalty.shop_key)).one()
    said = _current(session, subject, penalty.reference)
    if said is None:
        return []
    named = select(Violation.id).where(Violation.subject_id == subject.id, Violation.reference == penalty.reference)
    return [name for name in session.exec(named.order_by(col(Violation.id))) if name != said.violation_id]


def confirm(
    session: Session,
    rulebook: RuleBook,
    actor: Actor,
    penalty: Penalty,
    found: Match,
    why: str,
    now: datetime,
    *,
    forfeits_appeal: bool = False,
) -> Violation:
    """Record what a notice says on the violation that it belongs to: its state, severity, amount, number and deadline.

    `found` is what matching made of the penalty. Raises KaoheError where no violation, or none for certain, was found;
    and as `decide` does.
    """
    subject = _shop(session, penalty)
    actor.must(Permission.DECIDE, subject.client, subject.key)
    if found.violation is None or found.doubts:
        which = ", ".join(found.candidates) or "-"
        raise KaoheError(
            f"which violation penalty {penalty.reference} belongs to is not certain (it may be: {which}); "
            f"say it with `kaohe penalties link {penalty.reference} VIOLATION --why …`",
            zh=f"处罚 {penalty.reference} 对应哪条违规还不确定（可能是：{which}）；"
            f"请先 `kaohe penalties link {penalty.reference} 违规编号 --why …`",
        )
    violation = by(session, found.violation, for_change=True)
    return _record(session, rulebook, actor, penalty, violation, why, now, forfeits=forfeits_appeal)


def _record(
    session: Session,
    rulebook: RuleBook,
    actor: Actor,
    penalty: Penalty,
    violation: Violation,
    why: str,
    now: datetime,
    *,
    forfeits: bool,
) -> Violation:
    """The one place where a penalty changes a violation: through the states that lead to where the platform has it."""
    *before, last = _way(violation.state, STATE_OF.get(penalty.status, CONFIRMED))
    for state in before:
        decide(session, rulebook, violation.id, state, actor, why, now, appeal_is_over=True)
    return decide(
        session,
        rulebook,
        violation.id,
        last,
        actor,
        why,
        now,
        notice_of(penalty),
        forfeits_appeal=forfeits,
        appeal_is_over=penalty.status in APPEAL_IS_OVER,
    )


def notice_of(penalty: Penalty) -> PlatformNotice:
    """What a penalty says, as it stands on a violation."""
    return PlatformNotice(
        severity=penalty.severity,
        amount_fen=penalty.amount_fen,
        reference=penalty.reference,
        appeal_until=penalty.appeal_until,
        account=penalty.account,
        borne_by=penalty.borne_by,
        noticed_at=penalty.noticed_at,
    )


def _way(state: str, wanted: str) -> list[str]:
    """The states to go through, the last one being the one wanted; that alone, if it is there or no way leads there."""
    ways = [[state]] if state != wanted else []
    for way in ways:
        for following in TRANSITIONS.get(way[-1], ()):
            if following == wanted:
                return [*way[1:], wanted]
            if following in _ON_THE_WAY and following not in way:
                ways.append([*way, following])
    return [wanted]


def _ours(
    session: Session, client: str | None, platform: str | None, shop: str | None, rule: str | None
) -> Iterable[tuple[Ours, str]]:
    wanted = (
        select(  # type: ignore[call-overload]  # more columns than it has overloads for
            Violation.id,
            Violation.rule,
            Violation.platform,
            Subject.external_id,
            Violation.cycle,
            Violation.cycle_start,
            Violation.cycle_end,
            Violation.assessed_on,
            Violation.state,
            Violation.severity,
            Violation.exposure_min_fen,
            Violation.exposure_max_fen,
            Violation.amount_fen,
            Violation.reference,
            Violation.decided_severity,
            Violation.version,
        )
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Subject.kind == "shop")
    )
    given = ((Violation.client, client), (Violation.platform, platform), (Subject.external_id, shop))
    for column, value in given:
        if value is not None:
            wanted = wanted.where(col(column) == value)
    if rule is not None:
        wanted = wanted.where(or_(Violation.rule == rule, col(Violation.reference).is_not(None)))
    for row in session.exec(wanted):
        (
            id_,
            rule,
            name,
            of_shop,
            cycle,
            first,
            last,
            assessed,
            state,
            severity,
            low,
            high,
            charged,
            number,
            said,
            key,
        ) = row
        told = amount_told(state, charged, (low, high))
        spoken = not (charged is None and number is None and said is None)
        days = (last - first).days + 1
        yield Ours(id_, rule, name, of_shop, cycle, days, assessed, state, severity, told, number, spoken), key


def _shop(session: Session, penalty: Penalty) -> Subject:
    """The shop of a penalty, locked: of two who decide about its penalties the second sees what the first did."""
    wanted = select(Subject).where(Subject.key == penalty.shop_key).with_for_update()
    return session.exec(wanted).one()


def _current(session: Session, subject: Subject, reference: str) -> PenaltyMatch | None:
    return session.exec(
        select(PenaltyMatch).where(
            PenaltyMatch.subject_id == subject.id,
            PenaltyMatch.reference == reference,
            col(PenaltyMatch.superseded_at).is_(None),
        )
    ).first()


def _decide(
    session: Session,
    actor: Actor,
    subject: Subject,
    penalty: Penalty,
    event: str,
    violation: str | None,
    why: str,
    now: datetime,
) -> None:
    before = _current(session, subject, penalty.reference)
    if before is not None and before.violation_id == violation:
        raise KaoheError(
            f"this is decided about penalty {penalty.reference} already",
            zh=f"对处罚 {penalty.reference} 已经是这样决定的",
        )
    _give_reason(penalty, why)
    if before is not None:
        before.superseded_at = now
        session.add(before)
        session.flush()  # the index lets one row at a time count
    assert subject.id is not None
    row = PenaltyMatch(
        subject_id=subject.id,
        reference=penalty.reference,
        violation_id=violation,
        decided_by=actor.name,
        why=why,
        decided_at=now,
    )
    session.add(row)
    _journal(session, actor, penalty, event, before, violation, why, now)


def _give_reason(penalty: Penalty, why: str) -> None:
    if not why.strip():
        raise KaoheError(
            f"what is decided about penalty {penalty.reference} needs a reason; say --why …",
            zh=f"对处罚 {penalty.reference} 的决定要写明理由（--why）",
        )


def _journal(
    session: Session,
    actor: Actor,
    penalty: Penalty,
    event: str,
    before: PenaltyMatch | None,
    violation: str | None,
    why: str,
    now: datetime,
) -> None:
    told = {"violation": before.violation_id} if before else {}
    after = {} if event == "penalty.unlinked" else {"violation": violation}
    name = penalty_name(penalty.shop_key, penalty.reference)
    append(session, now, [Event(actor.name, event, "penalty", name, {"why": why, "before": told, "after": after})])
