"""What every reader hands over: the rows it could read, and the rows it could not with the reason."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts import SourceContract
from mdm.errors import FeedError
from mdm.party import QUARANTINE
from pipelines.readers.text import NUL, UNDECODABLE, readable

LINE = "_line"
CONTENT_LIMIT = 4000
# Above this share of rows with undecodable bytes the declared encoding is taken to be wrong.
WRONG_ENCODING_SHARE = 0.5


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read. `reason` is a code; `local_id` its key where that could be read."""

    line: int
    reason: str
    detail: str
    content: str
    local_id: str | None = None


@dataclass(frozen=True)
class RawRows:
    """`table`: every source column as text (lists of text for JSON arrays) and `_line`; `quarantined`: QUARANTINE.

    `rows_read` counts data rows: always `table.num_rows + quarantined.num_rows`. `notes` are for people.
    """

    table: pa.Table
    quarantined: pa.Table
    rows_read: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """What a reader needs to know: the contract, the file's name for messages and tables, the longest field."""

    contract: SourceContract
    file: str
    max_field_bytes: int

    def check_columns(self, names: Sequence[str]) -> list[str]:
        """Notes about columns that nobody asked for. Raises FeedError when columns of the contract are missing."""
        wanted = self.contract.columns()
        missing = [name for name in wanted if name not in names]
        if missing:
            raise FeedError(
                f"missing columns: {', '.join(_with_nearest(name, names) for name in missing)}",
                where=self.file,
                remedy=f"the file has {', '.join(names) or 'no columns'}; correct the file or {self.contract.path}",
            )
        twice = [name for name in wanted if list(names).count(name) > 1]
        if twice:
            raise FeedError(f"columns that the header names twice: {', '.join(twice)}", where=self.file)
        unused = [name for name in names if name not in wanted]
        return [f"columns that the contract does not use: {', '.join(unused)}"] if unused else []

    def key_of(self, columns: Sequence[str], values: Sequence[str]) -> str | None:
        """The key at its usual place in a row that has a column too many or too few, if there is text.

        A quarantined row keeps its record from being deleted, so a likely key is better than none.
        """
        by_name = dict(zip(columns, values, strict=False))
        parts = [readable(by_name.get(name, "")).strip() for name in self.contract.key]
        return "-".join(parts) if all(parts) else None

    def finish(self, table: pa.Table, rejected: list[Rejected], notes: list[str]) -> RawRows:
        """Sends rows with undecodable bytes, NUL bytes or over-long fields to quarantine and closes the books.

        Raises FeedError when most rows hold undecodable bytes: then it is the encoding that is wrong.
        """
        table, bad = self._split_unreadable(table)
        rejected = sorted([*rejected, *bad], key=lambda row: row.line)
        total = table.num_rows + len(rejected)
        broken = sum(row.reason == "encoding" for row in rejected)
        if total and broken > WRONG_ENCODING_SHARE * total:
            encoding = getattr(self.contract.format, "encoding", "?")
            raise FeedError(
                f"{broken} of {total} rows are not {encoding}",
                where=self.file,
                remedy=f"correct format.encoding in {self.contract.path}",
            )
        return RawRows(table, self._quarantine(rejected), total, notes)

    def _split_unreadable(self, table: pa.Table) -> tuple[pa.Table, list[Rejected]]:
        reasons: dict[int, tuple[str, str]] = {}
        for name in table.column_names:
            if name != LINE:
                self._unreadable_values(name, table.column(name), reasons)
        if not reasons:
            return table, []
        rows = sorted(reasons)
        bad = table.take(pa.array(rows))
        rejected = [
            self._rejected(row, *reasons[index]) for index, row in zip(rows, bad.to_pylist(), strict=True)
        ]  # fmt: skip
        keep = pc.invert(pc.is_in(pa.array(range(table.num_rows)), value_set=pa.array(rows)))
        return table.filter(keep), rejected

    def _unreadable_values(self, name: str, column: pa.ChunkedArray, reasons: dict[int, tuple[str, str]]) -> None:
        texts, rows = column, None
        if pa.types.is_list(column.type):
            texts, rows = pc.list_flatten(column), pc.list_parent_indices(column)
        tests = []
        if _holds(texts, UNDECODABLE):
            tests.append((pc.match_substring(texts, UNDECODABLE), "encoding", f"{name}: bytes that do not decode"))
        if _holds(texts, NUL):
            tests.append((pc.match_substring(texts, NUL), "nul", f"{name}: NUL bytes"))
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > self.max_field_bytes:
            expected = f"{name}: longer than {self.max_field_bytes} bytes"
            tests.append((pc.greater(pc.binary_length(texts), self.max_field_bytes), "field_too_long", expected))
        for mask, reason, detail in tests:
            if pc.any(mask).as_py():
                at = pc.indices_nonzero(pc.fill_null(mask, False))
                for index in (at if rows is None else rows.take(at)).to_pylist():
                    reasons.setdefault(index, (reason, detail))

    def _rejected(self, row: dict[str, object], reason: str, detail: str) -> Rejected:
        texts = {name: _as_text(value) for name, value in row.items() if name != LINE}
        content = "|".join(text[:CONTENT_LIMIT] for text in texts.values())
        key = [texts.get(name, "").strip() for name in self.contract.key]
        plain = all(key) and not any(UNDECODABLE in part or NUL in part for part in key)
        return Rejected(int(str(row[LINE])), reason, detail, content, "-".join(key) if plain else None)

    def _quarantine(self, rejected: list[Rejected]) -> pa.Table:
        return pa.table(
            {
                "system": pa.array([self.contract.source] * len(rejected), pa.string()),
                "local_id": pa.array([row.local_id for row in rejected], pa.string()),
                "file": pa.array([self.file] * len(rejected), pa.string()),
                "line": pa.array([row.line for row in rejected], pa.int64()),
                "reason": pa.array([row.reason for row in rejected], pa.string()),
                "detail": pa.array([row.detail for row in rejected], pa.string()),
                "content": pa.array([readable(row.content)[:CONTENT_LIMIT] for row in rejected], pa.string()),
            },
            schema=QUARANTINE,
        )


def text_table(columns: Iterable[str], arrays: Iterable[pa.Array], lines: pa.Array) -> pa.Table:
    """A table of text columns and their line numbers."""
    return pa.table([*arrays, lines], names=[*columns, LINE])


def empty_table(columns: Iterable[str]) -> pa.Table:
    """No rows of these text columns."""
    return pa.schema([*((name, pa.string()) for name in columns), (LINE, pa.int64())]).empty_table()


def _holds(texts: pa.ChunkedArray | pa.Array, sign: str) -> bool:
    """Whether a sign may be in a column: one search through its bytes, without looking at the rows."""
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    buffers = (chunk.buffers()[2] for chunk in chunks if len(chunk))
    return any(buffer is not None and sign.encode() in buffer.to_pybytes() for buffer in buffers)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _with_nearest(name: str, names: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    return f"{name} (nearest: {folded[near[0]]})" if near else name
