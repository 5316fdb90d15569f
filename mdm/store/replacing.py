"""Rows without recorded time that take the place of others: what stays as it is is not written.

PostgreSQL writes a whole page to the WAL when it is changed for the first time after a checkpoint. Most of what a night
says of a record that changed is what the store has: to delete all of it and put it again wrote a hundred thousand pages
for ten thousand records, one for each place in an index.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from mdm.store.bulk import Source, Values, column_types, load_temporary, load_values


def replace_rows(
    connection: sa.Connection, table: str, column: str, values: Values, source: Source, columns: Sequence[str]
) -> int:
    """Make `source` (`columns`: all of the table) the rows of `table` whose `column` is among `values`.

    Rows of other values in `source` are added. Returns how many rows were written. No column may be null.
    """
    load_values(connection, "wanted", values)
    load_temporary(connection, "incoming", source, column_types(connection, table, columns))
    names = ", ".join(columns)
    same = " and ".join(f"a.{name} = b.{name}" for name in columns)
    connection.exec_driver_sql("drop table if exists pg_temp.former")
    connection.exec_driver_sql(
        f"create temporary table former on commit drop as select {names} from wanted join {table} t "
        f"on t.{column} = wanted.value"
    )
    connection.exec_driver_sql("analyze former")
    connection.exec_driver_sql(
        f"delete from {table} b using (select {names} from former except select {names} from incoming) a where {same}"
    )
    return connection.exec_driver_sql(
        f"insert into {table} ({names}) select {names} from incoming a "
        f"where not exists (select from former b where {same})"
    ).rowcount
