"""The files by which `apply` keeps the store's index of addresses, and of organisations, up to date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from mdm.resolve.dwellings import JOINS
from mdm.resolve.entity_keys import ENTITY_KEYS
from mdm.store import addresses
from pipelines.folder import RunFolder

NOTHING = pa.array([], pa.int64())


@dataclass(slots=True)
class AddressIndex:
    """Rows for the store's tables of addresses, which replace those of `touched` and `judged` addresses.

    `whole`: they replace everything.
    """

    addresses: pa.Table
    keys: pa.Table
    sightings: pa.Table
    joins: pa.Table  # JOINS
    touched: pa.Array
    judged: pa.Array
    whole: bool
    entity_keys: pa.Table = field(default_factory=ENTITY_KEYS.empty_table)  # replace those of `renamed` records
    renamed: pa.Array = field(default_factory=lambda: NOTHING)

    def write(self, folder: RunFolder) -> None:
        """As files of the step, besides its other ones."""
        folder.write("households", "address", self.addresses)
        folder.write("households", "address_key", self.keys)
        folder.write("households", "sighting", self.sightings)
        folder.write("households", "dwelling_join", self.joins)
        folder.write("households", "entity_key", self.entity_keys)
        folder.write("households", "renamed", pa.table({"record_id": self.renamed}))
        folder.write("households", "touched", pa.table({"address": self.touched}))
        folder.write("households", "judged", pa.table({"address": self.judged}))


def index_of(
    con: duckdb.DuckDBPyConnection,
    record_ids: pa.ChunkedArray,
    joins: pa.Table,
    touched: pa.Array | None = None,
    judged: pa.Array = NOTHING,
) -> AddressIndex:
    """The index of all addresses of `con`, or of the `touched` ones. `record_ids`: of each sighting."""
    con.register("touched_in", pa.table({"address": NOTHING if touched is None else touched}))
    con.register("numbered", pa.table({"record_id": record_ids, "sighting": np.arange(len(record_ids))}))
    where = "TRUE" if touched is None else "address IN (SELECT address FROM touched_in)"
    queries = (
        f"SELECT DISTINCT address, number, street, unit, box FROM n WHERE {where} ORDER BY address",
        f"SELECT DISTINCT address, key FROM keys WHERE {where} ORDER BY address, key",
        "SELECT record_id, ss.address, spelling AS site FROM ss JOIN numbered USING (sighting) "
        f"JOIN (SELECT site, spelling FROM site) USING (site) WHERE {where} ORDER BY record_id",
    )
    rows, keys, sightings = (con.sql(query).to_arrow_table() for query in queries)
    joins = joins.cast(JOINS)
    return AddressIndex(rows, keys, sightings, joins, NOTHING if touched is None else touched, judged, touched is None)


def apply_index(connection: sa.Connection, folder: RunFolder, besides: Collection[str] = ()) -> None:
    """Bring the store's index up to date with the files of the step; the tables `besides` are loaded elsewhere."""
    tables = [table for table in addresses.TABLES if table not in besides]
    if not tables:
        return
    files = {table: folder.file("households", f"{table}.parquet") for table in tables}
    if folder.read_json("households", "numbers")["whole"]:
        addresses.clear_addresses(connection, tables)
        for table, file in files.items():
            addresses.load_addresses(connection, table, file)
        return
    touched, judged = (folder.read("households", name)["address"] for name in ("touched", "judged"))
    renamed = folder.read("households", "renamed")["record_id"]
    for table, file in files.items():
        addresses.replace_addresses(connection, table, file, touched, judged, renamed)
