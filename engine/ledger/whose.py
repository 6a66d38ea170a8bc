"""Whose something is: the client and the shop (its key) that an actor's permission is asked for."""

from __future__ import annotations

from sqlmodel import Session

from engine.ledger.tables import Notice, Subject, Violation

Whose = tuple[str, str | None]


def whose_subject(session: Session, subject: Subject) -> Whose:
    """The client and the shop of a shop or of an agent; a person or a team has no shop."""
    shop = session.get(Subject, subject.parent_id) if subject.parent_id is not None else subject
    return subject.client, shop.key if shop is not None and shop.kind == "shop" else None


def whose_violation(session: Session, violation: Violation) -> Whose:
    """The client and the shop of a violation."""
    subject = session.get(Subject, violation.subject_id)
    return whose_subject(session, subject) if subject is not None else (violation.client, None)


def whose_notice(session: Session, notice: Notice) -> Whose:
    """The client and the shop of a notice; a digest is about a client."""
    violation = session.get(Violation, notice.violation_id) if notice.violation_id is not None else None
    return whose_violation(session, violation) if violation is not None else (notice.client, None)
