"""Which records a night compares: those that share a blocking key, tonight's with each other and with the store's.

The index and its one rule for keys that are too common are those of mdm.match.blocking. Where tonight's records make a
key of the store too common, the store's holders get their finer keys here as well; pairs of the store that such a
crossing concerns are candidates again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from mdm.match.blocking import BlockLimits, finer_keys_sql, keys_sql
from mdm.match.features import READ, feature_sql, load_nicknames
from mdm.match.generic import leave_out
from mdm.party import PartyType
from mdm.store import candidates, records
from pipelines.asking import ask_in_halves
from pipelines.context import Night
from pipelines.documents import to_stored
from pipelines.steps.crossings import look_again
from pipelines.steps.due import load_due_keys
from pipelines.steps.generic import find_generic, generic_after

REPORTED = 20  # of the keys that are too common, the commonest


def make_features(scratch: duckdb.DuckDBPyConnection, source: str, into: str) -> None:
    """Table `into`: the features of CLEANSED rows with a record_id."""
    load_nicknames(scratch, source)
    scratch.execute(f"CREATE OR REPLACE TABLE {into} AS {feature_sql(source)}")


def read_former_keys(night: Night, scratch: duckdb.DuckDBPyConnection) -> None:
    """What the index says that no party type changes, read once: tables `former_key` (key, record_id: of tonight's
    records), `due_key` (key: those that single writes made cross their limit), and `stored_count` (key, stored,
    before: of keys asked for so far; see `_count_holders`).
    """
    with night.database.begin() as connection:
        held = candidates.keys_of_records(connection, [] if night.models else _tonight(night))
    scratch.register("former_rows", held)
    scratch.execute("CREATE TABLE former_key AS FROM former_rows")
    load_due_keys(night.folder, scratch)
    scratch.execute("CREATE TABLE stored_count (key BIGINT, stored BIGINT, before BIGINT)")
    scratch.unregister("former_rows")


def find_candidates(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """From the view `of_party`, tonight's features: tables `keys_<party>` (key, record_id: to be added to the index),
    `candidates` (left_id, right_id), `features` (of all records among them, generic values left out), and
    `dropped_<party>` and `generic_<party>` as crossings and generic say. Returns the keys that are too common.
    """
    matching = night.settings.matching
    limits = BlockLimits(matching.max_block, matching.max_weak_block)
    tonight, keys = _tonight(night), f"keys_{party}"
    scratch.execute(f"CREATE TABLE {keys} AS SELECT record_id, name, key FROM ({keys_sql('of_party', party)})")
    _count_holders(night, scratch, f"SELECT key, count(*) AS held FROM {keys} GROUP BY key", tonight, "counted")
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE common AS SELECT record_id, name, key FROM {keys} "
        f"SEMI JOIN (SELECT key FROM counted WHERE records > {limits.sql()}) USING (key)"
    )
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE finer AS "
        f"SELECT record_id, name, key FROM ({finer_keys_sql('of_party', party, 'common')})"
    )
    _refine_stored(night, party, scratch, limits)
    _count_the_rest(night, scratch, tonight)
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE usable AS SELECT key FROM counted WHERE records BETWEEN 2 AND {limits.sql()}"
    )
    scratch.execute(f"INSERT INTO {keys} SELECT record_id, name, key FROM finer")
    _load_stored_keys(night, party, scratch)
    find_generic(night, party, scratch, tonight)
    look_again(night.database, party, scratch, limits, tonight)
    scratch.execute(
        f"""
        CREATE OR REPLACE TABLE candidates AS
        WITH w AS (SELECT record_id, key FROM {keys} SEMI JOIN usable USING (key))
        SELECT DISTINCT least(w.record_id, o.record_id) AS left_id, greatest(w.record_id, o.record_id) AS right_id
        FROM w JOIN (SELECT record_id, key FROM w UNION ALL SELECT record_id, key FROM stored_keys) o USING (key)
        WHERE w.record_id <> o.record_id
        UNION ALL SELECT left_id, right_id FROM again
        """
    )
    _features_of_candidates(night, party, scratch)
    scratch.execute(f"INSERT INTO {keys} SELECT record_id, name, key FROM late")
    too_common = _too_common(party, scratch, limits)
    for table in ("work_features", "partner_features"):
        leave_out(scratch, table, party, generic_after(scratch, party))
    return too_common


def _count_holders(night: Night, scratch: duckdb.DuckDBPyConnection, asked: str, tonight: pa.Array, into: str) -> None:
    """Table `into` (key, records, stored, before): who holds each key when the night is over, how many of these the
    store knows, and how many held it before the night. `asked` (key, held): keys, and how many of tonight's have each.
    """
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE asked AS {asked}")
    with night.database.begin() as connection:
        nothing = " WHERE false" if night.models or candidates.is_new(connection) else ""  # nobody but these
    wanted = scratch.sql(f"SELECT key FROM asked ANTI JOIN stored_count USING (key){nothing}").to_arrow_table()
    scratch.register("found", _ask(night, partial(candidates.count_others, but=tonight), wanted["key"]))
    scratch.register("wanted", wanted)
    scratch.execute(
        f"""
        INSERT INTO stored_count
        SELECT key, coalesce(stored, 0), coalesce(before, 0) FROM wanted LEFT JOIN found USING (key);
        CREATE OR REPLACE TEMP TABLE {into} AS
        SELECT key, (held + coalesce(stored, 0))::BIGINT AS records, coalesce(stored, 0) AS stored,
               coalesce(before, 0) AS before
        FROM asked LEFT JOIN stored_count USING (key)
        """
    )
    for name in ("found", "wanted"):
        scratch.unregister(name)


def _ask(night: Night, question: Callable[[sa.Connection, pa.Array], pa.Table], asked: pa.ChunkedArray) -> pa.Table:
    return ask_in_halves(night.database, question, asked.combine_chunks())


def _count_the_rest(night: Night, scratch: duckdb.DuckDBPyConnection, tonight: pa.Array) -> None:
    """Add to `counted` the finer keys, and the keys that tonight's records held before."""
    asked = """
        SELECT key, sum(held) AS held FROM (
            SELECT key, 1 AS held FROM finer UNION ALL SELECT key, 1 FROM late UNION ALL
            SELECT key, 0 FROM former_key ANTI JOIN counted USING (key) UNION ALL
            SELECT key, 0 FROM due_key ANTI JOIN counted USING (key)
        ) GROUP BY key
    """
    _count_holders(night, scratch, asked, tonight, "rest")
    scratch.execute("INSERT INTO counted FROM rest")


