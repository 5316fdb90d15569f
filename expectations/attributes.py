"""The attributes of a source over time: how often each is empty, unreadable, or one and the same value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from expectations.measures import any_filled
from expectations.suites import MAX_UNREADABLE_SHARE, Check, attribute_checks

if TYPE_CHECKING:
    from mdm.contracts import SourceContract

MIN_ROWS = 100
"""Below this many records a share says too little to be held against other nights."""

MAX_FILL_DROP = 0.2
"""An attribute may lose a fifth of the records, or half of its usual share if it is rare, before people are told."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name_given", "name_family", "name_former", "given_native", "family_native"),
    "organisation": ("organisation_name",),
    "birth_date": ("birth_date",),
    "death_date": ("death_date",),
    "sex": ("sex",),
    "identifiers": ("identifiers",),
    "phones": ("phones",),
    "emails": ("emails",),
    "address": ("address",),
    "accounts": ("accounts",),
    "subscriptions": ("subscriptions",),
}
"""Attribute -> columns of CLEANSED; filled when any of them is. Attributes are the groups of a contract's `trust`."""

_ONE_VALUE: dict[str, str] = {
    "name": "family_key",
    "organisation": "organisation_key",
    "birth_date": "birth_date",
    "identifiers": "identifiers.value",
    "phones": "phones.number",
    "emails": "emails.address",
    "address": "place_key",
}
"""Attribute -> what has many values in any real feed; when it has one, a column was filled with a constant."""

Trend = Mapping[str, Sequence[float]]
"""Figure ("null_share.phones") -> its values in the last runs, see `expectations.report.trend_of`."""


def attribute_of(column: str) -> str | None:
    """The attribute that a column or an issue belongs to: name_given, address.postcode, identifiers.passport."""
    if column in COLUMNS:
        return column
    prefix = column.replace(".", "_").split("_")[0]
    return prefix if prefix in COLUMNS else None


def mapped_attributes(contract: SourceContract) -> tuple[str, ...]:
    """The attributes that a contract maps, in the order of `COLUMNS`."""
    fields = contract.map
    lists = ("address", "identifiers", "phones", "emails", "accounts", "subscriptions")
    found = {attribute_of(column) for column in fields.texts} | {name for name in lists if getattr(fields, name)}
    if "name" in found and contract.party.party != "person":
        found.add("organisation")
    return tuple(name for name in COLUMNS if name in found)


def attribute_figures(cleansed: pa.Table, attributes: Sequence[str]) -> dict[str, float | None]:
    """null_share, unreadable_share and constant of each attribute; None where there are too few records to say."""
    unreadable = _unreadable(cleansed)
    figures: dict[str, float | None] = {}
    size = cleansed.num_rows
    for name in attributes:
        filled = any_filled([cleansed[column] for column in COLUMNS[name]], size)
        lost = unreadable.get(name, pa.array([], pa.int64()))
        count, failed = pc.sum(filled).as_py() or 0, len(lost)
        delivered = count + failed - (pc.sum(filled.take(lost)).as_py() or 0)
        figures[f"null_share.{name}"] = 1 - count / size if size >= MIN_ROWS else None
        figures[f"unreadable_share.{name}"] = failed / delivered if delivered >= MIN_ROWS else None
        figures[f"constant.{name}"] = _constant(cleansed, name) if count >= MIN_ROWS else None
    return figures


def attribute_limits(attributes: Sequence[str], trend: Trend) -> dict[str, float]:
    """What the figures are held against; without earlier runs nothing is a drift."""
    limits = {"max_unreadable_share": MAX_UNREADABLE_SHARE}
    for name in attributes:
        if empty := trend.get(f"null_share.{name}"):
            usual = 1 - fmean(empty)
            limits[f"null_share_{name}"] = 1 - max(usual - MAX_FILL_DROP, usual / 2)
        if constant := trend.get(f"constant.{name}"):
            limits[f"constant_{name}"] = float(any(constant))
    return limits


def checks_of(attributes: Sequence[str], trend: Trend) -> tuple[Check, ...]:
    """The checks of a source's attributes.

    An attribute that could be read in the last runs and no longer can stops the source: its column or format changed.
    On a first load it is only shown: poor data (invented phone numbers, say) is no reason to go without the customers.
    """
    checks: list[Check] = []
    for name in attributes:
        before = trend.get(f"unreadable_share.{name}", ())
        readable = len(before) > 0 and fmean(before) <= MAX_UNREADABLE_SHARE
        checks += attribute_checks(name, unreadable="batch" if readable else "trend")
    return tuple(checks)


def mark_figures(cleansed: pa.Table, attributes: Sequence[str]) -> dict[tuple[str, str], float]:
    """(suspicious_share or repaired_share, attribute) -> share of the records with such a value, where some have."""
    size = cleansed.num_rows
    if size < MIN_ROWS:
        return {}
    found: dict[tuple[str, str], float] = {}
    for mark in ("suspicious", "repaired"):
        rows = _marked(cleansed, mark)
        found |= {(f"{mark}_share", name): len(rows[name]) / size for name in attributes if name in rows}
    return found


def _unreadable(cleansed: pa.Table) -> dict[str, pa.Array]:
    """Attribute -> positions of the records of which a value could not be read. Placeholders ("N/A") count as empty."""
    return _marked(cleansed, "unreadable")


def _marked(cleansed: pa.Table, said: str) -> dict[str, pa.Array]:
    """Attribute -> positions of the records of which cleansing `said` so of a value, other than of a placeholder."""
    column = cleansed["issues"].combine_chunks()
    issues = pc.list_flatten(column)
    attribute, mark, reason = (pc.struct_field(issues, name) for name in ("attribute", "mark", "reason"))
    wanted = pc.and_(pc.equal(mark, said), pc.invert(pc.starts_with(reason, "placeholder")))
    rows = pc.list_parent_indices(column).filter(wanted)
    attribute = attribute.filter(wanted).dictionary_encode()
    groups = pa.array([attribute_of(name) for name in attribute.dictionary.to_pylist()], pa.string())
    of_row = groups.take(attribute.indices)
    return {name: rows.filter(pc.equal(of_row, name)).unique() for name in groups.drop_null().unique().to_pylist()}


def _constant(cleansed: pa.Table, name: str) -> float | None:
    """1.0 when every filled value is the same, 0.0 when not, None for an attribute that may well be constant."""
    path = _ONE_VALUE.get(name)
    if path is None:
        return None
    column, _, field = path.partition(".")
    values = cleansed[column]
    if field:
        values = pc.struct_field(pc.list_flatten(values), field)
    values = values.drop_null()
    return float(pc.all(pc.equal(values, values[0])).as_py()) if len(values) else None
