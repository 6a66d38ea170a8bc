"""What the tables are made of: names of constraints, keys, references."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer
from sqlmodel import Field, SQLModel

# Every constraint has a name of its own, the same on both databases: a migration can then speak of it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# What checks and writes a row's values is compiled when it is first used: of 40 tables, a command uses few that way.
SQLModel.model_config["defer_build"] = True

# SQLite gives rowids only to INTEGER; PostgreSQL wants eight bytes.
BigId = BigInteger().with_variant(Integer(), "sqlite")


def identity() -> Any:
    """A key that the database counts up."""
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def ref(target: str, *, index: bool = False) -> Any:
    """A reference that is always there."""
    return Field(sa_column=Column(BigId, ForeignKey(target), index=index, nullable=False))


def optional_ref(target: str, *, index: bool = False) -> Any:
    """A reference that may be none."""
    return Field(default=None, sa_column=Column(BigId, ForeignKey(target), index=index))
