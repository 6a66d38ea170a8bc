"""A violation as a row: of a table for people, of `--json` for programs; and the names that lists may be asked by."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from console.desk import Desk
from engine.errors import UnknownNameError
from engine.ledger.tables import Violation
from engine.ledger.violation_lists import Listed
from engine.rulebook.model import Language
from notifier.words.figures import money_range
from notifier.words.vocabulary import SEVERITIES, STATES, word

COLUMNS = "violation client platform shop rule cycle state severity exposure assessed_on"
LONGEST_SHOWN = 40  # characters of what somebody typed


def row_json(row: Listed) -> dict[str, Any]:
    """One line of `kaohe violations list --json`."""
    return {
        "violation": row.id,
        "rule": row.rule,
        "platform": row.platform,
        "client": row.client,
        "shop": row.shop,
        "agent": row.agent,
        "cycle": row.cycle,
        "state": row.state,
        "severity": row.severity,
        "exposure_fen": list(row.exposure_fen),
        "assessed_on": row.assessed_on.isoformat(),
    }


def row_cells(row: Listed, language: Language) -> list[str]:
    """The same as the cells of a table with `COLUMNS`."""
    return [
        row.id,
        row.client,
        row.platform,
        row.shop or row.person or "",
        row.rule,
        row.cycle,
        word(STATES, row.state, language),
        word(SEVERITIES, row.severity, language) if row.severity else "-",
        money_range(*row.exposure_fen, language),
        row.assessed_on.isoformat(),
    ]


def known_severity(session: Session, desk: Desk, severity: str | None) -> str | None:
    """A severity that some violation has or could have, by its name or word. Raises UnknownNameError for another."""
    if severity is None:
        return None
    severity = {words.zh: name for name, words in SEVERITIES.items()}.get(severity.strip(), severity)
    known = _ruled(desk)
    if severity not in known and not _on_record(session, Violation.severity, severity):
        known = known_severities(session, desk)
        both = "、".join(f"{name}（{words.zh}）" for name, words in SEVERITIES.items())
        raise UnknownNameError("severity", severity[:LONGEST_SHOWN], known, zh=both)
    return severity


def known_severities(session: Session, desk: Desk) -> set[str]:
    """All severities that some violation has or could have."""
    return _ruled(desk) | {name for name in session.exec(select(Violation.severity).distinct()) if name}


def _ruled(desk: Desk) -> set[str]:
    graded = [version for rule in desk.sound_rules.values() for version in rule.versions if version.severity]
    return {*SEVERITIES, *(name for version in graded for name in version.ladder)}


def known_rule(session: Session, desk: Desk, name: str) -> str:
    """The id of a rule that there is, or was: what is on record can be asked for whatever became of the file."""
    if name not in desk.sound_rules and not _on_record(session, Violation.rule, name):
        raise UnknownNameError("rule", name, {*desk.sound_rules, *session.exec(select(Violation.rule).distinct())})
    return name


def _on_record(session: Session, column: Any, name: str) -> bool:
    """Whether some violation has this; to ask which there are at all takes a look at each."""
    return session.exec(select(Violation.id).where(col(column) == name).limit(1)).first() is not None
