from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import entries, verify
from engine.ledger.subjects import (
    PersonRow,
    ShopRow,
    agent_key,
    agents,
    ensure_agents,
    ensure_shops,
    people_of,
    person_key,
    register_people,
    register_shops,
    shop,
    shop_key,
    shops,
)

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FIRST = date(2026, 3, 1)
S1 = ShopRow("xiaohongshu", "s1", "旗舰店", "flag", "acme", "beauty", date(2020, 5, 4), "Zhang", "13800001234")
K1 = ShopRow("kuaishou", "k1", name="Second shop")

ENSURE = """
from datetime import date
from engine.ledger.database import open_ledger, transaction
from engine.ledger.subjects import ensure_shops

def work(number, url):
    engine = open_ledger(url)
    names = [("xiaohongshu", f"s{n}") for n in range(2500)]
    with transaction(engine) as session:
        seen = {name: date(2026, 3, 10 - number) for name in (names if number % 2 else names[::-1])}
        ids = ensure_shops(session, seen)
    engine.dispose()
    return sorted(ids.values())
"""


def registered(engine, *rows, now=NOW):
    with transaction(engine) as session:
        return register_shops(session, rows, now, "zhang")


def employed(engine, *rows):
    with transaction(engine) as session:
        return register_people(session, rows, NOW, "zhang")


def told(engine, object_id):
    with reading(engine) as session:
        assert verify(session) == []
        return [(entry.event, entry.payload) for entry in entries(session, object_id=object_id)]


def test_different_subjects_have_different_keys():
    parts = ["a", "a/", "/a", "a/a", "a%2Fa", "%", "%25", "/"]
    agents_named = {agent_key(*names) for names in product(parts, repeat=3)}
    assert len(agents_named) == len(parts) ** 3
    assert len({shop_key(*names) for names in product(parts, repeat=2)}) == len(parts) ** 2
    assert agent_key("xiaohongshu", "s1", "客服1") == "agent:xiaohongshu/s1/客服1"


def test_a_registered_shop_is_on_record_with_all_that_was_said(ledger):
    assert registered(ledger, S1, K1) == (2, 0, 0)
    with reading(ledger) as session:
        found = shop(session, "s1")
        assert (found.key, found.kind, found.platform) == ("shop:xiaohongshu/s1", "shop", "xiaohongshu")
        assert [getattr(found, name) for name in ("name", "alias", "client", "category", "owner", "contact")] == [
            *("旗舰店", "flag", "acme", "beauty", "Zhang", "13800001234")
        ]
        assert (found.opened_on, found.registered_at) == (date(2020, 5, 4), NOW)
        assert shop(session, "k1").client == "default"
    [(event, payload)] = told(ledger, "shop:xiaohongshu/s1")
    assert event == "shop.registered"
    assert payload["after"]["opened_on"] == "2020-05-04"


def test_the_journal_never_holds_a_whole_contact(ledger):
    registered(ledger, S1)
    registered(ledger, ShopRow("xiaohongshu", "s1", contact="zhang@example.com"))
    assert told(ledger, "shop:xiaohongshu/s1")[-1] == (
        "shop.changed",
        {"before": {"contact": "1***4"}, "after": {"contact": "z***@example.com"}},
    )
    assert "13800001234" not in str(told(ledger, "shop:xiaohongshu/s1"))


def test_registering_the_same_again_changes_and_journals_nothing(ledger):
    registered(ledger, S1)
    before = told(ledger, "shop:xiaohongshu/s1")
    assert registered(ledger, S1, S1, now=LATER) == (0, 0, 1)
    assert told(ledger, "shop:xiaohongshu/s1") == before
    with reading(ledger) as session:
        assert shop(session, "s1").registered_at == NOW


def test_what_differs_is_changed_and_what_is_not_said_stays(ledger):
    registered(ledger, S1)
    assert registered(ledger, ShopRow("xiaohongshu", "s1", alias="main", owner="Zhang"), now=LATER) == (
        0,
        1,
        0,
    )
    assert told(ledger, "shop:xiaohongshu/s1")[-1] == (
        "shop.changed",
        {"before": {"alias": "flag"}, "after": {"alias": "main"}},
    )
    with reading(ledger) as session:
        found = shop(session, "main")
        assert (found.name, found.contact, found.registered_at) == ("旗舰店", "13800001234", NOW)


def test_agents_go_with_their_shop_to_another_client(ledger):
    registered(ledger, S1)
    with transaction(ledger) as session:
        ensure_agents(session, {("xiaohongshu", "s1", "a1"): FIRST})
    registered(ledger, ShopRow("xiaohongshu", "s1", client="other"))
    with reading(ledger) as session:
        found = shop(session, "s1")
        assert (found.client, [agent.client for agent in agents(session, found.id)]) == ("other", ["other"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ShopRow("xiaohongsu", "s1")], "unknown platform 'xiaohongsu'; did you mean 'xiaohongshu'"),
        ([ShopRow("kuaishou", "")], "a shop of kuaishou has no id"),
        (
            [S1, ShopRow("xiaohongshu", "s1", "x")],
            "shop:xiaohongshu/s1 is given twice, and not in the same way",
        ),
    ],
)
def test_shops_that_cannot_be_registered_are_refused(ledger, rows, message):
    with pytest.raises(KaoheError, match=message):
        registered(ledger, K1, *rows)
    with reading(ledger) as session:
        assert shops(session) == []


