import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ledger.tables import Notice, Subject
from notifier.events import ESCALATED, OPENED, ROUTED, USUAL
from notifier.routing.model import SHOP, UNLIMITED, Address, Contact, Hours, Limits, News, Route, Routing
from notifier.routing.recipients import FORM_LIMITS, limits_of, misdirected, recipients_of, steps
from tests.notifier.routings import CLIENTS, SHOPS, all_news, routings

NEWS = News(OPENED.event, "acme", "kuaishou", "shop:kuaishou/s1", "kuaishou.good-rating", "minor")
OF_HOUSE = [event for event, occasion in ROUTED.items() if occasion.of_house]


def contact(name, *addresses, client=None, language="zh-CN"):
    texts = addresses or (f"email:{name}@example.com",)
    return Contact(name, tuple(Address(*text.split(":", 1)) for text in texts), language, client)


def routing(*routes, **contacts):
    return Routing(contacts, routes)


def shop_of(client, contact="shop@example.com", key="shop:kuaishou/s1"):
    return Subject(kind="shop", platform="kuaishou", external_id="s1", key=key, client=client, contact=contact)


def whom(news, made, shop=None):
    return [(r.channel, r.address) for r in recipients_of(news, shop, made, "zh-CN")]


@given(routings())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_no_contact_of_a_client_is_told_of_another_client_and_none_of_what_is_of_the_house(made):
    shops = {key: shop_of(client, f"boss@{n}.example", key) for n, (key, client) in enumerate(SHOPS.items())}
    for news in all_news():
        shop = shops.get(news.shop)
        for one in recipients_of(news, shop, made, "zh-CN"):
            client = shop.client if one.contact is None else made.contacts[one.contact].client
            concerned = news.client == client or (news.client is None and news.event == "rule.announced")
            told = client is None or (news.event not in OF_HOUSE and concerned)
            assert told, f"{news} goes to {one}"
            assert all(spare.contact == one.contact for spare in one.spares)
            assert one.internal == (one.contact is not None and client is None)


@pytest.mark.parametrize("event", sorted(ROUTED))
def test_news_that_does_not_say_whose_it_is_goes_to_the_house_alone_unless_it_concerns_everybody(event):
    both = ("li", "acme", SHOP)
    everything = Route("all", both, events=("*",), escalate_after=5, escalate_to=both)
    made = routing(everything, li=contact("li"), acme=contact("acme", client="acme"))
    told = {one.contact for one in recipients_of(News(event), shop_of("acme"), made, "zh-CN")}
    assert told == ({"li", "acme", None} if event == "rule.announced" else {"li"})


@given(routings(), st.sampled_from(CLIENTS))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_who_has_a_shop_by_now_is_not_told_what_was_found_for_another_client(made, client):
    for news in all_news():
        if news.shop and news.client != client:
            found = recipients_of(news, shop_of(client, "new@example.com"), made, "zh-CN")
            assert all(one.contact for one in found)


@pytest.mark.parametrize("event", OF_HOUSE)
def test_what_is_of_the_house_goes_to_no_shop_and_to_no_client_even_where_a_route_says_so(event):
    made = routing(
        Route("all", (SHOP, "li", "acme"), events=("*",)), li=contact("li"), acme=contact("acme", client="acme")
    )
    [step] = steps(News(event, "acme"), shop_of("acme"), made, "zh-CN")
    assert [r.contact for r in step.to] == ["li"]
    assert step.left_out == ((SHOP, "house"), ("acme", "house"))


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("clients", "brill"),
        ("platforms", "pinduoduo"),
        ("shops", "shop:kuaishou/s2"),
        ("rules", "xiaohongshu.reply-rate"),
        ("severities", "serious"),
        ("events", "warning.*"),
    ],
)
def test_each_condition_keeps_out_what_it_does_not_name(condition, value):
    own = {"clients": "acme", "platforms": "kuaishou", "shops": "shop:kuaishou/s1", "rules": "kuaishou.good-rating"}
    own |= {"severities": "minor", "events": "violation.*"}
    passing = Route("r", ("li",), **{condition: (value, own[condition])})
    assert whom(NEWS, routing(passing, li=contact("li"))) == [("email", "li@example.com")]
    made = routing(Route("r", ("li",), **{condition: (value,)}), li=contact("li"))
    [step, *_] = steps(NEWS, None, made, "zh-CN")
    assert step.refused == condition
    assert whom(NEWS, made) == []


def test_shops_of_two_platforms_with_the_same_id_are_told_apart():
    made = routing(Route("r", ("li",), shops=("shop:pinduoduo/s1",)), li=contact("li"))
    assert whom(NEWS, made) == []
    assert whom(News(OPENED.event, shop="shop:pinduoduo/s1"), made) == [("email", "li@example.com")]


def test_a_route_without_events_takes_what_is_usual_and_nothing_else():
    made = routing(Route("r", ("li",)), li=contact("li"))
    told = {event for event in ROUTED if event != ESCALATED.event and whom(News(event), made)}
    assert told == USUAL


