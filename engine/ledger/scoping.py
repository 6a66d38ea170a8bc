"""Which rows of which table somebody bounded may read: each class is declared here, once, or its reading is refused.

`BOUNDED` gives each class a criterion over its table and the reader's `Sight`; the classes in `COMMON` have nothing of
any client in them. A criterion may only speak of bare tables (`table_of`): those are not bounded once more. A test
demands that every table is in one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    cast,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlmodel import SQLModel

from engine.ledger.actors import Scope
from engine.ledger.dialects import table_of
from engine.ledger.tables import (
    ApiToken,
    Appeal,
    AppUser,
    Assessment,
    Assignment,
    Attachment,
    Attempt,
    Contact,
    ContactAddress,
    ContractStandard,
    Correction,
    Coverage,
    Cursor,
    DayFile,
    Decided,
    Deposit,
    Diagnosis,
    Duty,
    Expectation,
    JournalBatch,
    JournalEntry,
    Milestone,
    Mute,
    Notice,
    NoticeItem,
    PenaltyMatch,
    Period,
    Receipt,
    Route,
    RuleVersion,
    Run,
    Sanction,
    Seal,
    Situation,
    Subject,
    UserGrant,
    Violation,
    WaivedViolation,
    Waiver,
    WaiverShop,
    WorkerSeen,
)

OWNED = ("shop", "agent")  # kinds of subjects that belong to a client; people and teams work for several


@dataclass(frozen=True, slots=True)
class Sight:
    """A scope in terms of rows: its clients, the ids of its shops, and those of the shops and their agents.

    The ids are looked up when a session begins, so that each criterion is one that an index answers.
    """

    everything: bool = False
    internal: bool = True
    clients: tuple[str, ...] = ()
    shops: tuple[int, ...] = ()
    subjects: tuple[int, ...] = ()


Criterion = Callable[[FromClause, Sight], ColumnElement[bool]]


def sight_of(connection: Connection, scope: Scope) -> Sight:
    """What a scope comes down to in this ledger."""
    shops: tuple[int, ...] = ()
    subjects: tuple[int, ...] = ()
    if scope.shops and not scope.everything:
        subject = table_of(Subject).c
        shops = tuple(connection.scalars(select(subject.id).where(subject.key.in_(sorted(scope.shops)))))
        agents = connection.scalars(select(subject.id).where(subject.parent_id.in_(shops)))
        subjects = (*shops, *agents)
    return Sight(scope.everything, scope.internal, tuple(sorted(scope.clients)), shops, subjects)


def nobody(_of: FromClause, _sight: Sight) -> ColumnElement[bool]:
    """Of the installation as a whole: rows that no bounded reader sees."""
    return false()


def of_whole(_of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Of the installation as a whole, and no secret: for a use case that sees everything for a while."""
    return true() if sight.everything and sight.internal else false()


def by_client(column: str = "client") -> Criterion:
    """Rows that name their client: for those who may read all of it."""
    return lambda of, sight: _of_client(of.c[column], sight)


def by_subject(column: str = "subject_id") -> Criterion:
    """Rows about a shop or an agent, by its id in this column."""

    def seen(of: FromClause, sight: Sight) -> ColumnElement[bool]:
        subject = table_of(Subject).alias()
        return exists().where(subject.c.id == of.c[column], _owned(subject, sight))

    return seen


def by_violation(column: str = "violation_id") -> Criterion:
    """Rows about a violation, by its id in this column."""
    return by_row_of(Violation, column)


def by_row_of(model: type[SQLModel], column: str, key: str = "id") -> Criterion:
    """Rows that are seen by whoever sees the row of another class whose `key` stands in this column."""

    def seen(of: FromClause, sight: Sight) -> ColumnElement[bool]:
        other = table_of(model).alias()
        return exists().where(other.c[key] == of.c[column], BOUNDED[model](other, sight))

    return seen


def internal(criterion: Criterion) -> Criterion:
    """The same, and only for people of the house."""
    return lambda of, sight: criterion(of, sight) if sight.internal else false()


