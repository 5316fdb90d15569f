"""A record on its way between CLEANSED and the JSON document that the store keeps: the row twin of a night's SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow as pa

from mdm.party import CLEANSED

# What the store keeps in columns of its own; the document has the rest, without nulls.
IN_COLUMNS = (
    "system", "local_id", "party", "role", "content_hash", "extracted_at", "changed_at", "original", "file", "line",
)  # fmt: skip
IN_DOCUMENT = tuple(name for name in CLEANSED.names if name not in IN_COLUMNS)


def to_document(cleansed: Mapping[str, Any]) -> str:
    """The JSON document of a CLEANSED row: nulls left out, but for those inside lists."""
    kept = {name: value for name in IN_DOCUMENT if (value := cleansed.get(name)) is not None}
    if "address" in kept:
        kept["address"] = {name: value for name, value in kept["address"].items() if value is not None}
    return orjson.dumps(kept).decode()


def from_document(text: str) -> dict[str, Any]:
    """The part of a CLEANSED row that `to_document` wrote: every name, None where there is no value."""
    found = orjson.loads(text)
    row = {name: found.get(name) for name in IN_DOCUMENT}
    for name, read in _READERS.items():
        if row[name] is not None:
            row[name] = read(row[name])
    return row


def from_version(version: Mapping[str, Any]) -> dict[str, Any]:
    """A CLEANSED row of a version as the store has it (its columns, and `cleansed`); file and line are not kept."""
    row = from_document(version["cleansed"])
    for name in IN_COLUMNS:
        row[name] = version.get(name)
    for name in ("extracted_at", "changed_at"):
        if isinstance(row[name], datetime):
            row[name] = row[name].astimezone(UTC)
    return row


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _reader(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What makes a JSON value a value of `kind`; None where it is one already."""
    if pa.types.is_date(kind):
        return _date
    if pa.types.is_struct(kind):
        return _object_reader(kind)
    if pa.types.is_list(kind):
        inner = _reader(kind.value_type)
        return None if inner is None else lambda items: [inner(item) for item in items]
    return None


def _object_reader(kind: pa.StructType) -> Callable[[Any], Any]:
    names = [field.name for field in kind]
    dates = [field.name for field in kind if pa.types.is_date(field.type)]

    def read(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        whole: dict[str, Any] = {name: value.get(name) for name in names}
        for name in dates:
            text = whole[name]
            if text is not None:
                whole[name] = date.fromisoformat(text)
        return whole

    return read


_READERS = {name: reader for name in IN_DOCUMENT if (reader := _reader(CLEANSED.field(name).type)) is not None}