def test_a_shop_seen_in_evidence_is_on_record_but_not_registered(ledger):
    with transaction(ledger) as session:
        ids = ensure_shops(session, {("xiaohongshu", "s1"): FIRST, ("kuaishou", "k1"): FIRST})
    with reading(ledger) as session:
        found = shop(session, "s1")
        assert ids["xiaohongshu", "s1"] == found.id
        assert (found.client, found.registered_at, found.first_evidence_on) == ("default", None, FIRST)
    assert told(ledger, "shop:xiaohongshu/s1") == []


def test_the_first_day_of_evidence_is_the_earliest_ever_seen(ledger):
    registered(ledger, S1)
    for day, expected in ((5, 5), (7, 5), (3, 3), (4, 3)):
        with transaction(ledger) as session:
            ensure_shops(session, {("xiaohongshu", "s1"): date(2026, 3, day)})
        with reading(ledger) as session:
            found = shop(session, "s1")
            assert (found.first_evidence_on, found.client) == (date(2026, 3, expected), "acme")


def test_a_later_day_that_waited_for_an_earlier_one_does_not_replace_it(postgres_ledger_url):
    one, other = open_ledger(postgres_ledger_url), open_ledger(postgres_ledger_url)

    def see(engine, day):
        with transaction(engine) as session:
            ensure_shops(session, {("xiaohongshu", "s1"): date(2026, 3, day)})

    see(one, 9)
    with ThreadPoolExecutor(1) as pool:
        with transaction(one) as session:
            ensure_shops(session, {("xiaohongshu", "s1"): date(2026, 3, 3)})
            waiting = pool.submit(see, other, 5)
            assert wait([waiting], timeout=0.5).done == set()
        waiting.result()
    with reading(one) as session:
        assert shop(session, "s1").first_evidence_on == date(2026, 3, 3)
    one.dispose()
    other.dispose()


def test_a_shop_that_was_only_seen_can_be_registered_later(ledger):
    with transaction(ledger) as session:
        ids = ensure_shops(session, {("xiaohongshu", "s1"): FIRST})
    assert registered(ledger, S1) == (1, 0, 0)
    with reading(ledger) as session:
        found = shop(session, "s1")
        assert (found.id, found.client, found.first_evidence_on) == (ids["xiaohongshu", "s1"], "acme", FIRST)


def test_evidence_of_an_unknown_platform_is_refused(ledger):
    with transaction(ledger) as session, pytest.raises(UnknownNameError, match="unknown platform 'x'"):
        ensure_shops(session, {("x", "s1"): FIRST})


def test_agents_seen_in_evidence_belong_to_their_shops(ledger):
    registered(ledger, S1)
    seen = {
        ("xiaohongshu", "s1", "b"): FIRST,
        ("xiaohongshu", "s1", "a"): FIRST,
        ("kuaishou", "k1", "a"): FIRST,
    }
    with transaction(ledger) as session:
        ids = ensure_agents(session, seen)
        assert ensure_agents(session, seen) == ids
    with reading(ledger) as session:
        found = agents(session, shop(session, "s1").id)
        assert [(agent.external_id, agent.client) for agent in found] == [("a", "acme"), ("b", "acme")]
        assert ids["xiaohongshu", "s1", "b"] == found[1].id
        assert shop(session, "k1").first_evidence_on == FIRST


def test_several_processes_that_see_the_same_thousands_of_shops_agree_on_them(ledger, ledger_url, race):
    done = race(ENSURE, 4, ledger_url)
    assert len(done[0]) == len(set(done[0])) == 2500
    assert all(ids == done[0] for ids in done)
    with reading(ledger) as session:
        assert {one.first_evidence_on for one in shops(session)} == {date(2026, 3, 7)}


@pytest.mark.parametrize("name", ["s1", "flag", "旗舰店", "shop:xiaohongshu/s1", "xiaohongshu/s1"])
def test_a_shop_is_found_by_any_of_its_names(ledger, name):
    registered(ledger, S1, K1)
    with reading(ledger) as session:
        assert shop(session, name).key == "shop:xiaohongshu/s1"
        assert shop(session, name, platform="xiaohongshu").external_id == "s1"
        with pytest.raises(UnknownNameError):
            shop(session, name, platform="kuaishou")


def test_a_shop_that_nobody_knows_is_answered_with_names_near_it(ledger):
    registered(ledger, S1, K1)
    with reading(ledger) as session, pytest.raises(UnknownNameError, match="did you mean 'Second shop'"):
        shop(session, "second shop")


def test_a_name_that_several_shops_have_is_refused_with_their_keys(ledger):
    registered(ledger, S1, ShopRow("kuaishou", "s1"))
    keys = "shop:kuaishou/s1, shop:xiaohongshu/s1"
    with reading(ledger) as session:
        with pytest.raises(KaoheError, match=f"'s1' stands for several shops: {keys}; give one"):
            shop(session, "s1")
        assert shop(session, "s1", platform="kuaishou").platform == "kuaishou"


