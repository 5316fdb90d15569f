"""The kinds of columns that the tables share, and how a table keeps recorded time.

Documents that no query looks inside are `json`, not `jsonb`: they are stored as given, which loads faster by far.

A table with recorded time keeps every state of a row: `recorded_from` says since when we know it, `recorded_to` until
when we believed it, 'infinity' for the current state. Both are the time of the transaction that wrote them, set by the
database.
Indexes for current states are partial: `where recorded_to = 'infinity'`. A key by which past states are found as well
has another for these, empty on the first night, instead of one over all that holds the current ones twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlmodel import Field, SQLModel

CURRENT = "recorded_to = 'infinity'"
PAST = "recorded_to < 'infinity'"

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pk",
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
}


def document(comment: str, *, nullable: bool = False) -> Any:
    """A JSON document that no query looks inside."""
    return Field(default=None, sa_type=JSON, nullable=nullable, sa_column_kwargs={"comment": comment})


def written(comment: str, *, nullable: bool = False) -> Any:
    """A JSON document of every record or customer, kept as the text that we wrote.

    The server parses all that it takes in as `json`, which is half of its work of loading them. Whoever wants the
    parsed document selects it with `::json`.
    """
    return Field(default=None, sa_type=sa.Text, nullable=nullable, sa_column_kwargs={"comment": comment})


def bigints(comment: str) -> Any:
    """A list of 64-bit integers."""
    return Field(sa_type=ARRAY(sa.BigInteger), nullable=False, sa_column_kwargs={"comment": comment})


def bigint(comment: str | None = None, *, primary_key: bool = False, nullable: bool = False) -> Any:
    """A 64-bit integer."""
    kwargs = {"comment": comment, "autoincrement": False}
    return Field(sa_type=sa.BigInteger, primary_key=primary_key, nullable=nullable, sa_column_kwargs=kwargs)


def identity() -> Any:
    """A number that the database gives; means nothing outside."""
    return Field(default=None, sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": True})


def text(comment: str | None = None, *, primary_key: bool = False, nullable: bool = False) -> Any:
    """A text without limit of length."""
    return Field(sa_type=sa.Text, primary_key=primary_key, nullable=nullable, sa_column_kwargs={"comment": comment})


def instant(comment: str | None = None, *, nullable: bool = False, default: str | None = None) -> Any:
    """A point in time, with time zone; `default` is SQL."""
    kwargs = {"comment": comment, "server_default": sa.text(default) if default else None}
    return Field(default=None, sa_type=sa.DateTime(timezone=True), nullable=nullable, sa_column_kwargs=kwargs)


class Recorded(SQLModel):
    """Recorded time of a row; every such table has the primary key (its own key, recorded_from): see `states_of`."""

    recorded_from: datetime = Field(
        default=None,
        sa_type=sa.DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("now()"), "comment": "recorded time: known since"},
    )
    recorded_to: datetime = Field(
        default=None,
        sa_type=sa.DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'infinity'"), "comment": "recorded time: believed until"},
    )


def states_of(*key: str) -> sa.PrimaryKeyConstraint:
    """The primary key of a table with recorded time: every state of `key`."""
    return sa.PrimaryKeyConstraint(*key, "recorded_from")


def current_index(name: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index over the current states only."""
    return sa.Index(name, *columns, unique=unique, postgresql_where=sa.text(CURRENT))


def past_index(name: str, *columns: str) -> sa.Index:
    """An index over the closed states only: beside a `current_index` it makes one over all of them (`states.ever`)."""
    return sa.Index(name, *columns, postgresql_where=sa.text(PAST))


def table_of(model: type[SQLModel]) -> sa.Table:
    """The table behind a model, for queries in SQLAlchemy Core."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
