"""`mdm check`: what the next run would read, map and reject, from the contracts and the first rows; writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from mdm.cleanse.values import CleanseContext
from mdm.contracts import SourceContract, load_contracts
from mdm.contracts.vocabulary import ADDRESS_KEYS, TEXT_KEYS
from mdm.errors import FeedError
from mdm.registry.concealing import HIDDEN
from mdm.settings import Settings
from pipelines.cleansed_rows import CleansedValue, cleansed_values, is_secret
from pipelines.landing import Delivery, control_problems, find_deliveries
from pipelines.mapping import describe_mapping, map_rows
from pipelines.readers import RawRows, read_first_rows

ROWS = 20
SAMPLES = 3


@dataclass(frozen=True)
class MappedColumn:
    """One canonical key: the source columns behind it, in how many rows it has a value, and some of the values."""

    key: str
    columns: str
    filled: int
    samples: tuple[str, ...]


@dataclass(frozen=True)
class RejectedRow:
    """A row that the run would send to quarantine."""

    line: int
    reason: str
    detail: str


@dataclass(frozen=True)
class DeliveryReport:
    """What one file says; `problem` when it cannot be read at all, which would stop its source.

    cleansed: what cleansing makes of every value of the first rows.
    """

    name: str
    extracted_at: dt.datetime
    size: int
    rows: int = 0
    records: int = 0
    mapped: tuple[MappedColumn, ...] = ()
    cleansed: tuple[CleansedValue, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class SourceReport:
    """What the run would find of one source. No delivery: the feed is missing."""

    source: str
    contract: str
    deliveries: tuple[DeliveryReport, ...] = ()
    problem: str | None = None
    mapping: tuple[tuple[str, str], ...] = field(default=())

    @property
    def problems(self) -> list[str]:
        """Everything that would stop the source."""
        found = [self.problem, *(delivery.problem for delivery in self.deliveries)]
        return [problem for problem in found if problem is not None]


def check_workspace(settings: Settings, *, rows: int = ROWS) -> list[SourceReport]:
    """One report per source contract, by source. Raises ConfigError when contracts or own placeholders are wrong."""
    _ = settings.own_placeholders
    return [_check_source(contract, settings, rows) for contract in load_contracts(settings.sources)]


def _check_source(contract: SourceContract, settings: Settings, rows: int) -> SourceReport:
    mapping = tuple(describe_mapping(contract))
    try:
        deliveries = find_deliveries(contract, settings.landing)
    except FeedError as error:
        return SourceReport(contract.source, contract.path, problem=str(error), mapping=mapping)
    reports = tuple(_check_delivery(delivery, contract, settings, rows) for delivery in deliveries)
    missing = None if reports else f"no file matches {', '.join(contract.files)} in {settings.landing}"
    return SourceReport(contract.source, contract.path, reports, missing, mapping)


def _check_delivery(delivery: Delivery, contract: SourceContract, settings: Settings, rows: int) -> DeliveryReport:
    seen = (delivery.name, delivery.extracted_at, delivery.size)
    try:
        raw = read_first_rows(delivery, contract, rows, max_field_bytes=settings.gates.max_field_bytes)
        mapped = map_rows(raw.table, contract, file=delivery.name)
    except FeedError as error:
        return DeliveryReport(*seen, problem=str(error))
    context = CleanseContext(
        region=contract.region or settings.cleanse.region,
        area_code=contract.area_code,
        role=contract.role,
        extracted_at=delivery.extracted_at,
        own=settings.own_placeholders,
    )
    return DeliveryReport(
        *seen,
        rows=raw.rows_read,
        records=mapped.num_rows,
        mapped=tuple(_mapped_columns(contract, mapped, context.region)),
        cleansed=cleansed_values(mapped, context),
        rejected=tuple(_rejected(raw, mapped)),
        notes=tuple(raw.notes),
        problem="; ".join(control_problems(delivery)) or None,
    )


def _rejected(raw: RawRows, mapped: pa.Table) -> Iterator[RejectedRow]:
    """Rows that could not be read, and records without a key or a party."""
    for row in raw.quarantined.to_pylist():
        yield RejectedRow(row["line"], row["reason"], row["detail"])
    for row in mapped.select(["line", "local_id", "party"]).to_pylist():
        if row["local_id"] is None:
            yield RejectedRow(row["line"], "missing_key", "a column of the key is empty")
        elif row["party"] is None:
            yield RejectedRow(row["line"], "unknown_party", "the code is not in party.values")


def _mapped_columns(contract: SourceContract, mapped: pa.Table, region: str) -> Iterator[MappedColumn]:
    rows = mapped.to_pylist()
    for described, columns in describe_mapping(contract):
        record, _, key = described.rpartition(": ")
        own = [row for row in rows if (row["local_id"] or "").partition("#")[2] == record]
        values = [text for row in own if (text := _value(row, key, region)) is not None]
        yield MappedColumn(described, columns, len(values), tuple(dict.fromkeys(values))[:SAMPLES])


def _value(row: dict[str, Any], key: str, region: str) -> str | None:
    """The text of one described key in a mapped row."""
    if key in ADDRESS_KEYS:
        return _entry_or_none((row["address"] or {}).get(ADDRESS_KEYS[key]))
    group, _, part = key.partition(".")
    value = row["local_id" if key == "key" else TEXT_KEYS.get(key, group)]
    if not isinstance(value, list):
        return _entry_or_none(value)
    label = {"identifiers": "type", "attributes": "name"}.get(group)
    items = [item for item in value if label is None or item[label] == part]
    if group == "identifiers":
        items = [{"value": HIDDEN} if is_secret(item, row, region) else item for item in items]
    return "; ".join(_entry(item) for item in items) or None


def _entry_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _entry(item: dict[str, str | None] | str) -> str:
    if isinstance(item, str):
        return item
    if "value" in item:
        return str(item["value"])
    return ", ".join(f"{name} {text}" for name, text in item.items() if text is not None)
