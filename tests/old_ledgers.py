"""Ledgers as an earlier kaohe has left them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine

from engine.ledger.database import MIGRATIONS, VERSION_TABLE

Insert = Callable[..., None]


@contextmanager
def old_ledger(url: str, version: str) -> Iterator[Insert]:
    """A new ledger at `url`, migrated up to `version` and no further: what inserts rows into it.

    They are committed at the end.
    """
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
        command.upgrade(config, version)
        known = MetaData()
        known.reflect(connection)

        def insert(table: str, **row: Any) -> None:
            connection.execute(known.tables[table].insert().values(row))

        yield insert
    engine.dispose()
