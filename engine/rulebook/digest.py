"""What of a version decides, in one canonical form, and its sha256.

Two files with the same digest judge alike, whatever else they say. So what people read (titles, texts,
sources, provenance, cases, announcements) is not in it: correcting a sentence does not touch what was judged. Nor are
the duties and the floor of notices, on which no verdict depends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from engine.rulebook.model import Appeal, Bound, Rule, SanctionSpec, Severity, Version


def rule_sha256(rule: Rule, version: Version) -> str:
    """The digest of one version of a rule, in hexadecimal."""
    return hashlib.sha256(canonical_json(deciding(rule, version)).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON in the one form that is hashed: keys sorted, no blanks. Holds texts, integers, true, false, null.

    >>> canonical_json({"b": [1, None], "a": "好"})
    '{"a":"好","b":[1,null]}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def deciding(rule: Rule, version: Version) -> dict[str, Any]:
    """Every field that can change a verdict, a severity or a sanction, and what is granted against it in general."""
    fields: dict[str, Any] = {
        "id": rule.id,
        "platform": rule.platform,
        "subject": rule.subject,
        "timezone": rule.zone,
        "since": version.key,
    }
    return fields | ({"repealed": True} if version.repealed else _in_force(version))


def _in_force(version: Version) -> dict[str, Any]:
    figure, assessed, standard = version.figure, version.assessed, version.standard
    return {
        "counters": {
            counter.name: {
                "from": counter.relation,
                "where": counter.where,
                "hours": [counter.hours.start, counter.hours.end] if counter.hours else None,
                "sum": counter.total_of,
            }
            for counter in version.counters
        },
        "figure": [figure.numerator, figure.denominator] if figure else None,
        "cycle": [version.cycle.name, version.cycle.length] if version.cycle else None,
        "assessed": [assessed.day, assessed.weekday, assessed.at.isoformat()] if assessed else None,
        "cut_off": version.cut_off,
        "gate": {name: _bound(bound) for name, bound in version.gate},
        "complies": _bound(standard.complies) if standard else None,
        "at_risk": _bound(version.at_risk),
        "severity": _severity(version.severity),
        "ladder": _ladder(version.ladder),
        "appeal": _appeal(version.appeal),
    }


def _bound(bound: Bound | None) -> list[str] | None:
    return [bound.comparison, _exact(bound.limit)] if bound else None


def _exact(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"


def _severity(severity: Severity | None) -> dict[str, Any] | None:
    if severity is None:
        return None
    return {
        "decided_by": severity.decided_by,
        "bands": [[band.severity, _bound(band.when)] for band in severity.bands],
        "within_days": severity.within_days,
        "steps": {str(ordinal): name for ordinal, name in severity.steps.items()},
    }


def _ladder(ladder: Mapping[str, tuple[SanctionSpec, ...]]) -> dict[str, Any]:
    return {name: [_sanction(sanction) for sanction in rung] for name, rung in ladder.items()}


def _sanction(sanction: SanctionSpec) -> dict[str, Any]:
    return {
        "kind": sanction.kind,
        "days": _days(sanction.days),
        "amount_fen": list(sanction.amount_fen) if sanction.amount_fen else None,
        "scope": sanction.scope,
        "discretionary": sanction.discretionary,
        "accounts": sorted(sanction.accounts),
        "points": sanction.points,
        "share": _exact(sanction.share) if sanction.share is not None else None,
    }


def _days(days: tuple[int, int] | None) -> int | list[int] | None:
    # One number stays one number: a rule that was digested before days could be a span keeps its digest.
    return None if days is None else days[0] if days[0] == days[1] else list(days)


def _appeal(appeal: Appeal | None) -> dict[str, Any] | None:
    # What is granted in general. How an appeal is handed in, and terms by severity, decide nothing of what was judged:
    # they are looked up when somebody appeals, and a rule that learns them later is the same rule.
    if appeal is None:
        return None
    return {f"within_{appeal.within.unit}": appeal.within.amount, "of": appeal.of, "attempts": appeal.attempts}
