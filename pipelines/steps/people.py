"""Customers with their records as tonight leaves them: all of them, or those of some PINs."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.resolve.sightings import OF_HOUSEHOLDS, read_by_sightings, sightings_from_cleansed
from mdm.store import addresses, customers, records
from pipelines.asking import ask_in_halves
from pipelines.context import Night
from pipelines.documents import component_sql, to_stored

# What households and legal entities read of a record.
WANTED = ("record_id", "system", "local_id", *OF_HOUSEHOLDS)
_READ = (*WANTED, "role")
_NAMES = ", ".join(WANTED)


class People:
    """Records of customers: WANTED and `pin`. Makes the table `mine` of `scratch`: those that tonight resolved."""

    def __init__(self, night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection) -> None:
        self.database, self.connection, self.scratch = night.database, connection, scratch
        folder = night.folder
        scratch.execute(
            f"""
            CREATE TABLE mine AS SELECT {_NAMES}, x.pin FROM {component_sql(folder)} t
            LEFT JOIN (SELECT record_id, pin FROM {folder.sql("resolve", "xrefs")}) x USING (record_id)
            WHERE t.role = 'customer';
            CREATE TABLE superseded AS SELECT record_id FROM {component_sql(folder)}
            UNION ALL SELECT record_id FROM {folder.sql("cleanse", "gone")}
            UNION ALL SELECT record_id FROM {folder.sql("cleanse", "replaced")}
            """
        )
        self._asked = pa.array([], pa.string())
        self._records = addresses.records_of_pins(connection, self._asked)
        self.superseded = scratch.sql("FROM superseded").to_arrow_table()["record_id"].combine_chunks()

    def everybody(self) -> pa.Table:
        """All current records."""
        stored = to_stored(self.still(records.all_current(self.connection)), self.scratch, _READ)
        return self._with(stored, customers.all_xrefs(self.connection), "TRUE")

    def records_of(self, pins: pa.Array) -> pa.Table:
        """The records that customers have in the store, as `addresses.records_of_pins`; each is asked for once."""
        new = pins.filter(pc.invert(pc.is_in(pins, self._asked)))
        if len(new):
            self._asked = pa.concat_arrays([self._asked, new])
            found = ask_in_halves(self.database, addresses.records_of_pins, new)
            self._records = pa.concat_tables([self._records, found]).combine_chunks()
        return self._records.filter(pc.is_in(self._records["pin"], pins))

    def of(self, pins: pa.Array) -> pa.Table:
        """The records of some customers."""
        xrefs = self.still(self.records_of(pins))
        found = ask_in_halves(self.database, records.current_versions, xrefs["record_id"].combine_chunks())
        self.scratch.register("wanted_pins", pa.table({"pin": pins}))
        return self._with(to_stored(found, self.scratch, _READ), xrefs, "pin IN (SELECT pin FROM wanted_pins)")

    def before(self, record_ids: pa.Array) -> pa.Table:
        """What the store says of some records, whoever they belong to: WANTED."""
        stored = to_stored(records.current_versions(self.connection, record_ids), self.scratch, _READ)
        return stored.filter(pc.equal(stored["role"], "customer")).select(WANTED)

    def still(self, table: pa.Table) -> pa.Table:
        """Without the records that tonight changed, looked at again, or lost."""
        return table.filter(pc.invert(pc.is_in(table["record_id"], self.superseded)))

    def _with(self, stored: pa.Table, xrefs: pa.Table, mine: str) -> pa.Table:
        self.scratch.register("rest", stored)
        self.scratch.register("rest_xrefs", xrefs.select(["record_id", "pin"]))
        return self.scratch.sql(
            f"""
            SELECT {_NAMES}, pin FROM mine WHERE {mine}
            UNION ALL
            SELECT {_NAMES}, x.pin FROM rest LEFT JOIN rest_xrefs x USING (record_id) WHERE role = 'customer'
            """
        ).to_arrow_table()


def persons_of(people: pa.Table) -> pa.Table:
    """Those records that are of persons with a PIN, as far as households read them: each is a row of `sightings_of`."""
    narrow = read_by_sightings(people)
    return narrow.filter(pc.and_(pc.equal(people["party"], "person"), pc.is_valid(people["pin"])))


def sightings_of(persons: pa.Table) -> pa.Table:
    """SIGHTINGS of `persons_of`, row by row."""
    return sightings_from_cleansed(persons, persons["pin"])
