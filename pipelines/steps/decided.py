"""What stewards decided about who lives with whom, by the customers of tonight; and whom it ties to others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.resolve.household_decisions import Decided, Ledger
from mdm.store import customers, household_decisions, households
from pipelines.steps.people import People


def decided_tonight(people: People) -> list[Decided]:
    """All that stands, of those customers who have the records tonight."""
    rows = household_decisions.in_force(people.connection)
    if rows.num_rows == 0:
        return []
    records = pc.unique(pa.chunked_array([*rows["mover_id"].chunks, *rows["other_id"].chunks]))
    people.scratch.register("decided_rows", rows)
    people.scratch.register("decided_xrefs", people.still(customers.xrefs_of_records(people.connection, records)))
    found = people.scratch.sql(
        """
        WITH x AS (SELECT record_id, pin FROM decided_xrefs UNION ALL
                   SELECT record_id, pin FROM mine WHERE pin IS NOT NULL)
        SELECT m.pin, o.pin, together, since - DATE '1970-01-01', row_id FROM decided_rows
        JOIN x m ON m.record_id = mover_id JOIN x o ON o.record_id = other_id WHERE m.pin <> o.pin ORDER BY row_id
        """
    ).fetchall()
    return [Decided(*row) for row in found]


def concerning(decided: Sequence[Decided], pins: pa.Array) -> list[Decided]:
    """What concerns some customers, which are closed."""
    known = set(pins.to_pylist())
    return [each for each in decided if each.mover in known or each.other in known]


def closed_by_decisions(
    connection: sa.Connection, decided: Sequence[Decided], seeds: pa.Array, closed: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """`closed` around some customers, and around whom decisions tie to those it finds: tonight's, or yesterday's.

    Yesterday's show in the households that there are: otherwise all of a household share dwellings.
    """
    pins = closed(seeds)
    if household_decisions.is_empty(connection):
        return pins
    ledger = Ledger(decided)
    while True:
        known = set(pins.to_pylist())
        tied = ledger.tied(known) | set(households.housemates(connection, pins)["pin"].to_pylist())
        if tied <= known:
            return pins
        pins = closed(pa.concat_arrays([pins, pa.array(sorted(tied - known), pa.string())]))
