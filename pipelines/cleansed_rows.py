"""What cleansing makes of the first rows of a feed, value by value: original, cleansed, mark and reason side by side.

Each value goes through its cleanser alone, so that a remark stands beside the value that it is about. A number that
nobody is shown (`mdm.registry.concealing`) is hidden as delivered and as cleansed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from mdm.cleanse.countries import country_code
from mdm.cleanse.own_placeholders import remark, without_placeholders
from mdm.cleanse.parts import LIST_PARTS, SCALAR_PARTS, ListPart, ScalarPart
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import VALID, CleanseContext, Issue, mark_of
from mdm.registry.concealing import HIDDEN, Beside, is_never_shown

_NAMES, _ADDRESS = SCALAR_PARTS[0], next(part for part in SCALAR_PARTS if "dwelling_key" in part.outputs)
_LISTS = ("identifiers", "phones", "emails", "subscriptions")  # of other lists cleansing only trims the text
_NOT_SHOWN = ("party", "given_native", "family_native")


@dataclass(frozen=True)
class CleansedValue:
    """One value of one record. mark: valid | repaired | suspicious | unreadable; reason: why, empty when valid."""

    line: int | None
    record: str | None
    attribute: str
    original: str
    cleansed: str
    mark: str
    reason: str


def cleansed_values(mapped: pa.Table, context: CleanseContext) -> tuple[CleansedValue, ...]:
    """Every value of the records of `mapped` (MAPPED) that has something to cleanse, in their order."""
    return tuple(value for row in mapped.to_pylist() for value in _of_record(row, context))


def is_secret(identifier: Mapping[str, Any], record: Mapping[str, Any], region: str) -> bool:
    """Whether nobody is shown an identifier (of MAPPED), by what it was meant to be."""
    home = country_code((record.get("address") or {}).get("country"))
    beside = Beside(record.get("party"), {region, home or region})
    return is_never_shown(identifier["type"], identifier["country"], identifier["value"], beside)


def _of_record(row: Mapping[str, Any], context: CleanseContext) -> Iterator[CleansedValue]:
    read, taken = (row, []) if context.own is None else without_placeholders(row, context.own)
    values = [value for part in SCALAR_PARTS for value in _scalar(part, row, read, taken, context)]
    values += [value for part in LIST_PARTS if part.column in _LISTS for value in _list(part, row, read, context)]
    yield from _with_remarks(values, cleanse_record(row, context=context)["issues"] or ())


def _scalar(
    part: ScalarPart,
    row: Mapping[str, Any],
    read: Mapping[str, Any],
    taken: Sequence[Issue],
    context: CleanseContext,
) -> Iterator[CleansedValue]:
    """`read`: the row without own placeholders; `taken`: what was said of these."""
    delivered = {name.rpartition(".")[2]: _field(row, name) for name in part.inputs}
    given = {name: str(value) for name, value in delivered.items() if value is not None and name not in _NOT_SHOWN}
    if not given:
        return
    values, issues = part.cleanse(tuple(_field(read, name) for name in part.inputs), context)
    issues = (*(issue for issue in taken if issue.attribute in part.inputs), *issues)
    found = dict(zip((name.rpartition(".")[2] for name in part.outputs), values or (), strict=True))
    if part is _NAMES:
        label = "organisation_name" if row["party"] == "organisation" else "name"
    else:
        label = "address" if part is _ADDRESS else part.outputs[0]
    yield _value(row, label, _joined(given), _joined(found), issues)


def _list(
    part: ListPart, row: Mapping[str, Any], read: Mapping[str, Any], context: CleanseContext
) -> Iterator[CleansedValue]:
    record = tuple(_field(row, name) for name in part.record_inputs)
    for element, left in zip(row[part.column] or (), read[part.column] or (), strict=True):
        given = {name: str(element[name]) for name in part.inputs if element[name] is not None}
        values, issues = part.cleanse((*(left[name] for name in part.inputs), *record), context)
        if left != element:
            issues = (remark(part.column), *issues)
        found = dict(zip(part.outputs, values or (), strict=False))
        kind = given.pop("type", None)
        found.pop("type", None)
        label = part.column if kind is None else f"{part.column}.{kind}"
        if part.column == "identifiers":
            secret = is_secret(element, row, context.region)
            issuer = f" ({found['issuer']})" if found.get("issuer") else ""
            text = "" if not values else (HIDDEN if secret else str(found["value"])) + issuer
            yield _value(row, label, HIDDEN if secret else given.get("value", ""), text, issues)
        elif given:
            yield _value(row, label, _joined(given), _joined(found), issues)


def _value(row: Mapping[str, Any], label: str, given: str, found: str, issues: Sequence[Issue]) -> CleansedValue:
    reason = "; ".join(dict.fromkeys(issue.reason for issue in issues))
    return CleansedValue(row["line"], row["local_id"], label, given, found, mark_of(issues), reason)


def _with_remarks(values: list[CleansedValue], issues: Sequence[Mapping[str, str]]) -> Iterator[CleansedValue]:
    """The values, with remarks that hold several of them against each other beside the first that they are about."""
    said = {reason for value in values for reason in value.reason.split("; ")}
    for issue in issues:
        place = next((at for at, value in enumerate(values) if _is_about(issue["attribute"], value)), None)
        if issue["reason"] not in said and place is not None and issue["mark"] in ("suspicious", "unreadable"):
            value = values[place]
            words = "; ".join(filter(None, (value.reason, issue["reason"])))
            mark = value.mark if value.mark not in (VALID, "repaired") else issue["mark"]
            values[place] = replace(value, mark=mark, reason=words)
    yield from values


def _is_about(attribute: str, value: CleansedValue) -> bool:
    return attribute == value.attribute or attribute.startswith(f"{value.attribute}.")


def _field(row: Mapping[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = row.get(outer)
    return value.get(inner) if inner and value is not None else value


def _joined(parts: Mapping[str, Any]) -> str:
    """The parts of a value with their names; a value of one part, or of a line of text alone, without."""
    kept = {
        name.removeprefix("name_").removeprefix("organisation_"): str(value)
        for name, value in parts.items()
        if value is not None and not name.endswith("_key") and name not in _NOT_SHOWN
    }
    if len(kept) > 1 and len(set(kept) - {"text", "country"}) > 0:
        kept.pop("text", None)
    return ", ".join(f"{name} {value}" for name, value in kept.items()) if len(kept) > 1 else "".join(kept.values())
