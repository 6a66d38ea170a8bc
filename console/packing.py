"""The files of a pack: a page for people, the same as data, the rule's text, the journal's extract, attachments."""

from __future__ import annotations

import json
from typing import Any

from console.decided import decided
from console.explanation import explanation_json
from console.pack_page import pack_page
from engine.ledger.masking import masked
from engine.ledger.tables import Appeal, Notice
from engine.rulebook.model import Language, Rule
from engine.tracker.bundle import JOURNAL, VIOLATION
from engine.tracker.pack import Content, File, journal_json
from notifier.facts import NoticeFacts


def pack_files(content: Content, facts: NoticeFacts, language: Language) -> dict[str, bytes]:
    """Name → bytes, the same for the same ledger and evidence."""
    rule: Rule = content.explanation.outcome.rule
    found = {
        "index.html": pack_page(content, facts, language).encode(),
        VIOLATION: _json(_violation(content)),
        JOURNAL: _json(journal_json(content)),
        "rule.yaml": rule.source_text.encode(),
    }
    return found | {file.path: file.data for _, files in content.appeals for file in files}


def _violation(content: Content) -> dict[str, Any]:
    outcome = content.explanation.outcome
    return (
        explanation_json(content.explanation)
        | decided(content.violation)
        | {
            "violation": content.violation.id,
            "severity": content.violation.severity,
            "text": {"zh-CN": outcome.version.text.zh, "en": outcome.version.text.en} if outcome.version.text else None,
            "sources": {
                name: {
                    "title": {"zh-CN": s.title.zh, "en": s.title.en},
                    "grade": s.grade,
                    "document": s.document,
                    "url": s.url,
                    "published": s.published.isoformat() if s.published else None,
                    "retrieved": s.retrieved.isoformat() if s.retrieved else None,
                }
                for name, s in outcome.rule.sources.items()
            },
            "deadline": content.until.at.isoformat() if content.until.at else None,
            "deadline_from": content.until.basis,
            "appeals": [_appeal(appeal, files) for appeal, files in content.appeals],
            "notices": [_notice(notice, internal=content.internal) for notice in content.notices],
            "journal_head": str(content.head),
            "internal": content.internal,
        }
    )


def _appeal(appeal: Appeal, files: tuple[File, ...]) -> dict[str, Any]:
    told = appeal.model_dump(mode="json", exclude={"id", "violation_id"})
    attached = [f.row.model_dump(mode="json", exclude={"id", "appeal_id"}) | {"file": f.path} for f in files]
    return told | {"attachments": attached}


def _notice(notice: Notice, *, internal: bool) -> dict[str, Any]:
    """A notice that was sent: to whom, and in which words, is the house's own affair."""
    told = notice.model_dump(mode="json", include={"event", "channel", "language", "sent_at"})
    more = {"recipient": masked(notice.recipient), "answer": masked(notice.answer) if notice.answer else None}
    if notice.violation_id is not None:  # a digest tells of other violations, too: of other shops
        more |= {"subject": notice.subject, "body": notice.body}
    return told | (more if internal else {})


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
