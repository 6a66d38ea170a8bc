"""Waivers as the command line tells them: a row for people, an object for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from console.local_time import local_time
from engine.assessment.waiving import waiver_name
from engine.ledger.tables import Subject, Waiver, WaiverShop
from engine.rulebook.model import Language, Text
from engine.tracker.waiver_states import STATES

HEADS: Sequence[Text] = (
    Text("豁免", "waiver"),
    Text("状态", "state"),
    Text("客户", "client"),
    Text("店铺", "shops"),
    Text("规则", "rules"),
    Text("首日", "from"),
    Text("末日", "to"),
    Text("申请人", "asked by"),
    Text("批准人", "decided by"),
    Text("理由", "why"),
)
EVENTS: Mapping[str, Text] = {
    "waiver.requested": Text("申请豁免", "waiver.requested"),
    "waiver.edited": Text("修改豁免申请", "waiver.edited"),
    "waiver.approved": Text("批准豁免", "waiver.approved"),
    "waiver.rejected": Text("驳回豁免", "waiver.rejected"),
    "waiver.revoked": Text("撤销豁免", "waiver.revoked"),
    "waiver.shop_left": Text("店铺换了客户，不再豁免", "waiver.shop_left"),
    "waiver.ending": Text("豁免将到期", "waiver.ending"),
    "waiver.expired": Text("豁免到期", "waiver.expired"),
}
_SAID: Mapping[str, Text] = {
    "requested": Text("{name} 已申请，待另一个人批准", "{name} is requested; somebody else has to approve it"),
    "edited": Text("{name} 已修改，待另一个人批准", "{name} is edited; somebody else has to approve it"),
    "approved": Text("{name} 已批准", "{name} is approved"),
    "rejected": Text("{name} 已驳回", "{name} is rejected"),
    "revoked": Text("{name} 已撤销", "{name} is revoked"),
    "none": Text("没有豁免", "no waivers"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A waiver with the names of the shops that it covers."""

    waiver: Waiver
    shops: tuple[Subject, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return waiver_name(self.waiver.id)

    def cells(self, language: Language) -> list[str]:
        """Its row in a table."""
        w = self.waiver
        named = [shop.alias or shop.external_id for shop in self.shops]
        few = f"{len(named)}" if len(named) > 1 else "".join(named)
        return [
            self.name,
            STATES[w.state].in_language(language),
            w.client,
            few,
            ("、" if language == "zh-CN" else ", ").join(w.rules) if w.violation_id is None else w.violation_id,
            w.first_day.isoformat(),
            w.last_day.isoformat(),
            ("、" if language == "zh-CN" else ", ").join(w.writers),
            w.decided_by or "",
            w.why,
        ]

    def as_json(self) -> dict[str, Any]:
        """It as data; instants in UTC."""
        w = self.waiver
        return {
            "waiver": self.name,
            "state": w.state,
            "client": w.client,
            "shops": [shop.key for shop in self.shops],
            "whole_client": w.shop_id is None,
            "violation": w.violation_id,
            "rules": list(w.rules),
            "first_day": w.first_day.isoformat(),
            "last_day": w.last_day.isoformat(),
            "why": w.why,
            "writers": list(w.writers),
            "requested_at": w.requested_at.isoformat(),
            "decided_by": w.decided_by,
            "decided_at": w.decided_at.isoformat() if w.decided_at else None,
            "decided_why": w.decided_why,
            "revoked_by": w.revoked_by,
            "revoked_at": w.revoked_at.isoformat() if w.revoked_at else None,
            "revoked_why": w.revoked_why,
        }

    def lines(self, language: Language) -> list[str]:
        """It in full, a line each."""
        colon = "：" if language == "zh-CN" else ": "
        said = [
            f"{head.in_language(language)}{colon}{cell}" for head, cell in zip(HEADS, self.cells(language), strict=True)
        ]
        said[3] = f"{HEADS[3].in_language(language)}{colon}" + ", ".join(shop.key for shop in self.shops)
        for who, at, why in (
            (self.waiver.decided_by, self.waiver.decided_at, self.waiver.decided_why),
            (self.waiver.revoked_by, self.waiver.revoked_at, self.waiver.revoked_why),
        ):
            if who and at:
                said.append(f"{local_time(at)} {who}" + (f"{colon}{why}" if why else ""))
        return said


def told(session: Session, waivers: Iterable[Waiver]) -> list[Told]:
    """These waivers with their shops."""
    found = list(waivers)
    rows = session.exec(
        select(WaiverShop.waiver_id, Subject)
        .join(Subject, col(Subject.id) == col(WaiverShop.shop_id))
        .where(col(WaiverShop.waiver_id).in_([w.id for w in found]))
        .order_by(col(Subject.key))
    )
    shops: dict[int, list[Subject]] = {}
    for waiver, shop in rows:
        shops.setdefault(waiver, []).append(shop)
    return [Told(w, tuple(shops.get(w.id or 0, ()))) for w in found]


def said(what: str, name: str, language: Language) -> str:
    """What became of a waiver, in a sentence."""
    return _SAID[what].in_language(language).format(name=name)
