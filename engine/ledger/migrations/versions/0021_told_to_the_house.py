"""Whether a notice was written for somebody of the house: it stays so, whoever has that contact's name afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

NOTICE = sa.table("notice", sa.column("contact", sa.String), sa.column("internal", sa.Boolean))
CONTACT = sa.table("contact", sa.column("name", sa.String), sa.column("client", sa.String))
ENTRY = sa.table(
    "journal_entry",
    sa.column("object_kind", sa.String),
    sa.column("object_id", sa.String),
    sa.column("payload", sa.JSON),
)


def upgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("internal", server_default=None)
    # Who was told under a name that is not known any more, or was once of the house, cannot be told apart by now.
    outside = sa.select(CONTACT.c.name).where(CONTACT.c.client.is_not(None))
    known = {name for (name,) in op.get_bind().execute(outside)} - _once_of_the_house()
    told = sa.select(NOTICE.c.contact).where(NOTICE.c.contact.is_not(None)).distinct()
    for (name,) in op.get_bind().execute(told).all():
        if name not in known:
            op.execute(NOTICE.update().where(NOTICE.c.contact == name).values(internal=True))


def _once_of_the_house() -> set[str]:
    """The names that contacts of the house have had, as the journal tells."""
    entries = sa.select(ENTRY.c.object_id, ENTRY.c.payload).where(ENTRY.c.object_kind == "contact")
    found: set[str] = set()
    for name, payload in op.get_bind().execute(entries):
        said = [(payload or {}).get(when) for when in ("before", "after")]
        if payload is None or any(one is not None and one.get("client") is None for one in said):
            found.add(name)
    return found
