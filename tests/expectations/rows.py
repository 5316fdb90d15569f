"""Tiny factories: `mapped({...})`, `cleansed({...})` fill in what a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mdm.contracts import SourceContract, load_contract
from mdm.party import CLEANSED, MAPPED, QUARANTINE

CONTRACT = """
source: mobile
party: person
role: {role}
files: mobile.csv
format: {{type: delimited}}
delivery: {delivery}
key: ID
map:
  name.full: NAME
  birth_date: BIRTH
  phones: PHONE
  identifiers.national_id: NID
"""


def contract(folder: Path, *, role: str = "customer", delivery: str = "full") -> SourceContract:
    """A real contract, read from a file."""
    path = folder / f"mobile_{role}_{delivery}.yaml"
    path.write_text(CONTRACT.format(role=role, delivery=delivery), encoding="utf-8")
    return load_contract(path)


def mapped(*rows: dict[str, Any]) -> pa.Table:
    """MAPPED rows: line n, key Cn, a person with a name, unless the row says otherwise."""
    return pa.Table.from_pylist([_mapped(number, row) for number, row in enumerate(rows, 1)], schema=MAPPED)


def _mapped(number: int, row: dict[str, Any]) -> dict[str, Any]:
    usual = {
        "system": "mobile",
        "local_id": f"C{number}",
        "party": "person",
        "deleted": False,
        "file": "mobile.csv",
        "line": number,
        "row_hash": hash((row.get("local_id"), row.get("name_full"), row.get("changed_at"))) % 2**62,
        "name_full": "Ann Lee",
    }
    return usual | row


def cleansed(*rows: dict[str, Any]) -> pa.Table:
    """CLEANSED records: key Cn, customer, a person with a name, unless the row says otherwise."""
    filled = [
        {
            "system": "mobile",
            "local_id": f"C{number}",
            "party": "person",
            "role": "customer",
            "file": "mobile.csv",
            "line": number,
            "name_given": "Ann",
            "family_key": f"lee{number}",
        }
        | row
        for number, row in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(filled, schema=CLEANSED)


def unreadable(*lines: int) -> pa.Table:
    """QUARANTINE rows that the reader could not read."""
    rows = [{"system": "mobile", "file": "mobile.csv", "line": line, "reason": "columns"} for line in lines]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)
