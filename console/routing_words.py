"""Contacts, routes and mutes as the command line tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from console.local_time import local_time
from engine.ledger.masking import masked
from engine.ledger.tables import Mute
from engine.rulebook.model import Language, Text
from notifier.routing.limits import next_opening
from notifier.routing.model import SHOP, Limits, News, Routing, place
from notifier.routing.mutes import muted
from notifier.routing.recipients import Left, Recipient, Step, in_all
from notifier.routing.rows import Difference
from notifier.routing.ways import why_muted

EVENTS: Mapping[str, Text] = {
    "contact.added": Text("新增联系人", "contact.added"),
    "contact.changed": Text("修改联系人", "contact.changed"),
    "contact.removed": Text("删除联系人", "contact.removed"),
    "route.added": Text("新增通知路线", "route.added"),
    "route.changed": Text("修改通知路线", "route.changed"),
    "route.removed": Text("删除通知路线", "route.removed"),
    "mute.set": Text("设置静音", "mute.set"),
    "mute.ended": Text("结束静音", "mute.ended"),
}
MUTE_HEADS: Sequence[Text] = (
    Text("静音", "mute"),
    Text("开始", "from"),
    Text("结束", "until"),
    Text("设置人", "set by"),
    Text("对象", "about"),
    Text("原因", "why"),
)
_PARTS: Mapping[str, Text] = {
    "client": Text("客户", "client"),
    "platform": Text("平台", "platform"),
    "shop": Text("店铺", "shop"),
    "rule": Text("规则", "rule"),
    "event": Text("事件", "event"),
    "contact": Text("联系人", "contact"),
}
_SAID: Mapping[str, Text] = {
    "contacts": Text("联系人", "contacts"),
    "routes": Text("路线", "routes"),
    "added": Text("新增 {names}", "added {names}"),
    "changed": Text("修改 {names}", "changed {names}"),
    "removed": Text("删除 {names}", "removed {names}"),
    "routes same": Text("没有变化", "nothing changes"),
    "routes dry": Text("试运行：什么都没有改", "a dry run: nothing was changed"),
    "routes none": Text(
        "还没有联系人和路线；通知发给各店铺登记的联系人",
        "there are no contacts and routes; notices go to each shop's own contact",
    ),
    "own route": Text("店铺登记的联系人", "the shop's own contact"),
    "again": Text("上面已列出，不重复发", "is told above"),
    "nobody": Text("没有人会收到", "nobody would be told"),
    "now": Text("立即", "now"),
    "at": Text("{at} 起", "from {at}"),
    "broken": Text("不发：{why}", "not sent: {why}"),
    "spare": Text("拒收时改用 {names}", "instead, where it is refused for good: {names}"),
    "mute set": Text("{name} 已设置，到 {until} 为止", "{name} is set, until {until}"),
    "mute ended": Text("{name} 已结束", "{name} has ended"),
    "mutes none": Text("没有静音", "no mutes"),
}
_REFUSED: Mapping[str, Text] = {
    "events": Text("事件不符", "another event"),
    "clients": Text("客户不符", "another client"),
    "platforms": Text("平台不符", "another platform"),
    "shops": Text("店铺不符", "another shop"),
    "rules": Text("规则不符", "another rule"),
    "severities": Text("等级不符", "another severity"),
    "escalate_to": Text("没有写升级给谁", "escalates to nobody"),
}
_LEFT: Mapping[Left, Text] = {
    "client": Text("是客户的联系人，而这条消息不是这个客户的", "a contact of a client whose news this is not"),
    "house": Text("这类消息只发给内部联系人", "such news is for the house alone"),
    "channel": Text("没有这条路线所用渠道的地址", "no address on the channels of this route"),
    "empty": Text("没有可用的地址", "there is none, or no address in it"),
}


def said(what: str, language: Language, **values: str) -> str:
    """One of the sentences of these commands."""
    return _SAID[what].in_language(language).format(**values)


def difference_lines(contacts: Difference, routes: Difference, language: Language) -> Iterator[str]:
    """What changes, one line for each way of changing."""
    for kind, found in (("contacts", contacts), ("routes", routes)):
        for change in ("added", "changed", "removed"):
            names: tuple[str, ...] = getattr(found, change)
            if names:
                listed = ("、" if language == "zh-CN" else ", ").join(names)
                colon = "：" if language == "zh-CN" else ": "
                yield said(kind, language) + colon + said(change, language, names=listed)


def step_lines(
    found: Sequence[Step],
    news: News,
    routing: Routing,
    mutes: Sequence[Mute],
    now: datetime,
    language: Language,
    answer: Callable[[str, str], str],
) -> Iterator[str]:
    """What each route comes to: who is told, when, and why others are not; each address where it counts first.

    `answer` puts what a notice's answer would be into a language.
    """
    seen: set[tuple[str, str]] = set()
    colon = "：" if language == "zh-CN" else ": "
    told = in_all(found)
    for step in found:
        name = said("own route", language) if step.route == SHOP else step.route
        if step.refused:
            yield f"{name}{colon}{_REFUSED[step.refused].in_language(language)}"
            continue
        yield name
        for recipient in step.to:
            key = place(recipient.channel, recipient.address)
            if key in seen:
                shown = f"{recipient.channel} {masked(recipient.address)}"
                yield f"  × {shown}{colon}{said('again', language)}"
                continue
            seen.add(key)
            own = f"{said('own route', language)} " if recipient.contact is None and step.route != SHOP else ""
            yield f"  → {own}{_recipient(told[key], routing, news, mutes, now, language, answer)}"
        for contact, why in step.left_out:
            who = said("own route", language) if contact == SHOP and step.route != SHOP else contact
            yield f"  × {'' if contact == step.route else who + colon}{_LEFT[why].in_language(language)}"
    if not seen:
        yield said("nobody", language)


def _recipient(
    recipient: Recipient,
    routing: Routing,
    news: News,
    mutes: Sequence[Mute],
    now: datetime,
    language: Language,
    answer: Callable[[str, str], str],
) -> str:
    contact = routing.contacts.get(recipient.contact or "")
    title = f"{contact.title or contact.name} " if contact else ""
    parts = [f"{title}{recipient.channel} {masked(recipient.address)} ({recipient.language})"]
    mute = muted(news, recipient.contact, mutes)
    opens = now if recipient.urgent else next_opening(recipient.limits.hours, now)
    if recipient.fault:
        parts.append(said("broken", language, why=masked(answer(f"misconfigured: {recipient.fault}", language))))
    elif mute:
        parts.append(said("broken", language, why=answer(why_muted(mute), language)))
    else:
        parts.append(said("now", language) if opens <= now else said("at", language, at=local_time(opens)))
    parts += _limits(recipient.limits, language)
    if recipient.spares:
        names = ", ".join(f"{one.channel} {masked(one.address)}" for one in recipient.spares)
        parts.append(said("spare", language, names=names))
    return ("；" if language == "zh-CN" else "; ").join(parts)


def _limits(limits: Limits, language: Language) -> list[str]:
    zh = language == "zh-CN"
    found = []
    if limits.per_hour is not None:
        found.append(f"每小时至多 {limits.per_hour} 条" if zh else f"at most {limits.per_hour} an hour")
    if limits.per_day is not None:
        found.append(f"每天至多 {limits.per_day} 条" if zh else f"at most {limits.per_day} a day")
    return found


def steps_json(found: Sequence[Step], news: News, mutes: Sequence[Mute], now: datetime) -> Iterator[dict[str, Any]]:
    """One object for each recipient of a route, for each contact that it leaves out, and for a route that refuses."""
    told, seen = in_all(found), set[tuple[str, str]]()
    for step in found:
        yield from _step_json(step, told, seen, news, mutes, now)


def _step_json(
    step: Step,
    told: Mapping[tuple[str, str], Recipient],
    seen: set[tuple[str, str]],
    news: News,
    mutes: Sequence[Mute],
    now: datetime,
) -> list[dict[str, Any]]:
    base: dict[str, Any] = {"route": step.route, "event": news.event, "client": news.client, "shop": news.shop}
    if step.refused:
        return [base | {"result": "refused", "condition": step.refused}]
    rows = []
    for recipient in step.to:
        key = place(recipient.channel, recipient.address)
        if key in seen:
            again = {"contact": recipient.contact, "channel": recipient.channel, "recipient": masked(recipient.address)}
            rows.append(base | {"result": "again", **again})
            continue
        seen.add(key)
        one = told[key]
        mute = muted(news, one.contact, mutes)
        opens = now if one.urgent else next_opening(one.limits.hours, now)
        rows.append(
            base
            | {
                "result": "broken" if one.fault else "muted" if mute else "told",
                "contact": one.contact,
                "channel": one.channel,
                "recipient": masked(one.address),
                "language": one.language,
                "not_before": opens.isoformat(),
                "why": masked(one.fault) if one.fault else why_muted(mute) if mute else None,
            }
        )
    return rows + [base | {"result": "left_out", "contact": name, "why": why} for name, why in step.left_out]


def mute_row(mute: Mute, language: Language) -> list[str]:
    """A mute as a row for people."""
    parts = {name: getattr(mute, name) for name in _PARTS}
    about = [
        f"{_PARTS[name].in_language(language)} {part.removeprefix('shop:') if name == 'shop' else part}"
        for name, part in parts.items()
        if part is not None
    ]
    return [
        f"M-{mute.id}",
        local_time(mute.starts_at),
        local_time(mute.ended_at or mute.ends_at),
        mute.set_by,
        ("，" if language == "zh-CN" else ", ").join(about),
        mute.why,
    ]


def mute_json(mute: Mute) -> dict[str, Any]:
    """A mute as an object for machines."""
    return {
        "mute": f"M-{mute.id}",
        **{part: getattr(mute, part) for part in _PARTS},
        "starts_at": mute.starts_at.isoformat(),
        "ends_at": mute.ends_at.isoformat(),
        "ended_at": mute.ended_at.isoformat() if mute.ended_at else None,
        "set_by": mute.set_by,
        "why": mute.why,
    }
