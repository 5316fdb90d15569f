"""What single writes left for this run to settle: fixed when the run identifies its records, taken out when it applies.

See mdm.store.due. Keys that crossed their limit and values to be counted again are for the step match, customers and
addresses for the households.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.party import PartyType
from mdm.store import customers, due
from pipelines.context import Night
from pipelines.folder import RunFolder


def fix_due(night: Night) -> int:
    """Keep what is due now as a file of the step cleanse; how much it is."""
    with night.database.begin() as connection:
        table = due.all_due(connection)
    night.folder.write("cleanse", "due", table)
    return int(table.num_rows)


def settle_due(connection: sa.Connection, folder: RunFolder) -> None:
    """What the run settled is no longer due."""
    due.settle(connection, folder.read("cleanse", "due"))


def load_due_keys(folder: RunFolder, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `due_key` (key) of `scratch`: keys that crossed their limit."""
    keys = [int(value) for value in _values(folder, due.KEY).to_pylist()]
    scratch.register("due_rows", pa.table({"key": pa.array(keys, pa.int64())}))
    scratch.execute("CREATE TABLE due_key AS FROM due_rows")
    scratch.unregister("due_rows")


def load_due_values(folder: RunFolder, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `due_value` (key) of `scratch`: values of a party type that are to be counted again."""
    parts = [text.split("|") for text in _values(folder, due.VALUE).to_pylist()]
    keys = [int(key) for whose, _, key in parts if whose == party]
    scratch.register("due_rows", pa.table({"key": pa.array(keys, pa.int64())}))
    scratch.execute("CREATE OR REPLACE TEMP TABLE due_value AS FROM due_rows")
    scratch.unregister("due_rows")


def due_pins(folder: RunFolder) -> pa.Array:
    """Customers whose households may be others."""
    return _values(folder, due.CUSTOMER)


def due_addresses(folder: RunFolder) -> pa.Array:
    """Addresses that somebody left, by number."""
    return pa.array([int(value) for value in _values(folder, due.ADDRESS).to_pylist()], pa.int64())


def due_redirects(night: Night, connection: sa.Connection) -> dict[str, str]:
    """Where customers that single writes merged redirect to."""
    states = customers.states_around(connection, [], due_pins(night.folder).to_pylist())
    rows = zip(states["pin"].to_pylist(), states["redirect_to"].to_pylist(), strict=True)
    return {pin: target for pin, target in rows if target is not None}


def _values(folder: RunFolder, kind: str) -> pa.Array:
    if not folder.file("cleanse", "due.parquet").exists():
        return pa.array([], pa.string())
    table = folder.read("cleanse", "due")
    return table.filter(pc.equal(table["kind"], kind))["value"].combine_chunks()
