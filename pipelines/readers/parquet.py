"""Parquet: typed columns become text, dates as ISO, whole numbers without a decimal point."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mdm.errors import FeedError
from pipelines.readers.rows import LINE, RawRows, Reading


def read_parquet(path: Path, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The rows of a Parquet file; with `limit` its first `limit` rows. Raises FeedError when it is not one."""
    try:
        with pq.ParquetFile(path) as file:
            table = file.read() if limit is None else _first(file, limit)
    except (pa.ArrowInvalid, OSError) as error:
        raise FeedError(f"not a Parquet file that can be read: {error}", where=reading.file) from error
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    notes = reading.check_columns(table.column_names)
    arrays = [to_text(column) for column in table.columns]
    lines = pa.array(range(1, table.num_rows + 1), pa.int64())
    texts = pa.table(arrays, names=table.column_names).append_column(LINE, lines)
    return reading.finish(texts, [], notes)


def _first(file: pq.ParquetFile, limit: int) -> pa.Table:
    batch = next(file.iter_batches(batch_size=limit), None)
    return file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])


def to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of any Arrow type as text; lists as lists of text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return to_text(column.cast(kind.value_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _list_to_text(column)
    if pa.types.is_floating(kind):
        column = _whole_numbers(column)
    elif pa.types.is_timestamp(kind):
        column = _without_midnight(column)
    elif pa.types.is_decimal(kind) and kind.scale == 0:
        column = column.cast(pa.int64()) if kind.precision <= 18 else column
    elif pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([pa.array([_decoded(value) for value in column.to_pylist()], pa.string())])
    try:
        texts = column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())])
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _whole_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """pandas turns whole numbers with gaps into floats; 13800138000.0 is the number 13800138000."""
    finite = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    if (
        pc.all(pc.equal(finite, pc.floor(finite))).as_py() is not False
        and (pc.max(pc.abs(finite)).as_py() or 0) < 2**53
    ):
        return finite.cast(pa.int64())
    return finite


def _without_midnight(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of instants at midnight is a column of dates."""
    plain = column.cast(pa.timestamp("us"), safe=False)
    days = plain.cast(pa.date32(), safe=False)
    if pc.all(pc.equal(days.cast(pa.timestamp("us")), plain)).as_py() is not False:
        return days
    return pc.strftime(plain.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%dT%H:%M:%S")


def _list_to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = [
        None if values is None else [str(value) for value in values if value not in (None, "")]
        for values in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(texts, pa.list_(pa.string()))])


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", errors="replace") or None
