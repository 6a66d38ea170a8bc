"""Are there rules, and are their files sound?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.doctor.finding import Finding, ok, refused
from engine.errors import KaoheError
from engine.rulebook.book import RuleBook, refuse_empty
from engine.rulebook.faults import Fault
from engine.rulebook.model import Text

SUBJECT = "rules"


def check_rules(book: RuleBook, faults: Sequence[Fault], directories: Sequence[Path]) -> list[Finding]:
    """What is wrong with the rules that were read from `directories`."""
    mend = Text("见 docs/rules.md，改正后用 `kaohe rules check` 复查", "see docs/rules.md, then `kaohe rules check`")
    found = [Finding(SUBJECT, "wrong", Text(f"规则文件有误：{fault}", str(fault)), mend) for fault in faults]
    if found:
        return found
    try:
        refuse_empty(book, directories)
    except KaoheError as error:
        return [refused(SUBJECT, error)]
    return [ok(SUBJECT, f"{len(book)} 条，全部无误", f"{len(book)}, all of them sound")]
