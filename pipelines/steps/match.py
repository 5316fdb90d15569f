"""Step 3, match: candidates through the candidate index, scored with the model in use; the first night trains it.

Out: ``keys`` (key, record_id; sorted), ``pairs`` (party, model_id, and the columns of batch.SCORED), the
models. A key that too many current records share is replaced by its finer keys, and reported.
"""

from __future__ import annotations

from typing import Any

import duckdb
import orjson

from mdm.errors import StoreError
from mdm.match import batch
from mdm.match.blocking import keys_sql
from mdm.match.features import feature_sql, load_nicknames
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.store import candidates, models, records
from pipelines.context import Night
from pipelines.documents import STORED, to_stored

PARTIES: tuple[PartyType, ...] = ("person", "organisation")


def match(night: Night) -> dict[str, Any]:
    """Find and score the pairs of tonight's records, with each other and with those of the store."""
    counts: dict[str, Any] = {"pairs": {}, "candidates": {}, "too_common": [], "notes": {}}
    with night.scratch() as scratch:
        names = ", ".join(STORED.names)
        scratch.execute(f"CREATE TABLE work AS SELECT {names} FROM {night.folder.sql('cleanse', 'records')}")
        _features(scratch, "work", "work_features")
        for party in PARTIES:
            night.progress(f"match {party}s")
            _candidates(night, party, scratch, counts)
            _score(night, party, scratch, counts)
        keys = " UNION ALL ".join(f"SELECT key, record_id FROM keys_{party}" for party in PARTIES)
        pairs = " UNION ALL ".join(f"SELECT * FROM pairs_{party}" for party in PARTIES)
        night.folder.write_query("match", "keys", scratch, f"SELECT DISTINCT * FROM ({keys}) ORDER BY key, record_id")
        night.folder.write_query("match", "pairs", scratch, pairs)
    return counts


def _features(scratch: duckdb.DuckDBPyConnection, source: str, into: str) -> None:
    load_nicknames(scratch, source)
    scratch.execute(f"CREATE OR REPLACE TABLE {into} AS {feature_sql(source)}")


def _candidates(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, counts: dict[str, Any]) -> None:
    """Tables `keys_<party>`, `candidates` (left_id, right_id) and `features` of all records among them."""
    scratch.execute(f"CREATE OR REPLACE TEMP VIEW of_party AS SELECT * FROM work_features WHERE party = '{party}'")
    scratch.execute(f"CREATE TABLE keys_{party} AS {keys_sql('of_party', party)}")
    _stored_holders(night, party, scratch)
    most = night.settings.matching.max_block
    scratch.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE holders AS
        SELECT key, any_value(name) AS name, any_value(text) AS text, any_value(base) AS base,
               count(*) + coalesce(any_value(s.stored), 0) AS records
        FROM keys_{party} LEFT JOIN stored_counts s USING (key) GROUP BY key
        """
    )
    scratch.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE usable AS
        SELECT h.key FROM holders h LEFT JOIN holders b ON b.key = h.base
        WHERE h.records BETWEEN 2 AND {most} AND (h.base IS NULL OR b.records > {most})
        """
    )
    counts["too_common"] += [
        {"party": party, "key": name, "value": text, "records": number}
        for name, text, number in scratch.execute(
            f"SELECT name, text, records FROM holders WHERE records > {most} ORDER BY records DESC, text LIMIT 20"
        ).fetchall()
    ]
    _load_stored_keys(night, scratch)
    scratch.execute(
        f"""
        CREATE OR REPLACE TABLE candidates AS
        WITH w AS (SELECT record_id, key FROM keys_{party} SEMI JOIN usable USING (key))
        SELECT DISTINCT least(w.record_id, o.record_id) AS left_id, greatest(w.record_id, o.record_id) AS right_id
        FROM w JOIN (SELECT record_id, key FROM w UNION ALL SELECT record_id, key FROM stored_keys) o USING (key)
        WHERE w.record_id <> o.record_id
        """
    )
    counts["candidates"][party] = scratch.execute("SELECT count(*) FROM candidates").fetchall()[0][0]
    _features_of_candidates(night, party, scratch)


