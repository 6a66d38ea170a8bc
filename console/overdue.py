"""Whose evidence is waited for, or has not come in time: sentences for `assess`, `status` and the worker's log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from console.lacking_words import names_words
from console.local_time import local_time
from console.sentences import sentence
from engine.assessment.deadlines import Wait, waits
from engine.assessment.never_came import NeverCame
from engine.assessment.outcome import Outcome
from engine.assessment.standing import registrations
from engine.rulebook.model import Language, Rule

MOST_TOLD = 10  # lines; `kaohe evidence status` has all


def waiting_now(session: Session, rules: Sequence[Rule], now: datetime, patience: timedelta) -> list[Wait]:
    """Who is waited for at `now` under these rules, the earliest deadline first."""
    zones = {rule.platform: rule.zone for rule in rules}
    registered = {platform: registrations(session, platform, zone) for platform, zone in zones.items()}
    found = [wait for rule in rules for wait in waits(rule, registered[rule.platform], now, patience)]
    return sorted(found, key=lambda wait: (wait.until, wait.rule.platform, wait.shop, wait.rule.id, wait.cycle.key))


def wait_lines(found: Sequence[Wait], language: Language) -> list[str]:
    """Who is waited for, for what, until when."""
    lines = [
        sentence(
            "evidence waits",
            language,
            platform=wait.rule.platform,
            shop=wait.shop,
            missing=names_words(wait.missing, language),
            rule=wait.rule.id,
            cycle=wait.cycle.key,
            until=local_time(wait.until, wait.rule.platform),
        )
        for wait in found[:MOST_TOLD]
    ]
    return lines + _more(len(found), language)


def overdue_lines(found: Sequence[Outcome | NeverCame], language: Language) -> list[str]:
    """Who goes without a figure because the evidence has not come."""
    lines = [
        sentence(
            "evidence overdue",
            language,
            platform=outcome.rule.platform,
            shop=outcome.shop,
            missing=names_words(outcome.missing, language),
            rule=outcome.rule.id,
            cycle=outcome.cycle,
        )
        for outcome in found[:MOST_TOLD]
    ]
    return lines + _more(len(found), language)


def _more(n: int, language: Language) -> list[str]:
    return [sentence("more shops", language, n=n - MOST_TOLD)] if n > MOST_TOLD else []
