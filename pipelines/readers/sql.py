"""A SQL query on any database that SQLAlchemy reaches, read as a stream."""

from __future__ import annotations

import os
import re
from itertools import islice

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from mdm.contracts import SqlFormat
from mdm.errors import FeedError
from pipelines.readers.excel import to_text
from pipelines.readers.rows import LINE, RawRows, Reading, empty_table

BATCH = 20_000


def read_sql(layout: SqlFormat, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The rows of the query; with `limit` the first `limit`. Raises FeedError, without the password in its text."""
    try:
        engine = sa.create_engine(_expanded(layout.url, reading), poolclass=sa.NullPool)
        with engine.connect().execution_options(stream_results=True, max_row_buffer=BATCH) as connection:
            result = connection.execute(sa.text(layout.query))
            names = list(result.keys())
            notes = reading.check_columns(names)
            table = _table(names, result, limit)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        cause = getattr(error, "orig", None) or error
        raise FeedError(
            f"the query failed: {cause}", where=reading.file, remedy=f"see {reading.contract.path}"
        ) from None
    return reading.finish(table, [], notes)


def _table(names: list[str], result: sa.CursorResult[tuple[object, ...]], limit: int | None) -> pa.Table:
    tables = [empty_table(names)]
    rows = iter(result) if limit is None else islice(result, limit)
    read = 0
    while batch := list(islice(rows, BATCH)):
        arrays = [
            pa.array([to_text(_decoded(cell)) for cell in column], pa.string()) for column in zip(*batch, strict=True)
        ]
        lines = pa.array(range(read + 1, read + len(batch) + 1), pa.int64())
        tables.append(pa.table([*arrays, lines], names=[*names, LINE]))
        read += len(batch)
    return pa.concat_tables(tables)


def _decoded(cell: object) -> object:
    return cell.decode("utf-8", errors="replace") if isinstance(cell, bytes) else cell


def _expanded(url: str, reading: Reading) -> str:
    """The URL with ${NAME} replaced from the environment."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise FeedError(f"the environment has no {match[1]}", where=reading.file, remedy=f"export {match[1]}=...")
        return os.environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, url)
