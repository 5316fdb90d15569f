"""Which records must be resolved together: everything that hangs together with the records that changed.

Two records hang together through a stored pair of enough weight, a judgement *same* in force, a common customer, or
because one of them, of an enrichment source, names the other.
The clustering itself is `mdm.resolve`'s; this only gathers what it must see.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import Values, fetch_numbers, load_values
from mdm.store.connection import wait_within
from mdm.store.ordered import by_index
from mdm.store.references import LINKED

_PREPARE = "create temporary table reached (record_id bigint primary key, step integer not null) on commit drop"
_SEEDS = "insert into reached select value, %s from seed on conflict do nothing"

_STEP = f"""
insert into reached (record_id, step)
select distinct next_id, %(step)s from (
    select p.right_id as next_id from frontier f join pair p on p.left_id = f.record_id and p.weight >= %(least)s
    union all
    select p.left_id from frontier f join pair p on p.right_id = f.record_id and p.weight >= %(least)s
    union all
    select j.right_id from frontier f join judgement j on j.left_id = f.record_id
    where j.verdict = 'same' and j.superseded_by is null
    union all
    select j.left_id from frontier f join judgement j on j.right_id = f.record_id
    where j.verdict = 'same' and j.superseded_by is null
    union all
    select together.record_id from frontier f
    join xref x on x.record_id = f.record_id and x.recorded_to = 'infinity'
    join xref together on together.pin = x.pin and together.recorded_to = 'infinity'
    union all
    select named.next_id from frontier f cross join lateral ({LINKED}) as named
) as found
where next_id is not null
on conflict do nothing
"""


def component_records(
    connection: sa.Connection, seeds: Values, *, least_weight: float, then: Callable[[], Values] | None = None
) -> pa.Table:
    """The record ids that hang together with `seeds`, these included: record_id, sorted.

    `least_weight`: match weight in bits from which on a stored pair ties two records together. `then`: gives further
    seeds, which may be found out meanwhile.
    """
    connection.exec_driver_sql("drop table if exists pg_temp.reached")
    connection.exec_driver_sql(_PREPARE)
    step = _reach(connection, seeds, 0, least_weight)
    if then is not None:
        wait_within(connection)
        _reach(connection, then(), step, least_weight)
    found = fetch_numbers(connection, "select record_id from reached", ("record_id",))
    return found.sort_by("record_id")


def _reach(connection: sa.Connection, seeds: Values, step: int, least_weight: float) -> int:
    """All that hangs together with `seeds`, which are `step`; the first step that nothing was reached in."""
    load_values(connection, "seed", seeds)
    added = connection.exec_driver_sql(_SEEDS, (step,)).rowcount
    with by_index(connection, seeds):
        while added:
            _make_frontier(connection, step)
            step += 1
            added = connection.exec_driver_sql(_STEP, {"step": step, "least": least_weight}).rowcount
    return step


def _make_frontier(connection: sa.Connection, step: int) -> None:
    """The records reached last, with statistics, so that the planner sees how few or many they are."""
    connection.exec_driver_sql("drop table if exists pg_temp.frontier")
    connection.exec_driver_sql(
        f"create temporary table frontier on commit drop as select record_id from reached where step = {int(step)}"
    )
    connection.exec_driver_sql("analyze frontier")
