"""From rows to bytes: what the file of a delivery looks like. The same rows and contract give the same bytes.

Text formats are laid out in columns by DuckDB; the lines of a portion lie side by side in one buffer, which is encoded
at once.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mdm.contracts.target_model import TargetColumn, TargetContract
from mdm.errors import MdmError
from mdm.sync.characters import family_of, length_of
from mdm.sync.made import content_columns

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a zip archive
_CORE = (
    '<?xml version="1.0" encoding="UTF-8"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
    'metadata/core-properties"/>'
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one delivery are written."""

    contract: TargetContract
    number: int

    def write(self, portions: Iterable[pa.Table], out: BinaryIO) -> int:
        """Write portions of rows (key, action, pin, moved_from, attempt, content), in order; how many there were."""
        kind = self.contract.format.type
        with duckdb.connect(config={"threads": 2}) as scratch:
            cells = (self._cells(portion, scratch) for portion in portions if portion.num_rows)
            if kind == "parquet":
                return self._parquet(cells, out)
            if kind == "excel":
                return self._excel(cells, out)
            try:
                return self._text(cells, out, scratch)
            except duckdb.InvalidInputException as error:  # of `_fitting`
                raise MdmError(
                    str(error).removeprefix("Invalid Input Error: "), where=self.contract.path,
                    remedy="Make the column as wide as its longest value: nothing of a key, code or date is cut off.",
                ) from error  # fmt: skip

    # -- cells: every column as text -----------------------------------------------------------------------------------

    def _cells(self, rows: pa.Table, scratch: duckdb.DuckDBPyConnection) -> pa.Table:
        """A text per column and row, null where there is nothing: codes, dates and facts of the row written out."""
        scratch.register("rows", rows)
        selected = ", ".join(f"{text} AS x{place}" for place, text in enumerate(self._texts()))
        found = scratch.sql(
            f"SELECT {selected} FROM (SELECT *, string_split(content, chr(31)) AS c FROM rows)"
        ).to_arrow_table()
        scratch.unregister("rows")
        return found

    def _texts(self) -> Iterator[str]:
        places = {column.name: place for place, column in enumerate(content_columns(self.contract), 1)}
        of_row = {
            "key": "key", "pin": "pin", "action": "action", "moved_from": "moved_from",
            "repeat": "CASE WHEN attempt > 1 THEN '1' END", "delivery": f"'{self.number}'",
        }  # fmt: skip
        for column in self.contract.columns:
            yield _written(of_row.get(column.value) or f"nullif(c[{places.get(column.name)}], '')", column)

    # -- text formats --------------------------------------------------------------------------------------------------

    def _text(self, cells: Iterator[pa.Table], out: BinaryIO, scratch: duckdb.DuckDBPyConnection) -> int:
        layout = self.contract.format
        encoder = codecs.getincrementalencoder(layout.encoding)()
        if layout.type == "delimited" and layout.header:
            names = pa.table({f"x{n}": [column.name] for n, column in enumerate(self.contract.columns)})
            out.write(self._encoded(self._lines(names, scratch), encoder))
        rows = 0
        for table in cells:
            out.write(self._encoded(self._lines(table, scratch), encoder))
            rows += table.num_rows
        return rows

    def _lines(self, cells: pa.Table, scratch: duckdb.DuckDBPyConnection) -> pa.ChunkedArray:
        layout = self.contract.format
        if layout.type == "fixed_width" and family_of(layout.encoding) == "other":
            cells = self._padded_singly(cells)
        scratch.register("cells", cells)
        names = [column.name for column in self.contract.columns]
        if layout.type == "json_lines":
            members = ", ".join(f"{_quoted(name)}: x{place}" for place, name in enumerate(names))
            line = f"concat(to_json({{{members}}}), chr(10))"
        elif layout.type == "delimited":
            between = f", {_quoted(layout.delimiter)}, "
            line = f"concat({between.join(map(self._delimited, range(len(names))))}, {self._end})"
        else:
            line = f"concat({', '.join(self._padded(n, c) for n, c in enumerate(self.contract.columns))}, {self._end})"
        found = scratch.sql(f"SELECT {line} AS line FROM cells").to_arrow_table()["line"]
        scratch.unregister("cells")
        return found

    @property
    def _end(self) -> str:
        return "chr(13), chr(10)" if self.contract.format.line_end == "\r\n" else "chr(10)"

    def _delimited(self, place: int) -> str:
        layout, text = self.contract.format, f"coalesce(x{place}, '')"
        if layout.quote is None:
            return text
        quote = _quoted(layout.quote)
        special = "[" + "".join(f"\\x{{{ord(letter):X}}}" for letter in f"{layout.delimiter}{layout.quote}\r\n") + "]"
        twice = f"concat({quote}, replace(x{place}, {quote}, {quote} || {quote}), {quote})"
        return f"CASE WHEN regexp_matches(x{place}, '{special}') THEN {twice} ELSE {text} END"

    def _padded(self, place: int, column: TargetColumn) -> str:
        """A text filled with blanks up to the width; longer ones were cut when the row was made."""
        text, width = f"coalesce(x{place}, '')", column.width or 1
        layout = self.contract.format
        if family_of(layout.encoding) == "other":
            return text
        more = f"strlen({text}) - length({text})"  # bytes beyond one for each letter
        if layout.unit == "characters" or family_of(layout.encoding) == "single":
            more = "0"
        elif family_of(layout.encoding) == "double":
            more = f"length(regexp_replace({text}, '[\\x00-\\x7F]', '', 'g'))"
        full = f"rpad({text}, ({width} - ({more}))::INTEGER, ' ')"
        return f"CASE WHEN length({text}) + {more} > {width} THEN {_too_long(column)} ELSE {full} END"

    def _padded_singly(self, cells: pa.Table) -> pa.Table:
        """As `_padded`, value by distinct value: of encodings in which letters have different lengths."""
        for place, column in enumerate(self.contract.columns):
            coded = cells.column(place).combine_chunks().fill_null("").dictionary_encode()
            width, layout = column.width or 1, self.contract.format
            full = [text + " " * (width - length_of(text, layout)) for text in coded.dictionary.to_pylist()]
            if any(length_of(text, layout) > width for text in full):
                raise duckdb.InvalidInputException(_message(column))
            cells = cells.set_column(place, f"x{place}", pa.array(full, pa.string()).take(coded.indices))
        return cells

    def _encoded(self, lines: pa.ChunkedArray, encoder: codecs.IncrementalEncoder) -> bytes:
        """All lines, one after the other, in the target's encoding."""
        parts = []
        for chunk in lines.chunks:
            data = chunk.buffers()[2]
            if len(chunk) == 0 or data is None:
                continue
            offsets = memoryview(chunk.buffers()[1]).cast("q" if pa.types.is_large_string(chunk.type) else "i")
            text = data[offsets[chunk.offset] : offsets[chunk.offset + len(chunk)]].to_pybytes()
            parts.append(
                text if family_of(self.contract.format.encoding) == "utf-8" else self._encode(text.decode(), encoder)
            )
        return b"".join(parts)

    def _encode(self, text: str, encoder: codecs.IncrementalEncoder) -> bytes:
        encoding = self.contract.format.encoding
        try:
            return encoder.encode(text)
        except UnicodeEncodeError as error:
            line = text[: error.start].count("\n") + 1
            raise MdmError(
                f"a key or code, line {line}, has U+{ord(text[error.start]):04X}, which {encoding} cannot write",
                where=self.contract.path,
                remedy="Name another encoding, or other codes; values of customers are repaired by `unwritable:`.",
            ) from error

    # -- the others ----------------------------------------------------------------------------------------------------

    def _parquet(self, cells: Iterator[pa.Table], out: BinaryIO) -> int:
        names = [column.name for column in self.contract.columns]
        schema = pa.schema([(name, pa.string()) for name in names])
        rows = 0
        with pq.ParquetWriter(out, schema, compression="zstd") as writer:
            for table in cells:
                writer.write_table(table.rename_columns(names).cast(schema))
                rows += table.num_rows
        return rows

    def _excel(self, cells: Iterator[pa.Table], out: BinaryIO) -> int:
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet(self.contract.format.sheet)
        sheet.append([column.name for column in self.contract.columns])
        rows = 0
        for table in cells:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                sheet.append(row)
            rows += table.num_rows
        held = io.BytesIO()
        book.save(held)
        out.write(_timeless(held))
        return rows


def _timeless(workbook: BinaryIO) -> bytes:
    """The same workbook without the time at which it was written."""
    made = io.BytesIO()
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = _CORE.encode() if name == "docProps/core.xml" else old.read(name)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, content)
    return made.getvalue()


def _written(text: str, column: TargetColumn) -> str:
    """A value as the target writes it: its code, or its date."""
    if column.values is not None:
        cases = " ".join(f"WHEN {_quoted(value)} THEN {_or_null(code)}" for value, code in column.values.items())
        return f"CASE {text} {cases} ELSE {text if column.otherwise == 'keep' else 'NULL'} END"
    if column.format is not None:
        day = f"try_cast({text} AS DATE)"
        return f"CASE WHEN {day} IS NULL THEN {text} ELSE strftime({day}, {_quoted(column.format)}) END"
    return text


def _too_long(column: TargetColumn) -> str:
    return f"error({_quoted(_message(column))})"


def _message(column: TargetColumn) -> str:
    return f"a value of column {column.name} is longer than its width, {column.width}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _or_null(code: str | None) -> str:
    return "NULL" if code is None else _quoted(code)
