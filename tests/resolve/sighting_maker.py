"""Sightings in a few words: `seen("ann", "12 river rd", ...)`."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pyarrow as pa

from mdm.resolve.sightings import SIGHTINGS

_ids = itertools.count()


def seen(customer: str, address: str = "12|river rd", *, on: str = "2020-04-01", **given: Any) -> dict[str, Any]:
    """One sighting. `address`: number|street|unit; the surname is the customer's name after the last blank."""
    number, street, unit = (*address.split("|"), "", "")[:3]
    day = dt.datetime.fromisoformat(on).replace(tzinfo=dt.UTC)
    row: dict[str, Any] = dict.fromkeys(SIGHTINGS.names)
    row |= {"system": "s", "local_id": f"{next(_ids):06d}", "customer": customer, "family_key": customer.split()[-1]}
    row |= {"number_key": number or None, "street_key": street or None, "unit_key": unit or None}
    row |= {"place_key": "kelso", "locality": "Kelso", "changed_at": day, "extracted_at": day, "seen_at": day}
    return row | given


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SIGHTINGS)