def _tonight(night: Night) -> pa.Array:
    """Records of which the store's keys are out of date: tonight's own, and those that are gone."""
    tables = [night.folder.read("cleanse", name, columns=["record_id"]) for name in ("records", "gone", "replaced")]
    return pa.concat_arrays([table["record_id"].combine_chunks().cast(pa.int64()) for table in tables])


def _refine_stored(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, limits: BlockLimits) -> None:
    """Table `late` (record_id, name, key): finer keys for those records of the store whose key becomes too common."""
    scratch.execute("CREATE OR REPLACE TEMP TABLE late (record_id BIGINT, name VARCHAR, key BIGINT)")
    crossing = scratch.sql(
        f"SELECT key FROM counted WHERE records > {limits.sql()} AND before <= {limits.sql()} AND stored > 0"
    ).to_arrow_table()
    if crossing.num_rows == 0:
        return
    with night.database.begin() as connection:
        holders = candidates.holders_of(connection, crossing["key"], _tonight(night))
        stored = records.current_versions(connection, holders["record_id"])
    scratch.register("late_holders", holders)
    scratch.register("late_rows", to_stored(stored, scratch, READ))
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE late_records AS SELECT * FROM late_rows WHERE party = '{party}'")
    make_features(scratch, "late_records", "late_features")
    scratch.execute(
        f"CREATE OR REPLACE TEMP TABLE late_common AS SELECT record_id, name, key "
        f"FROM ({keys_sql('late_features', party)}) SEMI JOIN late_holders USING (record_id, key)"
    )
    scratch.execute(
        f"INSERT INTO late SELECT DISTINCT record_id, name, key "
        f"FROM ({finer_keys_sql('late_features', party, 'late_common')})"
    )
    found = scratch.sql("SELECT DISTINCT key FROM late").to_arrow_table()
    with night.database.begin() as connection:
        there = candidates.holders_of(connection, found["key"], _tonight(night))
    scratch.register("there", there)  # the key was too common before, and they have kept their finer keys
    scratch.execute("DELETE FROM late WHERE (key, record_id) IN (SELECT (key, record_id) FROM there)")
    for name in ("late_holders", "late_rows", "there"):
        scratch.unregister(name)


