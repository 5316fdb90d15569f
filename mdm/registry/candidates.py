"""Who may be the party whose features are in hand: the records that share a blocking key with it.

The one rule of mdm.match.blocking on current counts: a key that too many hold is replaced by its finer keys, and one
that is still held by too many gives nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.match.blocking import COUNTED, BlockLimits, RecordKey, keys_of
from mdm.party import PartyType
from mdm.registry.matchers import Known, read_rows
from mdm.store.candidates_online import Holders, Stored, holders_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that shares `keys`; row: its features, generic values among them."""

    stored: Stored
    row: dict[str, Any]
    keys: tuple[RecordKey, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates by record id.

    crowded: keys that too many hold, and none of their finer keys could be used: who shares only these is not found.
    crossing: base key -> its holders, of keys that the record to be added makes too common: they need their finer keys.
    crossing_finer: finer keys that it makes too common, of base keys that were so already.
    too_common: base keys that more hold than may, the crossing ones among them. asked: how many keys were looked for.
    """

    found: tuple[Candidate, ...]
    crowded: tuple[RecordKey, ...]
    crossing: Mapping[int, tuple[int, ...]]
    crossing_finer: frozenset[int]
    too_common: frozenset[int]
    asked: int


@dataclass(frozen=True, slots=True)
class Adding:
    """The record that is about to be written counts as a holder of its keys, once; None: it has no record id yet."""

    record_id: int | None = None


def find_candidates(
    connection: sa.Connection,
    row: Mapping[str, Any],
    party: PartyType,
    *,
    limits: BlockLimits,
    adding: Adding | None = None,
) -> Candidates:
    """The records that share a usable key with the feature row `row` (generic values among its features).

    adding: as the night would find them for this record; without it nobody is added, and only those there count.
    """
    keys = asked_keys(row, party)
    own = [adding.record_id] if adding is not None and adding.record_id is not None else []
    held = holders_of(connection, {key: limits.of(key) for key in keys}, but=own)
    return candidates_of(connection, keys, held, party, limits=limits, adding=adding is not None)


def asked_keys(row: Mapping[str, Any], party: PartyType) -> dict[int, RecordKey]:
    """The keys by which candidates of a feature row are found, by their numbers."""
    return {key.key: key for key in keys_of(row, party) if key.key & 3 != COUNTED}


def candidates_of(
    connection: sa.Connection,
    keys: Mapping[int, RecordKey],
    held: Mapping[int, Holders],
    party: PartyType,
    *,
    limits: BlockLimits,
    adding: bool = False,
) -> Candidates:
    """The same, when it is known who holds the keys."""
    search = _Search(keys.values(), held, limits, adding)
    ids = sorted(search.shared.keys() | {number for numbers in search.crossing.values() for number in numbers})
    known = read_rows(connection, ids)
    search.refine_crossing(known, party)
    found = tuple(
        Candidate(*one, tuple(shared)) for one in known if (shared := search.shared.get(one.stored.record_id))
    )
    finer, too_common = frozenset(search.crossing_finer), frozenset(search.too_common)
    return Candidates(found, tuple(search.crowded), search.crossing, finer, too_common, len(keys))


class _Search:
    """Which keys can be used, and who shares them (`shared`: record id -> keys)."""

    def __init__(
        self, keys: Iterable[RecordKey], held: Mapping[int, Holders], limits: BlockLimits, adding: bool
    ) -> None:
        self._held, self._limits, self._adding = held, limits, adding
        self._finer: dict[int, list[RecordKey]] = defaultdict(list)
        self.shared: dict[int, list[RecordKey]] = defaultdict(list)
        self.crowded: list[RecordKey] = []
        self.too_common: set[int] = set()
        self.crossing: dict[int, tuple[int, ...]] = {}
        self.crossing_finer: set[int] = set()
        bases: list[RecordKey] = []
        for key in keys:
            (bases if key.base is None else self._finer[key.base]).append(key)
        for key in bases:
            self._use(key)

    def _use(self, key: RecordKey) -> None:
        if not self._too_common(key):
            self._share(key, self._held[key.key].record_ids)
            return
        self.too_common.add(key.key)
        if not self._held[key.key].more:
            self.crossing[key.key] = tuple(self._held[key.key].record_ids)
            return  # its holders may not have their finer keys yet: see refine_crossing
        usable = False
        for finer in self._finer[key.key]:
            held = self._held[finer.key]
            if not self._too_common(finer):
                self._share(finer, held.record_ids)
                usable = True
            elif not held.more:
                self.crossing_finer.add(finer.key)
        if not usable:
            self.crowded.append(key)

    def refine_crossing(self, known: Iterable[Known], party: PartyType) -> None:
        """Find the holders of crossing keys by the finer keys that their features give them."""
        if not self.crossing:
            return
        numbers = {one.stored.record_id: {key.key for key in keys_of(one.row, party)} for one in known}
        for base, holders in self.crossing.items():
            for finer in self._finer[base]:
                there = self._held[finer.key]
                ids = {*there.record_ids, *(number for number in holders if finer.key in numbers.get(number, ()))}
                if not there.more and len(ids) < self._limits.of(finer.key):
                    self._share(finer, ids)

    def _too_common(self, key: RecordKey) -> bool:
        held = self._held[key.key]
        return held.more or (self._adding and len(held.record_ids) >= self._limits.of(key.key))

    def _share(self, key: RecordKey, record_ids: Iterable[int]) -> None:
        for number in record_ids:
            self.shared[number].append(key)
