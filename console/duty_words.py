"""Duties as the command line tells them: a row for people, an object for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from console.desk import LOCAL_ZONE
from console.local_time import local_time
from engine.ledger.tables import Duty, Subject
from engine.rulebook.duties import DUTIES
from engine.rulebook.model import Language, Rule, Text
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.duty_states import STATES, duty_name, late, overdue

HEADS: Sequence[Text] = (
    Text("职责", "duty"),
    Text("内容", "kind"),
    Text("期限", "due"),
    Text("状态", "state"),
    Text("责任人", "holder"),
    Text("客户", "client"),
    Text("店铺", "shop"),
    Text("违规编号", "violation"),
    Text("凭证", "proof"),
)
EVENTS: Mapping[str, Text] = {
    "duty.opened": Text("新增职责", "duty.opened"),
    "duty.given": Text("交办", "duty.given"),
    "duty.changed": Text("更改期限", "duty.changed"),
    "duty.done": Text("完成", "duty.done"),
    "duty.checked": Text("核对通过", "duty.checked"),
    "duty.rejected": Text("驳回凭证", "duty.rejected"),
    "duty.cancelled": Text("取消职责", "duty.cancelled"),
    "duty.reopened": Text("恢复职责", "duty.reopened"),
    "duty.overdue": Text("职责逾期", "duty.overdue"),
}
WHY: Mapping[str, Text] = {  # the reasons that the engine itself journals
    "the violation is withdrawn": Text("预判已撤回", "the violation is withdrawn"),
    "the violation is overturned": Text("判罚已撤销", "the violation is overturned"),
    "the violation is waived": Text("违规已豁免", "the violation is waived"),
    "the violation stands again": Text("违规重新成立", "the violation stands again"),
    "it does not follow from the violation any more": Text(
        "不再适用", "it does not follow from the violation any more"
    ),
    "it is due at another time": Text("期限有变", "it is due at another time"),
    "the appeal was recorded": Text("已记录申诉", "the appeal was recorded"),
}
_SAID: Mapping[str, Text] = {
    "added": Text("已新增 {name}", "{name} is added"),
    "given": Text("{name} 已交办", "{name} is given"),
    "done": Text("{name} 已完成", "{name} is done"),
    "waits": Text("{name} 已完成，待第二人核对", "{name} is done; a second person has to check it"),
    "checked": Text("{name} 已核对", "{name} is checked"),
    "rejected": Text("{name} 的凭证被驳回，重新待办", "the proof of {name} is refused; it is open again"),
    "cancelled": Text("{name} 已取消", "{name} is cancelled"),
    "none": Text("没有职责", "no duties"),
    "overdue": Text("已逾期", "overdue"),
    "to check": Text("待核对", "to be checked"),
    "late": Text("（逾期完成）", " (late)"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A duty with its shop, as it is at `now`. `title` is what the rules call its kind."""

    duty: Duty
    shop: Subject | None
    title: Text | None
    wants: Text | None
    now: datetime

    @property
    def name(self) -> str:
        """What people call it."""
        return duty_name(self.duty.id)

    @property
    def zone(self) -> str:
        """Where its days are counted."""
        known = PLATFORMS.get((self.shop.platform if self.shop else None) or "")
        return known.zone if known else LOCAL_ZONE

    def state(self, language: Language) -> str:
        """Its state in words."""
        duty = self.duty
        if overdue(duty, self.now):
            return said("overdue", "", language)
        if duty.state == "done" and duty.second_person:
            return said("to check", "", language)
        return STATES[duty.state].in_language(language) + (said("late", "", language) if late(duty) else "")

    def cells(self, language: Language) -> list[str]:
        """Its row in a table."""
        duty = self.duty
        proof = duty.proof or (duty.proof_sha256 or "")[:16]
        return [
            self.name,
            self.title.in_language(language) if self.title else duty.kind,
            due_words(duty.due_at, self.zone),
            self.state(language),
            duty.holder or "-",
            duty.client,
            (self.shop.alias or self.shop.external_id) if self.shop else "",
            duty.violation_id or "",
            proof,
        ]

    def lines(self, language: Language) -> list[str]:
        """It in full, a line each."""
        colon = "：" if language == "zh-CN" else ": "
        lines = [f"{h.in_language(language)}{colon}{c}" for h, c in zip(HEADS, self.cells(language), strict=True)]
        duty = self.duty
        for head, value in (
            (Text("要做什么", "what"), duty.what),
            (Text("需要的凭证", "what proves it"), self.wants.in_language(language) if self.wants else None),
            (Text("文件 sha256", "file's sha256"), duty.proof_sha256),
            (Text("完成", "done"), f"{local_time(duty.done_at)} {duty.done_by}" if duty.done_at else None),
            (Text("核对", "checked"), f"{local_time(duty.checked_at)} {duty.checked_by}" if duty.checked_at else None),
        ):
            if value:
                lines.append(f"{head.in_language(language)}{colon}{value}")
        if duty.second_person:
            lines.append("须第二人核对" if language == "zh-CN" else "a second person has to check it")
        return lines

    def as_json(self) -> dict[str, Any]:
        """It as data; instants in UTC."""
        d = self.duty
        return {
            "duty": self.name,
            "kind": d.kind,
            "state": d.state,
            "overdue": overdue(d, self.now),
            "client": d.client,
            "shop": self.shop.key if self.shop else None,
            "violation": d.violation_id,
            "rule": d.rule,
            "what": d.what,
            "holder": d.holder,
            "holder_kind": d.holder_kind,
            "internal": d.internal,
            "opened_at": d.opened_at.isoformat(),
            "due_at": d.due_at.isoformat(),
            "zone": self.zone,
            "second_person": d.second_person,
            "proof": d.proof,
            "proof_sha256": d.proof_sha256,
            "done_by": d.done_by,
            "done_at": d.done_at.isoformat() if d.done_at else None,
            "checked_by": d.checked_by,
            "checked_at": d.checked_at.isoformat() if d.checked_at else None,
        }


