"""Placeholders of one workspace taken out of a whole table; each different text is looked at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.distinct import NO_ISSUES, encode
from mdm.cleanse.own_placeholders import ADDRESS, LISTS, NAMES, TEXTS, OwnPlaceholders, is_nothing, remark

Remarks = list[tuple[np.ndarray, pa.Array]]  # rows, and a remark for each


def without_placeholders_table(mapped: pa.Table, own: OwnPlaceholders) -> tuple[pa.Table, Remarks]:
    """MAPPED without them, and the remarks: `own_placeholders.without_placeholders` of a table."""
    remarks: Remarks = []
    for name in TEXTS:
        column = _array(mapped, name)
        hit = _hits(column, lambda text, whole=name in NAMES: own.is_text(text, name=whole))  # type: ignore[misc]
        mapped = _replaced(mapped, name, _blank(column, hit))
        _note(remarks, name, np.flatnonzero(hit))
    address = _array(mapped, "address")
    fields = {field.name: pc.struct_field(address, field.name) for field in address.type}
    for name in ADDRESS:
        hit = _hits(fields[name], lambda text: own.is_text(text, name=False))
        fields[name] = _blank(fields[name], hit)
        _note(remarks, f"address.{name}", np.flatnonzero(hit))
    made = pa.StructArray.from_arrays(list(fields.values()), fields=list(address.type), mask=address.is_null())
    mapped = _replaced(mapped, "address", made)
    for name in LISTS:
        mapped = _list(mapped, name, own, remarks)
    return mapped, remarks


def _list(mapped: pa.Table, name: str, own: OwnPlaceholders, remarks: Remarks) -> pa.Table:
    column = _array(mapped, name)
    elements = column.flatten()
    fields = {field.name: pc.struct_field(elements, field.name) for field in elements.type}
    hit = _hits(fields["value"], lambda text: is_nothing(name, text, own))
    if not hit.any():
        return mapped
    fields["value"] = _blank(fields["value"], hit)
    _note(remarks, name, pc.list_parent_indices(column).to_numpy(zero_copy_only=False)[hit])
    values = pa.StructArray.from_arrays(list(fields.values()), fields=list(elements.type), mask=elements.is_null())
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    made = pa.ListArray.from_arrays(offsets, values, type=column.type, mask=column.is_null())
    return _replaced(mapped, name, made)


def _hits(column: pa.Array, says_nothing: Callable[[str], bool]) -> np.ndarray:
    distinct = encode([column])
    of_text = [text is not None and says_nothing(text) for text in distinct.values[0].to_pylist()]
    assert distinct.codes is not None
    return np.array(of_text, dtype=bool)[distinct.codes.to_numpy()] if len(column) else np.zeros(0, dtype=bool)


def _blank(column: pa.Array, hit: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(hit), pa.scalar(None, column.type), column) if hit.any() else column


def _note(remarks: Remarks, attribute: str, rows: np.ndarray) -> None:
    if len(rows):
        issue = remark(attribute)
        said = {"attribute": issue.attribute, "mark": issue.mark, "reason": issue.reason}
        remarks.append((rows, pa.array([said] * len(rows), NO_ISSUES.type.value_type)))


def _array(mapped: pa.Table, name: str) -> pa.Array:
    column = mapped.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _replaced(mapped: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return mapped.set_column(mapped.schema.get_field_index(name), mapped.schema.field(name), column)
