"""A quarantined row, corrected: its values go the way of one record (`mdm.live`), or it stays and says why."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import Taken
from mdm.live.orders import Order, Writer, Written
from mdm.live.write import put_record
from mdm.party import MAPPED
from mdm.store import quarantine

LONGEST_KEY = 200  # characters; what `expectations.suites.MAX_KEY_LENGTH` allows a row of a night
_OF_THE_ROW = ("system", "local_id", "deleted", "file", "line", "row_hash", "changed_at")
COLUMNS = tuple(name for name in MAPPED.names if name not in _OF_THE_ROW)


def mapped_of(content: str | None) -> dict[str, Any]:
    """What is known of a row's values (columns of MAPPED): nothing of one that no reader could read."""
    try:
        found = orjson.loads(content or "")
    except orjson.JSONDecodeError:
        return {}
    if isinstance(found, dict) and isinstance(found.get("original"), str):  # it was cleansed before it failed
        found = {**mapped_of(found["original"]), "party": found.get("party")}
    return {name: found[name] for name in COLUMNS if found.get(name)} if isinstance(found, dict) else {}


def faults_of(local_id: str, mapped: Mapping[str, Any]) -> list[str]:
    """What the source gate would say of a row with these values, by the names of its expectations."""
    said = (
        ("missing_key", not local_id),
        ("key_length", len(local_id) > LONGEST_KEY),
        ("key_characters", any(unicodedata.category(each) == "Cc" for each in local_id)),
        ("party_unknown", mapped.get("party") not in ("person", "organisation")),
        ("no_content", not any(value for name, value in mapped.items() if name in _CONTENT)),
    )
    return [name for name, wrong in said if wrong]


_CONTENT = frozenset(
    {name for name in COLUMNS if name.startswith("name_")}
    | {"organisation_name", "identifiers", "phones", "emails", "address", "accounts", "subscriptions", "attributes"}
)


def write_corrected(
    writer: Writer, row: Mapping[str, Any], local_id: str, mapped: Mapping[str, Any], order: Order,
    note: Callable[[sa.Connection, Written], None],
) -> Written:  # fmt: skip
    """Write a row that waits as the record of a key, and close it, in one transaction.

    Raises Taken when it does not wait any more, Refused as `put_record`; then it stays.
    """

    def noted(connection: sa.Connection, written: Written) -> None:
        if not quarantine.close_row(connection, row["quarantine_id"], f"api:{order.actor}"):
            words = f"quarantined row {row['quarantine_id']} does not wait any more"
            raise Taken(words, holder=None, remedy="Look at its record.")
        note(connection, written)

    return put_record(writer, row["system"], local_id, mapped, replace(order, note=noted))
