"""What rule files say that they did not say before: a change that is announced, a version that is new.

The first look that a ledger ever takes at rules tells nothing: what stood in the files then is what people knew. Later
everything that is new is told once, but for what is past: a version that another one has replaced already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from engine.assessment.recording import NOTIFY_WITHIN
from engine.calendar.zones import local_day
from engine.ledger.canonical import sha256_of
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import take_named_lock
from engine.ledger.journal import Event, append
from engine.ledger.milestones import reached, remember
from engine.rulebook.model import Announcement, Rule, Text, Version

EVENT = "rule.announced"
REPEALED = Text("自该日起，本规则不再适用", "from this day on the rule applies no more")


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing that a rule file says: its key, whether it is news on a day, and what the journal tells of it."""

    key: str
    rule: str
    news: bool
    after: Mapping[str, Any]


def tell_rules(ledger: Engine, rulebook: Mapping[str, Rule], actor: str, now: datetime) -> list[Event] | None:
    """Tell what is new in these rules; None if nothing is."""
    said = {one.key: one for rule in rulebook.values() for one in _said(rule, now)}
    with reading(ledger) as session:
        if said.keys() <= _known(session):
            return None
    with transaction(ledger) as session:
        take_named_lock(session, EVENT)
        known = _known(session)
        new = [said[key] for key in sorted(said.keys() - known)]
        remember(session, [(EVENT, one.key) for one in new], now)
        told = [one for one in new if one.news] if known else []
        events = [Event(actor, EVENT, "rule", one.rule, {"why": None, "after": one.after}) for one in told]
        append(session, now, events)
    return events


def _known(session: Session) -> set[str]:
    return {key for _, key in reached(session, [EVENT])}


def _said(rule: Rule, now: datetime) -> Iterator[_Said]:
    today = local_day(now, rule.zone)
    for one in rule.announced:
        digest = sha256_of({"zh": one.says.zh, "en": one.says.en})[:12]
        news = one.since >= today - NOTIFY_WITHIN
        yield _of(rule, one, digest, one.says, one.cite, news=news)
    for number, version in enumerate(rule.versions):
        later = rule.versions[number + 1 :]
        cited = dict.fromkeys(name for claim in version.provenance for name in claim.cite)
        # Whoever mends a version's words has made no new one: it is known by its day alone.
        yield _of(rule, version, "version", _words(rule, version), cited, news=not any(v.since <= today for v in later))


def _words(rule: Rule, version: Version) -> Text:
    return REPEALED if version.repealed else version.text or rule.title


def _of(rule: Rule, what: Announcement | Version, digest: str, says: Text, cite: Iterable[str], *, news: bool) -> _Said:
    since: date = what.since
    after = {
        "platform": rule.platform,
        "rule": rule.id,
        "since": since.isoformat(),
        "version": isinstance(what, Version),
        "says": _both(says),
        "sources": [_both(rule.sources[name].title) for name in cite if name in rule.sources],
    }
    return _Said(f"{rule.id}@{since.isoformat()}/{digest}", rule.id, news, after)


def _both(text: Text) -> dict[str, str]:
    return {"zh-CN": text.zh, "en": text.en}