def _stored_holders(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `stored_counts`: how many records of the store, tonight's not among them, hold each of tonight's keys."""
    wanted = scratch.sql(f"SELECT DISTINCT key FROM keys_{party}").to_arrow_table()
    work = scratch.sql("SELECT record_id FROM work").to_arrow_table()
    with night.database.begin() as connection:
        found = candidates.count_others(connection, wanted["key"], work["record_id"])
    scratch.register("stored_count_rows", found)
    scratch.execute("CREATE OR REPLACE TEMP TABLE stored_counts AS SELECT key, stored FROM stored_count_rows")
    scratch.unregister("stored_count_rows")


def _load_stored_keys(night: Night, scratch: duckdb.DuckDBPyConnection) -> None:
    wanted = scratch.sql("SELECT key FROM usable SEMI JOIN stored_counts USING (key)").to_arrow_table()
    work = scratch.sql("SELECT record_id FROM work").to_arrow_table()
    with night.database.begin() as connection:
        found = candidates.holders_of(connection, wanted["key"], work["record_id"])
    scratch.register("stored_key_rows", found)
    scratch.execute("CREATE OR REPLACE TEMP TABLE stored_keys AS SELECT key, record_id FROM stored_key_rows")
    scratch.unregister("stored_key_rows")


def _features_of_candidates(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `features`: tonight's records and the partners that the store holds."""
    scratch.execute("CREATE OR REPLACE TABLE features AS SELECT * FROM of_party")
    partners = scratch.sql("SELECT DISTINCT record_id FROM stored_keys ORDER BY 1").to_arrow_table()
    if partners.num_rows == 0:
        return
    with night.database.begin() as connection:
        stored = records.current_versions(connection, partners["record_id"])
    scratch.register("partner_rows", to_stored(stored, scratch))
    scratch.execute(f"CREATE OR REPLACE TEMP TABLE partners AS SELECT * FROM partner_rows WHERE party = '{party}'")
    scratch.unregister("partner_rows")
    _features(scratch, "partners", "partner_features")
    scratch.execute("INSERT INTO features SELECT * FROM partner_features")
    scratch.execute("DELETE FROM candidates WHERE right_id NOT IN (SELECT record_id FROM features)")
    scratch.execute("DELETE FROM candidates WHERE left_id NOT IN (SELECT record_id FROM features)")


def _score(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection, counts: dict[str, Any]) -> None:
    model = _model(night, party, scratch)
    counts["notes"][party] = list(model.notes) if model is not None else []
    if model is None:
        scratch.execute(
            f"CREATE TABLE pairs_{party} (party VARCHAR, model_id VARCHAR, left_id BIGINT, right_id BIGINT, "
            "weight DOUBLE, levels SMALLINT[], evidence DOUBLE[])"
        )
        counts["pairs"][party] = 0
        return
    batch.score(scratch, "features", "candidates", model, at_least=night.settings.matching.review_weight, into="scored")
    scratch.execute(
        f"CREATE TABLE pairs_{party} AS SELECT '{party}' AS party, '{model.model_id}' AS model_id, * FROM scored"
    )
    counts["pairs"][party] = scratch.execute("SELECT count(*) FROM scored").fetchall()[0][0]


def _model(night: Night, party: PartyType, scratch: duckdb.DuckDBPyConnection) -> Model | None:
    """The model in use, or one trained on tonight's records if there is none; None without any record."""
    with night.database.begin() as connection:
        current = models.current_model(connection, party)
    if current is not None:
        return _read(current)
    if scratch.execute("SELECT count(*) FROM of_party").fetchall()[0][0] == 0:
        return None
    night.progress(f"train a model of {party}s")
    matching = night.settings.matching
    model = batch.train(scratch, "of_party", party, batch.TrainingSettings(matching.seed, matching.max_pairs))
    night.folder.file("match", f"model-{party}.json").write_bytes(model.to_json())
    return model


def _read(current: dict[str, Any]) -> Model:
    try:
        return Model.from_json(orjson.dumps(current["definition"]))
    except ValueError as error:
        raise StoreError(
            str(error),
            where=f"model {current['model_id']}",
            remedy="The store was matched by another version of mdm: go on with that version, or load a new workspace.",
        ) from error


__all__ = ["PARTIES", "match"]
