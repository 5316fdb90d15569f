"""Rows read as whole columns, and one by one."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from mdm.cleanse.parts import LIST_PARTS, SCALAR_PARTS
from mdm.cleanse.values import CleanseContext
from mdm.cleanse.workers import run_part

Rows = list[tuple[Any, ...]]


def columns_of(rows: Rows) -> list[pa.Array]:
    """The rows as columns of text."""
    return [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]


def assert_as_one_by_one(output: str, rows: Rows, context: CleanseContext) -> None:
    """The part that makes the column `output` says of whole columns what its cleanser says of each row."""
    lists = {part.column: at for at, part in enumerate(LIST_PARTS)}
    scalars = {name: at for at, part in enumerate(SCALAR_PARTS) for name in part.outputs}
    kind, index = ("list", lists[output]) if output in lists else ("scalar", scalars[output])
    part = LIST_PARTS[index] if kind == "list" else SCALAR_PARTS[index]
    outputs, kept, issues = run_part("list" if kind == "list" else "scalar", index, columns_of(rows), context)
    found = list(zip(*(column.to_pylist() for column in outputs), strict=True))
    assert len(found) == len(kept) == len(issues) == len(rows)
    for row, values, was_kept, said in zip(rows, found, kept.to_pylist(), issues.to_pylist(), strict=True):
        cleansed, remarks = part.cleanse(row, context)
        assert (values if was_kept else None) == cleansed
        assert [(one["attribute"], one["mark"], one["reason"]) for one in said or ()] == [
            (one.attribute, one.mark, one.reason) for one in remarks
        ]
