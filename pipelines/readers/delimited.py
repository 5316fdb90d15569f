"""Delimited text (CSV, pipe-separated ...): Arrow parses the bulk, lines that it cannot judge are looked at one by one.

A quoted field may hold line breaks. Legacy feeds also hold stray quotes, and an unclosed one must not swallow the rows
after it: a run of lines is joined to one row only when the lines do not make rows on their own and the joined row has
the right number of columns.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from mdm.contracts import DelimitedFormat
from mdm.errors import FeedError
from pipelines.readers.rows import LINE, RawRows, Reading, Rejected, empty_table
from pipelines.readers.text import UNDECODABLE, Lines, read_lines

MAX_JOINED_LINES = 1000
Mask = npt.NDArray[np.bool_]


def read_delimited(path: Path, layout: DelimitedFormat, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The rows of a delimited file; with `limit` those of about its first `limit` bytes."""
    lines = read_lines(path, layout.encoding, limit=limit)
    filled = np.flatnonzero(lines.ends > lines.starts)
    if not len(filled):
        columns = layout.columns or reading.contract.columns()
        return reading.finish(empty_table(columns), [], ["the file is empty"])
    columns, notes = layout.columns, []
    if layout.header:
        header = lines.text(int(filled[0]), limit=1 << 20)
        if UNDECODABLE in header:
            remedy = f"correct format.encoding in {reading.contract.path}"
            raise FeedError(f"the header is not {layout.encoding}", where=reading.file, remedy=remedy)
        columns = tuple(name.strip() for name in _split(header, layout))
        filled = filled[1:]
    notes = reading.check_columns(columns)
    table, rejected = _Parser(lines, layout, columns, reading).parse(filled)
    return reading.finish(table, rejected, notes)


def _split(line: str, layout: DelimitedFormat, *, quoted: bool = True) -> list[str]:
    """The fields of one row. An over-long or unclosed field is the caller's to judge."""
    if not quoted or layout.quote is None:
        return line.split(layout.delimiter)
    csv.field_size_limit(1 << 30)
    reader = csv.reader(
        io.StringIO(line, newline=""), delimiter=layout.delimiter, quotechar=layout.quote, doublequote=True
    )
    rows = list(reader)
    return rows[0] if len(rows) == 1 else []