def _load_stored_keys(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `stored_keys` (key, record_id): who of the store holds one of tonight's usable keys."""
    wanted = scratch.sql(
        f"SELECT key FROM usable SEMI JOIN (SELECT key FROM counted WHERE stored > 0) USING (key) "
        f"SEMI JOIN keys_{party} USING (key)"
    ).to_arrow_table()
    found = _ask(night, partial(candidates.holders_of, but=_tonight(night)), wanted["key"])
    scratch.register("stored_key_rows", found)
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE stored_keys AS SELECT key, record_id FROM stored_key_rows "
        "UNION ALL SELECT key, record_id FROM late SEMI JOIN usable USING (key)"
    )
    scratch.unregister("stored_key_rows")


def _features_of_candidates(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `features`: tonight's records and the partners that the store holds."""
    partners = scratch.sql(
        "SELECT record_id FROM stored_keys UNION SELECT left_id FROM again UNION SELECT right_id FROM again ORDER BY 1"
    ).to_arrow_table()
    if partners.num_rows == 0:
        scratch.execute("CREATE OR REPLACE TABLE partner_features AS SELECT * FROM of_party LIMIT 0")
        scratch.execute("CREATE OR REPLACE VIEW features AS SELECT * FROM of_party")
        return
    stored = _ask(night, records.current_versions, partners["record_id"])
    scratch.register("partner_rows", to_stored(stored, scratch, READ))
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE partners AS SELECT * FROM partner_rows WHERE party = '{party}'")
    scratch.unregister("partner_rows")
    make_features(scratch, "partners", "partner_features")
    scratch.execute(
        "CREATE OR REPLACE VIEW features AS SELECT * FROM of_party UNION ALL SELECT * FROM partner_features"
    )


def _too_common(party: PartyType, scratch: duckdb.DuckDBPyConnection, limits: BlockLimits) -> list[dict[str, Any]]:
    """The commonest of the keys that are too common, each with the value that they stand for."""
    scratch.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE reported AS
        SELECT key, records, arg_min(record_id, record_id) AS record_id
        FROM counted JOIN keys_{party} USING (key)
        WHERE records > {limits.sql()} GROUP BY key, records ORDER BY records DESC, key LIMIT {REPORTED}
        """
    )
    scratch.execute(
        "CREATE OR REPLACE TEMP TABLE reported_features AS "
        "SELECT * FROM features WHERE record_id IN (SELECT record_id FROM reported)"
    )
    plain = keys_sql("reported_features", party)
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE reported_keys AS SELECT * FROM ({plain})")
    finer = finer_keys_sql("reported_features", party, "reported_keys")
    rows = scratch.execute(
        f"""
        SELECT DISTINCT name, text, records FROM reported JOIN
               (SELECT record_id, name, text, key FROM reported_keys UNION ALL
                SELECT record_id, name, text, key FROM ({finer})) USING (record_id, key)
        ORDER BY records DESC, text
        """
    ).fetchall()
    return [{"party": party, "key": name, "value": text, "records": number} for name, text, number in rows]
