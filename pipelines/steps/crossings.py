"""What a night changes between records that did not change: keys that cross their limit, values that become generic.

A pair is stored when its two records share a usable key and score well. Both depend on how many hold a key or a value,
so a night may take candidates away from records that it does not touch, or give them some:

- a key that becomes too common no longer makes its holders candidates, one that is so no more does again: pairs among
  its holders are looked at again;
- a value that becomes generic is no evidence any more, or is again: all pairs of its holders are.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.match.blocking import BlockLimits
from mdm.party import PartyType
from mdm.store import candidates, pairs, records
from mdm.store.database import Database


def look_again(
    database: Database, party: PartyType, scratch: duckdb.DuckDBPyConnection, limits: BlockLimits, tonight: pa.Array
) -> None:
    """Tables `again` (left_id, right_id: candidates among records of the store) and `dropped_<party>` (left_id,
    right_id: stored pairs that these replace).

    Reads `counted` (key, records, stored, before: of all keys that tonight's records hold or held), `flipped` (key:
    values that become generic, or are so no more), `due_key` (key: crossed since the last run) and `late` (record_id,
    key: finer keys that tonight adds).
    """
    scratch.execute("CREATE OR REPLACE TEMP TABLE again (left_id BIGINT, right_id BIGINT)")
    scratch.execute(f"CREATE OR REPLACE TABLE dropped_{party} (left_id BIGINT, right_id BIGINT)")
    if not _find_members(database, party, scratch, limits, tonight):
        return
    _find_keys(database, scratch, limits, tonight)
    scratch.execute(
        f"""
        INSERT INTO again
        WITH found AS (
            SELECT DISTINCT least(m.record_id, o.record_id) AS left_id, greatest(m.record_id, o.record_id) AS right_id
            FROM member_keys m JOIN around o USING (key) WHERE m.record_id <> o.record_id
        )
        SELECT left_id, right_id FROM found WHERE {_concerned("left_id", "right_id")}
        """
    )
    with database.begin() as connection:
        members = scratch.sql("SELECT DISTINCT record_id FROM members").to_arrow_table()["record_id"]
        stored = pairs.pairs_touching(connection, members)
    scratch.register("stored_pairs", stored.select(["left_id", "right_id"]))
    scratch.execute(
        f"INSERT INTO dropped_{party} SELECT left_id, right_id FROM stored_pairs p "
        f"WHERE {_concerned('p.left_id', 'p.right_id')}"
    )
    scratch.unregister("stored_pairs")


def _concerned(one: str, other: str) -> str:
    """Whether a pair is looked at again: one end holds a value that flipped, or both a key that crossed its limit."""
    flipped = "(SELECT record_id FROM members WHERE flipped)"
    return f"({one} IN {flipped} OR {other} IN {flipped} OR ({one}, {other}) IN (FROM together))"


def _find_members(
    database: Database, party: PartyType, scratch: duckdb.DuckDBPyConnection, limits: BlockLimits, tonight: pa.Array
) -> int:
    """Tables `members` (key, record_id, flipped): who of the store holds a key or value that crosses, and `together`
    (left_id, right_id): of these, who share a key that crosses its limit. How many members there are.
    """
    usable, common = f"BETWEEN 2 AND {limits.sql()}", f"> {limits.sql()}"
    scratch.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE crossing AS
        SELECT key, true AS flipped FROM flipped UNION ALL
        SELECT key, false FROM counted
        WHERE stored > 1 AND (before {usable} AND records {common} OR before {common} AND records {usable}
                              OR key IN (FROM due_key))
        """
    )
    crossing = scratch.sql("SELECT DISTINCT key FROM crossing").to_arrow_table()["key"]
    if len(crossing) == 0:
        return 0
    with database.begin() as connection:
        found = candidates.holders_of(connection, crossing, tonight)
        theirs = records.parties_of(connection, found["record_id"])
    scratch.register("found", found)
    scratch.register("theirs", theirs.filter(pc.equal(theirs["party"], party)))
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE members AS SELECT key, record_id, flipped FROM found JOIN crossing USING (key) "
        "SEMI JOIN theirs USING (record_id)"
    )
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE together AS SELECT DISTINCT a.record_id AS left_id, b.record_id AS right_id "
        "FROM members a JOIN members b USING (key) WHERE NOT a.flipped AND NOT b.flipped AND a.record_id < b.record_id"
    )
    for name in ("found", "theirs"):
        scratch.unregister(name)
    return int(scratch.execute("SELECT count(*) FROM members").fetchall()[0][0])


def _find_keys(database: Database, scratch: duckdb.DuckDBPyConnection, limits: BlockLimits, tonight: pa.Array) -> None:
    """Tables `member_keys` and `around` (key, record_id): the usable keys of the members, and who else holds them."""
    with database.begin() as connection:
        members = scratch.sql("SELECT DISTINCT record_id FROM members").to_arrow_table()["record_id"]
        scratch.register("held", candidates.keys_of_records(connection, members))
        scratch.execute(
            "CREATE OR REPLACE TEMP TABLE member_keys AS SELECT key, record_id FROM held UNION ALL "
            "SELECT key, record_id FROM late SEMI JOIN members USING (record_id)"
        )
        others = scratch.sql("SELECT DISTINCT key FROM member_keys ANTI JOIN counted USING (key)").to_arrow_table()
        scratch.register("others", candidates.count_others(connection, others["key"], tonight))
        scratch.execute(
            f"""
            DELETE FROM member_keys WHERE key NOT IN (
                SELECT key FROM (SELECT key, records FROM counted UNION ALL SELECT key, stored FROM others)
                WHERE records BETWEEN 2 AND {limits.sql()})
            """
        )
        wanted = scratch.sql(
            "SELECT DISTINCT key FROM member_keys SEMI JOIN (SELECT record_id FROM members WHERE flipped) "
            "USING (record_id)"
        ).to_arrow_table()
        scratch.register("theirs", candidates.holders_of(connection, wanted["key"], tonight))
        scratch.execute(
            "CREATE OR REPLACE TEMP TABLE around AS SELECT key, record_id FROM member_keys UNION "
            "SELECT key, record_id FROM theirs UNION SELECT key, record_id FROM late SEMI JOIN member_keys USING (key)"
        )
    for name in ("held", "others", "theirs"):
        scratch.unregister(name)
