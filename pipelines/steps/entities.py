"""Which organisations' legal entities a night's changes can reach, and what the store's index of them becomes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.resolve.entity_keys import answering, entity_keys
from mdm.store import addresses
from pipelines.steps.address_index import NOTHING
from pipelines.steps.people import People


def organisations_around(connection: sa.Connection, tonight: pa.Table, changed: pa.Array) -> pa.Array:
    """The PINs of `changed` organisations, and of all that share keys with them, or with those who do.

    By what the store says, and in addition by what `keys_of_tonight` says: nobody else's legal entity can be another
    than it was.
    """
    reached, frontier, asked = changed, changed, NOTHING
    while len(frontier):
        theirs = tonight.filter(pc.is_in(tonight["pin"], frontier))["key"]
        stored = addresses.entity_keys_of(connection, frontier)["key"]
        keys = answering(pc.unique(pa.chunked_array([*theirs.chunks, *stored.chunks], pa.int64())))
        keys = keys.filter(pc.invert(pc.is_in(keys, asked)))
        asked = pa.concat_arrays([asked, keys])
        holders = addresses.pins_of_keys(connection, keys)["pin"]
        here = tonight.filter(pc.is_in(tonight["key"], keys))["pin"]
        found = pc.unique(pa.chunked_array([*holders.chunks, *here.chunks], pa.string()))
        frontier = found.filter(pc.invert(pc.is_in(found, reached)))
        reached = pa.concat_arrays([reached, frontier])
    return reached


def keys_of_tonight(people: People) -> pa.Table:
    """The keys of the organisations that tonight resolved: pin, key."""
    mine = people.scratch.sql("FROM mine WHERE party = 'organisation' AND pin IS NOT NULL").to_arrow_table()
    keys = entity_keys(mine)
    return pa.table({"pin": mine["pin"].take(pc.index_in(keys["record_id"], mine["record_id"])), "key": keys["key"]})


def keys_of_changed(people: People) -> pa.Table:
    """The keys of tonight's own records that are of organisations."""
    return entity_keys(people.scratch.sql("FROM mine SEMI JOIN own USING (record_id)").to_arrow_table())
