"""Tiny factories for the store's tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def records(*record_ids: int, **changes: Any) -> pa.Table:
    """Records `r<id>` of system `crm`."""
    rows = [
        {
            "record_id": number, "system": "crm", "local_id": f"r{number}", "incarnation": 1, "party": "person",
            "role": "customer", "status": "accepted", "content_hash": number, "extracted_at": LONG_AGO,
            "changed_at": None, "run_id": "run1", "cleansed": '{"n":1}', "original": '{"N":"1"}',
            **changes,
        }
        for number in record_ids
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=RECORD)


RECORD = pa.schema(
    [
        ("record_id", pa.int64()), ("system", pa.string()), ("local_id", pa.string()), ("incarnation", pa.int32()),
        ("party", pa.string()), ("role", pa.string()), ("status", pa.string()), ("content_hash", pa.int64()),
        ("extracted_at", pa.timestamp("us", "UTC")), ("changed_at", pa.timestamp("us", "UTC")), ("run_id", pa.string()),
        ("cleansed", pa.string()), ("original", pa.string()),
    ]
)  # fmt: skip


def pairs(*ends: tuple[int, int], weight: float | Mapping[tuple[int, int], float] = 5.0) -> pa.Table:
    """Stored pairs between record ids."""
    rows = [
        {
            "left_id": min(two), "right_id": max(two), "party": "person",
            "weight": weight if isinstance(weight, float) else weight[two],
            "levels": [2, 0], "evidence": [7.25, -2.25], "model_id": "m1",
        }
        for two in ends
    ]  # fmt: skip
    schema = pa.schema(
        [
            ("left_id", pa.int64()), ("right_id", pa.int64()), ("party", pa.string()), ("weight", pa.float64()),
            ("levels", pa.list_(pa.int16())), ("evidence", pa.list_(pa.float64())), ("model_id", pa.string()),
        ]
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema)


def customer(pin: str, issued: int = 1, **changes: Any) -> dict[str, Any]:
    """One state of a PIN."""
    return {
        "pin": pin, "party": "person", "status": "active", "redirect_to": None, "merged_into": None,
        "founder_record_id": issued, "issued": issued, "run_id": "run1", **changes,
    }  # fmt: skip


def xref(record_id: int, pin: str, **changes: Any) -> dict[str, Any]:
    """The cross-reference of record `r<id>`."""
    return {
        "system": "crm", "local_id": f"r{record_id}", "incarnation": 1, "record_id": record_id, "pin": pin,
        "home": pin, "run_id": "run1", **changes,
    }  # fmt: skip


def table(*rows: Mapping[str, Any], **types: pa.DataType) -> pa.Table:
    """Rows as an Arrow table; `types` for columns that are null throughout."""
    names: Sequence[str] = list(rows[0])
    arrays = {name: pa.array([row[name] for row in rows], type=types.get(name)) for name in names}
    texts = {name: array.cast(pa.string()) if pa.types.is_null(array.type) else array for name, array in arrays.items()}
    return pa.table(texts)
