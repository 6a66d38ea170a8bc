import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ledger.masking import masked
from notifier.events import ROUTED
from notifier.routing.file import Known, RoutingError, read_routing
from notifier.routing.model import SHOP, UNLIMITED, Address, Contact, Hours, Limits, Route, Routing
from notifier.routing.recipients import FORM_LIMITS
from notifier.routing.written import written_routing
from tests.notifier.routings import routings

KNOWN = Known(
    clients={"acme", "brill"},
    shops={"shop:kuaishou/s1": "acme", "shop:pinduoduo/s1": "brill", "shop:xiaohongshu/a/b": "brill"},
    rules={"xiaohongshu.reply-rate", "kuaishou.good-rating"},
    severities={"minor", "serious"},
)
LI = '[contact.li]\naddresses = ["li@example.com"]\n'
ESCALATING = '[[route]]\nname = "r"\nto = ["li"]\nescalate_after = "1h"\n'
ACME = '[contact.acme]\nclient = "acme"\naddresses = ["boss@acme.example"]\n'


@pytest.fixture
def read(tmp_path):
    def read(text, known=None):
        path = tmp_path / "routes.toml"
        path.write_text(text, encoding="utf-8")
        return read_routing(path, known)

    return read


@pytest.fixture
def faults(read):
    def faults(text, language="en"):
        with pytest.raises(RoutingError) as error:
            read(text, KNOWN)
        found = [fault.in_language(language) for fault in error.value.faults]
        lines = error.value.in_language(language).splitlines()
        assert all(line.endswith(fault) for line, fault in zip(lines, found, strict=True)), "one line for each"
        return found

    return faults


@given(made=routings(sound=True))
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_what_is_written_is_read_as_the_same(read, made):
    assert read(written_routing(made)) == made


@given(text=st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text == text.strip() != ""))
def test_any_text_can_stand_in_the_file(text):
    assert tomllib.loads(written_routing(Routing({}, (Route(text, ("li",)),))))["route"][0]["name"] == text


@pytest.mark.parametrize("name", ["李四", "li.wang", "li-wang_2", "7", "值班.夜"])
def test_a_contact_may_have_any_name_of_letters(read, name):
    made = Routing({name: Contact(name, (Address("email", "li@example.com"),), "zh-CN")}, ())
    assert read(written_routing(made)) == made


def test_a_whole_file_is_read_as_it_says(read):
    found = read(
        """\ufeff
[contact.li]
title = "李经理"
hours = "09:00-18:00"
addresses = [
    "wecom:ops",
    { to = "aliyun-sms:138-0000-1234", per_hour = 1 },
    { to = "Li@EXAMPLE.com", hours = "22:00-06:00" },
]

[contact."张三"]
client = "acme"
language = "en"
per_day = 5
addresses = ["aliyun-sms:13800001235", { to = "tencent-sms:13800001235", per_day = "unlimited", hours = "00:00-24:00" }]

[[route]]
name = "夜班"
to = ["li", "@shop"]
clients = ["acme"]
platforms = ["kuaishou"]
shops = ["kuaishou/s1", "shop:kuaishou/s1"]
rules = ["kuaishou.good-rating"]
severities = ["serious"]
events = ["violation.*"]
channels = ["wecom"]
urgent = true
escalate_after = "2h"
escalate_to = ["li"]
""",
        KNOWN,
    )
    day = Hours(540, 1080)
    assert found.contacts["li"] == Contact(
        "li",
        (
            Address("wecom", "ops", Limits(day)),
            Address("aliyun-sms", "+8613800001234", Limits(day, 1, 20)),
            Address("email", "Li@example.com", Limits(Hours(1320, 360))),
        ),
        "zh-CN",
        title="李经理",
    )
    assert found.contacts["张三"].addresses == (
        Address("aliyun-sms", "+8613800001235", Limits(Hours(480, 1440), 2, 5)),
        Address("tencent-sms", "+8613800001235", Limits(Hours(), 2, None)),
    )
    shops = ("shop:kuaishou/s1",) * 2
    lists = [("acme",), ("kuaishou",), shops, ("kuaishou.good-rating",), ("serious",), ("violation.*",), ("wecom",)]
    assert found.routes == (Route("夜班", ("li", SHOP), *lists, True, 120, ("li",)),)