def test_an_exact_id_stands_before_an_alias_that_another_shop_has(ledger):
    registered(ledger, S1, ShopRow("xiaohongshu", "s2", alias="s1", name="旗舰店"))
    with reading(ledger) as session:
        assert shop(session, "s1").key == "shop:xiaohongshu/s1"
        with pytest.raises(KaoheError, match="'旗舰店' stands for several shops"):
            shop(session, "旗舰店")


def test_shops_are_listed_by_platform_and_client(ledger):
    registered(ledger, S1, K1, ShopRow("kuaishou", "k0", client="acme"))
    with reading(ledger) as session:
        assert [one.external_id for one in shops(session)] == ["k0", "k1", "s1"]
        assert [one.external_id for one in shops(session, platform="kuaishou")] == ["k0", "k1"]
        assert [one.external_id for one in shops(session, client="acme")] == ["k0", "s1"]
        assert [one.external_id for one in shops(session, "kuaishou", "default")] == ["k1"]


def test_people_work_under_an_agent_on_the_days_that_were_said(ledger):
    registered(ledger, S1)
    march = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31)}
    assert employed(
        ledger,
        PersonRow("Zhang", "xiaohongshu", "flag", "a1", "early", **march),
        PersonRow("Li", "xiaohongshu", "s1", "a1"),
        PersonRow("Li", "xiaohongshu", "s1", "a2", "late"),
    ) == (3, 0, 0)
    with reading(ledger) as session:
        one, other = agents(session, shop(session, "s1").id)
        assert (one.external_id, other.external_id, one.client) == ("a1", "a2", "acme")

        def names(agent, *day):
            found = people_of(session, agent.id, date(*day))
            return [(who.external_id, team and team.external_id) for who, team in found]

        assert names(one, 2026, 3, 1) == names(one, 2026, 3, 31) == [("Li", None), ("Zhang", "early")]
        assert names(one, 2026, 2, 28) == names(one, 2026, 4, 1) == [("Li", None)]
        assert names(other, 2026, 3, 1) == [("Li", "late")]
    assert told(ledger, person_key("Zhang")) == [
        (
            "person.assigned",
            {
                "after": {
                    "agent": "agent:xiaohongshu/s1/a1",
                    "team": "team:early",
                    "from": "2026-03-01",
                    "to": "2026-03-31",
                }
            },
        )
    ]


def test_the_assignment_that_began_last_says_which_team_it_is(ledger):
    registered(ledger, S1)
    employed(
        ledger,
        PersonRow("Zhang", "xiaohongshu", "s1", "a1", "early"),
        PersonRow("Zhang", "xiaohongshu", "s1", "a1", "late", starts_on=date(2026, 3, 1)),
    )
    with reading(ledger) as session:
        [agent] = agents(session, shop(session, "s1").id)
        [before] = people_of(session, agent.id, date(2026, 2, 28))
        [after] = people_of(session, agent.id, date(2026, 3, 1))
        assert (before.team.external_id, after.team.external_id) == ("early", "late")


def test_an_assignment_given_again_is_changed_only_where_it_differs(ledger):
    registered(ledger, S1)
    row = PersonRow("Zhang", "xiaohongshu", "s1", "a1", "early")
    employed(ledger, row)
    assert employed(ledger, row, row) == (0, 0, 1)
    until_march = PersonRow("Zhang", "xiaohongshu", "s1", "a1", "early", ends_on=date(2026, 3, 31))
    assert employed(ledger, until_march) == (0, 1, 0)
    event, payload = told(ledger, person_key("Zhang"))[-1]
    assert event == "person.changed"
    assert (payload["before"]["to"], payload["after"]["to"]) == (None, "2026-03-31")
    assert payload["before"]["team"] == payload["after"]["team"] == "team:early"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (PersonRow("Zhang", "xiaohongshu", "flagg", "a1"), "unknown shop 'flagg'; did you mean 'flag'"),
        (PersonRow("Zhang", "kuaishu", "s1", "a1"), "unknown platform 'kuaishu'; did you mean 'kuaishou'"),
        (PersonRow("", "xiaohongshu", "s1", "a1"), "lacks its person or its agent"),
        (PersonRow("Zhang", "xiaohongshu", "s1", ""), "lacks its person or its agent"),
        (
            PersonRow("Zhang", "xiaohongshu", "s1", "a1", None, FIRST, date(2026, 2, 1)),
            "Zhang cannot stop on 2026-02-01, before they begin on 2026-03-01",
        ),
        (
            PersonRow("Wang", "xiaohongshu", "s1", "a1", "late"),
            "person:Wang is assigned to agent:xiaohongshu/s1/a1 from 1970-01-01 twice",
        ),
    ],
)
def test_assignments_that_make_no_sense_are_refused(ledger, row, message):
    registered(ledger, S1)
    with pytest.raises(KaoheError, match=message):
        employed(ledger, PersonRow("Wang", "xiaohongshu", "s1", "a1"), row)
    assert told(ledger, person_key("Wang")) == []
