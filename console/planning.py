"""Queueing the notices of what was found, in the languages of this installation."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from console.desk import Desk
from console.sentences import sentence
from engine.rulebook.model import Rule
from notifier.plan import Planned, plan_notices

log = logging.getLogger("kaohe.notices")


def plan(desk: Desk, rulebook: Mapping[str, Rule], now: datetime) -> Planned:
    """Queue notices as `plan_notices` does; shops without a contact are logged in the language of commands."""
    planned = plan_notices(desk.ledger, rulebook, now, desk.settings.notice_language, desk.templates, desk.sheets)
    for shop in sorted(planned.silent_shops):
        log.warning("%s", sentence("silent shop", desk.settings.language, shop=shop))
    return planned
