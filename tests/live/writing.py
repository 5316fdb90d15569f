"""Writing to a tiny workspace as a channel does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from mdm.contracts import load_contracts
from mdm.live.orders import Order, Writer, Written
from mdm.live.write import delete_record, put_record
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace


def writer_of(workspace: TinyWorkspace, database: Database) -> Writer:
    return Writer.of(database, workspace.settings, load_contracts(workspace.settings.sources))


def mapped_of(row: Mapping[str, str]) -> dict[str, Any]:
    """MAPPED of a tiny row, as its contract says."""
    address = {"street": row["STREET"] or None, "locality": row["CITY"] or None, "postcode": row["ZIP"] or None}
    return {
        "party": "person",
        "name_given": row["GIVEN"] or None,
        "name_family": row["FAMILY"] or None,
        "birth_date": row["BORN"] or None,
        "phones": [{"value": row["PHONE"], "valid_from": None, "valid_to": None}] if row["PHONE"] else None,
        "address": address if any(address.values()) else None,
        "identifiers": [{"type": "tax_number", "country": "US", "value": row["TAX"]}] if row["TAX"] else None,
    }


def put(writer: Writer, system: str, row: Mapping[str, str], **more: Any) -> Written:
    return put_record(writer, system, row["ID"], mapped_of(row), Order("a test", **more))


def delete(writer: Writer, system: str, key: str) -> Written:
    return delete_record(writer, system, key, Order("a test"))


AT = dt.datetime(2026, 4, 3, tzinfo=dt.UTC)
