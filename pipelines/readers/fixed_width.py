"""Fixed-width records, cut by bytes (mainframe files, GBK) or by characters, without a loop over rows.

Cut by bytes, a separator is set between the columns while the text is still undecoded, so that the whole block decodes
at once and half a character at the end of a column is found there and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts import FixedWidthFormat
from mdm.errors import FeedError
from pipelines.readers.delimited import parse_text
from pipelines.readers.rows import LINE, RawRows, Reading, Rejected, empty_table
from pipelines.readers.text import decode, read_bytes, read_lines

SEPARATOR = "\x1f"
CHUNK = 1 << 16  # records cut at a time
# From this share of lines of one length on, another length is an error; below it, trailing blanks were cut off.
CONSTANT_SHARE = 0.9

Offsets = npt.NDArray[np.int64]


def read_fixed_width(path: Path, layout: FixedWidthFormat, reading: Reading, *, limit: int | None = None) -> RawRows:
    """The rows of a fixed-width file; with `limit` those of about its first `limit` bytes."""
    names = tuple(column.name for column in layout.columns)
    notes = reading.check_columns(names)
    cut = _cut_bytes if layout.unit == "bytes" else _cut_characters
    table, rejected = cut(path, layout, reading, limit)
    if not table.num_rows and not rejected:
        notes = ["the file is empty"]
    return reading.finish(table, rejected, notes)


@dataclass(frozen=True)
class _Records:
    """Where the records are, and the number of each."""

    starts: Offsets
    lengths: Offsets
    numbers: Offsets
    complete: bool


def _judge_lengths(records: _Records, layout: FixedWidthFormat) -> tuple[npt.NDArray[np.bool_], str]:
    """Which records have a length that they may have, and what was expected."""
    end = max(column.start + column.width - 1 for column in layout.columns)
    if layout.record_length is not None:
        return records.lengths == layout.record_length, f"{layout.record_length} {layout.unit}"
    lengths, counts = np.unique(records.lengths, return_counts=True)
    usual = int(lengths[counts.argmax()])
    if counts.max() >= CONSTANT_SHARE * len(records.lengths) and usual >= end:
        return records.lengths == usual, f"{usual} {layout.unit} as in most lines"
    return records.lengths <= max(end, usual), f"at most {end} {layout.unit}"


def _refused(records: _Records, at: int, expected: str, content: str, reading: Reading, names: list[str]) -> Rejected:
    """A record of a wrong length."""
    cut_off = at == len(records.starts) - 1 and not records.complete
    detail = f"a record of {records.lengths[at]}, expected {expected}"
    return Rejected(
        int(records.numbers[at]), "truncated" if cut_off else "columns", detail, content,
        reading.key_of(names, [content[c.start - 1 : c.start - 1 + c.width] for c in _columns(reading)]),
    )  # fmt: skip


def _columns(reading: Reading) -> tuple[pa.Field, ...]:
    layout = reading.contract.format
    assert isinstance(layout, FixedWidthFormat)
    return layout.columns


def _cut_bytes(
    path: Path, layout: FixedWidthFormat, reading: Reading, limit: int | None
) -> tuple[pa.Table, list[Rejected]]:
    data = read_bytes(path, limit=limit)
    if layout.encoding == "utf-8":
        data = data.removeprefix(b"\xef\xbb\xbf")
    records = _find_records(data, layout, reading, partial=limit is not None and len(data) == limit)
    names = [column.name for column in layout.columns]
    if not len(records.starts):
        return empty_table(names), []
    good, expected = _judge_lengths(records, layout)
    rejected = []
    for at in np.flatnonzero(~good):
        start = int(records.starts[at])
        content = decode(data[start : start + int(records.lengths[at])], layout.encoding).decode()
        rejected.append(_refused(records, int(at), expected, content, reading, names))
    kept = _Records(records.starts[good], records.lengths[good], records.numbers[good], True)
    bytes_ = np.frombuffer(data, np.uint8)
    tables = [
        _cut_block(bytes_, kept, slice(at, at + CHUNK), layout, reading, rejected)
        for at in range(0, len(kept.starts), CHUNK)
    ]
    return pa.concat_tables(tables) if tables else empty_table(names), rejected


def _find_records(data: bytes, layout: FixedWidthFormat, reading: Reading, *, partial: bool) -> _Records:
    """Records of one length without line ends where the contract says so and the bytes agree, else lines."""
    length = layout.record_length
    ends = _line_end_bytes(layout, reading)
    if length is not None and (len(data) <= length or data[length] not in ends):
        count = len(data) // length if partial else -(-len(data) // length)
        starts = np.arange(count, dtype=np.int64) * length
        lengths = np.minimum(length, len(data) - starts)
        skip = 1 if layout.header else 0
        return _Records(starts[skip:], lengths[skip:], np.arange(1, count + 1)[skip:], len(data) % length == 0)
    bytes_ = np.frombuffer(data, np.uint8)
    line_end = next((end for end in ends if end in data), ends[0])
    stops = np.flatnonzero(bytes_ == line_end).astype(np.int64)
    complete = not data or data[-1] == line_end
    if not complete and not partial:
        stops = np.append(stops, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1] + 1]) if len(stops) else stops
    lengths = stops - starts
    carriage = "\r".encode(layout.encoding)[0]
    has_return = (lengths > 0) & (bytes_[np.maximum(stops - 1, 0)] == carriage)
    lengths = lengths - (has_return & (line_end != carriage))
    numbers = np.arange(1, len(starts) + 1)
    wanted = lengths > 0
    if layout.header and wanted.any():
        wanted[int(wanted.argmax())] = False
    return _Records(starts[wanted], lengths[wanted], numbers[wanted], complete or partial)


def _line_end_bytes(layout: FixedWidthFormat, reading: Reading) -> list[int]:
    r"""The bytes that may end a line: \n, then \r and (EBCDIC) NEL."""
    ends = []
    for character in ("\n", "\r", "\x85"):
        try:
            encoded = character.encode(layout.encoding)
        except UnicodeEncodeError:
            continue
        if character != "\x85" or (layout.encoding.startswith("cp") and encoded == b"\x15"):
            ends.append(encoded)
    if any(len(end) != 1 for end in ends):
        raise FeedError(
            f"{layout.encoding} records cannot be cut by bytes", where=reading.file, remedy="unit: characters"
        )
    return [end[0] for end in ends]


def _cut_block(
    data: npt.NDArray[np.uint8],
    records: _Records,
    part: slice,
    layout: FixedWidthFormat,
    reading: Reading,
    rejected: list[Rejected],
) -> pa.Table:
    """The records of `part` as a table of text."""
    blank, newline, separator = (text.encode(layout.encoding)[0] for text in (" ", "\n", SEPARATOR))
    starts, lengths, numbers = records.starts[part], records.lengths[part], records.numbers[part]
    width = max(column.start + column.width - 1 for column in layout.columns)
    block = _block(data, starts, lengths, width, blank)
    broken = ((block == newline) | (block == separator)).any(axis=1)
    rows = np.full((len(block), sum(column.width + 1 for column in layout.columns)), separator, np.uint8)
    at = 0
    for column in layout.columns:
        rows[:, at : at + column.width] = block[:, column.start - 1 : column.start - 1 + column.width]
        at += column.width + 1
    rows[:, -1] = newline
    names = tuple(column.name for column in layout.columns)
    for row in np.flatnonzero(broken):
        content = decode(block[row].tobytes(), layout.encoding).decode()
        rejected.append(Rejected(int(numbers[row]), "columns", "a line break or separator inside a record", content))
    if broken.any():
        rows, numbers = rows[~broken], numbers[~broken]
    if not len(rows):
        return empty_table(names)
    text = decode(rows.tobytes(), layout.encoding).replace(b"\r", b" ")
    table = parse_text(text, names, delimiter=SEPARATOR, quote=None, longest=4 * rows.shape[1], refuse=None)
    return _trimmed(table).append_column(LINE, pa.array(numbers, pa.int64()))


def _block(
    data: npt.NDArray[np.uint8], starts: Offsets, lengths: Offsets, width: int, blank: int
) -> npt.NDArray[np.uint8]:
    """The first `width` bytes of each record, one row per record; shorter records end in blanks."""
    strides = np.unique(np.diff(starts))
    if len(strides) == 1 and strides[0] >= width and int(lengths.min()) >= width:
        step = int(strides[0])
        first = data[int(starts[0]) :]
        return np.lib.stride_tricks.as_strided(first, (len(starts), width), (step, 1), writeable=False)
    places = np.arange(width)
    block: npt.NDArray[np.uint8] = data[np.minimum(starts[:, None] + places, len(data) - 1)]
    block[places >= lengths[:, None]] = blank
    return block


def _cut_characters(
    path: Path, layout: FixedWidthFormat, reading: Reading, limit: int | None
) -> tuple[pa.Table, list[Rejected]]:
    lines = read_lines(path, layout.encoding, limit=limit)
    names = [column.name for column in layout.columns]
    filled = np.flatnonzero(lines.ends > lines.starts)[1 if layout.header else 0 :]
    if not len(filled):
        return empty_table(names), []
    texts = pa.array([lines.text(int(index)) for index in filled], pa.large_string())
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    records = _Records(lines.starts[filled], lengths, filled + 1, lines.complete)
    good, expected = _judge_lengths(records, layout)
    rejected = [
        _refused(records, int(at), expected, texts[int(at)].as_py(), reading, names) for at in np.flatnonzero(~good)
    ]
    kept = texts.filter(pa.array(good))
    arrays = [
        pc.utf8_slice_codeunits(kept, column.start - 1, column.start - 1 + column.width).cast(pa.string())
        for column in layout.columns
    ]
    table = _trimmed(pa.table(arrays, names=names))
    return table.append_column(LINE, pa.array(records.numbers[good], pa.int64())), rejected


def _trimmed(table: pa.Table) -> pa.Table:
    """Columns without the blanks that fill them; nothing but blanks is null."""
    arrays = []
    for column in table.columns:
        text = pc.utf8_trim(column, " ")
        arrays.append(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))
    return pa.table(arrays, names=table.column_names)
