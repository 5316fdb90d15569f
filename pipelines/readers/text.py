"""Bytes of a text feed, in any encoding that Python decodes, as UTF-8 lines.

Bytes that do not decode do not stop the reading: each becomes a Unicode noncharacter (which no real text holds), goes
through the parser in its field, and sends only its own row to quarantine afterwards. So do NUL bytes.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mdm.errors import FeedError

UNDECODABLE = "\ufdd0"
NUL = "\0"
PIECE = 1 << 24  # bytes decoded at a time: bounds the memory of wide Python strings

Offsets = npt.NDArray[np.int64]


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, max(error.end, error.start + 1)


codecs.register_error("mdm-mark", _mark)


@dataclass(frozen=True)
class Lines:
    """UTF-8 text and where its lines start and end (line ends not included); line n is at index n - 1."""

    data: bytes
    starts: Offsets
    ends: Offsets
    complete: bool  # the last line has its line end

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, index: int, *, last: int | None = None, limit: int = 1 << 30) -> str:
        """Line `index` (through line `last`) as text."""
        start, end = int(self.starts[index]), int(self.ends[index if last is None else last])
        return self.data[start : min(end, start + limit)].decode(errors="replace")


def read_bytes(path: Path, *, limit: int | None = None) -> bytes:
    """The bytes of a file, unpacked when it is gzip; with `limit` only its beginning. Raises FeedError."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read() if limit is None else file.read(limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FeedError(
            f"not a complete gzip file: {error}", where=str(path), remedy="have it delivered again"
        ) from error
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror or error}", where=str(path)) from error


def decode(data: bytes, encoding: str) -> bytes:
    """`data` as UTF-8 with marks, without byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="mdm-mark")
    pieces = [decoder.decode(data[at : at + PIECE]).encode() for at in range(0, len(data), PIECE)]
    pieces.append(decoder.decode(b"", True).encode())
    return b"".join(pieces).removeprefix("\ufeff".encode())


def split_lines(text: bytes) -> Lines:
    r"""Lines end with \n, \r\n, or (where the file has no \n at all) \r or NEL; other \r become blanks."""
    text = _unix_line_ends(text)
    newlines = np.flatnonzero(np.frombuffer(text, np.uint8) == 10).astype(np.int64)
    complete = text.endswith(b"\n") or not text
    ends = newlines if complete else np.append(newlines, len(text))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else ends
    return Lines(text, starts, ends, complete)


def read_lines(path: Path, encoding: str, *, limit: int | None = None) -> Lines:
    """The decoded lines of a file. With `limit`, about its first `limit` bytes, cut after a whole line."""
    data = read_bytes(path, limit=limit)
    lines = split_lines(decode(data, encoding))
    if limit is not None and len(data) == limit and len(lines) > 1 and not lines.complete:
        return Lines(lines.data[: int(lines.ends[-2]) + 1], lines.starts[:-1], lines.ends[:-1], True)
    return lines


def readable(text: str) -> str:
    """Text with the marks shown as the replacement character."""
    return text.replace(UNDECODABLE, "\ufffd").replace(NUL, "\u2400")


def _unix_line_ends(text: bytes) -> bytes:
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if b"\n" not in text:
        return text.replace(b"\r", b"\n").replace("\x85".encode(), b"\n")
    return text.replace(b"\r", b" ") if b"\r" in text else text