@dataclass
class _Parser:
    lines: Lines
    layout: DelimitedFormat
    columns: tuple[str, ...]
    reading: Reading

    def __post_init__(self) -> None:
        self.rejected: list[Rejected] = []
        self.odd_rows: list[tuple[int, list[str]]] = []  # (line index, fields) parsed one by one

    def parse(self, filled: npt.NDArray[np.int64]) -> tuple[pa.Table, list[Rejected]]:
        """The rows on the lines with index `filled`."""
        plain = np.zeros(len(self.lines), np.bool_)
        plain[filled] = True
        self._set_aside_too_long(plain)
        self._set_aside_open_quotes(plain)
        table = self._parse_bulk(np.flatnonzero(plain))
        if self.odd_rows:
            table = pa.concat_tables([table, self._odd_table()]).sort_by(LINE)
        return table, self.rejected

    def _set_aside_too_long(self, plain: Mask) -> None:
        """A line longer than all its fields may be together holds a field that is too long."""
        most = (self.reading.max_field_bytes + 3) * len(self.columns)
        for index in np.flatnonzero(plain & (self.lines.ends - self.lines.starts > most)):
            plain[index] = False
            detail = f"a field longer than {self.reading.max_field_bytes} bytes"
            start = self.lines.text(int(index), limit=1 << 16)
            self._reject(int(index), "field_too_long", detail, start.split(self.layout.delimiter)[:-1])

    def _set_aside_open_quotes(self, plain: Mask) -> None:
        """Lines with an odd number of quotes: one row over several lines, or a stray quote."""
        quote = self.layout.quote
        if quote is None or quote.encode() not in self.lines.data:
            return
        odd = np.flatnonzero(plain & (self._count(quote) % 2 == 1))
        own_rows = self._count(self.layout.delimiter) == len(self.columns) - 1
        at = 0
        while at < len(odd):
            first = int(odd[at])
            last = int(odd[at + 1]) if at + 1 < len(odd) else first
            if self._joins(first, last, own_rows):
                plain[first : last + 1] = False
                at += 2
                continue
            plain[first] = False
            self._take_single(first, bool(own_rows[first]))
            at += 1

    def _joins(self, first: int, last: int, own_rows: Mask) -> bool:
        if not first < last <= first + MAX_JOINED_LINES or (own_rows[first : last + 1].all() and len(self.columns) > 1):
            return False
        fields = _split(self.lines.text(first, last=last), self.layout)
        if len(fields) != len(self.columns):
            return False
        self.odd_rows.append((first, fields))
        return True

    def _take_single(self, index: int, own_row: bool) -> None:
        fields = _split(self.lines.text(index), self.layout, quoted=False)
        if own_row:
            self.odd_rows.append((index, fields))
        else:
            self._reject(index, "columns", f"a quote that is not closed; {len(self.columns)} columns expected", fields)

    def _count(self, character: str) -> npt.NDArray[np.int64]:
        """How often a character is on each line."""
        places = np.flatnonzero(np.frombuffer(self.lines.data, np.uint8) == ord(character))
        return np.searchsorted(places, self.lines.ends) - np.searchsorted(places, self.lines.starts)

    def _parse_bulk(self, indexes: npt.NDArray[np.int64]) -> pa.Table:
        if not len(indexes):
            return empty_table(self.columns)
        bad: list[int] = []

        def refuse(row: pyarrow.csv.InvalidRow) -> str:
            index = int(indexes[row.number - 1])
            bad.append(row.number - 1)
            self._refuse_columns(index, row.actual_columns)
            return "skip"

        body = self._body(indexes)
        longest = int((self.lines.ends - self.lines.starts)[indexes].max()) + 2
        table = parse_text(
            body, self.columns, delimiter=self.layout.delimiter, quote=self.layout.quote, longest=longest, refuse=refuse
        )
        kept = np.delete(indexes, bad) if bad else indexes
        if table.num_rows != len(kept):  # cannot be; a wrong line number would be worse than a stopped source
            raise FeedError(f"{table.num_rows} rows on {len(kept)} lines", where=self.reading.file)
        return table.append_column(LINE, pa.array(kept + 1, pa.int64()))

    def _refuse_columns(self, index: int, found: int) -> None:
        last = index == len(self.lines) - 1 and not self.lines.complete
        few = found < len(self.columns)
        fields = self.lines.text(index, limit=1 << 16).split(self.layout.delimiter)
        detail = f"{found} columns, expected {len(self.columns)}"
        self._reject(index, "truncated" if last and few else "columns", detail, fields)

    def _reject(self, index: int, reason: str, detail: str, fields: list[str]) -> None:
        quote = self.layout.quote or ""
        key = self.reading.key_of(self.columns, [field.strip().strip(quote) for field in fields])
        self.rejected.append(Rejected(index + 1, reason, detail, self.lines.text(index, limit=1 << 14), key))

    def _body(self, indexes: npt.NDArray[np.int64]) -> bytes:
        """The text of some lines, as few slices as there are runs of neighbouring lines."""
        breaks = np.flatnonzero(np.diff(indexes) != 1)
        firsts = indexes[np.concatenate([[0], breaks + 1])]
        lasts = indexes[np.concatenate([breaks, [len(indexes) - 1]])]
        pairs = zip(self.lines.starts[firsts].tolist(), self.lines.ends[lasts].tolist(), strict=True)
        return b"\n".join([self.lines.data[start:end] for start, end in pairs])

    def _odd_table(self) -> pa.Table:
        fields = zip(*(row for _, row in self.odd_rows), strict=True)
        arrays = [pa.array([text or None for text in column], pa.string()) for column in fields]
        lines = pa.array([index + 1 for index, _ in self.odd_rows], pa.int64())
        return pa.table([*arrays, lines], names=[*self.columns, LINE])


def parse_text(
    body: bytes,
    columns: tuple[str, ...],
    *,
    delimiter: str,
    quote: str | None,
    longest: int,
    refuse: object,
) -> pa.Table:
    """UTF-8 rows as a table of text, "" as null; `refuse` hears of each row with another number of columns.

    One thread: only then does Arrow number the rows.
    """
    names = [f"c{number}" for number in range(len(columns))]  # a header may name a column twice
    table = pyarrow.csv.read_csv(
        pa.py_buffer(body),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=max(1 << 24, longest)
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter,
            quote_char=quote or False,
            newlines_in_values=False,
            ignore_empty_lines=False,
            invalid_row_handler=refuse,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )  # fmt: skip
    return table.rename_columns(list(columns))
