"""What single writes did since a run began: the records concerned, and what else hangs together with them by now."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Values, fetch_arrow, load_values


def written_since(connection: sa.Connection, moment: datetime) -> pa.Table:
    """record_id of what channels and stewards wrote, or gave to another customer, since `moment`."""
    return fetch_arrow(
        connection,
        "select value::bigint as record_id from due where kind = 'record' and since >= %(moment)s order by 1",
        {"moment": moment},
    )


def forget_written(connection: sa.Connection, before: datetime) -> None:
    """Forget what was written before a run began: it has seen it."""
    connection.exec_driver_sql("delete from due where kind = 'record' and since < %(before)s", {"before": before})


def bonds_of(connection: sa.Connection, record_ids: Values, least_weight: float) -> pa.Table:
    """What ties these records to others now: (record_id, kind, value). kind: pin | key | record (a stored pair)."""
    load_values(connection, "wanted", record_ids)
    return fetch_arrow(
        connection,
        """
        select x.record_id, 'pin' as kind, x.pin as value from wanted w join xref x on x.record_id = w.value
        union all
        select k.record_id, 'key', k.key::text from wanted w join record_key k on k.record_id = w.value
        union all
        select p.left_id, 'record', p.right_id::text from wanted w join pair p on p.left_id = w.value
        where p.weight >= %(least)s
        union all
        select p.right_id, 'record', p.left_id::text from wanted w join pair p on p.right_id = w.value
        where p.weight >= %(least)s
        """,
        {"least": least_weight},
    )
