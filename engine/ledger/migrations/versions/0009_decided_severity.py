"""The severity that the platform decided stands beside ours; what was taken back or charged is no exposure any more.

Which severity was decided is read back from what was reckoned: where the two differ, somebody recorded it. A charge
takes the place of the exposure, and a violation that was let off costs nothing and brings no measures.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("violation", sa.Column("decided_severity", sa.String(), nullable=True))
    connection = op.get_bind()
    told = connection.execute(
        sa.text(
            "SELECT v.id, v.severity, s.decision FROM violation v JOIN situation s ON s.id = v.situation_id "
            "WHERE v.severity IS NOT NULL"
        )
    )
    decided = sa.text("UPDATE violation SET decided_severity = severity WHERE id = :id")
    for violation, severity, decision in told.fetchall():
        # SQLite hands JSON out as text, PostgreSQL as what it says.
        said = json.loads(decision) if isinstance(decision, str) else decision
        if said.get("severity") != severity:
            connection.execute(decided, {"id": violation})
    connection.execute(
        sa.text(
            "UPDATE violation SET exposure_min_fen = amount_fen, exposure_max_fen = amount_fen "
            "WHERE amount_fen IS NOT NULL"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE violation SET exposure_min_fen = 0, exposure_max_fen = 0 "
            "WHERE state IN ('overturned', 'waived', 'withdrawn')"
        )
    )
    connection.execute(
        sa.text(
            "DELETE FROM sanction WHERE violation_id IN "
            "(SELECT id FROM violation WHERE state IN ('overturned', 'waived', 'withdrawn'))"
        )
    )
