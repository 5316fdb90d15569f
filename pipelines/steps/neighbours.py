"""Customers as tonight leaves them, read from the store as far as a night needs them, and who lives where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.model import Frequencies
from mdm.resolve.addresses import make_keys, read_addresses
from mdm.resolve.dwelling_pairs import DwellingRules
from mdm.resolve.dwellings import Dwellings
from mdm.store import addresses
from pipelines.asking import ask_in_halves
from pipelines.steps.address_index import NOTHING
from pipelines.steps.people import People, persons_of, sightings_of

LIVES = pa.schema([("address", pa.int64()), ("pin", pa.string())])
# What is kept of the tables of `read_addresses` and `make_keys`. All of it is of one customer at a time, so that those
# who are looked at later only add to it.
_TABLES = {
    "n": "SELECT DISTINCT address, number, street, unit, box, whole FROM n",
    "lives": "FROM lives",
    "keys": "FROM keys",
    "roles": "SELECT DISTINCT address FROM placed WHERE role IS NOT NULL",
}


class Neighbours:
    """The customers read so far, in a scratch database of their own."""

    def __init__(
        self,
        connection: sa.Connection,
        people: People,
        rules: DwellingRules,
        surnames: Frequencies | None,
        most: float,
    ) -> None:
        self.connection, self.people, self.rules, self.surnames, self.most = connection, people, rules, surnames, most
        self.loaded: list[pa.Table] = []
        self.known: set[str] = set()
        self.asked = NOTHING
        self.seen = addresses.people_at(connection, NOTHING)
        self.con = duckdb.connect()
        self.con.execute("SET threads = 2")
        self.found: Dwellings | None = None
        self._make_tables()
        self._place_mine()

    def close(self) -> None:
        """Free the scratch memory."""
        self.con.close()
        if self.found is not None:
            self.found.con.close()

    # -- who lives where -----------------------------------------------------------------------------------------------

    def _place_mine(self) -> None:
        """Where tonight's own records are: the table `mine_at` (address, pin)."""
        people = self.people.scratch.sql("FROM mine").to_arrow_table()
        with _placed(persons_of(people)) as con:
            self._table("mine_at", con.sql("SELECT address, customer AS pin FROM lives").to_arrow_table())

    def _lives(self, where: pa.Array) -> pa.Table:
        """Who lives at some addresses, as tonight leaves them: address, pin."""
        stored = self.people.still(self._stored_at(where)).select(LIVES.names)
        self.con.register("stored_at", stored)
        self.con.register("asked_at", pa.table({"address": where}))
        return self._sql(
            "SELECT DISTINCT address, pin FROM (SELECT * FROM stored_at UNION ALL SELECT address, pin FROM mine_at "
            "WHERE address IN (SELECT address FROM asked_at))"
        ).cast(LIVES)

    def _stored_at(self, where: pa.Array) -> pa.Table:
        """Who was seen at some addresses before tonight; each address is asked for once."""
        new = where.filter(pc.invert(pc.is_in(where, self.asked)))
        self.asked = pa.concat_arrays([self.asked, new])
        self.seen = pa.concat_tables([self.seen, ask_in_halves(self.people.database, addresses.people_at, new)])
        return self.seen.filter(pc.is_in(self.seen["address"], where))

    def _pins_at(self, where: pa.Array) -> pa.Array:
        return pc.unique(self._lives(where)["pin"])

    def _load(self, pins: pa.Array) -> pa.Table | None:
        """See that all records of some customers are here; those that were not."""
        new = [pin for pin in pins.to_pylist() if pin not in self.known]
        if not new:
            return None
        self.known.update(new)
        self.loaded.append(persons_of(self.people.of(pa.array(new, pa.string()))))
        return self.loaded[-1]

    def _look_at(self, pins: pa.Array) -> None:
        """Load some customers, and add what their addresses say: to `n`, `lives`, `keys` and `roles`."""
        new = self._load(pins)
        if new is None:
            return
        with _placed(new) as con:
            make_keys(con)
            for name, query in _TABLES.items():
                self.con.register("rows_in", con.sql(query).to_arrow_table())
                self.con.execute(f"INSERT INTO {name} FROM rows_in")
                self.con.unregister("rows_in")

    def persons_of(self, pins: pa.Array) -> pa.Table:
        """The records of those of some customers who are persons."""
        self._load(pins)
        everybody = pa.concat_tables([self._nobody(), *self.loaded])
        return everybody.filter(pc.is_in(everybody["pin"], pins))

    def _read(self) -> Dwellings:
        """The addresses of all who were loaded, brought together to sites, with their keys."""
        self.persons = pa.concat_tables([self._nobody(), *self.loaded])
        self.found = Dwellings.read(sightings_of(self.persons), self.rules)
        make_keys(self.found.con)
        return self.found

    def _nobody(self) -> pa.Table:
        return persons_of(self.people.of(pa.array([], pa.string())))

    def _make_tables(self) -> None:
        """Empty: those of `_look_at`."""
        with _placed(self._nobody()) as con:
            make_keys(con)
            for name, query in _TABLES.items():
                self._table(name, con.sql(query).to_arrow_table())

    # -- scratch -------------------------------------------------------------------------------------------------------

    def _table(self, name: str, rows: pa.Table | dict[str, pa.Array]) -> None:
        self.con.register("rows_in", rows if isinstance(rows, pa.Table) else pa.table(rows))
        self.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM rows_in")
        self.con.unregister("rows_in")

    def _sql(self, query: str) -> pa.Table:
        return self.con.sql(query).to_arrow_table()

    def _column(self, query: str) -> pa.Array:
        """The one column of numbers that a query gives."""
        return self._sql(query)[0].combine_chunks().cast(pa.int64())

    def _ids(self, table: str) -> pa.Array:
        return self._column(f"SELECT address FROM {table}")


@contextmanager
def _placed(persons: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of `read_addresses` of some people, for as long as the block lasts."""
    with duckdb.connect() as con:
        con.execute("SET threads = 2")
        read_addresses(con, sightings_of(persons))
        yield con