def test_who_says_nothing_of_hours_and_caps_gets_those_of_the_form_of_message(read):
    found = read('[contact.li]\naddresses = ["li@example.com", "aliyun-sms:13800001234"]')
    assert [a.limits for a in found.contacts["li"].addresses] == [UNLIMITED, FORM_LIMITS["sms"]]


def test_hours_alone_do_not_lift_the_caps_of_text_messages(read):
    found = read('[contact.li]\nhours = "09:00-18:00"\naddresses = ["aliyun-sms:13800001234"]')
    assert found.contacts["li"].addresses[0].limits == Limits(Hours(540, 1080), 2, 20)


def test_a_route_whose_list_is_empty_lets_nothing_pass_as_it_says(read):
    made = read(f'{LI}[[route]]\nname = "r"\nto = ["@shop"]\nshops = []')
    assert made.routes[0].shops == ()
    assert read(written_routing(made)) == made


def test_an_empty_file_takes_away_everything(read):
    assert read("") == Routing()


ONE = [  # what is written, and the one fault that is told of it, in English and in Chinese
    ('[contact.li]\nhours = "09:00-18:00"', "contact li: addresses: must be a list of at least one", "至少写一个地址"),
    ("[contact.li]\naddresses = []", "contact li: addresses: must be a list of at least one", "没有地址的联系人"),
    ('[contact.li]\naddresses = "li@example.com"', "contact li: addresses: must be a list", "至少写一个地址"),
    (LI.replace("li@example.com", "aliyun-sms:010-65529988"), "is no mobile number", "不是手机号"),
    (LI.replace("li@example.com", "aliyun-sms:138000"), "'aliyun-sms:138000' is no mobile number", "11 位"),
    (LI.replace("li@example.com", "aliyun-sms:+4915112345678"), "no number of mainland China", "中国大陆"),
    (LI.replace("li@example.com", "13800001234"), "it has no @", "没有 @"),
    (LI.replace("li@example.com", "li@example"), "is no domain", "域名"),
    (LI.replace("li@example.com", "wecom:OPS!"), "is no name of a robot", "不是机器人的名字"),
    (LI.replace("li@example.com", "weixin:ops"), "no channel", "不是通知渠道的名字"),
    (LI.replace("li@example.com", "l***@example.com"), "is masked; write it in full", "打了码"),
    (LI.replace("li@example.com", "aliyun-sms:+86138****1234"), "is masked; write it in full", "打了码"),
    ('[contact.li]\naddresses = ["li@example.com", 3]', "addresses[2]: must be an address", "应为地址"),
    ('[contact.li]\naddresses = [{ to = "li@example.com", when = 1 }]', "unknown key 'when'", "没有 'when' 这个键"),
    ('[contact.li]\naddresses = ["li@example.com", "LI@Example.com"]', "stands there twice", "写了两次"),
    (f'{LI}hours = "24:00-06:00"', "contact li: hours: '24:00-06:00' is no span of hours", "不是时段"),
    (f'{LI}hours = "08:00-08:00"', "contact li: hours:", "不是时段"),
    (f'{LI}hours = "08:00-24:01"', "contact li: hours:", "不是时段"),
    (f'{LI}hours = "08:60-09:00"', "contact li: hours:", "不是时段"),
    (f"{LI}hours = 8", "contact li: hours: 8 is no span", "8 不是时段"),
    (f"{LI}per_hour = 0", "contact li: per_hour: 0 is no whole number from 1", "0 不是 1 到"),
    (f"{LI}per_day = 9999999999", "is no whole number from 1", "不是 1 到"),
    (f"{LI}per_day = true", "contact li: per_day: True", "True 不是"),
    ('[contact.li]\nper_hour = 0\naddresses = ["a@b.cn", "c@d.cn", "aliyun-sms:13800001234"]', "per_hour: 0", "0 不是"),
    (f'{LI}language = "fr"', "contact li: language: 'fr' is none of zh-CN, en", "不是 zh-CN、en 之一"),
    (f'{LI}client = "acmee"', "contact li: client: 'acmee' is not known; did you mean 'acme'?", "没有 'acmee'；是不是"),
    (f'{LI}title = "a\\u0000b"', "contact li: title: 'a\\x00b' holds a control character", "含控制字符"),
    (f'{LI}title = "\\u202eil"', "contact li: title: '\\u202eil' holds a control character", "含控制字符"),
    (f"{LI}title = 3", "contact li: title: must be a text", "应为文字"),
    (f"{LI}phone = 3", "contact li: unknown key 'phone'", "没有 'phone' 这个键"),
    ('[contact."a b"]\naddresses = ["li@example.com"]', "contact a b: a name is letters", "名字只用文字"),
    ("contact = 3", "contact: must be written as [contact.NAME]", "[contact.名字]"),
    ("[contact]\nli = 3", "contact li: must be written as [contact.NAME]", "[contact.名字]"),
    ("route = 3", "route: must be written as [[route]]", "[[route]]"),
    ("rout = []", "TOML: unknown key 'rout'; did you mean 'route'?", "没有 'rout' 这个键"),
    (f'{LI}[[route]]\nto = ["li"]', "route 1: name: is missing", "缺少名字"),
    (f'{LI}[[route]]\nname = 3\nto = ["li"]', "route 1: name: must be a text", "应为文字"),
    ('[[route]]\nname = "r"', 'route r: to: must name contacts, or "@shop"', "写联系人的名字"),
    ('[[route]]\nname = "r"\nto = []', "route r: to: is empty: nobody is told", "空的列表"),
    ('[[route]]\nname = "r"\nto = "li"', "route r: to: must be a list of texts", "应为文字的列表"),
    (f'{LI}[[route]]\nname = "r"\nto = ["lee"]', "there is no contact 'lee'; ", "没有联系人 'lee'"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nchannels = []', "channels: is empty: nobody is told", "空的列表"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nurgent = 1', "urgent: must be true or false", "应为 true 或 false"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nwhom = 1', "unknown key 'whom'", "没有 'whom' 这个键"),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nclients = ["acm"]',
        "'acm' is not known; did you mean 'acme'",
        "没有 'acm'",
    ),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nplatforms = ["tiktok"]', "platforms: 'tiktok' is not known", "'tiktok'"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nshops = ["s1"]', "shops: 's1' is not known", "没有 's1'"),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nrules = ["reply-rate"]',
        "rules: 'reply-rate' is not known",
        "'reply-rate'",
    ),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nseverities = ["bad"]', "severities: 'bad' is not known", "没有 'bad'"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nchannels = ["sms"]', "channels: 'sms' is not known", "没有 'sms'"),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nchannels = ["wecom"]',
        "'li' has no address on wecom",
        "没有 wecom 的地址",
    ),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nevents = ["warning"]', "nothing is called 'warning'", "没有事件叫"),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nevents = ["violation.escalated"]',
        "is said by escalate_after and escalate_to",
        "由 escalate_after 和 escalate_to 决定",
    ),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nescalate_after = "1h"', "go together", "要一起写"),
    (f'{LI}[[route]]\nname = "r"\nto = ["li"]\nescalate_to = ["li"]', "go together", "要一起写"),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nescalate_after = "soon"\nescalate_to = ["li"]',
        "escalate_after: 'soon' is no span of time",
        "'soon' 不是时长",
    ),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nescalate_after = "0h"\nescalate_to = ["li"]',
        "escalate_after: '0h' is no span of time",
        "不是时长",
    ),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\nevents = ["warning.*"]\nescalate_after = "1h"\nescalate_to = ["li"]',
        "only violation.opened is escalated",
        "升级的只有 violation.opened",
    ),
    (
        f'{LI}[[route]]\nname = "r"\nto = ["li"]\n[[route]]\nname = "r"\nto = ["li"]',
        "there are 2 of this name",
        "2 条同名",
    ),
    (f'{ACME}[[route]]\nname = "r"\nto = ["acme"]\nclients = ["brill"]', "is of client 'acme'", "属于客户 'acme'"),
    (f'{ACME}[[route]]\nname = "r"\nto = ["acme"]\nshops = ["pinduoduo/s1"]', "is of client 'acme'", "属于客户 'acme'"),
    (
        f'{LI}{ACME}{ESCALATING}clients = ["brill"]\nescalate_to = ["acme"]',
        "contact 'acme' is of client 'acme', and this route is of others",
        "一个客户的消息不发给另一个客户",
    ),
    (
        f'{ACME}[[route]]\nname = "r"\nto = ["acme"]\nevents = ["operator.*"]',
        "these events are for the house alone",
        "这些事件只发给内部联系人",
    ),
    (
        f"{LI}{ACME.replace('boss@acme.example', 'LI@example.com')}",
        "contact acme: addresses: 'li', who is of the house, has the same one",
        "内部联系人 'li' 也用这个地址",
    ),
    (
        LI + ACME + ACME.replace("contact.acme", "contact.brill").replace('"acme"', '"brill"'),
        "contact brill: addresses: 'acme', who is of 'acme', has the same one",
        "客户 'acme' 的联系人 'acme' 也用这个地址",
    ),
]


