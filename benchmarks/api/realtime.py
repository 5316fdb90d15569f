"""The baseline of identifying: Splink's own `compare_records`, which scores one record against others.

It gets the features of the same candidates, made beforehand and held in memory, with the model in use and its SQL
cached; finding candidates, reading, parsing and answering are not counted against it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI
from splink.internals.realtime import compare_records

from mdm.match.batch import load_macros, quiet, splink_settings
from mdm.match.features import LISTS, PERIODS
from mdm.match.model import Model
from mdm.match.predicates import compared

_PERIODS = pa.list_(pa.struct([("value", pa.string()), ("valid_from", pa.date32()), ("valid_to", pa.date32())]))


class Realtime:
    """`compare_records` with the model in use."""

    def __init__(self, model: Model) -> None:
        self._model, self._settings = model, splink_settings(model)
        self._connection = duckdb.connect()
        load_macros(self._connection)
        self._api = DuckDBAPI(self._connection)

    def seconds(self, row: dict[str, Any], others: Sequence[dict[str, Any]]) -> float:
        """What scoring `row` against `others` takes."""
        left, right = self._table([row]), self._table(others)
        with quiet():
            began = time.perf_counter()
            compare_records(left, right, self._settings, self._api, sql_cache_key="benchmark")
            took = time.perf_counter() - began
        self._drop_what_is_left()
        return took

    def _drop_what_is_left(self) -> None:
        """It leaves its tables and views behind."""
        left = self._connection.execute("SELECT table_type, table_name FROM information_schema.tables").fetchall()
        for kind, name in left:
            self._connection.execute(f'DROP {"VIEW" if kind == "VIEW" else "TABLE"} "{name}"')

    def _table(self, rows: Sequence[dict[str, Any]]) -> pa.Table:
        """Feature rows as the scorer's SQL reads them: with the frequency of each value that has one."""
        columns: dict[str, Any] = {"record_id": pa.array(range(len(rows)), pa.int64())}
        columns["party"] = pa.array([self._model.party] * len(rows), pa.string())
        for name in rows[0]:
            if name == PERIODS:
                columns[name] = pa.array([_dated(row[name]) for row in rows], _PERIODS)
            else:
                kind = pa.list_(pa.string()) if name in LISTS else pa.string()
                columns[name] = pa.array([row[name] for row in rows], kind)
        table = self._compared(pa.table(columns))
        for feature, frequencies in self._model.frequencies.items():
            shares = [None if row[feature] is None else frequencies.of(row[feature]) for row in rows]
            table = table.append_column(f"tf_{feature}", pa.array(shares, pa.float64()))
        return table

    def _compared(self, features: pa.Table) -> pa.Table:
        self._connection.register("features", features)
        columns = ", ".join(map(compared, features.column_names))
        found = self._connection.sql(f"SELECT {columns} FROM features").to_arrow_table()
        self._connection.unregister("features")
        return found


def _dated(periods: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Periods with dates for their ISO texts."""
    if periods is None:
        return None
    return [
        {name: text if name == "value" or text is None else date.fromisoformat(text) for name, text in one.items()}
        for one in periods
    ]
