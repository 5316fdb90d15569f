"""The locks of a night that applies: a table, since there are more than the server has room for."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.store.bulk import copy_rows, deferred_indexes
from mdm.store.connection import driver_of


def any_of(connection: sa.Connection, numbers: Collection[int]) -> bool:
    """Whether the night that applies, or the last one that did, holds one of these."""
    found = driver_of(connection).execute(
        "select exists (select from applying where number = any(%s::bigint[]))", (list(numbers),), prepare=True
    ).fetchone()  # fmt: skip
    return found is not None and bool(found[0])


def publish(connection: sa.Connection, numbers: pa.Array) -> None:
    """Let these be the locks of the night, in place of those of the last one, when the transaction commits."""
    connection.exec_driver_sql("truncate applying")
    with deferred_indexes(connection, ["applying"]):
        copy_rows(connection, "applying", ["number"], pa.table({"number": pc.unique(numbers)}))
