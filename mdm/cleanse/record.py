"""One record: a MAPPED row as a dict to a CLEANSED row as a dict. The batch path gives the same values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdm.cleanse.originals import original_text
from mdm.cleanse.own_placeholders import without_placeholders
from mdm.cleanse.parts import COPIED, LIST_PARTS, SCALAR_PARTS, ListPart, ScalarPart
from mdm.cleanse.values import CleanseContext, Issue
from mdm.party import CLEANSED


def cleanse_record(mapped: Mapping[str, Any], *, context: CleanseContext) -> dict[str, Any]:
    """A record with every value typed, normalised or None, its keys for matching, its issues and its originals.

    `mapped` has the columns of MAPPED (missing ones count as None); never raises on values of those types.
    """
    found: dict[str, Any] = {name: mapped.get(name) for name in COPIED}
    found |= {
        "role": context.role,
        "content_hash": mapped.get("row_hash"),
        "extracted_at": context.extracted_at,
        "original": original_text(mapped),
    }
    issues: list[Issue] = []
    if context.own is not None:
        mapped, issues = without_placeholders(mapped, context.own)
    for scalar in SCALAR_PARTS:
        issues += _apply_scalar(scalar, mapped, found, context)
    for part in LIST_PARTS:
        issues += _apply_list(part, mapped, found, context)
    found["issues"] = [
        {"attribute": issue.attribute, "mark": issue.mark, "reason": issue.reason} for issue in issues
    ] or None
    return {name: found[name] for name in CLEANSED.names}


def _field(mapped: Mapping[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = mapped.get(outer)
    return value.get(inner) if inner and value is not None else value


def _apply_scalar(
    part: ScalarPart, mapped: Mapping[str, Any], found: dict[str, Any], context: CleanseContext
) -> tuple[Issue, ...]:
    values, issues = part.cleanse(tuple(_field(mapped, name) for name in part.inputs), context)
    address: dict[str, Any] = {}
    for name, value in zip(part.outputs, values or (), strict=True):
        outer, _, inner = name.partition(".")
        (address if inner else found)[inner or outer] = value
    if address:
        found["address"] = address if any(value is not None for value in address.values()) else None
    return issues


def _apply_list(
    part: ListPart, mapped: Mapping[str, Any], found: dict[str, Any], context: CleanseContext
) -> list[Issue]:
    """Elements in their order, dropped ones and exact repeats left out; None when nothing is left."""
    kept: dict[tuple[Any, ...], None] = {}
    issues: list[Issue] = []
    record = tuple(_field(mapped, name) for name in part.record_inputs)
    for element in mapped.get(part.column) or ():
        if part.inputs:
            values = tuple((element or {}).get(name) for name in part.inputs)
        else:
            values = (element,)
        cleansed, remarks = part.cleanse((*values, *record), context)
        issues += remarks
        if cleansed is not None:
            kept[cleansed] = None
    found[part.column] = [
        dict(zip(part.outputs, values, strict=True)) if part.outputs else values[0] for values in kept
    ] or None
    return issues
