"""A bounded session shows nothing foreign, however it is asked, and refuses what it cannot bound."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import (
    column,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    table,
    text,
    union_all,
    update,
)
from sqlalchemy import select as core_select
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, select

from engine.ledger import journal
from engine.ledger.actors import Actor, Grant, Scope
from engine.ledger.bounded import UnboundedStatementError
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import bare, database_clock, insert_rows, table_of
from engine.ledger.scoping import BOUNDED, COMMON, JOURNALLED
from engine.ledger.subjects import (
    PersonRow,
    ShopRow,
    agent_key,
    ensure_agents,
    register_people,
    register_shops,
    shop_key,
    shops,
)
from engine.ledger.tables import (
    Assessment,
    Assignment,
    Contact,
    Duty,
    JournalEntry,
    Notice,
    NoticeItem,
    RuleVersion,
    Run,
    Sanction,
    Situation,
    Subject,
    Violation,
    Waiver,
    WaiverShop,
)
from tests.ready import ready_ledger

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
DAY = date(2026, 3, 9)
CLIENTS = {"acme": ("a1", "a2"), "brill": ("b1", "b2")}
ACME = Scope(clients=frozenset({"acme"}))
SHOP_A1 = Scope(shops=frozenset({shop_key("xiaohongshu", "a1")}))
OUTSIDE = Scope(clients=frozenset({"acme"}), internal=False)


def violation_of(number, subject, client, situation=None):
    return Violation(
        id=f"V-{number}",
        rule="xiaohongshu.reply-rate",
        version="2021-01-01",
        subject_id=subject.id,
        client=client,
        platform="xiaohongshu",
        cycle="2026-W10",
        cycle_start=date(2026, 3, 2),
        cycle_end=date(2026, 3, 8),
        assessed_on=date(2026, 3, 10),
        state="open",
        exposure_min_fen=0,
        exposure_max_fen=0,
        numerator=79,
        denominator=100,
        situation_id=situation,
        opened_at=NOW,
        changed_at=NOW,
    )


def notice_of(key, client, violation=None, **more):
    return Notice(
        key=key,
        violation_id=violation,
        event="violation.opened",
        client=client,
        recipient=f"boss@{client}.example",
        channel="email",
        language="en",
        template="t",
        subject="s",
        body="b",
        state="queued",
        due_at=NOW,
        next_attempt_at=NOW,
        created_at=NOW,
        **more,
    )


@pytest.fixture
def filled(ledger):
    """Two clients with two shops each; each shop with an agent, both with everything that a ledger can hold of them."""

    def build():
        with transaction(ledger) as session:
            rows = [ShopRow("xiaohongshu", s, client=c) for c, of_one in CLIENTS.items() for s in of_one]
            register_shops(session, rows, NOW, "root")
            names = [("xiaohongshu", s, f"g-{s}") for of_one in CLIENTS.values() for s in of_one]
            ensure_agents(session, dict.fromkeys(names, DAY))
        with transaction(ledger) as session:
            people = [PersonRow(f"p-{s}", "xiaohongshu", s, f"g-{s}", f"t-{s}") for _, s, _ in names]
            register_people(session, [*people, PersonRow("p-a1", "xiaohongshu", "b1", "g-b1")], NOW, "root")
        with transaction(ledger) as session:
            session.add(RuleVersion(sha256="x", rule="r", version="v", source_text="", first_used_at=NOW))
            run = Run(rule="r", cycle="c", cycle_start=DAY, due_at=NOW, state="done")
            session.add(run)
            session.flush()
            events = []
            for client in CLIENTS:
                told = []
                for subject in session.exec(
                    select(Subject).where(Subject.client == client).order_by(col(Subject.key))
                ).all():
                    number = f"{subject.kind[0]}{subject.external_id[-2:]}".upper()
                    situation = Situation(run_id=run.id, digest=number, facts=[], decision={}, trace=[], decided_by="x")
                    session.add(situation)
                    session.flush()
                    session.add(violation_of(number, subject, client, situation.id))
                    told.append(f"V-{number}")
                    session.flush()
                    session.add(Sanction(violation_id=f"V-{number}", position=0, kind="warning"))
                    session.add(
                        Assessment(
                            run_id=run.id,
                            rule="r",
                            version="v",
                            rule_sha256="x",
                            subject_id=subject.id,
                            cycle="c",
                            cycle_start=DAY,
                            cycle_end=DAY,
                            assessed_on=DAY,
                            verdict="violation",
                            recorded_at=NOW,
                        )
                    )
                    session.add(notice_of(f"V-{number}", client, f"V-{number}"))
                    events.append(journal.Event("root", "violation.opened", "violation", f"V-{number}", {"after": {}}))
                digest = notice_of(f"late:2026-03-10/{client}", client)
                session.add(digest)
                session.flush()
                session.add_all(NoticeItem(notice_id=digest.id, violation_id=name) for name in told)
            assert set(CLIENTS) == {"acme", "brill"}
            journal.append(session, NOW, [*events, journal.Event("root", "secret.noted", "secret", "buyers", {})])

    ready_ledger(ledger, build)
    return ledger


def test_every_table_is_declared_bounded_or_common():
    models = {mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    assert models == set(BOUNDED) | COMMON
    assert not set(BOUNDED) & COMMON


def test_every_kind_of_thing_that_the_journal_speaks_of_is_known():
    assert set(JOURNALLED) == {
        "violation",
        "shop",
        "notice",
        "duty",
        "penalty",
        "client",
        "rule",
        "standard",
        "waiver",
    }


def joined(inner):
    return select(Violation.id).join(inner, inner.c.subject_id == Violation.subject_id)


def of_subjects(subject, parent):
    wanted = select(Violation.id, subject.key, parent.key).select_from(Violation)
    wanted = wanted.join(subject, subject.id == Violation.subject_id)
    return wanted.outerjoin(parent, parent.id == subject.parent_id)


def counted(inner):
    return select(func.count()).select_from(Violation).join(inner, inner.c.id == Violation.id)


def compared(inner):
    return select(Run.id).where(inner.c.id == "V-SB1")


SHAPES = {
    "entities": lambda: select(Violation),
    "columns": lambda: select(Violation.id, Violation.client),
    "alias": lambda: select(aliased(Violation)),
    "columns of an alias": lambda: select(aliased(Violation).id),
    "an expression of columns": lambda: select(func.lower(Violation.id)),
    "in a subquery": lambda: select(Subject.id).where(col(Subject.id).in_(select(Violation.subject_id))),
    "exists": lambda: select(Subject.id).where(exists().where(Violation.subject_id == Subject.id)),
    "a join": lambda: select(Sanction.id, Violation.id).join(Violation, Violation.id == Sanction.violation_id),
    "a join with aliases": lambda: of_subjects(aliased(Subject), aliased(Subject)),
    "from a subquery": lambda: joined(select(Violation.subject_id).subquery()),
    "a cte": lambda: joined(select(Violation.subject_id).cte()),
    "an order by another class": lambda: (
        select(Violation.id).join(Subject, Subject.id == Violation.subject_id).order_by(Subject.key)
    ),
    "a union within": lambda: select(Violation.id).where(
        col(Violation.subject_id).in_(union_all(select(Subject.id), select(Violation.subject_id)))
    ),
    "groups": lambda: select(Violation.client, func.count()).group_by(Violation.client),
    "distinct": lambda: select(Violation.client).distinct(),
    "a lock": lambda: select(Violation).with_for_update(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scope", [ACME, SHOP_A1, OUTSIDE], ids=["client", "shop", "outside"])
def test_no_statement_brings_a_foreign_row(filled, scope, shape):
    writes = shape == "a lock"
    with transaction(filled) if writes else reading(filled) as session:
        everything = {str(row) for row in session.exec(SHAPES[shape]())}
    with transaction(filled, scope) if writes else reading(filled, scope) as session:
        seen = [str(row) for row in session.exec(SHAPES[shape]())]
    assert seen
    assert len(seen) < len(everything)
    assert not re.search("brill|b1|b2|B1|B2", " ".join(seen))


COUNTS = {
    "count of a class": lambda: select(func.count()).select_from(Violation),
    "count of a column": lambda: select(func.count(Violation.id)),
    "count by a condition alone": lambda: select(func.count()).where(Violation.state == "open"),
    "a least": lambda: select(func.sum(Violation.denominator) / 100),
    "a scalar subquery": lambda: select(Run.id + select(func.count(Violation.id)).scalar_subquery() - Run.id),
    "a case in a condition": lambda: (
        select(func.count())
        .select_from(Sanction)
        .where(or_(col(Sanction.violation_id).in_(select(Violation.id).where(Violation.state == "open"))))
    ),
    "a count of rows of a subquery": lambda: select(func.count()).select_from(select(Violation.id).subquery()),
    "a count of a subquery": lambda: counted(select(Violation.id).subquery()),
}


@pytest.mark.parametrize("shape", COUNTS)
@pytest.mark.parametrize(("scope", "most"), [(Scope(everything=True), 8), (ACME, 4), (SHOP_A1, 2), (OUTSIDE, 2)])
def test_no_count_counts_foreign_rows(filled, scope, most, shape):
    with reading(filled, scope) as session:
        assert session.exec(COUNTS[shape]()).one() == most


REFUSED = {
    "plain text": lambda: text("SELECT * FROM violation"),
    "a bare table": lambda: core_select(table_of(Violation)),
    "a bare table beside a class": lambda: core_select(Run.id, table_of(Violation).c.id).join(
        table_of(Violation), literal(True)
    ),
    "a bare table in a condition": lambda: select(Run.id).where(exists().where(table_of(Violation).c.id == "V-SB1")),
    "a column of a bare table": lambda: select(Run.id).where(table_of(Violation).c.id == "V-SB1"),
    "text in a condition": lambda: select(Run.id).where(text("1 = 1")),
    "a union": lambda: union_all(select(Violation.id), select(Subject.key)),
    "a class from text": lambda: select(Violation).from_statement(text("SELECT * FROM violation")),
    "a removal from a bare table": lambda: delete(table_of(Violation)),
    "nothing of ours": lambda: core_select(func.count()),
    "text as a column": lambda: select(Run.id, literal_column("(SELECT count(*) FROM violation)")),
    "text in a function": lambda: select(Run.id, func.abs(literal_column("(SELECT count(*) FROM violation)"))),
    "text before the columns": lambda: select(Run.id).prefix_with("(SELECT count(*) FROM violation),"),
    "text after all": lambda: select(Run.id).suffix_with("UNION SELECT denominator FROM violation"),
    "text in a subquery": lambda: select(Run.id).where(
        col(Run.id).in_(select(Run.id).suffix_with("UNION SELECT denominator FROM violation"))
    ),
    "text as a hint": lambda: select(Run.id).with_statement_hint("UNION SELECT denominator FROM violation"),
    "text as a hint about a class": lambda: select(Run.id).with_hint(Run, "UNION SELECT denominator FROM violation"),
    "text as an operator": lambda: select(Run.id).where(
        col(Run.id).op("< (SELECT count(*) FROM violation) OR 1 =")(literal(1))
    ),
    "a table that is only named": lambda: select(Run.id, table("violation", column("client")).c.client),
    "a subquery of a bare table": lambda: compared(core_select(table_of(Violation).c.id).subquery()),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_bounded_is_refused(filled, shape):
    with transaction(filled, ACME) as session, pytest.raises(UnboundedStatementError):
        super(type(session), session).exec(REFUSED[shape]())


def test_the_bare_connection_is_refused_and_our_own_helpers_work(filled):
    with transaction(filled, ACME) as session:
        with pytest.raises(UnboundedStatementError):
            session.connection()
        assert bare(session).execute(text("SELECT count(*) FROM violation")).scalar() == 8
        assert database_clock(session).tzinfo is UTC
        journal.append(session, NOW, [journal.Event("li", "violation.amended", "violation", "V-SA1", {})])


def test_a_foreign_row_is_not_there_to_be_got_changed_or_removed(filled):
    with transaction(filled, ACME) as session:
        assert session.get(Violation, "V-SB1") is None
        assert session.get(Violation, "V-SB1", with_for_update=True) is None
        assert session.get(Violation, "V-SA1") is not None
        assert session.exec(update(Violation).values(reference="mine")).rowcount == 4
        assert session.exec(delete(Sanction)).rowcount == 4
    with reading(filled) as session:
        assert len(session.exec(select(Sanction)).all()) == 4
        assert {v.client for v in session.exec(select(Violation).where(Violation.reference == "mine"))} == {"acme"}


def test_each_table_shows_what_belongs_to_the_scope(filled):
    def seen(scope, model):
        with reading(filled, scope) as session:
            return len(session.exec(select(model)).all())

    models = (Subject, Violation, Sanction, Assessment, Situation, Notice, NoticeItem, Assignment, JournalEntry, Run)
    found = {
        scope: [seen(scope, model) for model in models] for scope in (Scope(everything=True), ACME, SHOP_A1, OUTSIDE)
    }
    # 4 shops, 4 agents, 4 people, 4 teams; entries: 4 shops, 5 assignments, 8 violations, 1 secret
    assert found[Scope(everything=True)] == [16, 8, 8, 8, 8, 10, 8, 5, 18, 1]
    assert found[ACME] == [8, 4, 4, 4, 4, 5, 4, 2, 6, 1]
    assert found[SHOP_A1] == [4, 2, 2, 2, 2, 2, 2, 1, 3, 1]
    assert found[OUTSIDE] == [2, 2, 2, 2, 2, 2, 2, 0, 4, 1]  # no agents; no digest that tells of agents' violations


def test_somebody_from_outside_sees_no_agents_even_where_everything_is_theirs(filled):
    with reading(filled, Scope(everything=True, internal=False)) as session:
        assert {s.kind for s in session.exec(select(Subject))} == {"shop"}
        assert len(session.exec(select(Violation)).all()) == 4
        assert session.exec(select(Assignment)).all() == []


def test_somebody_without_a_grant_sees_nothing(filled):
    with reading(filled, Actor("gone", ()).scope) as session:
        assert shops(session) == []
        assert session.exec(select(func.count()).select_from(JournalEntry)).one() == 0


def test_the_client_of_those_that_were_given_none_is_not_the_client_of_people(filled):
    with transaction(filled) as session:
        person = session.exec(select(Subject).where(Subject.key == "person:p-b1")).one()
        session.add(violation_of("PB1", person, "default"))
    with reading(filled, Scope(clients=frozenset({"default"}))) as session:
        assert session.exec(select(Violation)).all() == []
        assert session.exec(select(Subject)).all() == []


def test_a_grant_over_a_shop_goes_with_its_agents_and_names_no_former_client(filled):
    with transaction(filled) as session:
        register_shops(session, [ShopRow("xiaohongshu", "a1", client="brill")], NOW, "root")
    with reading(filled, Scope(clients=frozenset({"brill"}))) as session:
        assert {v.client for v in session.exec(select(Violation))} == {"brill"}
        assert {n.client for n in session.exec(select(Notice))} == {"brill"}
        assert "V-SA1" in session.exec(select(Violation.id)).all()
    with reading(filled, ACME) as session:
        assert {s.external_id for s in shops(session)} == {"a2"}
    assert agent_key("xiaohongshu", "a1", "g-a1") == "agent:xiaohongshu/a1/g-a1"


def seen_of(ledger, model, column, scope):
    with reading(ledger, scope) as session:
        return sorted(session.exec(select(getattr(model, column))).all())


def test_a_duty_that_names_somebody_of_the_house_is_for_the_house_alone(filled):
    duty = {"client": "acme", "opened_at": NOW, "due_at": NOW, "state": "open", "doers": []}
    with transaction(filled) as session:
        session.add_all([Duty(kind="coaching", internal=True, **duty), Duty(kind="return_call", **duty)])
    assert seen_of(filled, Duty, "kind", ACME) == ["coaching", "return_call"]
    assert seen_of(filled, Duty, "kind", OUTSIDE) == ["return_call"]


def test_what_was_told_to_people_of_the_house_is_not_for_the_clients_own(filled):
    with transaction(filled) as session:
        session.add(Contact(name="li", client="acme", language="en"))  # the name was somebody's of the house before
        for name, of_house in (("li", True), ("removed", True), ("boss", False), ("boss before", False)):
            session.add(notice_of(f"V-SA1 to {name}", "acme", "V-SA1", contact=name, internal=of_house))
            session.add(notice_of(f"news to {name}", "acme", contact=name, internal=of_house))
        session.add(notice_of("news to the shop", "acme"))
    assert [key for key in seen_of(filled, Notice, "key", OUTSIDE) if "to" in key] == [
        "V-SA1 to boss",
        "V-SA1 to boss before",
        "news to boss",
        "news to boss before",
        "news to the shop",
    ]
    assert len([key for key in seen_of(filled, Notice, "key", ACME) if "to" in key]) == 9


def test_a_message_is_hidden_from_who_may_not_see_a_violation_that_was_gathered_into_it(filled):
    with transaction(filled) as session:
        for name, members in (("of shops", ("V-SA1", "V-SA2")), ("of an agent too", ("V-SA1", "V-AA1"))):
            message = notice_of(name, "acme")
            session.add(message)
            session.flush()
            session.add_all(notice_of(f"{v} in {name}", "acme", v, within_id=message.id) for v in members)
    named = {"of shops", "of an agent too"}
    assert named & set(seen_of(filled, Notice, "key", OUTSIDE)) == {"of shops"}
    assert named & set(seen_of(filled, Notice, "key", ACME)) == named


def waiver_of(why, **more):
    days = {"first_day": DAY, "last_day": DAY, "requested_at": NOW}
    return Waiver(client="acme", rules=["r"], why=why, state="approved", writers=["li"], **days, **more)


def test_a_waiver_of_a_violation_is_seen_by_those_who_see_the_violation(filled):
    with transaction(filled) as session:
        of_all, of_agent, of_shop = (waiver_of("why", violation_id=name) for name in (None, "V-AA1", "V-SA1"))
        session.add_all([of_all, of_agent, of_shop])
        session.flush()
        of_all, of_agent, of_shop = (w.id for w in (of_all, of_agent, of_shop))
    assert seen_of(filled, Waiver, "id", ACME) == sorted([of_all, of_agent, of_shop])
    assert seen_of(filled, Waiver, "id", OUTSIDE) == sorted([of_all, of_shop])


def test_a_waiver_names_no_shop_that_has_left_its_client(filled):
    with transaction(filled) as session:
        waiver, of_acme = waiver_of("of all"), shops(session, client="acme")
        session.add(waiver)
        session.flush()
        session.add_all(WaiverShop(waiver_id=waiver.id, shop_id=shop.id) for shop in of_acme)
        of_acme[0].client = "brill"
        stays, left = of_acme[1].id, of_acme[0].id
    assert seen_of(filled, WaiverShop, "shop_id", Scope(everything=True)) == sorted([stays, left])
    assert seen_of(filled, WaiverShop, "shop_id", ACME) == [stays]
    assert seen_of(filled, WaiverShop, "shop_id", Scope(clients=frozenset({"brill"}))) == []


@pytest.mark.parametrize("scope", [Grant("viewer", "acme"), Grant("viewer", shop=shop_key("xiaohongshu", "a1"))])
def test_the_actor_of_a_grant_and_its_scope_are_of_one_mind(filled, scope):
    actor = Actor("wang", (scope,))
    with reading(filled) as session:
        mine = {s.key for s in shops(session) if actor.may("read", s.client, s.key)}
    with reading(filled, actor.scope) as session:
        assert {s.key for s in shops(session)} == mine


def test_bulk_inserts_of_a_use_case_pass(filled):
    with transaction(filled, ACME) as session:
        insert_rows(session, Sanction, [{"violation_id": "V-SA1", "position": 1, "kind": "warning"}])
        assert len(session.exec(select(Sanction)).all()) == 5


@pytest.mark.parametrize("shape", ["a join with aliases", "alias", "in a subquery", "a cte"])
def test_a_statement_that_was_prepared_for_one_reader_shows_another_theirs(filled, shape):
    for client, other in (("acme", "b"), ("brill", "a"), ("acme", "b")):
        with reading(filled, Scope(clients=frozenset({client}))) as session:
            seen = " ".join(str(row) for row in session.exec(SHAPES[shape]()))
        assert seen
        assert not re.search(f"{'brill' if client == 'acme' else 'acme'}|{other}1|{other.upper()}1", seen)
