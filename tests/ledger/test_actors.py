"""Roles are a ladder; a grant reaches as far as it says and no further."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.actors import ROLES, Actor, Grant, NotAllowedError, Permission, Scope, allowed

S1 = "shop:xiaohongshu/s1"
clients = st.sampled_from(["acme", "brill"])
shops = st.sampled_from([S1, "shop:xiaohongshu/s2"])
grants = st.builds(Grant, st.sampled_from(ROLES), st.none() | clients) | st.builds(
    Grant, st.sampled_from(ROLES), st.none(), shops
)


def test_each_role_may_do_what_those_before_it_may_and_more() -> None:
    for lower, higher in itertools.pairwise(ROLES):
        assert allowed(lower) < allowed(higher)
    assert allowed("administrator") == frozenset(Permission)


def test_a_role_over_a_client_reaches_no_other_client_and_not_all_of_them() -> None:
    officer = Actor("li", (Grant("officer", "acme"),))
    assert officer.may(Permission.APPROVE, "acme", S1)
    assert not officer.may(Permission.READ, "brill", S1)
    assert not officer.may(Permission.READ, None)


def test_a_role_over_a_shop_goes_with_the_shop_and_not_with_its_client() -> None:
    viewer = Actor("wang", (Grant("viewer", shop=S1),))
    assert viewer.may(Permission.READ, "acme", S1)
    assert viewer.may(Permission.READ, "brill", S1)
    assert not viewer.may(Permission.READ, "acme", "shop:xiaohongshu/s2")


def test_who_may_not_is_told_which_role_it_takes_and_who_grants_it() -> None:
    viewer = Actor("wang", (Grant("viewer", "acme"),))
    with pytest.raises(
        NotAllowedError, match=r"wang may not approve for acme: the roles that may are officer, administrator;"
    ):
        viewer.must(Permission.APPROVE, "acme")


@given(held=st.lists(grants, max_size=4).map(tuple), client=clients, shop=shops)
def test_the_scope_holds_exactly_what_may_be_read(held: tuple[Grant, ...], client: str, shop: str) -> None:
    actor = Actor("li", held)
    scope = actor.scope
    assert actor.may(Permission.READ, client, shop) == (
        scope.everything or client in scope.clients or shop in scope.shops
    )
    assert scope.everything == actor.may(Permission.READ, None)


def test_nobody_who_has_no_grant_reads_anything() -> None:
    assert Actor("gone", ()).scope == Scope()
