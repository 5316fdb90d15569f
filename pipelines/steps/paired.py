"""Which addresses are weighed against those that a night judges again: all that share a key and may be one dwelling."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.addresses import BLOCKS, number_sql
from mdm.resolve.dwelling_candidates import alike_sql, texts_sql
from mdm.resolve.dwelling_pairs import Columns, conceivable
from mdm.store import addresses
from pipelines.asking import ask_in_halves
from pipelines.steps.neighbours import Neighbours


class Paired(Neighbours):
    """Counts and holders of keys as tonight leaves them; pairs of `judged` addresses. Reads the table `shift`."""

    def _counts(self, keys: pa.Array) -> None:
        """The table `counts` (key, before, now) of some keys: how many addresses hold them."""
        self.con.register("asked_keys", pa.table({"key": keys}))
        self.con.register("stored_counts", ask_in_halves(self.people.database, addresses.count_holders, keys))
        self.con.execute(
            """
            CREATE OR REPLACE TABLE counts AS
            SELECT a.key, coalesce(holders, 0)::BIGINT AS before, before + coalesce(d.delta, 0)::BIGINT AS now
            FROM asked_keys a LEFT JOIN stored_counts USING (key)
            LEFT JOIN (SELECT key, sum(delta) AS delta FROM shift GROUP BY key) d USING (key)
            """
        )

    def _holders(self, keys: pa.Array) -> pa.Table:
        """The addresses that hold some keys tonight: key, address."""
        self.con.register("asked_keys", pa.table({"key": keys}))
        self.con.register("stored_holders", ask_in_halves(self.people.database, addresses.holders_of, keys))
        return self._sql(
            """
            SELECT key::BIGINT AS key, address::BIGINT AS address
            FROM stored_holders ANTI JOIN (FROM shift WHERE delta = -1) USING (key, address)
            UNION ALL SELECT key, address FROM shift WHERE delta = 1 AND key IN (SELECT key FROM asked_keys)
            """
        )

    def _pair(self) -> pa.Array:
        """The table `address_pair` of judged addresses with what is alike and shares a key; the others of them.

        Pairs that nobody could make one dwelling are left out, so that the people at their other end are not read.
        """
        self.con.execute(
            f"""
            CREATE TABLE own_keys AS SELECT DISTINCT address, kind, key FROM keys SEMI JOIN judged USING (address);
            CREATE TABLE always AS
            SELECT address, key FROM own_keys WHERE kind = 'building'
            AND address IN (SELECT address FROM own_keys WHERE kind = 'lobby')
            UNION ALL SELECT DISTINCT address, {number_sql("'lobby'", "number", "street")} FROM n SEMI JOIN judged
            USING (address) WHERE whole AND unit <> ''
            """
        )
        self._counts(self._column(f"SELECT DISTINCT key FROM own_keys WHERE kind IN {BLOCKS}"))
        self.con.execute(
            f"""
            CREATE TABLE asked AS SELECT address, key FROM own_keys SEMI JOIN
                (FROM counts WHERE now BETWEEN 2 AND {self.rules.largest_block}) USING (key) WHERE kind IN {BLOCKS}
            UNION SELECT address, key FROM always
            """
        )
        self._table("holders", self._holders(self._column("SELECT DISTINCT key FROM asked")))
        few = f"(SELECT customer FROM lives GROUP BY customer HAVING count(*) BETWEEN 2 AND {self.rules.largest_block})"
        self.con.execute(
            f"""
            CREATE TABLE shares AS
            SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM (
                SELECT asked.address AS a, holders.address AS b FROM asked JOIN holders USING (key)
                UNION ALL
                SELECT l.address, o.address FROM lives l SEMI JOIN judged USING (address) JOIN lives o USING (customer)
                WHERE customer IN {few}
            ) WHERE a <> b
            """
        )
        self._fetch_texts()
        pairs = self._alike()
        some = pc.or_(pairs["joined"], pa.array(conceivable(_columns(pairs), self.rules)))
        self._table("address_pair", pairs.filter(some).select(["a", "b"]))
        return self._column(
            "SELECT DISTINCT address FROM (SELECT a AS address FROM address_pair UNION SELECT b FROM address_pair) "
            "ANTI JOIN judged USING (address)"
        )

    def _fetch_texts(self) -> None:
        """The table `texts` of all addresses in `shares`: those that are not here, from the store."""
        names = "address, number, street, unit, box"
        missing = self._column(
            "SELECT DISTINCT address FROM (SELECT a AS address FROM shares UNION SELECT b FROM shares) "
            "ANTI JOIN n USING (address)"
        )
        self.con.register("stored_texts", ask_in_halves(self.people.database, addresses.find_addresses, missing))
        self.con.execute(
            "CREATE TABLE texts AS "
            + texts_sql(f"SELECT DISTINCT {names} FROM n UNION ALL SELECT {names} FROM stored_texts")
        )

    def _alike(self) -> pa.Table:
        """Of the pairs in `shares` those that are alike: as `conceivable` reads them, and whether they were joined."""
        self.con.register("joins_before", addresses.joins_at(self.connection, self._ids("judged")))
        names = ", ".join(f"x.{n} AS {n}_a, y.{n} AS {n}_b" for n in ("number", "street", "unit", "box"))
        return self._sql(
            f"""
            WITH alike AS (
                SELECT p.a, p.b, {names} FROM shares p
                JOIN texts x ON x.address = p.a JOIN texts y ON y.address = p.b WHERE {alike_sql("x", "y")}
            ), person AS (
                SELECT DISTINCT least(l.address, o.address) AS a, greatest(l.address, o.address) AS b, true AS person
                FROM lives l SEMI JOIN judged USING (address) JOIN lives o USING (customer) WHERE l.address <> o.address
            ), joined AS (
                SELECT DISTINCT least(weak_address, strong_address) AS a, greatest(weak_address, strong_address) AS b,
                       true AS joined FROM joins_before
            ), spoken AS (SELECT DISTINCT address FROM roles SEMI JOIN judged USING (address))
            SELECT alike.*, coalesce(person, false) AS person, coalesce(joined, false) AS joined,
                   a IN (FROM spoken) OR b IN (FROM spoken) AS roles
            FROM alike LEFT JOIN person USING (a, b) LEFT JOIN joined USING (a, b)
            """
        )


def _columns(table: pa.Table) -> Columns:
    return {name: table[name].to_numpy() for name in table.column_names}
