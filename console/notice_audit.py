"""What the journal tells of notices: of one, each step that it took; of any entry, which notice it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from console.answers import answer_words
from console.local_time import local_time
from console.phrases import about_words, event_words, object_of
from engine.ledger.journal import Entry, entries
from engine.ledger.masking import masked
from engine.ledger.parts import in_parts
from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Text
from notifier.digests import items_of
from notifier.events import LATE

TOLD = ("event", "violation_id", "news", "recipient")  # what says what a notice is about
SHOWN = 12  # digits of a template's digest
_LABELS = {
    "contact": Text("联系人", "contact"),
    "why": Text("路线", "route"),
    "template": Text("模板", "template"),
    "due": Text("应发", "due"),
    "within": Text("并入", "told in"),
    "instead_of": Text("代替", "instead of"),
    "provider_id": Text("服务商编号", "the provider's name for it"),
    "own": Text("店铺登记的联系人", "the shop's own contact"),
    "number": Text("第 {} 号通知", "notice {}"),
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A notice that the journal speaks of, and the violations that it lists where it is about several."""

    notice: Notice
    violations: Sequence[str] = ()

    def words(self, language: Language) -> str:
        """Which it is, what it is about and to whom it goes."""
        about = about_words(self.notice, len(self.violations), language)
        return f"{self.notice.id} {about} · {masked(self.notice.recipient)}"

    def json(self) -> dict[str, Any]:
        """What it is about and to whom it goes, for machines."""
        found, alone = self.notice, self.notice.violation_id
        return {
            "event": found.event,
            "violations": [alone] if alone else list(self.violations),
            "object": object_of(found),
            "recipient": masked(found.recipient),
        }


def spoken_of(session: Session, found: Iterable[Entry]) -> Mapping[str, Spoken]:
    """The notices that these entries are about, by the entries' object; without their texts.

    One query for 500 notices, and a second where there are lists of late violations among them.
    """
    numbers = sorted({int(e.object_id) for e in found if e.object_kind == "notice"})
    spoken: dict[str, Spoken] = {}
    for part in in_parts(numbers):
        wanted = select(Notice).where(col(Notice.id).in_(part))
        rows = session.exec(wanted.options(load_only(*(getattr(Notice, name) for name in TOLD)))).all()
        items = items_of(session, [n.id or 0 for n in rows if n.event == LATE.event])
        spoken |= {str(n.id): Spoken(n, items.get(n.id or 0, ())) for n in rows}
    return spoken


def steps_of(session: Session, notice: Notice) -> list[Entry]:
    """What the journal says of a notice, oldest first."""
    return [entry for entry in entries(session, object_id=str(notice.id)) if entry.object_kind == "notice"]


def audit_lines(notice: Notice, steps: Sequence[Entry], language: Language) -> list[str]:
    """Where it went by what, and each step that it took, for people."""
    colon = "：" if language == "zh-CN" else ": "
    template = f"{notice.template} ({notice.template_sha256[:SHOWN]}…)" if notice.template_sha256 else notice.template
    parts = {
        "contact": notice.contact or _LABELS["own"].in_language(language),
        "why": notice.why,
        "template": template or None,
        "due": local_time(notice.due_at),
        "within": _number(notice.within_id, language),
        "instead_of": _number(notice.instead_of_id, language),
        "provider_id": notice.provider_id,
    }
    lines = [f"{_LABELS[name].in_language(language)}{colon}{value}" for name, value in parts.items() if value]
    return lines + [f"{local_time(e.at)} {_step(e, language)}" for e in steps]


def audit_json(notice: Notice, steps: Sequence[Entry]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "contact": notice.contact,
        "route": notice.why,
        "template": notice.template or None,
        "template_sha256": notice.template_sha256,
        "due_at": notice.due_at.isoformat(),
        "tried_at": notice.tried_at.isoformat() if notice.tried_at else None,
        "within": notice.within_id,
        "instead_of": notice.instead_of_id,
        "provider_id": notice.provider_id,
        "steps": [
            {"at": e.at.isoformat(), "event": e.event, "actor": e.actor, "answer": _answer(e), "template": _template(e)}
            for e in steps
        ],
    }


def _number(number: int | None, language: Language) -> str | None:
    return _LABELS["number"].in_language(language).format(number) if number else None


def _after(entry: Entry) -> dict[str, Any]:
    return (entry.payload or {}).get("after") or {}


def _answer(entry: Entry) -> str | None:
    answer = _after(entry).get("answer") or _after(entry).get("receipt_answer")
    return masked(str(answer)) if answer else None


def _template(entry: Entry) -> str | None:
    return _after(entry).get("template") or None


def _step(entry: Entry, language: Language) -> str:
    said = event_words(entry.event, language)
    answer = _answer(entry)
    return f"{said} · {answer_words(answer, language)}" if answer else said
