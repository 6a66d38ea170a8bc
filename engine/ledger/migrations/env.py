"""How Alembic runs a migration here: on the connection and in the transaction that `open_ledger` gives it."""

from alembic import context

from engine.ledger.tables import Subject

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=Subject.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
context.run_migrations()
