"""Every table of the ledger, and nothing else: what each row means, and what may never be twice.

Money is integer fen. Instants are UTC (`Instant`). Rows of `assessment`, `journal_batch`, `journal_entry` and
`rule_version` are appended and never rewritten, but for the marks that say so.
"""

from __future__ import annotations

from engine.ledger.tables.access import ApiToken, AppUser, UserGrant
from engine.ledger.tables.appeals import Appeal, Attachment
from engine.ledger.tables.assessments import Assessment, Correction, Period, RuleVersion, Run, Situation
from engine.ledger.tables.contracts import ContractStandard, Deposit
from engine.ledger.tables.duties import Duty
from engine.ledger.tables.evidence import Coverage, DayFile, Expectation, Seal
from engine.ledger.tables.journal import Cursor, JournalBatch, JournalEntry
from engine.ledger.tables.milestones import Milestone
from engine.ledger.tables.notices import Attempt, Notice, NoticeItem, Receipt
from engine.ledger.tables.penalties import PenaltyMatch
from engine.ledger.tables.routing import Contact, ContactAddress, Mute, Route
from engine.ledger.tables.subjects import Assignment, Subject
from engine.ledger.tables.violations import Decided, Diagnosis, Sanction, Violation
from engine.ledger.tables.waivers import WaivedViolation, Waiver, WaiverShop
from engine.ledger.tables.workers import WorkerSeen

__all__ = [
    "ApiToken",
    "AppUser",
    "Appeal",
    "Assessment",
    "Assignment",
    "Attachment",
    "Attempt",
    "Contact",
    "ContactAddress",
    "ContractStandard",
    "Correction",
    "Coverage",
    "Cursor",
    "DayFile",
    "Decided",
    "Deposit",
    "Diagnosis",
    "Duty",
    "Expectation",
    "JournalBatch",
    "JournalEntry",
    "Milestone",
    "Mute",
    "Notice",
    "NoticeItem",
    "PenaltyMatch",
    "Period",
    "Receipt",
    "Route",
    "RuleVersion",
    "Run",
    "Sanction",
    "Seal",
    "Situation",
    "Subject",
    "UserGrant",
    "Violation",
    "WaivedViolation",
    "Waiver",
    "WaiverShop",
    "WorkerSeen",
]
