"""What is wrong with the words of notices: templates and advice of one's own, told wherever notices are made."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from console.desk import Desk
from console.sentences import sentence
from console.settings import Settings
from engine.errors import KaoheError
from engine.rulebook.book import RuleBook
from notifier.own_files import look_over

LEFT_OUT = "words left out"  # the sentence that tells one


def wording_faults(desk: Desk) -> Mapping[str, KaoheError]:
    """Why files and directories of one's own are not used, by their paths; nothing where there are none."""
    if not (desk.templates.own or desk.sheets.own):
        return {}
    return look_over(desk.templates, desk.sheets, known_rules(desk.settings)).faults


def known_rules(settings: Settings) -> Collection[str] | None:
    """The rules that a sheet may be for; None where faulty rule files keep some of them unknown."""
    book, faults = RuleBook.load(settings.rulesets)
    return None if faults else book.keys()


def wording_complaints(faults: Mapping[str, KaoheError], language: str) -> list[str]:
    """What is to be told about them."""
    return [sentence(LEFT_OUT, language, why=why.in_language(language)) for why in faults.values()]
