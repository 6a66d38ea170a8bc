"""Until when a decision can be appealed against, and the one step that may give the appeal up for good.

The deadline that the platform prints overrides what its rule grants. Where the notice's arrival is not on record,
nobody can say that it is too late: for some weeks after the assessment the appeal counts as possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from engine.calendar.deadlines import deadline, end_of, last_day
from engine.errors import KaoheError
from engine.ledger.platform_notice import NOTHING_SAID, PlatformNotice
from engine.ledger.states import MACHINE
from engine.ledger.tables import Violation
from engine.rulebook.model import Version
from engine.rulebook.platforms import zone_of

# How long after the assessment a notice of which nothing is on record may still be new.
NOTICE_COMES = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Until:
    """The first instant, in UTC, that is too late for an appeal, and what says so. None where nothing does."""

    at: datetime | None
    basis: Literal["notice", "rule", "unknown"]

    def over(self, at: datetime) -> bool:
        """Whether it is known to be too late."""
        return self.at is not None and at >= self.at


def appeal_until(violation: Violation, version: Version | None, notice: PlatformNotice = NOTHING_SAID) -> Until:
    """Until when `violation` can be appealed against under the version that decided it.

    `notice` is what is about to be recorded: it stands before what is on record.
    """
    printed, noticed = notice.appeal_until or violation.appeal_until, notice.noticed_at or violation.noticed_at
    if printed is not None:
        return Until(printed, "notice")
    appeal = version.appeal if version else None
    if appeal is None or noticed is None:
        return Until(None, "unknown")
    term = appeal.term(notice.severity or violation.severity)
    return Until(deadline(noticed, term, zone_of(violation.platform)), "rule")


class ForfeitsAppealError(KaoheError):
    """To confirm this would give an appeal up that can still be made."""

    def __init__(self, violation: Violation, until: Until, version: Version) -> None:
        self.violation = violation.id
        assert version.appeal is not None
        zone = zone_of(violation.platform)
        when, bis = ("for a time unknown: the notice's arrival is not on record", "期限未知：没有记录通知的到达时间")
        if until.at is not None:
            when, bis = f"until {shown(until.at, zone)}", f"截至 {shown(until.at, zone)}"
        by, von = (" by the main account only", "仅限主账号；") if version.appeal.by == "main_account" else ("", "")
        super().__init__(
            f"to confirm {violation.id} gives the appeal up, and one can still be made{by} ({when}); to give it up all "
            "the same, say --forfeit-appeal; to keep it, note that the notice has come: "
            f"`kaohe violations notified {violation.id} --noticed-at TIME`",
            zh=f"确认 {violation.id} 即放弃申诉，而现在仍可申诉（{von}{bis}）；确定放弃请加 --forfeit-appeal；"
            f"要保留申诉，请只登记已收到通知：`kaohe violations notified {violation.id} --noticed-at 时间`",
        )


def forfeited(
    violation: Violation, after: str, notice: PlatformNotice, version: Version | None, now: datetime
) -> ForfeitsAppealError | None:
    """What is to be asked back before the step to the state `after`: it gives up an appeal that is still possible."""
    appeal = version.appeal if version else None
    if version is None or appeal is None or not appeal.confirming_forfeits:
        return None
    until = appeal_until(violation, version, notice)
    gives_up = any((t.before, t.after) == (violation.state, after) and t.gives_up for t in MACHINE)
    return (
        ForfeitsAppealError(violation, until, version) if gives_up and _may_be_possible(violation, until, now) else None
    )


def _may_be_possible(violation: Violation, until: Until, now: datetime) -> bool:
    if until.at is not None:
        return not until.over(now)
    return now < end_of(violation.assessed_on, zone_of(violation.platform)) + NOTICE_COMES


def shown(until: datetime, zone: str) -> str:
    """A deadline for a message: the last day, or the hour.

    >>> from datetime import UTC
    >>> shown(datetime(2026, 3, 18, 16, tzinfo=UTC), "Asia/Shanghai")
    '2026-03-18'
    """
    whole = last_day(until, zone)
    return whole.isoformat() if whole else f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
