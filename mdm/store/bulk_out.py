"""The outward half of `mdm.store.bulk`: a query's result as an Arrow table, by way of COPY ... TO STDOUT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from psycopg.abc import Buffer

PIECE = 32 << 20  # bytes of CSV read at once
ROWS = 1 << 20  # rows of numbers in one value of PostgreSQL, which holds up to 1 GB

# PostgreSQL type -> how its text is read
_TYPES = {
    "int8": pa.int64(),
    "int4": pa.int32(),
    "int2": pa.int16(),
    "float8": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
ARRAYS = {"_int8": pa.int64(), "_int4": pa.int32(), "_int2": pa.int16(), "_float8": pa.float64()}


def fetch(driver: psycopg.Connection[tuple[Any, ...]], query: str, parameters: Mapping[str, Any] | None) -> pa.Table:
    """See `mdm.store.bulk.fetch_arrow`."""
    bound = bind(driver, query, parameters)
    types = result_types(driver, bound)
    tables = [_parse(piece, types) for piece in _pieces(_rows(driver, f"COPY ({bound}) TO STDOUT (FORMAT csv)"))]
    return pa.concat_tables(tables) if tables else _parse(b"", types)


def bind(driver: psycopg.Connection[tuple[Any, ...]], query: str, parameters: Mapping[str, Any] | None) -> str:
    """The query with its parameters in its text."""
    return query if parameters is None else psycopg.ClientCursor(driver).mogrify(query, parameters)


def fetch_numbers(driver: psycopg.Connection[tuple[Any, ...]], query: str, columns: Sequence[str]) -> pa.Table:
    """See `mdm.store.bulk.fetch_numbers`."""
    packed = " || ".join(f"int8send({column})" for column in columns)
    pieces = driver.execute(
        f"select string_agg({packed}, ''::bytea) from (select *, row_number() over () / {ROWS} as piece "
        f"from ({query}) as q) as q group by piece order by piece",
        binary=True,
    )
    numbers = np.frombuffer(b"".join(row[0] for row in pieces), ">i8").reshape(-1, len(columns))
    return pa.table({name: numbers[:, i].astype(np.int64) for i, name in enumerate(columns)})


def _rows(driver: psycopg.Connection[tuple[Any, ...]], command: str) -> Iterator[Buffer]:
    """What COPY sends, row by row, straight from libpq: psycopg's own iterator takes longer than the server does."""
    protocol = driver.pgconn
    result = protocol.exec_(command.encode(driver.info.encoding))
    if result.status != psycopg.pq.ExecStatus.COPY_OUT:
        raise psycopg.errors.error_from_result(result, encoding=driver.info.encoding)
    read = protocol.get_copy_data
    while (row := read(0))[0] > 0:
        yield row[1]
    while (ended := protocol.get_result()) is not None:
        if ended.status == psycopg.pq.ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(ended, encoding=driver.info.encoding)


def _pieces(rows: Iterable[Buffer]) -> Iterator[bytes]:
    """The stream in pieces of whole rows (the server sends one row at a time), so that it is never held twice."""
    held: list[Buffer] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(memoryview(row))
        if size > PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def result_types(driver: psycopg.Connection[tuple[Any, ...]], query: str) -> dict[str, str]:
    """The columns of a query: name -> PostgreSQL type, `text` for what is not known here."""
    with driver.cursor() as cursor:
        cursor.execute(f"select * from ({query}) as q limit 0")
        names = {info.oid: info.name for info in driver.adapters.types}
        arrays = {info.array_oid: f"_{info.name}" for info in driver.adapters.types if info.array_oid}
        known = arrays | names
        return {column.name: known.get(column.type_code, "text") for column in cursor.description or []}


def _parse(data: bytes, types: dict[str, str]) -> pa.Table:
    if not data:
        return pa.schema([(name, arrow_type(kind)) for name, kind in types.items()]).empty_table()
    table = pcsv.read_csv(
        pa.BufferReader(data),
        read_options=pcsv.ReadOptions(column_names=list(types), block_size=8 << 20),
        parse_options=pcsv.ParseOptions(newlines_in_values=b'"' in data, ignore_empty_lines=False),
        convert_options=pcsv.ConvertOptions(
            column_types={
                name: pa.string() if kind == "bool" else _TYPES.get(kind, pa.string()) for name, kind in types.items()
            },
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for index, (name, kind) in enumerate(types.items()):
        if kind == "bool":
            table = table.set_column(index, name, pc.equal(table[name], "t"))
        elif kind in ARRAYS:
            table = table.set_column(index, name, list_of(table[name].combine_chunks(), ARRAYS[kind]))
    return table


def arrow_type(kind: str) -> pa.DataType:
    return pa.list_(ARRAYS[kind]) if kind in ARRAYS else _TYPES.get(kind, pa.string())


def list_of(literals: pa.StringArray, kind: pa.DataType) -> pa.Array:
    """Lists out of PostgreSQL's array literals `{1,2}`; elements hold no null, quote or comma."""
    inner = pc.utf8_trim(pc.fill_null(literals, "{}"), "{}")
    filled = pc.not_equal(inner, "")
    sizes = pc.if_else(filled, pc.add(pc.count_substring(inner, ","), 1), 0)
    offsets = np.concatenate(([0], np.cumsum(sizes.to_numpy(zero_copy_only=False)))).astype(np.int32)
    values = pc.split_pattern(inner.filter(filled), ",").flatten().cast(kind)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pc.is_null(literals))