@pytest.mark.parametrize(("text", "english", "chinese"), ONE)
def test_each_fault_is_told_once_and_says_where_it_is_and_what_is_expected(faults, text, english, chinese):
    [en] = faults(text)
    [zh] = faults(text, "zh-CN")
    assert english in en
    assert chinese in zh


def test_all_faults_are_told_at_once(faults):
    found = faults(
        """
[contact.li]
client = "acmee"
addresses = ["aliyun-sms:12", "li@example.com", "nobody"]
per_hour = -1
[[route]]
name = "a"
to = ["li", "lee"]
platforms = ["x", "kuaishou", "y"]
channels = ["aliyun-sms"]
[[route]]
name = "b"
to = ["li"]
escalate_after = "x"
urgent = "yes"
"""
    )
    starts = ["contact li: client", "contact li: per_hour", "contact li: addresses[1]", "contact li: addresses[3]"]
    starts += ["route a: there is no contact 'lee'", "route a: platforms: 'x'", "route a: platforms: 'y'"]
    starts += ["route b: escalate_after and", "route b: escalate_after: ", "route b: urgent"]
    assert all(any(fault.startswith(start) for fault in found) for start in starts), found
    assert len(found) == len(starts), found


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (b"[contact.li", "is not TOML", "不是 TOML"),
        (b'title = "\xff"', "is not UTF-8", "不是 UTF-8"),
        (None, "No such file", "没有这个文件"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path, content, english, chinese):
    path = tmp_path / "routes.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RoutingError) as error:
        read_routing(path)
    assert english in error.value.in_language("en")
    assert chinese in error.value.in_language("zh-CN")
    assert str(path) in error.value.in_language("zh-CN")


