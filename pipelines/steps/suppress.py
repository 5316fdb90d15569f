"""Rows of erased customers, held back before anything looks at them: no gate, no quarantine, no file of the run.

A row is theirs if it has their source key, or a unique identifier of theirs (`mdm.suppression` says when a key has
passed to somebody else). Only rows that the store does not know already are looked at; a night of a workspace in which
nobody was erased pays for one query a source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.identifiers import cleanse_identifier
from mdm.contracts import SourceContract
from mdm.party import TEXT
from mdm.store import records
from mdm.store.suppression import suppressed_of
from mdm.suppression import Hasher, Identifier, Suppressed
from pipelines.context import Night
from pipelines.steps.known import Known

KEYS = pa.schema([("local_id", TEXT)])


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery without the rows that are held back. keys: KEYS of these, they count as delivered; rows: how many."""

    mapped: pa.Table
    unreadable: pa.Table
    keys: pa.Table
    rows: int = 0


def hold_erased(night: Night, contract: SourceContract, mapped: pa.Table, unreadable: pa.Table, known: Known) -> Held:
    """Hold back the rows of erased customers. `known`: what the store knows of the source; filled for a full delivery.

    Nothing of a row goes to the database before: even statistics of a temporary table would hold its key.
    """
    with night.database.begin() as connection:
        suppressed = suppressed_of(connection, contract.source)
    if not suppressed:
        return Held(mapped, unreadable, KEYS.empty_table())
    hasher, region = Hasher(night.settings.instance.pin_key), contract.region or night.settings.cleanse.region
    looked_at = np.arange(mapped.num_rows)
    if contract.delivery.kind == "full":
        known.look_up(mapped)
        looked_at = known.news(mapped)
    rows = mapped.take(pa.array(looked_at))
    check = _Check(contract, region, suppressed, hasher, _in_use(night, contract, rows, unreadable, suppressed, hasher))
    theirs = np.zeros(mapped.num_rows, dtype=bool)
    theirs[looked_at] = [check.is_theirs(row) for row in _rows(rows)]
    unread = np.array([check.is_their_key(key) for key in unreadable["local_id"].to_pylist()], dtype=bool)
    kept = mapped.filter(pa.array(~theirs))
    held = mapped.filter(pa.array(theirs))
    lines = len(set(held["line"].to_pylist()) - _lines(kept, held)) + int(unread.sum())
    return Held(kept, unreadable.filter(pa.array(~unread)), held.select(["local_id"]).cast(KEYS), lines)


def _in_use(
    night: Night, contract: SourceContract, rows: pa.Table, unreadable: pa.Table, suppressed: Suppressed, hasher: Hasher
) -> frozenset[str]:
    """Keys of erased customers that somebody else has by now: another party, and proven to be."""
    keys = {key for table in (rows, unreadable) for key in table["local_id"].to_pylist() if key is not None}
    doubtful = [key for key in keys if hasher.key(contract.source, key) in suppressed.keys]
    with night.database.begin() as connection:
        return records.keys_in_use(connection, contract.source, doubtful)


def _lines(kept: pa.Table, held: pa.Table) -> set[int]:
    """Lines with a record that is kept beside one that is held back: such a row is not suppressed as a whole."""
    found: set[int] = set(kept["line"].filter(pc.is_in(kept["line"], held["line"].combine_chunks())).to_pylist())
    return found


def _rows(mapped: pa.Table) -> Iterator[Mapping[str, Any]]:
    """What is looked at of each row."""
    columns = {"local_id": mapped["local_id"], "identifiers": mapped["identifiers"]}
    homes = [None if address is None else address["country"] for address in mapped["address"].to_pylist()]
    for local_id, identifiers, home in zip(*(c.to_pylist() for c in columns.values()), homes, strict=True):
        yield {"local_id": local_id, "identifiers": identifiers or (), "home": home}


@dataclass(frozen=True, slots=True)
class _Check:
    contract: SourceContract
    region: str
    suppressed: Suppressed
    hasher: Hasher
    in_use: frozenset[str]  # keys that somebody else has by now

    def is_theirs(self, row: Mapping[str, Any]) -> bool:
        """Whether a mapped row is an erased customer's."""
        local_id = None if row["local_id"] in self.in_use else row["local_id"]
        return self.suppressed.holds(self.hasher, (self.contract.source, local_id), self._identifiers(row))

    def is_their_key(self, local_id: str | None) -> bool:
        """Whether a row that could not be read has the key of one of its records; nothing else is known of it."""
        if local_id is None or local_id in self.in_use:
            return False
        records = (local_id, *(f"{local_id}#{record.name}" for record in self.contract.records))
        return any(self.suppressed.holds(self.hasher, (self.contract.source, key), ()) for key in records)

    def _identifiers(self, row: Mapping[str, Any]) -> list[Identifier]:
        """As the cleanser reads them (mdm.cleanse.parts)."""
        region = self.contract.region or self.region
        found = []
        for entry in row["identifiers"]:
            kind = entry["type"] or "other"
            read = cleanse_identifier(kind, entry["value"], country=entry["country"], home=row["home"], region=region)
            if read.value is not None:
                found.append(Identifier(read.kind or kind, read.issuer, read.value))
        return found
