"""What the platform decided stands on the violation; the key that seals buyers' ids is known again; clients agree.

The amount, the number and the deadline of earlier decisions are read back from the journal, which alone had them.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DETAILS = ("amount_fen", "reference", "appeal_until")


def upgrade() -> None:
    op.add_column("violation", sa.Column("amount_fen", sa.BigInteger(), nullable=True))
    op.add_column("violation", sa.Column("reference", sa.String(), nullable=True))
    op.add_column("violation", sa.Column("appeal_until", sa.Date(), nullable=True))
    op.create_table(
        "seal",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_seal"),
    )
    connection = op.get_bind()
    _read_back(connection)
    connection.execute(
        sa.text(
            "UPDATE violation SET client = (SELECT client FROM subject WHERE subject.id = violation.subject_id) "
            "WHERE client <> (SELECT client FROM subject WHERE subject.id = violation.subject_id)"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE notice SET client = (SELECT client FROM violation WHERE violation.id = notice.violation_id) "
            "WHERE state IN ('queued', 'sending', 'failed')"
        )
    )


def _read_back(connection: sa.Connection) -> None:
    told = connection.execute(
        sa.text("SELECT object_id, payload FROM journal_entry WHERE object_kind = 'violation' ORDER BY batch, position")
    )
    found: dict[str, dict[str, Any]] = {}
    for violation, payload in told:
        # SQLite hands JSON out as text, PostgreSQL as what it says.
        said = json.loads(payload) if isinstance(payload, str) else payload
        after = (said or {}).get("after") or {}
        found.setdefault(violation, {}).update({k: after[k] for k in DETAILS if after.get(k) is not None})
    violation_table = sa.table("violation", sa.column("id"), sa.column("amount_fen"), sa.column("reference"))
    violation_table.append_column(sa.column("appeal_until", sa.Date()))
    for violation, details in found.items():
        if details:
            values = details | (
                {"appeal_until": date.fromisoformat(details["appeal_until"])} if "appeal_until" in details else {}
            )
            connection.execute(sa.update(violation_table).where(violation_table.c.id == violation).values(**values))
