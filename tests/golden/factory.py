"""Tiny rows of `CLEANSED`, for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from mdm.party import CLEANSED

EXTRACTED = datetime(2026, 11, 1, tzinfo=UTC)
BUSINESS_DATE = date(2026, 11, 22)


def record(system: str = "crm", local_id: str = "1", **given: Any) -> dict[str, Any]:
    """A cleansed customer record of a person; everything not given is null."""
    row: dict[str, Any] = dict.fromkeys(CLEANSED.names)
    return row | {
        "system": system, "local_id": local_id, "party": "person", "role": "customer", "extracted_at": EXTRACTED,
    } | given  # fmt: skip


def on(text: str) -> datetime:
    """Midnight UTC of an ISO date."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def phone(number: str, valid_from: str | None = None, valid_to: str | None = None) -> dict[str, Any]:
    return {"number": number, "valid_from": _day(valid_from), "valid_to": _day(valid_to)}


def address(text: str, valid_from: str | None = None, valid_to: str | None = None, **parts: str) -> dict[str, Any]:
    names = [field.name for field in CLEANSED.field("address").type]
    return dict.fromkeys(names) | {"text": text, "valid_from": _day(valid_from), "valid_to": _day(valid_to)} | parts


def cleansed(records: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(records), schema=CLEANSED)


def membership(customers: Mapping[str, Sequence[dict[str, Any]]]) -> pa.Table:
    rows = [(r["system"], r["local_id"], pin) for pin, records in customers.items() for r in records]
    names = ("system", "local_id", "pin")
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
