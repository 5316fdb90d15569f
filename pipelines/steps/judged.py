"""The addresses that a night judges again, weighed against all that may be the same dwelling.

Counts and holders of keys are those of the store, moved by what tonight takes from the touched addresses and adds.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.addresses import census_sql
from mdm.resolve.dwelling_candidates import ROUND
from mdm.resolve.dwellings import JOINS
from mdm.store import addresses
from pipelines.asking import ask_in_halves
from pipelines.steps.address_index import NOTHING, AddressIndex, index_of
from pipelines.steps.neighbours import LIVES
from pipelines.steps.paired import Paired


class Judged(Paired):
    """Judges again what a night touched. `index`: the rows of the store that come of it."""

    index: AddressIndex

    def judge(self, respelt: pa.Array, left: pa.Array) -> bool:
        """Make the `index`; False when that takes more than `most` customers. left: addresses that somebody left."""
        self._look_at(respelt)
        self._table("respelt", {"pin": respelt})
        self._table("touched", {"address": pc.unique(pa.concat_arrays([self._touched(respelt), left]))})
        self._look_at(self._pins_at(self._ids("touched")))
        self._shift()
        again = self._also_judged()
        self._table("judged", {"address": pc.unique(pa.concat_arrays([self._ids("touched"), again]))})
        self._look_at(self._pins_at(again))
        if len(self.known) > self.most:
            return False
        self._load(self._pins_at(self._pair()))
        if len(self.known) > self.most:
            return False
        self._weigh()
        return True

    # -- which addresses -----------------------------------------------------------------------------------------------

    def _touched(self, respelt: pa.Array) -> pa.Array:
        """The addresses where these customers were yesterday, and where they are today."""
        before = self.people.records_of(respelt)["address"].cast(pa.int64()).drop_null()
        now = self._column("SELECT DISTINCT address FROM lives WHERE customer IN (SELECT pin FROM respelt)")
        return pc.unique(pa.concat_arrays([*before.chunks, now]))

    def _shift(self) -> None:
        """The table `shift`: keys that touched addresses lose (delta -1) or win (1)."""
        before = ask_in_halves(self.people.database, addresses.keys_of, self._ids("touched"))
        self._table("keys_before", before.cast(pa.schema([("address", pa.int64()), ("key", pa.int64())])))
        now = "SELECT DISTINCT address, key FROM keys WHERE address IN (SELECT address FROM touched)"
        self.con.execute(
            f"""
            CREATE TABLE shift AS
            SELECT *, -1 AS delta FROM (SELECT address, key FROM keys_before EXCEPT {now})
            UNION ALL SELECT *, 1 FROM ({now} EXCEPT SELECT address, key FROM keys_before)
            """
        )

    def _also_judged(self) -> pa.Array:
        """Other addresses for which something else speaks than yesterday, though nobody there changed.

        A key became too common, or no longer is; a count rounds to another number; a dwelling became too crowded for
        its people to be housemates, or no longer is.
        """
        self._counts(self._column("SELECT DISTINCT key FROM shift"))
        rounds = (f"{ROUND.format(f'now - {own}')} <> {ROUND.format(f'before - {own}')}" for own in (0, 1))
        crossed = self._column(
            f"""
            SELECT key FROM counts WHERE CASE WHEN key % 2 = 0 THEN
                (now <= {self.rules.largest_block}) <> (before <= {self.rules.largest_block})
            ELSE {" OR ".join(rounds)} END
            """
        )
        holders = self._holders(crossed)
        return pc.unique(pa.concat_arrays([holders["address"].combine_chunks(), self._crowding()]))

    def _crowding(self) -> pa.Array:
        """Addresses of those who live, or lived, where people are housemates no longer, or are now."""
        touched = self._ids("touched")
        before = self._stored_at(touched).select(LIVES.names).cast(LIVES)
        self.con.register("before_at", before)
        self.con.register("now_at", self._lives(touched))
        pins = self._sql(
            f"""
            WITH crossed AS (
                SELECT address FROM (SELECT address, count(DISTINCT pin) AS c FROM before_at GROUP BY address) b
                FULL JOIN (SELECT address, count(DISTINCT pin) AS d FROM now_at GROUP BY address) n USING (address)
                WHERE (coalesce(c, 0) <= {self.rules.household}) <> (coalesce(d, 0) <= {self.rules.household})
            )
            SELECT DISTINCT pin FROM (FROM before_at UNION ALL FROM now_at) WHERE address IN (SELECT * FROM crossed)
            """
        )["pin"].combine_chunks()
        if len(pins) == 0:
            return NOTHING
        stored = self.people.still(self.people.records_of(pins))["address"].cast(pa.int64())
        self.con.register("crowding", pa.table({"pin": pins}))
        mine = self._column("SELECT DISTINCT address FROM mine_at WHERE pin IN (SELECT pin FROM crowding)")
        return pc.unique(pa.concat_arrays([*stored.drop_null().chunks, mine]))

    def _weigh(self) -> None:
        found = self._read()
        con = found.con
        judged, touched = self._ids("judged"), self._ids("touched")
        con.register("address_pair", self._sql("FROM address_pair"))
        con.register("judged", pa.table({"address": judged}))
        con.register("housemates", self._lives(self._column(
            "SELECT DISTINCT o.address FROM lives l SEMI JOIN judged USING (address) JOIN lives o USING (customer)"
        )))  # fmt: skip
        con.execute("INSERT INTO lives SELECT pin, address FROM housemates EXCEPT SELECT customer, address FROM lives")
        street, number = census_sql()
        keys = con.sql(f"SELECT DISTINCT unnest([{street}, {number}]) AS key FROM site").to_arrow_table()["key"]
        self._counts(pc.unique(keys))
        con.register("census", self._sql("SELECT key, now AS holders FROM counts WHERE now > 0"))
        joins = found.joins(self.surnames)
        mine = pc.or_(pc.is_in(joins["weak_address"], judged), pc.is_in(joins["strong_address"], judged))
        self.index = index_of(con, self.persons["record_id"], joins.filter(mine), touched, judged)

    # -- who is made again ---------------------------------------------------------------------------------------------

    def more(self, changed: pa.Array) -> addresses.More:
        """`changed` customers and the people of sites that are joined otherwise now; where tonight saw whom."""
        assert self.found is not None
        before = addresses.joins_at(self.connection, self.index.judged).select(JOINS.names).cast(JOINS)
        self.con.register("joins_before", before)
        self.con.register("joins_now", self.index.joins)
        sites = self._sql(
            """
            WITH d AS ((FROM joins_before EXCEPT FROM joins_now) UNION (FROM joins_now EXCEPT FROM joins_before))
            SELECT weak AS spelling FROM d UNION SELECT strong FROM d
            """
        )
        self.found.con.register("differing", sites)
        rejoined = self.found.con.sql(
            "SELECT DISTINCT customer FROM ss JOIN site USING (site) WHERE spelling IN (SELECT spelling FROM differing)"
        ).to_arrow_table()["customer"]
        self.con.register("persons_at", pa.table({n: self.persons[n] for n in ("record_id", "pin")}))
        self.con.register("sightings_now", self.index.sightings)
        tonight = self._sql("SELECT DISTINCT pin, site FROM sightings_now JOIN persons_at USING (record_id)")
        joined = self._sql("SELECT weak AS a, strong AS b FROM joins_now")
        seeds = pc.unique(pa.concat_arrays([changed.cast(pa.string()), *rejoined.cast(pa.string()).chunks]))
        return addresses.More(seeds, tonight, joined)

    def sites_of(self, persons: pa.Table) -> pa.Array:
        """The site of each record, null where it has no address: tonight's, else the store's."""
        stored = self.people.records_of(pc.unique(persons["pin"]))
        self.con.register("stored_sites", stored.select(["record_id", "address", "site"]))
        self.con.register("sightings_now", self.index.sightings)
        rows = pa.table({"record_id": persons["record_id"], "row": np.arange(len(persons))})
        self.con.register("asked_records", rows)
        return self._sql(
            """
            SELECT coalesce(n.site, s.site)::BIGINT AS site FROM asked_records a
            LEFT JOIN sightings_now n USING (record_id)
            LEFT JOIN (FROM stored_sites ANTI JOIN touched USING (address)) s USING (record_id) ORDER BY a.row
            """
        )["site"].combine_chunks()
