"""Readers: the bytes of a delivery become rows of text; rows that cannot be read go to quarantine, never nowhere.

One module per format. All formats end in `rows.Reading.finish`, which closes the books:
rows read = rows in the table + rows in quarantine.
"""

from __future__ import annotations

import pyarrow.compute as pc

from mdm.contracts import DelimitedFormat, ExcelFormat, FixedWidthFormat, JsonLinesFormat, SourceContract, SqlFormat
from mdm.errors import FeedError
from pipelines.landing import Delivery
from pipelines.readers.delimited import read_delimited
from pipelines.readers.excel import read_excel
from pipelines.readers.fixed_width import read_fixed_width
from pipelines.readers.json_lines import read_json_lines
from pipelines.readers.parquet import read_parquet
from pipelines.readers.rows import LINE, RawRows, Reading
from pipelines.readers.sql import read_sql

__all__ = ["LINE", "RawRows", "read_delivery", "read_first_rows"]

SAMPLE_BYTES = 1 << 18  # of a text feed, read for its first rows


def read_delivery(delivery: Delivery, contract: SourceContract, *, max_field_bytes: int = 65536) -> RawRows:
    """All rows of a delivery. Raises FeedError when the file as a whole cannot be read."""
    return _read(delivery, Reading(contract, delivery.name, max_field_bytes), None)


def read_first_rows(
    delivery: Delivery, contract: SourceContract, rows: int, *, max_field_bytes: int = 65536
) -> RawRows:
    """About the first `rows` rows of a delivery, without reading all of it; the quarantine is that of the part read."""
    raw = _read(delivery, Reading(contract, delivery.name, max_field_bytes), rows)
    if raw.table.num_rows <= rows:
        return raw
    table = raw.table.slice(0, rows)
    last = table.column(LINE)[-1].as_py()
    quarantined = raw.quarantined.filter(pc.less_equal(raw.quarantined.column("line"), last))
    return RawRows(table, quarantined, table.num_rows + quarantined.num_rows, raw.notes)


def _read(delivery: Delivery, reading: Reading, rows: int | None) -> RawRows:
    layout = reading.contract.format
    if isinstance(layout, SqlFormat):
        return read_sql(layout, reading, limit=rows)
    if delivery.path is None:
        raise FeedError("a delivery without a file", where=delivery.name)
    size = None if rows is None else SAMPLE_BYTES
    if isinstance(layout, DelimitedFormat):
        return read_delimited(delivery.path, layout, reading, limit=size)
    if isinstance(layout, FixedWidthFormat):
        return read_fixed_width(delivery.path, layout, reading, limit=size)
    if isinstance(layout, JsonLinesFormat):
        return read_json_lines(delivery.path, layout.encoding, reading, limit=size)
    if isinstance(layout, ExcelFormat):
        return read_excel(delivery.path, layout, reading, limit=rows)
    return read_parquet(delivery.path, reading, limit=rows)
