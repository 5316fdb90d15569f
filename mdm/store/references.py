"""The customers that enrichment records name themselves, by PIN or by the key of another source."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import sqlalchemy as sa

from mdm.resolve.references import Named
from mdm.store.bulk import Source, Values, copy_rows, fetch_columns, load_temporary, load_values
from mdm.store.connection import driver_of

REFERENCES = {"record_id": "bigint", "system": "text", "local_id": "text", "pin": "text"}

# What hangs together by references, from a row `f` (record_id): the record, or the customer, that an enrichment record
# names, and the enrichment records that name this one. Where there is none nothing is looked for.
LINKED = """
    select h.record_id as next_id from reference e join record h on h.system = e.system and h.local_id = e.local_id
    where e.record_id = f.record_id and h.recorded_to = 'infinity'
    union all
    select x.record_id from reference e join customer c on c.pin = e.pin and c.recorded_to = 'infinity'
    join xref x on x.pin = coalesce(c.redirect_to, c.pin) and x.recorded_to = 'infinity'
    where e.record_id = f.record_id
    union all
    select e.record_id from record h join reference e on e.system = h.system and e.local_id = h.local_id
    where h.record_id = f.record_id and h.recorded_to = 'infinity' and (select exists (select from reference))
"""
_HOSTS = """
select h.record_id from named e join record h on h.system = e.system and h.local_id = e.local_id
where h.recorded_to = 'infinity'
union
select x.record_id from named e join customer c on c.pin = e.pin and c.recorded_to = 'infinity'
join xref x on x.pin = coalesce(c.redirect_to, c.pin) and x.recorded_to = 'infinity'
"""


def put_references(connection: sa.Connection, record_ids: Values, source: Source) -> int:
    """Let `source` (REFERENCES) be the references of these records, in place of those before; how many."""
    load_values(connection, "referring", record_ids)
    connection.exec_driver_sql("delete from reference r using referring w where r.record_id = w.value")
    return copy_rows(connection, "reference", list(REFERENCES), source)


def put_reference(connection: sa.Connection, record_id: int, named: Named | None) -> None:
    """Let one record name this customer, or nobody."""
    driver = driver_of(connection)
    driver.execute("delete from reference where record_id = %s", (record_id,))
    if named is not None:
        driver.execute(
            "insert into reference (record_id, system, local_id, pin) values (%s, %s, %s, %s)", (record_id, *named)
        )


def references_of(connection: sa.Connection, record_ids: Collection[int]) -> Mapping[int, Named]:
    """What these records name; those that name nobody are left out."""
    rows = driver_of(connection).execute(
        "select record_id, system, local_id, pin from reference where record_id = any(%s::bigint[])",
        (list(record_ids),),
    )
    return {record_id: Named(*named) for record_id, *named in rows}


def hosts_of(connection: sa.Connection, source: Source) -> pa.Array:
    """The records of the store that references (REFERENCES) lead to."""
    load_temporary(connection, "named", source, REFERENCES)
    return fetch_columns(connection, _HOSTS)["record_id"].combine_chunks()


def referring_to(connection: sa.Connection, keys: Source) -> pa.Array:
    """The enrichment records that name one of these keys (system, local_id)."""
    if connection.exec_driver_sql("select 1 from reference limit 1").first() is None:
        return pa.array([], pa.int64())
    load_temporary(connection, "named_key", keys, {"system": "text", "local_id": "text"})
    query = "select r.record_id from named_key k join reference r using (system, local_id)"
    return fetch_columns(connection, query)["record_id"].combine_chunks()