def test_whoever_is_routed_to_by_a_shared_shop_id_must_say_on_which_platform(read, faults):
    route = f'{LI}[[route]]\nname = "r"\nto = ["li"]\nshops = ["{{}}"]'
    assert read(route.format("pinduoduo/s1"), KNOWN).routes[0].shops == ("shop:pinduoduo/s1",)
    assert read(route.format("shop:xiaohongshu/a/b"), KNOWN).routes[0].shops == ("shop:xiaohongshu/a/b",)
    [fault] = faults(route.format("s1"))
    assert "pinduoduo/s1" in fault
    assert "kuaishou/s1" in fault


@given(made=routings(sound=True).filter(lambda made: made.contacts))
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_what_is_shown_with_masked_addresses_is_never_read_as_contacts(read, made):
    shown = written_routing(made, masked)
    assert not any(a.address in shown for c in made.contacts.values() for a in c.addresses if a.channel != "wecom")
    with pytest.raises(RoutingError) as error:
        read(shown)
    assert all("is masked; write it in full" in fault.en for fault in error.value.faults)
    assert len(error.value.faults) == sum(a.channel != "wecom" for c in made.contacts.values() for a in c.addresses)


def test_every_event_can_be_asked_for_by_its_name_but_the_escalated_one(read):
    names = [event for event in ROUTED if event != "violation.escalated"]
    listed = ", ".join(f'"{name}"' for name in names)
    assert read(f'{LI}[[route]]\nname = "r"\nto = ["li"]\nevents = [{listed}]').routes[0].events == tuple(names)
