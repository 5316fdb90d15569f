"""Scoring in bulk, with Splink on DuckDB. Only this file and mdm.match.training import splink.

Tables: *features* (mdm.match.features, one row a record) and *pairs* (left_id, right_id) come in; scored pairs go out
with the columns of `SCORED`. The declaration stays in mdm.match.comparisons; here it becomes Splink settings.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, block_on

from mdm.match.comparisons import Comparison, Level
from mdm.match.model import DIGITS, Model
from mdm.match.predicates import MACROS, compared

SCORED = ("left_id", "right_id", "weight", "levels", "evidence")


def score(
    connection: duckdb.DuckDBPyConnection,
    features: str,
    pairs: str,
    model: Model,
    *,
    at_least: float,
    into: str,
) -> None:
    """Score `pairs` (left_id, right_id of `features`) and keep those of weight >= `at_least` bits in table `into`.

    Columns: left_id, right_id BIGINT; weight DOUBLE (bits); levels SMALLINT[] (-1: nothing to compare) and evidence
    DOUBLE[] (bits), one element a comparison in the order of declaration.
    """
    _prepare_scoring(connection, features, pairs, model)
    settings = splink_settings(model)
    with quiet():
        api = DuckDBAPI(connection)
        linker = Linker(api.register(connection.table("scoring")), settings, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(connection.table("scoring_pairs")))
        # A hair below the threshold: parts are rounded before they are summed, so the last word is said below.
        predicted = linker.inference.predict(threshold_match_weight=at_least - 1e-4)
        connection.execute(f"CREATE OR REPLACE TABLE {into} AS {_scored_sql(predicted.physical_name, model)}")
        predicted.drop_table_from_database_and_remove_from_cache()
    connection.execute(f"DELETE FROM {into} WHERE weight < {at_least}")


def splink_settings(model: Model) -> dict[str, Any]:
    """The model as Splink takes it."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": 1 / (1 + 2 ** -min(max(model.prior, -60.0), 60.0)),
        "comparisons": [_splink_comparison(c, model) for c in model.comparisons],
        "blocking_rules_to_generate_predictions": [block_on("party")],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": False,
    }


def _prepare_scoring(connection: duckdb.DuckDBPyConnection, features: str, pairs: str, model: Model) -> None:
    load_macros(connection)
    read = {feature for comparison in model.comparisons for feature in comparison.features()}
    columns, joins = ["record_id", "party", *map(compared, sorted(read))], []
    for feature, table in model.frequencies.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE frequency_{feature} (value VARCHAR, share DOUBLE)")
        if table.values:
            rows: dict[str, list[Any]] = {"value": list(table.values), "share": list(table.values.values())}
            _insert(connection, f"frequency_{feature}", rows)
        columns.append(
            f"CASE WHEN {features}.{feature} IS NOT NULL THEN coalesce(f_{feature}.share, {table.default!r}) END "
            f"AS tf_{feature}"
        )
        joins.append(f"LEFT JOIN frequency_{feature} f_{feature} ON {features}.{feature} = f_{feature}.value")
    connection.execute(
        f"CREATE OR REPLACE TABLE scoring AS SELECT {', '.join(columns)} FROM {features} {' '.join(joins)}"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE scoring_pairs AS "
        f"SELECT '0' AS match_key, left_id AS join_key_l, right_id AS join_key_r FROM {pairs}"
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: dict[str, list[Any]]) -> None:
    import pyarrow as pa

    connection.register("rows_to_insert", pa.table(rows))
    connection.execute(f"INSERT INTO {table} SELECT * FROM rows_to_insert")
    connection.unregister("rows_to_insert")


def _scored_sql(predicted: str, model: Model) -> str:
    """Rounded evidence per comparison, its level (read off the weight, see Model.weights), and the sum."""
    evidence, levels = [], []
    for comparison in model.comparisons:
        parts = [f"mw_{comparison.name}"]
        if _adjusted(comparison, model):
            parts.append(f"mw_tf_adj_{comparison.name}")
        evidence.append(f"round({' + '.join(parts)}, {DIGITS})")
        cases = " ".join(
            f"WHEN abs(mw_{comparison.name} - ({weight!r})) < 1e-7 THEN {index}"
            for index, weight in enumerate(model.weights(comparison))
        )
        levels.append(f"CASE {cases} ELSE -1 END")
    terms = " + ".join(f"evidence[{i}]" for i in range(1, len(evidence) + 1))
    return (
        f"SELECT left_id, right_id, round({model.prior!r} + {terms}, {DIGITS}) AS weight, levels, evidence FROM ("
        f"SELECT record_id_l::BIGINT AS left_id, record_id_r::BIGINT AS right_id, "
        f"[{', '.join(levels)}]::SMALLINT[] AS levels, [{', '.join(evidence)}]::DOUBLE[] AS evidence FROM {predicted})"
    )


def _splink_comparison(comparison: Comparison, model: Model) -> dict[str, Any]:
    weights = model.weights(comparison)
    levels = [null_level(comparison)]
    for index, (level, (_, u)) in enumerate(zip(comparison.levels, model.levels[comparison.name], strict=True)):
        # m is given so that log2(m / u) is exactly the rounded weight.
        item = splink_level(level, u=u, m=u * 2 ** weights[index])
        if level.frequency in model.frequencies:
            item |= {
                "tf_adjustment_column": level.frequency,
                "tf_adjustment_weight": 1.0,
                "tf_minimum_u_value": 0.0,
                "disable_tf_exact_match_detection": True,
            }
        levels.append(item)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _adjusted(comparison: Comparison, model: Model) -> bool:
    return any(level.frequency in model.frequencies for level in comparison.levels)


# -- what training uses too --------------------------------------------------------------------------------------------


def load_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """The macros that conditions of levels call."""
    for macro in MACROS:
        connection.execute(macro)


def null_level(comparison: Comparison) -> dict[str, Any]:
    return {"sql_condition": comparison.missing.sql(), "label_for_charts": "missing", "is_null_level": True}


def splink_level(level: Level, *, u: float | None, m: float | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "sql_condition": "ELSE" if level.when is None else level.when.sql(),
        "label_for_charts": level.words,
    }
    if u is not None:
        item["u_probability"] = u
    if m is not None:
        item["m_probability"] = m
    return item


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Splink prints and logs its progress under many loggers; the night has its own report."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("splink")]
    loggers = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in loggers:
        logger.disabled = True
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger in loggers:
            logger.disabled = False
