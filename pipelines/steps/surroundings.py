"""What a night's changes can reach among households: the addresses to look at again, and the customers around them.

An address is *touched* when somebody came, left, or is spelt or named otherwise. It is *judged* again as well when a
key of a touched one became too common, or no longer is, or a count rounds to another number. Judged addresses are
weighed against all that share a key with them; the dwellings that are joined, or were, everybody who ever lived there,
and everybody who ever lived with one of those, are made again: nobody else's household can be another than it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.match.model import Frequencies
from mdm.resolve.dwelling_pairs import DwellingRules
from mdm.resolve.dwellings import JOINS, Dwellings
from mdm.resolve.entity_keys import entity_keys
from mdm.resolve.household_decisions import Decided
from mdm.store import addresses, customers, households
from pipelines.asking import Asking, Begun
from pipelines.context import Night
from pipelines.steps.address_index import AddressIndex, index_of
from pipelines.steps.decided import closed_by_decisions
from pipelines.steps.due import due_addresses, due_pins
from pipelines.steps.entities import keys_of_changed, keys_of_tonight, organisations_around
from pipelines.steps.judged import Judged
from pipelines.steps.people import People, persons_of, sightings_of

_SPELT = """party, family_key, former_key, household_role, number_key, street_key, unit_key, place_key,
address.postcode, address.locality, address.po_box, address.kind"""
_DATED = """address.valid_from, address.valid_to, changed_at, CASE WHEN changed_at IS NULL THEN extracted_at END,
identifiers, organisation_name, organisation_key, organisation_form"""


@dataclass(slots=True)
class Surroundings:
    """The customers to make households of, with the grouping of their sightings and the new index."""

    people: pa.Table  # WANTED and pin: of persons; of all where everything is looked at
    pins: pa.Array  # of these, and of those whom tonight left without records
    dwellings: pa.Table  # DWELLINGS of `persons_of` the people, in their order
    index: AddressIndex
    organisations: pa.Array  # PINs of those to make legal entities of; empty where none changed
    members: Future[pa.Table] | None = None  # the memberships around all of them, as they are; None: all there are


@dataclass(slots=True)
class Changes:
    """PINs, of today and of yesterday."""

    changed: pa.Array  # anything that households read of their records, or which records they are
    respelt: pa.Array  # of these, those of whom more than dates changed
    organisations: pa.Array  # of these, those that are or were organisations
    written: pa.Array  # of these, those whose records single writes changed since the last run


def everything(people: People, rules: DwellingRules, surnames: Frequencies | None) -> Surroundings:
    """All customers, as on a first night."""
    table = people.everybody()
    persons = persons_of(table)
    found = Dwellings.read(sightings_of(persons), rules)
    try:
        joins = found.all_joins(surnames)
        dwellings = found.group(joins)
        index = index_of(found.con, persons["record_id"], joins)
    finally:
        found.con.close()
    index.entity_keys = entity_keys(table)
    pins = pc.unique(table["pin"])
    return Surroundings(table, pins, dwellings, index, pins)


def around(
    night: Night,
    connection: sa.Connection,
    store: Asking,
    people: People,
    rules: DwellingRules,
    surnames: Frequencies | None,
    decided: Sequence[Decided] = (),
) -> Surroundings | None:
    """The surroundings of what tonight changed; None where they are too large a share of all, or nothing is known.

    Whom stewards `decided` to live together, or apart, is looked at together.

    With a new model, by which surnames may be rarer than before, anybody's household can be another.
    """
    most = night.settings.households.whole_from * sum(customers.count_customers(connection).values())
    if night.models or addresses.nobody_seen(connection):
        return None
    changes = _changes(night, connection, people)
    if len(changes.changed) >= most:
        return None
    tonight = keys_of_tonight(people)
    answering = store.ask(partial(organisations_around, tonight=tonight, changed=changes.organisations))
    judged = Judged(connection, people, rules, surnames, most)
    closing = Closing(store, connection, changes.changed, judged.more)
    try:
        if not judged.judge(changes.respelt, due_addresses(night.folder)):
            return None
        pins = closed_by_decisions(connection, decided, changes.changed, closing.closed)
        if len(pins) >= most:
            return None
        organisations = answering.result()
        everybody = pc.unique(pa.concat_arrays([pins, organisations]))
        members = store.ask(partial(households.memberships_around, pins=everybody))
        table = judged.persons_of(pins)
        dwellings = _grouped(connection, table, rules, judged)
        written = people.of(changes.written)
        judged.index.entity_keys = pa.concat_tables([keys_of_changed(people), entity_keys(written)])
        judged.index.renamed = pc.unique(pa.chunked_array([_own(people), *written["record_id"].chunks]))
        return Surroundings(table, pins, dwellings, judged.index, organisations, members)
    finally:
        closing.give_up()
        judged.close()


class Closing:
    """Who shares dwellings with whom, all around some customers: what the store says of it is found out meanwhile."""

    def __init__(
        self,
        store: Asking,
        connection: sa.Connection,
        changed: pa.Array,
        more: Callable[[pa.Array], addresses.More],
    ) -> None:
        self._connection, self._more = connection, more
        self._begun: Begun[addresses.More, pa.Array] = Begun(
            store, lambda own, rest: addresses.closed_around(own, changed, rest)
        )

    def closed(self, pins: pa.Array) -> pa.Array:
        """All around `pins`, of whom the first asked for are `changed`, and around what is joined otherwise now."""
        more = self._more(pins)
        if self._begun.ended:
            return addresses.closed_around(self._connection, more.pins, lambda: more)
        return self._begun.end(more)

    def give_up(self) -> None:
        """Nobody will ask any more."""
        self._begun.give_up()


def _changes(night: Night, connection: sa.Connection, people: People) -> Changes:
    scratch, folder = people.scratch, night.folder
    own = " UNION ALL ".join(
        f"SELECT record_id FROM {folder.sql('cleanse', name)}" for name in ("records", "gone", "replaced")
    )
    scratch.execute(f"CREATE TABLE own AS {own}")
    scratch.register("was", people.before(scratch.sql("FROM own").to_arrow_table()["record_id"]))
    scratch.register("old_xrefs", customers.xrefs_of_records(connection, people.superseded))
    scratch.execute(
        f"""
        CREATE TABLE fate AS
        WITH m AS (SELECT record_id, pin, party, row({_SPELT})::VARCHAR AS spelt, row({_DATED})::VARCHAR AS dated
                   FROM mine),
             w AS (SELECT record_id, party, row({_SPELT})::VARCHAR AS spelt, row({_DATED})::VARCHAR AS dated FROM was)
        SELECT m.pin AS now, o.pin AS before, coalesce(m.party, w.party) = 'organisation' AS organisation,
               now IS DISTINCT FROM before OR own.record_id IS NOT NULL AND m.spelt IS DISTINCT FROM w.spelt AS respelt,
               respelt OR own.record_id IS NOT NULL AND m.dated IS DISTINCT FROM w.dated AS changed
        FROM superseded r LEFT JOIN m USING (record_id) LEFT JOIN w USING (record_id)
        LEFT JOIN own USING (record_id) LEFT JOIN old_xrefs o USING (record_id)
        WHERE m.record_id IS NOT NULL OR w.record_id IS NOT NULL
        """
    )

    def pins(which: str) -> pa.Array:
        query = f"SELECT DISTINCT unnest([now, before]) AS pin FROM fate WHERE {which}"
        return scratch.sql(f"FROM ({query}) WHERE pin IS NOT NULL").to_arrow_table()["pin"].combine_chunks()

    due = due_pins(folder)
    written = customers.of_party(connection, due, "organisation")["pin"].combine_chunks()
    return Changes(
        pc.unique(pa.concat_arrays([pins("changed"), due])),
        pc.unique(pa.concat_arrays([pins("respelt"), due])),
        pc.unique(pa.concat_arrays([pins("changed AND organisation"), written])),
        written,
    )


def _own(people: People) -> pa.Array:
    """Tonight's own records, and those that it took away."""
    return people.scratch.sql("FROM own").to_arrow_table()["record_id"].combine_chunks()


def _grouped(connection: sa.Connection, table: pa.Table, rules: DwellingRules, judged: Judged) -> pa.Table:
    """DWELLINGS of people who share none with others, by sites and joins that are known or were made tonight."""
    persons = persons_of(table)
    sites = judged.sites_of(persons)
    stored = addresses.joins_between(connection, sites.drop_null()).select(JOINS.names).cast(JOINS)
    index = judged.index
    again = pc.or_(pc.is_in(stored["weak_address"], index.judged), pc.is_in(stored["strong_address"], index.judged))
    joins = pa.concat_tables([stored.filter(pc.invert(again)), index.joins])
    found = Dwellings.read(sightings_of(persons), rules, sites)
    try:
        return found.group(joins)
    finally:
        found.con.close()
