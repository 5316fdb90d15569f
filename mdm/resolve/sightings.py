"""Where and when a record places its customer: the input of dwellings and households."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mdm.party import ADDRESS
from mdm.resolve.roles import household_role

SIGHTINGS = pa.schema(
    [
        ("system", pa.string()),
        ("local_id", pa.string()),
        ("customer", pa.string()),  # PIN, or any other key of the customer that the record belongs to
        ("number_key", pa.string()),
        ("street_key", pa.string()),
        ("unit_key", pa.string()),
        ("place_key", pa.string()),
        ("postcode", pa.string()),
        ("locality", pa.string()),
        ("po_box", pa.string()),
        ("kind", pa.string()),  # dwelling | group_quarters | business | mailing; null = dwelling
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),  # first day on which it was no longer true
        ("changed_at", pa.timestamp("us", tz="UTC")),
        ("extracted_at", pa.timestamp("us", tz="UTC")),
        ("seen_at", pa.timestamp("us", tz="UTC")),  # last delivery that still had the record; null = not known
        ("family_key", pa.string()),
        ("former_key", pa.string()),
        ("role", pa.string()),  # one of `mdm.resolve.roles.ROLES`
    ]
)

# What households and legal entities read of a record, besides its key: nothing else of it can change them.
OF_HOUSEHOLDS = (
    "party", "extracted_at", "changed_at", "family_key", "former_key", "identifiers", "organisation_name",
    "organisation_key", "organisation_form", "address", "number_key", "street_key", "unit_key", "place_key",
    "household_role",
)  # fmt: skip
_COPIED = (
    "system", "local_id", "number_key", "street_key", "unit_key", "place_key", "changed_at", "extracted_at",
    "family_key", "former_key",
)  # fmt: skip
OF_FIRMS = ("identifiers", "organisation_name", "organisation_key", "organisation_form")  # among OF_HOUSEHOLDS
_OF_ADDRESS = ("postcode", "locality", "po_box", "kind", "valid_from", "valid_to")
_NARROW = pa.struct([ADDRESS.field(name) for name in _OF_ADDRESS])


def sightings_from_cleansed(cleansed: pa.Table, customers: pa.Array, seen_at: pa.Array | None = None) -> pa.Table:
    """The sightings of the people among `cleansed` (`CLEANSED`).

    `customers`: the customer of every row, null where it has none (the row is left out). `seen_at`: the last delivery
    that still had the record; without it nobody is ever thought to have left unseen. Records without an address count:
    they know surnames.
    """
    customers = pa.chunked_array(customers) if isinstance(customers, list) else customers
    columns = {name: cleansed[name] for name in _COPIED}
    columns |= {name: pc.struct_field(cleansed["address"], name) for name in _OF_ADDRESS}
    columns["customer"] = pc.cast(customers, pa.string())
    columns["seen_at"] = pa.nulls(len(cleansed), pa.timestamp("us", tz="UTC")) if seen_at is None else seen_at
    columns["role"] = _roles(_combined(cleansed["household_role"]))
    table = pa.table({name: columns[name] for name in SIGHTINGS.names}).cast(SIGHTINGS)
    return table.filter(pc.and_(pc.equal(cleansed["party"], "person"), pc.is_valid(table["customer"])))


def read_by_sightings(cleansed: pa.Table) -> pa.Table:
    """`cleansed` without what `sightings_from_cleansed` does not read of an address, and its columns about firms."""
    table = cleansed.drop_columns([name for name in OF_FIRMS if name in cleansed.column_names])
    place = table.column_names.index("address")
    return table.set_column(place, "address", pa.chunked_array(map(_narrowed, table["address"].chunks), _NARROW))


def _narrowed(address: pa.StructArray) -> pa.StructArray:
    parts = [address.field(name) for name in _OF_ADDRESS]
    return pa.StructArray.from_arrays(parts, fields=list(_NARROW), mask=address.is_null())


def _combined(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _roles(texts: pa.Array) -> pa.Array:
    """Canonical roles, one reading per distinct text."""
    coded = texts.dictionary_encode()
    known = pa.array([household_role(text) for text in coded.dictionary.to_pylist()], pa.string())
    return known.take(coded.indices)
