"""What the platform's own notice says of a violation, as somebody recorded it: for people and as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from console.phrases import phrase
from console.sentences import sentence
from engine.assessment.ruling import doubts
from engine.calendar.deadlines import last_day
from engine.calendar.zones import local_day
from engine.ledger.platform_notice import PlatformNotice
from engine.rulebook.model import Language, Rule
from engine.rulebook.platforms import zone_of
from notifier.records import Record
from notifier.words.figures import money_range
from notifier.words.vocabulary import ACCOUNTS, SEVERITIES, word


class Decided(Protocol):
    """Whatever keeps what a notice said: a violation, or its line in a list."""

    @property
    def platform(self) -> str:
        """Whose notice it is."""

    @property
    def amount_fen(self) -> int | None:
        """What the platform charged."""

    @property
    def reference(self) -> str | None:
        """The number of the platform's notice."""

    @property
    def appeal_until(self) -> datetime | None:
        """The first instant that is too late for an appeal."""

    @property
    def account(self) -> str | None:
        """What the charge is taken from."""

    @property
    def borne_by(self) -> str | None:
        """Who bears it."""

    @property
    def noticed_at(self) -> datetime | None:
        """When the notice arrived."""


def decided(of: Decided) -> dict[str, Any]:
    """What was said, as data; null where nothing was recorded."""
    zone = zone_of(of.platform)
    return {
        "amount_fen": of.amount_fen,
        "reference": of.reference,
        "appeal_until": until_json(of.appeal_until, zone),
        "account": of.account,
        "borne_by": of.borne_by,
        "noticed_at": of.noticed_at.isoformat() if of.noticed_at else None,
    }


def until_json(until: datetime | None, zone: str) -> str | None:
    """A deadline as data: the last day, or the local time, with its offset, from which it is too late."""
    if until is None:
        return None
    whole = last_day(until, zone)
    return whole.isoformat() if whole else until.astimezone(ZoneInfo(zone)).isoformat()


def until_words(until: datetime, zone: str) -> str:
    """A deadline for people: the last day, or the hour.

    >>> from datetime import UTC
    >>> until_words(datetime(2026, 3, 18, 10, tzinfo=UTC), "Asia/Shanghai")
    '2026-03-18 18:00'
    """
    whole = last_day(until, zone)
    return whole.isoformat() if whole else f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def decided_lines(of: Decided, language: Language) -> list[str]:
    """What was recorded, a line each."""
    zone = zone_of(of.platform)
    noticed = f"{of.noticed_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if of.noticed_at else None
    said = {
        "amount": None if of.amount_fen is None else money_range(of.amount_fen, of.amount_fen, language),
        "account": word(ACCOUNTS, of.account, language) if of.account else None,
        "borne_by": of.borne_by,
        "reference": of.reference,
        "noticed_at": noticed,
        "appeal_until": until_words(of.appeal_until, zone) if of.appeal_until else None,
    }
    colon = "：" if language == "zh-CN" else ": "
    return [f"{phrase(name, language)}{colon}{value}" for name, value in said.items() if value is not None]


def doubts_about(recorded: Record, rulebook: Mapping[str, Rule], said: PlatformNotice, language: Language) -> list[str]:
    """Sentences on what is odd about what was recorded; it stands all the same, since the platform decides."""
    violation, version = recorded.violation, recorded.version(rulebook)
    zone, amount = zone_of(violation.platform), said.amount_fen or 0
    values = {
        "violation": violation.id,
        "severity": word(SEVERITIES, said.severity or "", language),
        "amount": money_range(amount, amount, language),
        "until": until_words(said.appeal_until, zone) if said.appeal_until else None,
        "assessed": violation.assessed_on,
    }
    found = list(doubts(violation, version, said.severity, said.amount_fen)) if version else []
    if said.appeal_until is not None:
        last = last_day(said.appeal_until, zone) or local_day(said.appeal_until, zone)
        found += ["appeal before assessment"] if last < violation.assessed_on else []
    return [sentence(name, language, **values) for name in found]
