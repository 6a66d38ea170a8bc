"""Figures keep the ends between which they lie where an import was rounded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("assessment", "violation"):
        for number in ("numerator", "denominator"):
            for end in ("low", "high"):
                op.add_column(table, sa.Column(f"{number}_{end}", sa.BigInteger(), nullable=True))
