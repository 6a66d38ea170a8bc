"""The migrations and the tables of today must say the same, on both databases."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlmodel import SQLModel

from engine.ledger.database import MIGRATIONS, VERSION_TABLE, known_versions, open_ledger

pytestmark = pytest.mark.usefixtures("as_shipped")

SQLITE_SCHEMA = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRESQL_SCHEMA = """
SELECT 'column ' || table_name || '.' || column_name,
       data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint ' || conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def schema(engine):
    """Everything the database itself says of its tables, in an order that does not matter.

    SQLite writes a column that was added later behind the constraints, on their line.
    """
    statement = SQLITE_SCHEMA if engine.dialect.name == "sqlite" else POSTGRESQL_SCHEMA
    with engine.connect() as connection:
        found = connection.execute(text(statement)).all()
    # A table that a migration made anew stands in quotes, which say nothing.
    plain = {name: definition.replace(f'"{name}"', name) for name, definition in found}
    parts = {
        name: sorted(filter(None, (part.strip(" )\t") for part in re.split("[\n,]", definition))))
        for name, definition in plain.items()
    }
    return {name: definition for name, definition in parts.items() if VERSION_TABLE not in name}


def test_alembic_finds_no_difference_between_the_migrated_ledger_and_the_tables(ledger):
    with ledger.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_server_default": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_migrated_ledger_is_word_for_word_what_the_tables_create(new_ledger):
    migrated = schema(new_ledger)
    with new_ledger.begin() as connection:
        # What is in the database, in an order that breaks no reference.
        existing = MetaData()
        existing.reflect(connection)
        existing.drop_all(connection)
        SQLModel.metadata.create_all(connection)
    assert migrated == schema(new_ledger)
    assert all(any(name in key for key in migrated) for name in SQLModel.metadata.tables)


def test_the_history_is_one_line_and_its_newest_version_is_the_one_we_look_for():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()] == known_versions()[::-1]
    assert scripts.get_heads() == [known_versions()[-1]]


def test_a_migration_that_fails_leaves_nothing_behind(new_url, monkeypatch):
    from engine.ledger import database

    def fail_after_all_was_done(connection):
        upgrade(connection)
        raise ZeroDivisionError

    upgrade = database._upgrade
    monkeypatch.setattr(database, "_upgrade", fail_after_all_was_done)
    with pytest.raises(ZeroDivisionError):
        open_ledger(new_url)
    monkeypatch.undo()
    engine = open_ledger(new_url)
    assert schema(engine)
    engine.dispose()
