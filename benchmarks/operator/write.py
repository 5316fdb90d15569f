"""Files as legacy systems deliver them, the same bytes every time: no clock, no locale."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.operator.text import Text, join, pick

FIXED_TIME = (2026, 3, 31, 22, 0, 0)


def lines(texts: Text, end: str = "\n") -> str:
    """All rows as one text, each ended."""
    return end.join(texts.to_pylist()) + end


def delimited(table: pa.Table, delimiter: str) -> Text:
    """One line per row; the values hold neither delimiter nor quotes (old systems do not quote)."""
    return join(*(table[name].combine_chunks() for name in table.column_names), sep=delimiter)


def quoted(table: pa.Table) -> Text:
    """One CSV line per row, values with commas in quotes."""
    columns = [table[name].combine_chunks() for name in table.column_names]
    return join(
        *(pc.if_else(pc.fill_null(pc.match_substring(c, ","), False), join('"', c, '"'), c) for c in columns), sep=","
    )


def fixed_width(table: pa.Table, widths: dict[str, int]) -> Text:
    """One line per row, every column padded to its width in GBK bytes (two to a hanzi), over-long text cut."""
    blanks = [" " * n for n in range(max(widths.values()) + 1)]
    parts = []
    for name, width in widths.items():
        text = pc.fill_null(table[name].combine_chunks(), "")
        text = pc.if_else(pc.greater(_gbk_bytes(text), width), pc.utf8_slice_codeunits(text, 0, width // 2), text)
        padding = pick(blanks, (width - _gbk_bytes(text).to_numpy()).astype(np.int64))
        parts += [text, padding]
    return join(*parts)


def _gbk_bytes(text: Text) -> pa.Array:
    letters, octets = pc.utf8_length(text), pc.binary_length(text)
    return pc.add(letters, pc.divide(pc.subtract(octets, letters), 2))


def text_file(path: Path, text: str, encoding: str, broken: dict[int, bytes] | None = None) -> None:
    """Write lines; `broken` are raw lines put in after the given number of bytes' worth of whole lines."""
    content = text.encode(encoding)
    for at, raw in sorted((broken or {}).items(), reverse=True):
        cut = content.find(b"\n", at) + 1
        content = content[:cut] + raw + b"\n" + content[cut:]
    path.write_bytes(content)


def control_file(path: Path, feed: Path, rows: int) -> None:
    """KEY=VALUE lines beside a feed: rows and MD5."""
    digest = hashlib.md5(feed.read_bytes(), usedforsecurity=False).hexdigest()
    path.write_text(f"FILE={feed.name}\nROWS={rows}\nMD5={digest}\nEXTRACTED=2026-03-31 23:00:00\n", encoding="ascii")


def parquet(path: Path, table: pa.Table) -> None:
    """Parquet without anything that changes between runs."""
    pq.write_table(table, path, compression="snappy", store_schema=False)


def excel(path: Path, sheet: str, titles: list[str], table: pa.Table) -> None:
    """A workbook: title rows, a header row, the table. The archive is stored uncompressed with fixed times."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for title in titles:
        page.append([title])
    page.append(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        page.append(row)
    made = io.BytesIO()
    book.save(made)
    path.write_bytes(_timeless(made.getvalue()))


def _timeless(content: bytes) -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-03-31T22:00:00Z", data)
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data)
    return target.getvalue()
