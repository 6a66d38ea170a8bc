"""Random contacts and routes, as Hypothesis draws them: of three clients and of the house."""

from types import MappingProxyType

from hypothesis import strategies as st

from notifier.events import ROUTED
from notifier.routing.model import SHOP, Address, Contact, Hours, Limits, News, Route, Routing

CLIENTS = ("acme", "云杉户外", "brill")
PLATFORMS = ("kuaishou", "pinduoduo", "xiaohongshu")
SHOPS = {f"shop:{platform}/{client}-{n}": client for client in CLIENTS for platform in PLATFORMS for n in (1, 2)}
RULES = ("xiaohongshu.reply-rate", "kuaishou.good-rating")
SEVERITIES = ("minor", "serious")
EVENTS = tuple(event for event in ROUTED if event != "violation.escalated")
PATTERNS = ("*", "violation.*", "warning.*", "operator.*", *EVENTS)
CHANNELS = ("email", "aliyun-sms", "wecom")
SEEN = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp"))
ODD = st.text(SEEN, min_size=1, max_size=12).map(str.strip).filter(bool)

hours = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda h: h[0] != h[1]).map(lambda h: Hours(*h))
caps = st.none() | st.integers(1, 50)
limits = st.builds(Limits, hours, caps, caps)


def addresses(draw, number, channels):
    """Addresses that no other contact has."""
    texts = {"email": f"Li.{number}@example.com", "aliyun-sms": f"+86138{number:08}", "wecom": f"ops-{number}"}
    return tuple(Address(channel, texts[channel], draw(st.just(Limits()) | limits)) for channel in channels)


@st.composite
def routings(draw, *, sound=False):
    """Contacts and routes at random; where `sound`, everybody can be reached, or a file refuses it."""
    names = draw(st.lists(st.sampled_from(["li", "值班-夜", "boss.2", "a_b", "张三", "ops"]), unique=True, max_size=6))
    contacts = {}
    for number, name in enumerate(names):
        channels = draw(st.permutations(CHANNELS))
        channels = channels if sound else channels[: draw(st.integers(1, 3))]
        language, client = draw(st.sampled_from(["zh-CN", "en"])), draw(st.none() | st.sampled_from(CLIENTS))
        contacts[name] = Contact(name, addresses(draw, number, channels), language, client, draw(st.none() | ODD))
    whom = st.lists(st.sampled_from([SHOP, *names]), min_size=1, max_size=4, unique=True).map(tuple)
    routes = []
    for name in draw(st.lists(ODD, unique=True, max_size=4)):
        after, to = draw(st.none() | st.integers(1, 5000)), draw(whom)
        escalate_to = draw(whom) if after else ()
        outside = any(one != SHOP and contacts[one].client for one in (*to, *escalate_to))
        routes.append(
            Route(
                name,
                to,
                clients=None if sound and outside else some(draw, CLIENTS),
                platforms=some(draw, PLATFORMS),
                shops=some(draw, tuple(SHOPS)),
                rules=some(draw, RULES),
                severities=some(draw, SEVERITIES),
                events=some(draw, ("*", "violation.*") if sound else PATTERNS),
                channels=some(draw, CHANNELS),
                urgent=draw(st.booleans()),
                escalate_after=after,
                escalate_to=escalate_to,
            )
        )
    return Routing(MappingProxyType(contacts), tuple(routes))


def some(draw, values):
    """A condition; none more often than not, so that much gets through."""
    if draw(st.integers(0, 2)):
        return None
    return tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)))


def all_news():
    """Every event about every client, about a shop of theirs and about none."""
    for event in ROUTED:
        for key, client in SHOPS.items():
            platform = key.removeprefix("shop:").split("/")[0]
            yield News(event, client, platform, key, RULES[0], SEVERITIES[0])
        for client in CLIENTS:
            yield News(event, client)
        yield News(event)