def told(session: Session, duties: Iterable[Duty], rules: Mapping[str, Rule], now: datetime) -> list[Told]:
    """These duties with their shops and titles."""
    found = list(duties)
    ids = sorted({d.shop_id for d in found if d.shop_id is not None})
    shops: dict[int | None, Subject] = {}
    for start in range(0, len(ids), 500):
        wanted = select(Subject).where(col(Subject.id).in_(ids[start : start + 500]))
        shops |= {shop.id: shop for shop in session.exec(wanted)}
    titles = kinds(rules)
    proofs = {(rule.id, spec.kind): spec.proof for rule in rules.values() for v in rule.versions for spec in v.duties}
    return [Told(d, shops.get(d.shop_id), titles.get(d.kind), proofs.get((d.rule or "", d.kind)), now) for d in found]


def kinds(rules: Mapping[str, Rule]) -> dict[str, Text]:
    """The kinds of duties that there are, with their titles: those that every rule knows, and those of single ones."""
    own = {spec.kind: spec.title for r in rules.values() for v in r.versions for spec in v.duties if spec.title}
    return own | dict(DUTIES)


def due_words(instant: datetime, zone: str) -> str:
    """The last moment at which a duty is in time: a day, where it is the day's end.

    >>> from datetime import UTC
    >>> due_words(datetime(2026, 3, 13, 16, tzinfo=UTC), "Asia/Shanghai")
    '2026-03-13'
    >>> due_words(datetime(2026, 3, 13, 8, tzinfo=UTC), "Asia/Shanghai")
    '2026-03-13 16:00:00+08:00'
    """
    local = instant.astimezone(ZoneInfo(zone))
    if local.timetz().replace(tzinfo=None) == time(0):
        return (local.date() - timedelta(days=1)).isoformat()
    return local.isoformat(sep=" ", timespec="seconds")


def said(what: str, name: str, language: Language) -> str:
    """What became of a duty, in a sentence."""
    return _SAID[what].in_language(language).format(name=name)
