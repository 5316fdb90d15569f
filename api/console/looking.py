"""What the page of a task shows beside its evidence: other records of the customers; names, trust and age."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from api.console.compared import MOST_RECORDS, record_column
from mdm.registry.views import name_of as name_of_customer
from mdm.settings import Settings
from mdm.stewardship import tasks
from mdm.stewardship.queue import Task
from mdm.stewardship.tasks import Opened
from mdm.store import lookups


def look_at(connection: sa.Connection, task: Task, settings: Settings) -> tuple[Opened, list[dict[str, Any]]]:
    """A task, and the other records of the customers whose the two are."""
    opened = tasks.open_task(connection, task, settings)
    return opened, columns_of(connection, pins_of(opened), [side.record for side in opened.sides])


def pins_of(opened: Opened) -> list[str]:
    """The PINs of both sides."""
    return [side.customer.pin for side in opened.sides if side.customer is not None]


def columns_of(connection: sa.Connection, pins: list[str], first: list[str]) -> list[dict[str, Any]]:
    """The other records of both customers, as many as there is room for."""
    found: dict[int, str] = {}
    for pin in dict.fromkeys(pins):
        for row in lookups.records_of_pin(connection, pin):
            if f"{row['system']}:{row['local_id']}" not in first:
                found[row["record_id"]] = pin
    chosen = list(found)[: MOST_RECORDS - len(first)]
    versions = lookups.versions_of(connection, chosen)
    return [record_column(versions[number], found[number]) for number in chosen if number in versions]


def name_of(cleansed: Mapping[str, Any]) -> str | None:
    """The name of a record as people write it."""
    native = (cleansed.get("family_native") or "") + (cleansed.get("given_native") or "")
    parts = {part: cleansed.get(f"name_{part}") for part in ("given", "middle", "family")}
    return native or name_of_customer({"value": parts}, None) or cleansed.get("organisation_name")


def trust_of(contracts: Mapping[str, Any], record: str) -> int | None:
    contract = contracts.get(record.partition(":")[0])
    return None if contract is None else contract.trust.default


def age_of(moment: datetime | None, today: date) -> tuple[str, int] | None:
    """How old, by the business date, in the unit that people would use: days, months or years, and how many."""
    if moment is None:
        return None
    days = max((today - moment.astimezone(UTC).date()).days, 0)
    return ("days", days) if days < 60 else ("months", days * 12 // 365) if days < 730 else ("years", days // 365)
