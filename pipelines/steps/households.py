"""Step 5, households: who lives together, and which organisations are one legal entity, under ids that last.

Out: ``households`` and ``memberships`` as the store takes them, ``ended`` (chi, pin, period). Built from all current
records, since a household may change without any of its own records: the store keeps only what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.resolve.households import HouseholdRules, build_households
from mdm.resolve.legal_entities import build_legal_entities, organisations_from_cleansed
from mdm.resolve.memberships import MEMBERSHIPS
from mdm.resolve.pins import mint_household_ids, mint_legal_entity_ids
from mdm.resolve.sightings import sightings_from_cleansed
from mdm.store import counters, customers, records
from mdm.store import households as store
from pipelines.context import Night
from pipelines.documents import component_sql, to_stored
from pipelines.steps.household_ids import identify_households

HOUSEHOLDS = pa.schema(
    [
        ("chi", pa.string()),
        ("kind", pa.string()),
        ("dwelling", pa.string()),
        ("doc", pa.string()),
        ("status", pa.string()),
        ("redirect_to", pa.string()),
        ("issued", pa.int64()),
    ]
)
STORED_MEMBERSHIPS = pa.schema(
    [
        ("chi", pa.string()),
        ("pin", pa.string()),
        ("period", pa.int32()),
        ("role", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("evidence", pa.string()),
    ]
)
ENDED = pa.schema([("chi", pa.string()), ("pin", pa.string()), ("period", pa.int32())])
# What households and legal entities read of a record.
WANTED = (
    "t.system", "t.local_id", "party", "extracted_at", "changed_at", "family_key", "former_key", "identifiers",
    "organisation_name", "organisation_key", "organisation_form", "address", "number_key", "street_key", "unit_key",
    "place_key", "household_role",
)  # fmt: skip
KINDS: Mapping[str, tuple[str, Callable[..., Sequence[str]]]] = {
    "household": ("household", mint_household_ids),
    "legal_entity": ("legal_entity", mint_legal_entity_ids),
}


def households(night: Night) -> dict[str, Any]:
    """Build households and legal entities and give them their ids."""
    night.progress("households")
    with night.scratch() as scratch:
        with night.database.begin() as connection:
            cleansed, pins = _everybody(night, connection, scratch)
            old_households, old_memberships = store.all_households(connection), store.all_memberships(connection)
            first = {name: counters.last_taken(connection, name) + 1 for name, _ in KINDS.values()}
        rules = HouseholdRules(max_dwelling_people=night.settings.households.max_dwelling_people)
        built = {
            "household": build_households(sightings_from_cleansed(cleansed, pins), rules),
            "legal_entity": build_legal_entities(organisations_from_cleansed(cleansed, pins)),
        }
        redirects = _redirects(night)
        counts: dict[str, Any] = {"minted": {}}
        tables = []
        for kind, memberships in built.items():
            found = _of_kind(night, kind, memberships, old_households, old_memberships, redirects, first[kind])
            tables.append(found[:2])
            counts[kind] = len(memberships["household"].unique())
            counts["minted"][kind] = found[2]
        _write(night, scratch, tables, old_memberships)
    night.folder.write_json("households", "numbers", {"first": first, "minted": counts["minted"]})
    return counts


def _everybody(
    night: Night, connection: sa.Connection, scratch: duckdb.DuckDBPyConnection
) -> tuple[pa.Table, pa.Array]:
    """All current records as tonight leaves them, with the PIN of each (null: none)."""
    folder = night.folder
    names = ", ".join(WANTED)
    scratch.execute(f"CREATE VIEW tonight AS SELECT * FROM {component_sql(folder)}")
    scratch.register("stored", records.all_current(connection))
    left = " UNION ALL ".join(f"SELECT record_id FROM {folder.sql('cleanse', name)}" for name in ("gone", "replaced"))
    rest = scratch.sql(
        f"SELECT * FROM stored WHERE record_id NOT IN (SELECT record_id FROM tonight UNION ALL {left})"
    ).to_arrow_table()
    scratch.register("rest", to_stored(rest, scratch))
    scratch.register("old_xrefs", customers.all_xrefs(connection).select(["record_id", "pin"]))
    table = scratch.sql(
        f"""
        SELECT {names}, x.pin FROM tonight t LEFT JOIN {folder.sql("resolve", "xrefs")} x USING (record_id)
        WHERE t.role = 'customer'
        UNION ALL
        SELECT {names}, o.pin FROM rest t LEFT JOIN old_xrefs o USING (record_id) WHERE t.role = 'customer'
        """
    ).to_arrow_table()
    return table.drop_columns(["pin"]), table["pin"].combine_chunks()


def _redirects(night: Night) -> dict[str, str]:
    table = night.folder.read("resolve", "customers")
    pairs = zip(table["pin"].to_pylist(), table["redirect_to"].to_pylist(), strict=True)
    return {pin: target for pin, target in pairs if target is not None}


def _of_kind(
    night: Night,
    kind: str,
    memberships: pa.Table,
    old_households: pa.Table,
    old_memberships: pa.Table,
    redirects: Mapping[str, str],
    first: int,
) -> tuple[pa.Table, pa.Table, int]:
    """(HOUSEHOLDS, STORED_MEMBERSHIPS, ids minted) of one kind."""
    mint = partial(KINDS[kind][1], instance=night.settings.instance.code, key=night.settings.instance.pin_key)
    old = old_households.filter(pc.equal(old_households["kind"], kind))
    ids = identify_households(memberships, old, old_memberships, redirects, first, mint)
    addresses = _addresses(memberships, len(ids.chis))
    columns = {name: ids.states[name] for name in ids.states.column_names} | {
        "kind": pa.repeat(kind, len(ids.states)),
        "dwelling": addresses.take(pc.index_in(ids.states["chi"], ids.chis)),
        "doc": pa.nulls(len(ids.states)),
    }
    table = pa.table({name: columns[name] for name in HOUSEHOLDS.names}).cast(HOUSEHOLDS)
    return table, _memberships(memberships, ids.chis), ids.minted


def _addresses(memberships: pa.Table, households: int) -> pa.Array:
    """The address of each household: that of the first sighting of its last membership."""
    last = np.zeros(households, np.int64)
    last[memberships["household"].to_numpy()] = np.arange(len(memberships))
    evidence = memberships["evidence"].combine_chunks()
    sighting = evidence.offsets.to_numpy()[last]
    unseen = evidence.value_lengths().to_numpy()[last] == 0
    return evidence.values.field("address").take(pa.array(sighting, mask=unseen))


def _memberships(memberships: pa.Table, chis: pa.Array) -> pa.Table:
    """MEMBERSHIPS with ids, as the store keeps them; periods of a member are numbered by date."""
    if memberships.num_rows == 0:
        return STORED_MEMBERSHIPS.empty_table()
    with duckdb.connect() as connection:
        numbered = memberships.append_column("chi", chis.take(memberships["household"].combine_chunks()))
        connection.register("memberships", numbered.select([*MEMBERSHIPS.names, "chi"]))
        return (
            connection.sql(
                """
                SELECT chi, customer AS pin,
                       row_number() OVER
                           (PARTITION BY chi, customer ORDER BY valid_from NULLS FIRST)::INTEGER AS period,
                       role, valid_from, valid_to, to_json(evidence)::VARCHAR AS evidence
                FROM memberships
                """
            )
            .to_arrow_table()
            .cast(STORED_MEMBERSHIPS)
        )


def _write(
    night: Night,
    scratch: duckdb.DuckDBPyConnection,
    tables: Sequence[Sequence[pa.Table]],
    old: pa.Table,
) -> None:
    memberships = pa.concat_tables([table[1] for table in tables])
    night.folder.write("households", "households", pa.concat_tables([table[0] for table in tables]))
    night.folder.write("households", "memberships", memberships)
    scratch.register("old_memberships", old.select(ENDED.names))
    scratch.register("new_memberships", memberships.select(ENDED.names))
    ended = "SELECT chi, pin, period FROM old_memberships EXCEPT SELECT chi, pin, period FROM new_memberships"
    night.folder.write("households", "ended", scratch.sql(ended).to_arrow_table().cast(ENDED))
