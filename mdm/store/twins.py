"""Twins: tables of the same make as empty ones, filled in a transaction of their own and then put in their place.

So a first load can be spread over two connections and still appear all at once: the applying transaction takes the
twins that others have filled and committed meanwhile.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import mart
from mdm.store.bulk import Source, column_names, copy_rows, index_definitions, note_emptied
from mdm.store.states import is_empty

_SUFFIX = "_loading"


def drop_twin(connection: sa.Connection, table: str) -> None:
    """Remove the twin of `table`, if a load that failed has left one."""
    connection.exec_driver_sql(f'drop table if exists "{table}{_SUFFIX}"')


def keep_empty(connection: sa.Connection, table: str) -> None:
    """See that `table` is empty, and that nobody writes into it before the end of the transaction.

    Raises StoreError when somebody has.
    """
    connection.exec_driver_sql(f'lock table "{table}" in share mode')
    if not is_empty(connection, table):
        raise StoreError(f"somebody has written into {table} since the run began", remedy="Run again.")


def fill_twin(connection: sa.Connection, table: str, source: Source) -> int:
    """Make the twin of `table` with the rows of `source` (columns of the table) and its indexes; how many rows."""
    twin = f"{table}{_SUFFIX}"
    connection.exec_driver_sql(f'create table "{twin}" (like "{table}" including all excluding indexes)')
    note_emptied(connection, twin)
    count = copy_rows(connection, twin, column_names(source), source)
    for name, definition in index_definitions(connection, table).items():
        connection.exec_driver_sql(_of_twin(definition, table, name))
    connection.exec_driver_sql(f'analyze "{twin}"')
    return count


def _of_twin(definition: str, table: str, name: str) -> str:
    """The statement that makes an index of the table, for its twin and under a name of its own."""
    renamed = re.sub(rf'(INDEX|constraint) "?{name}"? ', rf'\1 "{name}{_SUFFIX}" ', definition, count=1)
    return re.sub(rf'(ON|table) (\w+\.)?"?{table}"? ', rf'\1 "{table}{_SUFFIX}" ', renamed, count=1)


def take_place(connection: sa.Connection, table: str) -> None:
    """Put the twin, under the names of the table and its indexes, in the place of the table, which is empty."""
    comment = connection.exec_driver_sql("select obj_description(%s::regclass)", (table,)).scalar_one()
    names = list(index_definitions(connection, table))
    mart.read_from(connection, table, f"{table}{_SUFFIX}")
    connection.exec_driver_sql(f'drop table "{table}"')
    connection.exec_driver_sql(f'alter table "{table}{_SUFFIX}" rename to "{table}"')
    for name in names:
        connection.exec_driver_sql(f'alter index "{name}{_SUFFIX}" rename to "{name}"')
    if comment is not None:
        literal = comment.replace("'", "''").replace("%", "%%")
        connection.exec_driver_sql(f"comment on table \"{table}\" is '{literal}'")