def test_the_shops_own_contact_is_told_what_is_usual_until_a_route_names_it():
    shop = shop_of("acme")
    assert whom(NEWS, routing(), shop) == [("email", "shop@example.com")]
    assert whom(News("week.listed", "acme"), routing(), shop) == []
    serious = routing(Route("r", (SHOP,), severities=("serious",)))
    assert whom(NEWS, serious, shop) == []


def test_a_contact_is_told_at_its_first_address_and_the_others_stand_in():
    made = routing(Route("r", ("li",)), li=contact("li", "wecom:ops", "email:li@example.com"))
    [found] = recipients_of(NEWS, None, made, "zh-CN")
    assert (found.channel, [s.channel for s in found.spares]) == ("wecom", ["email"])


def test_a_route_that_names_channels_is_told_over_each_of_these_and_none_stands_in():
    made = routing(
        Route("r", ("li", "wang"), channels=("email", "aliyun-sms")),
        li=contact("li", "wecom:ops", "email:li@example.com", "aliyun-sms:+8613800001234"),
        wang=contact("wang", "wecom:wang"),
    )
    [step, _] = steps(NEWS, None, made, "zh-CN")
    assert [(r.channel, r.spares) for r in step.to] == [("email", ()), ("aliyun-sms", ())]
    assert step.left_out == (("wang", "channel"),)


def test_an_address_on_two_routes_is_told_once_and_at_once_where_one_of_them_is_urgent():
    made = routing(
        Route("calm", ("li",)),
        Route("urgent", ("big",), urgent=True),
        li=contact("li", "email:li@example.com"),
        big=contact("big", "email:LI@example.com"),
    )
    [found] = recipients_of(NEWS, None, made, "zh-CN")
    assert (found.contact, found.why, found.urgent) == ("li", "calm", True)


def test_what_is_escalated_goes_along_the_route_of_the_violation_to_whom_it_names_for_that():
    made = routing(
        Route("first", ("li",), escalate_after=60, escalate_to=("boss", "other", SHOP)),
        Route("other", ("li",), events=("warning.*",), escalate_after=60, escalate_to=("li",)),
        Route("none", ("li",)),
        li=contact("li"),
        boss=contact("boss"),
        other=contact("other", client="brill"),
    )
    news = News(ESCALATED.event, "acme")
    first, second, third = steps(news, shop_of("acme"), made, "zh-CN")
    assert [r.contact for r in first.to] == ["boss", None]
    assert first.left_out == (("other", "client"),)
    assert (second.refused, third.refused) == ("events", "escalate_to")


def test_a_shop_without_a_usable_address_is_told_of_in_the_steps():
    [step] = steps(NEWS, shop_of("acme", contact=" ; "), routing(Route("r", (SHOP,))), "zh-CN")
    assert step.left_out == ((SHOP, "empty"),)


def notice(recipient, channel="email", contact=None):
    told = {"key": "k", "event": OPENED.event, "client": "acme", "language": "en", "template": "", "subject": ""}
    return Notice(recipient=recipient, channel=channel, contact=contact, body="", state="queued", **told)


def test_a_notice_that_waits_still_goes_to_an_address_that_is_now_written_with_capitals():
    made = routing(Route("r", (SHOP, "li")), li=contact("li", "email:LI@example.com"))
    shop = shop_of("acme", "Li@example.com")
    for address in ("li@example.com", "LI@example.com", "Li@example.com"):
        assert misdirected(notice(address), NEWS, shop, made) is None


def test_a_notice_that_waits_for_any_address_that_stands_in_on_any_route_still_goes_there():
    made = routing(
        Route("a", ("li",)),
        Route("b", ("li2",)),
        li=contact("li", "email:x@example.com", "wecom:one"),
        li2=contact("li2", "email:x@example.com", "wecom:two"),
    )
    for name in ("one", "two"):
        assert misdirected(notice(name, "wecom", "li"), NEWS, None, made) is None
    assert misdirected(notice("three", "wecom", "li"), NEWS, None, made) == "no route leads to three any more"
    assert "not in the contact of the shop" in misdirected(notice("three", "wecom"), NEWS, None, made)


def test_limits_are_those_of_the_contact_and_for_text_messages_never_fewer_than_the_usual_ones_by_accident():
    own = Limits(Hours(540, 1080), 1, 5)
    phone = Address("aliyun-sms", "+8613800001234", own)
    made = Routing({"li": Contact("li", (phone,), "en")}, ())
    usual = FORM_LIMITS["sms"]
    assert (usual.hours, usual.per_hour, usual.per_day) == (Hours(8 * 60, 24 * 60), 2, 20)
    assert limits_of(notice("+8613800001234", "aliyun-sms", "li"), made) == own
    for gone in (notice("+8613800001234", "aliyun-sms", "who-left"), notice("+8613899999999", "aliyun-sms", "li")):
        assert limits_of(gone, made) == usual
    assert limits_of(notice("+8613800001234", "aliyun-sms"), made) == usual
    assert limits_of(notice("shop@example.com"), made) == UNLIMITED
