"""Which records a written one is compared with, and how it scores: the row twin of the step match.

The pairs of the record itself are those that a night would find. What its keys change *between others* is noted as
due: a key that becomes too common takes pairs away from its holders, one that is so no more gives them some, and a
value may become generic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from mdm.errors import RunInProgress
from mdm.live.scene import Matchers, Scored
from mdm.match.blocking import COUNTED, KEYS, BlockLimits, RecordKey, keys_of
from mdm.match.generic import KINDS
from mdm.party import PartyType
from mdm.registry.candidates import candidates_of
from mdm.registry.matchers import matcher_of, read_rows, row_of
from mdm.store import due, models
from mdm.store.candidates_online import Rows, ask_holders, holders_and_version, holders_of, read_holders


@dataclass(frozen=True, slots=True)
class Matched:
    """keys: the record's, for the candidate index. late: (key, record id) of others that need their finer keys now."""

    keys: frozenset[int] = frozenset()
    pairs: tuple[Scored, ...] = ()
    late: frozenset[tuple[int, int]] = frozenset()
    due: frozenset[tuple[str, str]] = frozenset()
    model_id: str = ""


class Keyed(NamedTuple):
    """A CLEANSED row as matching sees it: its features, and every key that they give, finer ones among them."""

    party: PartyType
    row: dict[str, Any]
    keys: tuple[RecordKey, ...]

    @classmethod
    def of(cls, cleansed: Mapping[str, Any]) -> Self:
        """Of a row of either kind of party."""
        row = row_of(cleansed)
        return cls(cleansed["party"], row, tuple(keys_of(row, cleansed["party"])))

    @property
    def numbers(self) -> set[int]:
        """Every key that the index may have of the record."""
        return {key.key for key in self.keys}


def _check_first_night(connection: sa.Connection) -> None:
    """See that there is a model, of another party at least: what is written before would never be compared."""
    if all(models.current_version(connection, party) is None for party in KEYS):
        raise RunInProgress(
            "no night has been applied yet: there is no model to match records by",
            remedy="Run `mdm run` first, or wait for it; then send it again.",
        )


def match_record(
    connection: sa.Connection,
    keyed: Keyed,
    record_id: int,
    limits: BlockLimits,
    *,
    review_weight: float,
    matchers: Matchers,
) -> Matched:
    """The keys of a record, and its pairs of `review_weight` bits or more with the store's records.

    `matchers` has the one of its party type then. Raises RunInProgress before the first night was applied.
    """
    party, row = keyed.party, keyed.row
    asked = {key.key: key for key in keyed.keys if key.key & 3 != COUNTED}
    held, version = holders_and_version(connection, {key: limits.of(key) for key in asked}, party, but=[record_id])
    matcher = matchers[party] = matcher_of(connection, party, version)
    found = candidates_of(connection, asked, held, party, limits=limits, adding=True)
    pairs = []
    if matcher is None:
        _check_first_night(connection)
    else:
        scores = matcher.score_all(row, [candidate.row for candidate in found.found])
        for candidate, score in zip(found.found, scores, strict=True):
            if score.weight >= review_weight:
                left, right = sorted((record_id, candidate.stored.record_id))
                pairs.append(Scored(left, right, score.weight, score.levels, score.evidence))
    keys = [key.key for key in keyed.keys if key.base is None or key.base in found.too_common]
    return Matched(
        frozenset(keys),
        tuple(pairs),
        _late(connection, found.crossing, party),
        frozenset((due.KEY, str(key)) for key in {*found.crossing, *found.crossing_finer}),
        matcher.model_id if matcher is not None else "",
    )


def keys_left(
    connection: sa.Connection, old: Keyed, new: Keyed | None, record_id: int, limits: BlockLimits
) -> frozenset[tuple[str, str]]:
    """Keys that became usable again because a record no longer holds them: as due. Before its index is changed."""
    kept = new.numbers if new is not None else set()
    lost = [key for key in old.keys if key.key not in kept and key.key & 3 != COUNTED]
    held = holders_of(connection, {key.key: limits.of(key.key) for key in lost}, but=[record_id]) if lost else {}
    return frozenset(
        (due.KEY, str(key)) for key, there in held.items() if not there.more and len(there.record_ids) == limits.of(key)
    )


class AskedGeneric(NamedTuple):
    """Of a record the keys of values that may be generic, and who was asked to hold them."""

    party: PartyType
    keys: Mapping[int, RecordKey]
    held: Rows


def ask_generic(connection: sa.Connection, versions: Iterable[Keyed], least: int) -> list[AskedGeneric]:
    """Ask whether `least` records hold values of these records now: for `generic_suspects`."""
    asked = []
    for version in versions:
        keys = {key.key: key for key in version.keys if key.name in KINDS}
        if keys:
            asked.append(AskedGeneric(version.party, keys, ask_holders(connection, dict.fromkeys(keys, least - 1))))
    return asked


def generic_suspects(asked: Sequence[AskedGeneric], matchers: Matchers) -> frozenset[tuple[str, str]]:
    """Values that so many people may hold now, or that were generic: to be counted again, as due."""
    suspects = set()
    for party, keys, rows in asked:
        held, matcher = read_holders(rows), matchers[party]
        generic = matcher.generic if matcher is not None else {}
        for number, key in keys.items():
            if held[number].more or key.text.partition("|")[2] in generic.get(key.name, ()):
                suspects.add((due.VALUE, f"{party}|{key.name}|{number}"))
    return frozenset(suspects)


def _late(
    connection: sa.Connection, crossing: Mapping[int, tuple[int, ...]], party: PartyType
) -> frozenset[tuple[int, int]]:
    """The finer keys of those who hold a key that just became too common."""
    ids = sorted({record_id for holders in crossing.values() for record_id in holders})
    return frozenset(
        (key.key, one.stored.record_id)
        for one in (read_rows(connection, ids) if ids else [])
        for key in keys_of(one.row, party)
        if key.base is not None and one.stored.record_id in crossing.get(key.base, ())
    )
