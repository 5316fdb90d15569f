"""Households and legal entities as the store takes them: tables with the ids that last, and what of them is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.household_ids import identify_households
from mdm.resolve.identity import Mint
from mdm.resolve.memberships import DECIDED_BY, MEMBERSHIPS
from mdm.resolve.pins import mint_household_ids, mint_legal_entity_ids

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
KINDS: Mapping[str, tuple[str, Callable[..., Sequence[str]]]] = {
    "household": ("household", mint_household_ids),
    "legal_entity": ("legal_entity", mint_legal_entity_ids),
}


class Identified(NamedTuple):
    """HOUSEHOLDS and STORED_MEMBERSHIPS of one kind, and how many ids were minted."""

    households: pa.Table
    memberships: pa.Table
    minted: int


def identified(
    kind: str,
    memberships: pa.Table,
    old_households: pa.Table,
    old_memberships: pa.Table,
    redirects: Mapping[str, str],
    first: int,
    mint: Mint,
) -> Identified:
    """MEMBERSHIPS of one kind with ids, of which `first` is the next number; `old_`: what they take the place of."""
    old = old_households.filter(pc.equal(old_households["kind"], kind))
    ids = identify_households(memberships, old, old_memberships, redirects, first, mint)
    addresses = _addresses(memberships, len(ids.chis))
    columns = {name: ids.states[name] for name in ids.states.column_names} | {
        "kind": pa.repeat(kind, len(ids.states)),
        "dwelling": addresses.take(pc.index_in(ids.states["chi"], ids.chis)),
        "doc": pa.nulls(len(ids.states)),
    }
    table = pa.table({name: columns[name] for name in HOUSEHOLDS.names}).cast(HOUSEHOLDS)
    return Identified(table, _memberships(memberships, ids.chis), ids.minted)


def changed(old: pa.Table, new: pa.Table) -> tuple[pa.Table, pa.Table]:
    """ENDED of memberships that are no more, and of those that stay as they are."""
    with duckdb.connect() as connection:
        connection.register("old_memberships", old.select(STORED_MEMBERSHIPS.names))
        connection.register("new_memberships", new)
        ended = "SELECT chi, pin, period FROM old_memberships EXCEPT SELECT chi, pin, period FROM new_memberships"
        same = "SELECT chi, pin, period FROM (FROM old_memberships INTERSECT FROM new_memberships)"
        unchanged = connection.sql(same).to_arrow_table().cast(ENDED) if old.num_rows else ENDED.empty_table()
        return connection.sql(ended).to_arrow_table().cast(ENDED), unchanged


def _addresses(memberships: pa.Table, households: int) -> pa.Array:
    """The address of each household: that of the first sighting of its last membership that is not so by decision."""
    evidence = memberships["evidence"].combine_chunks()
    offsets, unseen = evidence.offsets.to_numpy(), evidence.value_lengths().to_numpy() == 0
    by = evidence.values.field("by").take(pa.array(offsets[:-1], mask=unseen))
    seen_there = pc.fill_null(pc.not_equal(by, DECIDED_BY), True).to_numpy(zero_copy_only=False)
    number, household = np.arange(len(memberships)), memberships["household"].to_numpy()
    last = np.zeros(households, np.int64)
    last[household] = number
    last[household[seen_there]] = number[seen_there]
    return evidence.values.field("address").take(pa.array(offsets[last], mask=unseen[last]))


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
