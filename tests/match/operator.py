"""The sample operator's records, cleansed as the night does it, and what is computed from them once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from mdm.cleanse.batch import cleanse_batch
from mdm.cleanse.values import CleanseContext
from mdm.contracts import load_contract
from mdm.match.blocking import finer_keys_sql, keys_sql
from mdm.match.features import feature_sql, load_nicknames
from mdm.match.model import Model
from mdm.match.training import TrainingSettings, train
from mdm.party import CLEANSED, PartyType
from mdm.settings import Settings
from pipelines.landing import find_deliveries
from pipelines.mapping import map_rows
from pipelines.readers import read_delivery

WORKSPACE = Path(__file__).parents[2] / "data" / "samples"


@cache
def cleansed(workspace: Path = WORKSPACE, landing: Path = WORKSPACE / "landing") -> pa.Table:
    """Every delivered row of every source, CLEANSED with a `record_id` that counts from 0; deletions left out."""
    settings = Settings.load(workspace)
    parts = []
    for path in sorted(settings.sources.glob("*.yaml")):
        contract = load_contract(path)
        context = CleanseContext(
            region=contract.region or settings.cleanse.region, area_code=contract.area_code, role=contract.role
        )
        for delivery in find_deliveries(contract, landing):
            mapped = map_rows(read_delivery(delivery, contract).table, contract, file=delivery.name)
            parts.append(cleanse_batch(mapped, context=context, processes=1))
    table = pa.concat_tables([CLEANSED.empty_table(), *parts])
    return table.append_column("record_id", pa.array(range(table.num_rows), pa.int64()))


def with_features(table: pa.Table) -> duckdb.DuckDBPyConnection:
    """A connection with the table `features` of CLEANSED rows that have a `record_id`."""
    connection = duckdb.connect()
    connection.register("source", table)
    load_nicknames(connection, "source")
    connection.execute(f"CREATE TABLE features AS {feature_sql('source')}")
    return connection


@cache
def operator() -> duckdb.DuckDBPyConnection:
    """The operator's features, and for each party the table `pairs_<party>` of all that share a blocking key."""
    return with_pairs(cleansed())


def with_pairs(table: pa.Table) -> duckdb.DuckDBPyConnection:
    """`with_features`, and for each party the table `pairs_<party>` of all that share a blocking key."""
    connection = with_features(table)
    for party in ("person", "organisation"):
        connection.execute(f"CREATE VIEW of_{party} AS SELECT * FROM features WHERE party = '{party}'")
        columns = "record_id, name, key"
        connection.execute(f"CREATE TABLE keys_{party} AS SELECT {columns} FROM ({keys_sql(f'of_{party}', party)})")
        finer = finer_keys_sql(f"of_{party}", party, f"keys_{party}")
        connection.execute(f"INSERT INTO keys_{party} SELECT {columns} FROM ({finer})")
        connection.execute(
            f"""
            CREATE TABLE pairs_{party} AS
            WITH small AS (SELECT key FROM keys_{party} GROUP BY key HAVING count(*) <= 20),
                 held AS (SELECT record_id, key FROM keys_{party} SEMI JOIN small USING (key))
            SELECT DISTINCT a.record_id AS left_id, b.record_id AS right_id
            FROM held a JOIN held b ON a.key = b.key AND a.record_id < b.record_id
            """
        )
    return connection


@cache
def trained(party: PartyType) -> Model:
    """A model of the operator's records."""
    return train(operator(), "features", party, TrainingSettings(max_pairs=1e5))


def feature_rows(connection: duckdb.DuckDBPyConnection, query: str) -> dict[int, dict[str, Any]]:
    """record_id -> feature row, of a query over features."""
    return {row["record_id"]: row for row in connection.sql(query).to_arrow_table().to_pylist()}
