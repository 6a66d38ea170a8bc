"""Users and tokens: who is let in, who may let others in, and that nobody locks everybody out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger import journal
from engine.ledger.actors import Actor, Grant, NotAllowedError, Permission
from engine.ledger.database import reading, transaction
from engine.ledger.people import PersonRow, register_people
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import ApiToken
from engine.tracker.access import NotLetInError, actor_of, note_use
from engine.tracker.tokens import LONGEST, create_token, revoke_token, tokens
from engine.tracker.users import Place, add_user, disable, grant, revoke, users

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
ROOT = Actor.unbounded("root")
ALL, ACME, SHOP = Place(), Place(client="acme"), Place(shop="a1")


@pytest.fixture
def staffed(ledger):
    """An administrator, and somebody who manages one client."""
    with transaction(ledger) as session:
        rows = [ShopRow("xiaohongshu", s, client=c) for s, c in (("a1", "acme"), ("a2", "acme"), ("b1", "brill"))]
        register_shops(session, rows, NOW, "root")
    with transaction(ledger) as session:
        add_user(session, ROOT, "root", "administrator", ALL, NOW, os_name="root")
    with transaction(ledger) as session:
        add_user(session, ROOT, "li", "manager", ACME, NOW, os_name="li")
    return ledger


def who(ledger, os_name="nobody", token=None, now=NOW):
    with reading(ledger) as session:
        return actor_of(session, os_name, token, now)


def token_for(ledger, user, **narrowed):
    with transaction(ledger) as session:
        return create_token(session, ROOT, user, "t", NOW + timedelta(days=9), NOW, **narrowed)[1]


def test_until_there_are_users_whoever_works_here_is_an_administrator(ledger):
    assert who(ledger, "wang") == Actor.unbounded("wang")


@pytest.mark.parametrize(
    ("role", "place", "more"),
    [
        ("officer", ALL, {"os_name": "root"}),
        ("administrator", ALL, {"os_name": "li"}),
        ("administrator", ALL, {}),
        ("administrator", ALL, {"os_name": "root", "internal": False}),
    ],
)
def test_the_first_user_is_who_adds_it_as_an_administrator(ledger, role, place, more):
    with transaction(ledger) as session, pytest.raises(KaoheError, match="kaohe users add NAME --os root --role adm"):
        add_user(session, ROOT, "first", role, place, NOW, **more)


def test_from_then_on_only_users_are_let_in(staffed):
    assert who(staffed, "li") == Actor("li", (Grant("manager", "acme"),))
    with pytest.raises(NotLetInError, match=r"wang is no user here; .* --os wang"):
        who(staffed, "wang")


def test_a_user_is_known_by_all_names_of_the_person(staffed):
    with transaction(staffed) as session:
        register_people(session, [PersonRow("P7", "xiaohongshu", "a1", "g1")], NOW, "root")
    with transaction(staffed) as session:
        add_user(session, ROOT, "boss", "officer", ACME, NOW, os_name="wm", display="王敏", person="P7")
        add_user(session, ROOT, "wangmin", "operator", ACME, NOW, os_name="wm2", person="P7")
        secret = create_token(session, ROOT, "boss", "report", NOW + timedelta(days=9), NOW)[1]
    for one in (who(staffed, "wm"), who(staffed, token=secret)):
        assert (one.names, one.display) == ({"boss", "wm", "P7", "wangmin", "wm2"}, "王敏")
    assert who(staffed, "root").names == {"root"}


def test_only_administrators_let_others_in(staffed):
    li = who(staffed, "li")
    for change in (
        lambda s: add_user(s, li, "wang", "viewer", ACME, NOW),
        lambda s: grant(s, li, "li", "officer", ACME, NOW),
        lambda s: revoke(s, li, "root", ALL, NOW),
        lambda s: disable(s, li, "root", NOW),
        lambda s: create_token(s, li, "li", "t", NOW + timedelta(days=1), NOW),
        lambda s: users(s, li),
        lambda s: tokens(s, li),
    ):
        with transaction(staffed) as session, pytest.raises(NotAllowedError):
            change(session)


def test_the_last_administrator_stays_one(staffed):
    for change in (
        lambda s: disable(s, ROOT, "root", NOW),
        lambda s: revoke(s, ROOT, "root", ALL, NOW),
        lambda s: grant(s, ROOT, "root", "officer", ALL, NOW),
    ):
        with pytest.raises(KaoheError, match="last administrator"), transaction(staffed) as session:
            change(session)
    assert who(staffed, "root").may(Permission.ADMINISTER, None)
    with transaction(staffed) as session:
        add_user(session, ROOT, "wang", "administrator", ALL, NOW, os_name="wang")
    with transaction(staffed) as session:
        disable(session, ROOT, "root", NOW)
    with pytest.raises(NotLetInError, match="root is disabled"):
        who(staffed, "root")


def test_a_role_takes_the_place_of_the_one_that_was_there(staffed):
    with transaction(staffed) as session:
        grant(session, ROOT, "li", "viewer", ACME, NOW)
    with transaction(staffed) as session:
        grant(session, ROOT, "li", "officer", SHOP, NOW)
    assert set(who(staffed, "li").grants) == {Grant("viewer", "acme"), Grant("officer", shop="shop:xiaohongshu/a1")}
    with transaction(staffed) as session:
        revoke(session, ROOT, "li", SHOP, NOW)
    assert who(staffed, "li").grants == (Grant("viewer", "acme"),)
    with reading(staffed) as session:
        told = [e.event for e in journal.entries(session, object_id="li")]
    assert told == ["user.added", "user.granted", "user.granted", "user.revoked"]


def test_people_from_outside_administer_nothing_and_hold_no_role_over_everything(staffed):
    for role, place in (("viewer", ALL), ("administrator", ALL)):
        with pytest.raises(KaoheError, match="not of the house"), transaction(staffed) as session:
            add_user(session, ROOT, "boss", role, place, NOW, internal=False)
    with transaction(staffed) as session, pytest.raises(UnknownNameError, match="unknown client 'akme'"):
        add_user(session, ROOT, "boss", "viewer", Place(client="akme"), NOW, internal=False)


def test_of_a_token_only_the_digest_is_kept(staffed):
    secret = token_for(staffed, "li")
    with reading(staffed) as session:
        (row,) = session.exec(select(ApiToken)).all()
        said = str([e.payload for e in journal.entries(session)])
    assert secret not in str(row.model_dump()) + said
    assert row.sha256 not in said
    assert len(secret) > 43  # 256 bits in base64


def test_a_token_works_as_its_user_until_it_ends_or_is_revoked(staffed):
    secret = token_for(staffed, "li")
    assert who(staffed, "wang", secret) == who(staffed, "li")
    with pytest.raises(NotLetInError, match="has expired"):
        who(staffed, "li", secret, NOW + timedelta(days=9))
    with pytest.raises(NotLetInError, match="none of ours"):
        who(staffed, "li", secret + "x")
    with transaction(staffed) as session:
        revoke_token(session, ROOT, "li", "t", NOW)
    with pytest.raises(NotLetInError, match="was revoked"):
        who(staffed, "li", secret)


def test_a_disabled_users_tokens_open_nothing(staffed):
    secret = token_for(staffed, "li")
    with transaction(staffed) as session:
        disable(session, ROOT, "li", NOW)
    with pytest.raises(NotLetInError, match="li is disabled"):
        who(staffed, "root", secret)


@pytest.mark.parametrize(
    ("user", "narrowed", "grants"),
    [
        ("root", {"role": "viewer"}, {Grant("viewer")}),
        ("root", {"place": ACME}, {Grant("administrator", "acme")}),
        ("li", {"role": "officer"}, {Grant("manager", "acme")}),  # never wider
        ("li", {"role": "viewer", "place": SHOP}, {Grant("viewer", shop="shop:xiaohongshu/a1")}),
        ("li", {"place": Place(client="brill")}, set()),
        ("li", {"place": Place(shop="b1")}, set()),
    ],
)
def test_a_token_narrows_what_its_user_may_and_never_widens_it(staffed, user, narrowed, grants):
    assert set(who(staffed, "x", token_for(staffed, user, **narrowed)).grants) == grants


@pytest.mark.parametrize("ends", [NOW, NOW - timedelta(days=1), NOW + LONGEST + timedelta(seconds=1)])
def test_every_token_ends_within_a_year(staffed, ends):
    with transaction(staffed) as session, pytest.raises(KaoheError, match=r"within 366 days|has passed"):
        create_token(session, ROOT, "li", "t", ends, NOW)


def test_when_a_token_was_used_is_known_to_the_hour(staffed):
    secret = token_for(staffed, "li")
    used = []
    for minutes in (0, 59, 61):
        with transaction(staffed) as session:
            note_use(session, secret, NOW + timedelta(minutes=minutes))
        with reading(staffed) as session:
            used.append(tokens(session, ROOT)[0].last_used_at)
    assert used == [NOW, NOW, NOW + timedelta(minutes=61)]


def test_users_are_nothing_to_those_with_bounds(staffed):
    li = who(staffed, "li")
    with reading(staffed, li.scope) as session:
        assert session.exec(select(ApiToken)).all() == []
        assert users(session, replace(li, grants=(Grant("administrator"),))) == []
