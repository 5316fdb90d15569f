"""A table of records: every cleanser runs once per distinct value, the results are joined back columnar.

The parts and their order are those of `mdm.cleanse.parts`, as in `mdm.cleanse.record`; a property test holds both
paths equal for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.distinct import NO_ISSUES, Distinct, encode
from mdm.cleanse.originals import original_column
from mdm.cleanse.own_placeholders_columns import without_placeholders_table
from mdm.cleanse.parts import COPIED, LIST_PARTS, SCALAR_PARTS, ListPart, ScalarPart
from mdm.cleanse.values import CleanseContext
from mdm.cleanse.workers import Result, Workers
from mdm.party import CLEANSED, MAPPED, empty

_Issues = list[tuple[np.ndarray, pa.Array]]  # per part: row of each issue, and the issues


def cleanse_batch(
    mapped: pa.Table,
    *,
    context: CleanseContext,
    connection: duckdb.DuckDBPyConnection | None = None,
    processes: int = 2,
    workers: Workers | None = None,
) -> pa.Table:
    """CLEANSED of a MAPPED table, rows in the same order.

    `connection`: DuckDB connection for the JSON of the originals (an own one in memory by default); `processes`:
    how many processes share the distinct values of a part, when there are many; `workers`: processes that other
    batches use as well, instead of own ones, which take a second to start.
    """
    if workers is None:
        with Workers(processes) as own:
            return start_batch(mapped, context=context, connection=connection, workers=own)()
    return start_batch(mapped, context=context, connection=connection, workers=workers)()


def start_batch(
    mapped: pa.Table,
    *,
    context: CleanseContext,
    workers: Workers,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Callable[[], pa.Table]:
    """Starts every part of `cleanse_batch`; what comes back waits for them and joins the table.

    So that the workers have something to do while this process joins one batch and prepares the next.
    """
    mapped = mapped.cast(MAPPED)
    if mapped.num_rows == 0:
        return lambda: empty(CLEANSED)
    mapped = mapped.combine_chunks()
    delivered = mapped
    remarks: _Issues = []
    if context.own is not None:
        mapped, remarks = without_placeholders_table(mapped, context.own)
    started = [_start_scalar(part, index, mapped, context, workers) for index, part in enumerate(SCALAR_PARTS)]
    lists = [_start_list(part, index, mapped, context, workers) for index, part in enumerate(LIST_PARTS)]
    columns = _copied(mapped, context)
    columns["original"] = original_column(delivered, connection)
    return lambda: _joined(columns, started, lists, mapped.num_rows, remarks)


def _joined(
    columns: dict[str, pa.Array], scalars: Sequence[_Work], lists: Sequence[_Work | None], size: int, remarks: _Issues
) -> pa.Table:
    """CLEANSED of what the parts found; `remarks` come before theirs."""
    issues = list(remarks)
    for scalar, scalar_work in zip(SCALAR_PARTS, scalars, strict=True):
        columns |= _scalar(scalar, scalar_work, issues)
    for part, work in zip(LIST_PARTS, lists, strict=True):
        columns[part.column] = _list(part, work, size, issues)
    columns["issues"] = _join_issues(issues, size)
    return pa.table([columns[name] for name in CLEANSED.names], schema=CLEANSED)


def _copied(mapped: pa.Table, context: CleanseContext) -> dict[str, pa.Array]:
    columns = {name: mapped.column(name) for name in COPIED}
    columns["content_hash"] = mapped.column("row_hash")
    columns["role"] = pa.repeat(pa.scalar(context.role, pa.string()), mapped.num_rows)
    instant = CLEANSED.field("extracted_at").type
    columns["extracted_at"] = pa.repeat(pa.scalar(context.extracted_at, instant), mapped.num_rows)
    return columns


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _column(mapped: pa.Table, name: str) -> pa.Array:
    """A column of MAPPED; "address.x" is field x of the address."""
    outer, _, inner = name.partition(".")
    column = _whole(mapped.column(outer))
    return pc.struct_field(column, inner) if inner else column


@dataclass(frozen=True, slots=True)
class _Work:
    """A part at work: its distinct values, the row of every element, and how to wait for its outputs."""

    distinct: Distinct
    rows: np.ndarray
    wait: Callable[[], Result]


def _start_scalar(part: ScalarPart, index: int, mapped: pa.Table, context: CleanseContext, workers: Workers) -> _Work:
    distinct = _to_read(part, [_column(mapped, name) for name in part.inputs])
    return _Work(distinct, np.arange(mapped.num_rows), workers.run("scalar", index, distinct.values, context))


def _start_list(
    part: ListPart, index: int, mapped: pa.Table, context: CleanseContext, workers: Workers
) -> _Work | None:
    """None where no row has an element."""
    column = _whole(mapped.column(part.column))
    rows = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    if len(rows) == 0:
        return None
    elements = column.flatten()
    inputs = [pc.struct_field(elements, name) for name in part.inputs] if part.inputs else [elements]
    inputs += [_column(mapped, name).take(pa.array(rows)) for name in part.record_inputs]
    distinct = _to_read(part, inputs)
    return _Work(distinct, rows, workers.run("list", index, distinct.values, context))


def _to_read(part: ScalarPart | ListPart, columns: list[pa.Array]) -> Distinct:
    """Each combination once; or all rows, where most will be read as whole columns, which costs less than to sort."""
    return Distinct(columns, None) if part.ordinary is not None else encode(columns)


def _scalar(part: ScalarPart, work: _Work, issues: _Issues) -> dict[str, pa.Array]:
    outputs, _, remarks = work.wait()
    distinct = work.distinct
    _note(issues, remarks, distinct, work.rows)
    columns: dict[str, pa.Array] = {}
    fields: list[pa.Array] = []
    for name, values in zip(part.outputs, outputs, strict=True):
        taken = distinct.spread(values)
        if "." in name:
            fields.append(taken)
        else:
            columns[name] = taken
    if fields:
        columns["address"] = _struct(fields, CLEANSED.field("address").type)
    return columns


def _struct(fields: list[pa.Array], kind: pa.DataType) -> pa.Array:
    """A struct array, null where all fields are."""
    missing = fields[0].is_null()
    for field in fields[1:]:
        missing = pc.and_(missing, field.is_null())
    return pa.StructArray.from_arrays(fields, fields=list(kind), mask=missing)


def _list(part: ListPart, work: _Work | None, length: int, issues: _Issues) -> pa.Array:
    kind = CLEANSED.field(part.column).type
    if work is None:
        return pa.nulls(length, kind)
    outputs, kept, remarks = work.wait()
    distinct, rows = work.distinct, work.rows
    _note(issues, remarks, distinct, rows)
    outputs = [distinct.spread(values) for values in outputs]
    chosen = np.flatnonzero(distinct.spread(kept))
    chosen = chosen[_first_of_each(rows[chosen], [values.take(pa.array(chosen)) for values in outputs])]
    taken = outputs if len(chosen) == len(rows) else [values.take(pa.array(chosen)) for values in outputs]
    values = pa.StructArray.from_arrays(taken, fields=list(kind.value_type)) if part.outputs else taken[0]
    return _lists(rows[chosen], values, length, kind)


def _first_of_each(rows: np.ndarray, values: list[pa.Array]) -> np.ndarray:
    """Positions of the first element of each value of each row, in order; `rows` ascend."""
    again = rows[1:] == rows[:-1]
    crowd = np.append(again, False) | np.append(False, again)  # elements that do not stand alone in their row
    if not again.any():
        return np.arange(len(rows))
    several = np.flatnonzero(crowd)
    codes = encode([column.take(pa.array(several)) for column in values]).codes
    assert codes is not None
    _, first = np.unique(rows[several] * len(several) + codes.to_numpy(), return_index=True)
    alone = ~crowd
    alone[several[first]] = True
    return np.flatnonzero(alone)


def _lists(rows: np.ndarray, values: pa.Array, length: int, kind: pa.DataType) -> pa.Array:
    """Lists per row from elements in the order of `rows`; null where a row has none."""
    counts = np.bincount(rows, minlength=length)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind, mask=pa.array(counts == 0))


def _note(issues: _Issues, remarks: pa.Array, distinct: Distinct, rows: np.ndarray) -> None:
    """Adds the issues of a part: those of each distinct value, for every row that holds it."""
    if remarks.null_count == len(remarks):
        return
    lists = distinct.spread(remarks)
    hit = np.flatnonzero(lists.is_valid())
    lists = lists.take(pa.array(hit))
    issues.append((rows[hit][pc.list_parent_indices(lists).to_numpy()], lists.flatten()))


def _join_issues(issues: _Issues, length: int) -> pa.Array:
    """One list of issues per row, in the order of the parts."""
    if not issues:
        return pa.nulls(length, NO_ISSUES.type)
    rows = np.concatenate([found for found, _ in issues])
    order = np.argsort(rows, kind="stable")
    values = pa.concat_arrays([found for _, found in issues]).take(pa.array(order))
    return _lists(rows[order], values, length, NO_ISSUES.type)
