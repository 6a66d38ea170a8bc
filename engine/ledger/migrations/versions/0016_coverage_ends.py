"""Coverage ends where evidence is taken out, and the same days may be covered anew: only what counts is unique."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SPAN = ["subject_id", "kind", "first_day", "last_day"]
COUNTS = sa.text("until IS NULL")


def upgrade() -> None:
    op.drop_index("coverage_live", "coverage")
    with op.batch_alter_table("coverage") as coverage:
        coverage.drop_constraint("uq_coverage_subject_id_kind_first_day_last_day", type_="unique")
    op.create_index("coverage_live", "coverage", SPAN, unique=True, sqlite_where=COUNTS, postgresql_where=COUNTS)