def by_client_or_shop(shop: str = "shop_id") -> Criterion:
    """Rows of a client, or of one of its shops: for those who may read all of the client, or that shop.

    They name the client whose they were made for, and so stay its own where a shop leaves it.
    """
    return lambda of, sight: or_(_of_client(of.c.client, sight), of.c[shop].in_(sight.shops))


def both(*criteria: Criterion) -> Criterion:
    """What all of these let see."""
    return lambda of, sight: and_(*(criterion(of, sight) for criterion in criteria))


def if_any(column: str, criterion: Criterion) -> Criterion:
    """Rows without anything in this column, and those that the criterion lets see."""
    return lambda of, sight: or_(of.c[column].is_(None), criterion(of, sight))


def _for_outside(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """What does not name somebody whom a client's own people may not see."""
    return true() if sight.internal else not_(of.c.internal)


def _of_client(column: ColumnElement[str], sight: Sight) -> ColumnElement[bool]:
    return column.is_not(None) if sight.everything else column.in_(sight.clients)


def _owned(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Shops and agents in sight; only shops for those who are not of the house."""
    kinds = of.c.kind.in_(OWNED) if sight.internal else of.c.kind == "shop"
    if sight.everything:
        return kinds
    mine: list[ColumnElement[bool]] = [of.c.client.in_(sight.clients)]
    if sight.shops:
        mine += [of.c.id.in_(sight.shops), of.c.parent_id.in_(sight.shops)]
    return and_(kinds, or_(*mine))


def _subject(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Shops and agents in sight, and the people and teams that work under these agents."""
    if not sight.internal:
        return _owned(of, sight)
    assigned, agent = table_of(Assignment).alias(), table_of(Subject).alias()

    def working(column: str) -> ColumnElement[bool]:
        under = assigned.join(agent, agent.c.id == assigned.c.agent_id)
        return of.c.id.in_(select(assigned.c[column]).select_from(under).where(_owned(agent, sight)))

    return or_(
        _owned(of, sight),
        and_(of.c.kind == "person", working("person_id")),
        and_(of.c.kind == "team", working("team_id")),
    )


def _violation(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Those of a client or a shop. An agent's are seen by people of the house, a person's only without bounds."""
    mine = [_of_client(of.c.client, sight)]
    if sight.subjects:
        mine.append(of.c.subject_id.in_(sight.subjects))
    if sight.internal and "default" not in sight.clients:  # to that client people are said to belong, who work for all
        return or_(*mine)
    subject = table_of(Subject).alias()
    kinds = subject.c.kind.in_(OWNED) if sight.internal else subject.c.kind == "shop"
    return and_(or_(*mine), exists().where(subject.c.id == of.c.subject_id, kinds))


def _notice(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """One about a violation that is seen; any other for those who see the whole client, and all violations in it.

    A notice that was sent for a client before the shop left it stays that client's. What goes to people of the house is
    theirs alone: it names agents, and who has what to do.
    """
    member = table_of(Notice).alias()
    item, violation = table_of(NoticeItem).alias(), table_of(Violation).alias()
    about = exists().where(violation.c.id == of.c.violation_id, _violation(violation, sight))
    told = select(item.c.notice_id).select_from(item.join(violation, violation.c.id == item.c.violation_id))
    digest = and_(of.c.violation_id.is_(None), _of_client(of.c.client, sight))
    hidden = told.where(item.c.notice_id == of.c.id, not_(_violation(violation, sight))).exists()
    named = of.c.client.in_(select(table_of(Subject).c.client).where(table_of(Subject).c.id.in_(sight.shops)))
    unseen = exists().where(
        member.c.within_id == of.c.id, member.c.violation_id == violation.c.id, not_(_violation(violation, sight))
    )
    seen = or_(and_(about, or_(_of_client(of.c.client, sight), named)), and_(digest, ~hidden, ~unseen))
    return and_(seen, _for_outside(of, sight))


def _situation(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    violation, assessment = table_of(Violation).alias(), table_of(Assessment).alias()
    return or_(
        exists().where(violation.c.situation_id == of.c.id, _violation(violation, sight)),
        exists().where(assessment.c.situation_id == of.c.id, by_subject()(assessment, sight)),
    )


def journalled(model: type[SQLModel], key: str = "id", prefix: str = "") -> Criterion:
    """Of a kind of objects in the journal: who sees the row of this class whose `key`, after `prefix`, is the id."""

    def seen(of: FromClause, sight: Sight) -> ColumnElement[bool]:
        other = table_of(model).alias()
        name = cast(other.c[key], String)
        names = select(literal(prefix) + name if prefix else name).where(BOUNDED[model](other, sight))
        return of.c.object_id.in_(names)

    return seen


def _of_penalty(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """A penalty is named by its shop and its number: whoever sees the shop, sees what was said of it.

    Where nobody has decided anything about it, the entry itself says which shop it is of.
    """
    match, subject = table_of(PenaltyMatch).alias(), table_of(Subject).alias()
    name = subject.c.key + literal("#") + match.c.reference
    named = select(name).select_from(match.join(subject, subject.c.id == match.c.subject_id))
    # As both databases write it: SQLAlchemy's own way into JSON warns of itself.
    told = type_coerce(of.c.payload, String).op("->")("after").op("->>")("shop")
    return or_(
        of.c.object_id.in_(named.where(_owned(subject, sight))),
        told.in_(select(subject.c.key).where(subject.c.kind == "shop", _owned(subject, sight))),
    )


def _entry(of: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Entries about objects that are seen; those about the installation as a whole are for those without bounds."""
    return or_(*(and_(of.c.object_kind == kind, seen(of, sight)) for kind, seen in JOURNALLED.items()))


# What is not named here (imports, settings, users, months, and people, who work for several clients) is for those
# without bounds.
JOURNALLED: Mapping[str, Criterion] = MappingProxyType(
    {
        "violation": journalled(Violation),
        "shop": journalled(Subject, "key"),
        "notice": journalled(Notice),
        "duty": journalled(Duty, prefix="D-"),
        "penalty": _of_penalty,
        "client": lambda of, sight: _of_client(of.c.object_id, sight),
        "rule": lambda _of, _sight: true(),
        "standard": journalled(ContractStandard),
        "waiver": journalled(Waiver, prefix="W-"),
    }
)

BOUNDED: Mapping[type[SQLModel], Criterion] = MappingProxyType(
    {
        ApiToken: nobody,
        Appeal: by_violation(),
        AppUser: nobody,
        Assessment: by_subject(),
        Assignment: internal(by_subject("agent_id")),
        Attachment: by_row_of(Appeal, "appeal_id"),
        Attempt: by_row_of(Notice, "notice_id"),
        Contact: of_whole,
        ContactAddress: of_whole,
        ContractStandard: by_client_or_shop(),
        Correction: by_subject(),
        Coverage: by_subject(),
        Deposit: by_subject(),
        Diagnosis: internal(by_violation()),
        Duty: both(by_client_or_shop(), if_any("violation_id", by_violation()), _for_outside),
        Expectation: by_subject(),
        JournalEntry: _entry,
        Mute: of_whole,
        Notice: _notice,
        NoticeItem: by_violation(),
        PenaltyMatch: by_subject(),
        Receipt: by_row_of(Notice, "notice_id"),
        Route: of_whole,
        Sanction: by_violation(),
        Situation: _situation,
        Subject: _subject,
        UserGrant: nobody,
        Violation: _violation,
        WaivedViolation: by_violation(),
        Waiver: both(by_client_or_shop(), if_any("violation_id", by_violation())),
        WaiverShop: both(by_subject("shop_id"), by_row_of(Waiver, "waiver_id")),
    }
)

COMMON: frozenset[type[SQLModel]] = frozenset(
    {Cursor, DayFile, Decided, JournalBatch, Milestone, Period, RuleVersion, Run, Seal, WorkerSeen}
)
