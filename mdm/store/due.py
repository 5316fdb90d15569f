"""What single writes left for the next run to settle: customers whose households may be others, keys that crossed.

A row stays until a run that began after it was written has settled it.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_arrow
from mdm.store.connection import driver_of

CUSTOMER, ADDRESS, KEY, VALUE = "customer", "address", "key", "value"
RECORD = "record"  # written singly, or given to another customer: what a night under way has to look at


def note(connection: sa.Connection, due: Collection[tuple[str, str]]) -> None:
    """Note (kind, value): a PIN; the number of an address or of a blocking key; `party|kind|key` of a value, which is
    not told itself."""
    if due:
        kinds, values = zip(*sorted(due), strict=True)
        driver_of(connection).execute(
            "insert into due (kind, value) select * from unnest(%s::text[], %s::text[]) "
            "on conflict (kind, value) do update set since = now()",
            (list(kinds), list(values)),
            prepare=True,
        )


def all_due(connection: sa.Connection) -> pa.Table:
    """Everything that is to be settled: kind, value, since."""
    return fetch_arrow(connection, "select kind, value, since from due where kind <> 'record' order by kind, value")


def settle(connection: sa.Connection, settled: pa.Table) -> None:
    """Take rows of `all_due` out, but for those that were noted again since."""
    columns = [settled[name].to_pylist() for name in ("kind", "value", "since")]
    driver_of(connection).execute(
        "delete from due where (kind, value, since) in "
        "(select * from unnest(%s::text[], %s::text[], %s::timestamptz[]))",
        columns,
    )
