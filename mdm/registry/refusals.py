"""Why the clustering keeps two customers apart: the very function that decides, asked about just these records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.match.features import features_of
from mdm.match.model import Model
from mdm.match.online import against
from mdm.resolve.clusters import Judgements, Open, Pair, as_they_count, resolve_clusters
from mdm.resolve.configured import cluster_rules
from mdm.settings import Settings
from mdm.store import lookups

Versions = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What the clustering makes of some records' evidence: `pairs` among them, the strongest first, and `numbers`.

    A number that somebody else holds under a contradicting name proves nothing (`mdm.resolve.clusters`).
    """

    pairs: list[Pair]
    numbers: Mapping[int, Sequence[str]]


def why_apart(
    connection: sa.Connection, left: Sequence[int], right: Sequence[int], model: Model, settings: Settings
) -> str | None:
    """In words, what keeps the records `left` and `right` of two customers apart; None: only the evidence does."""
    ids = [*left, *right]
    judged = lookups.judgements_among(connection, ids)
    ours, theirs = set(left), set(right)
    for row in judged:
        if row["verdict"] == "different" and (row["left_id"] in ours) != (row["right_id"] in ours):
            return f"a steward ({row['actor']}) judged that they are different"
    found = _resolve(lookups.versions_of(connection, ids), counted(connection, ids, model), judged, settings)
    between = (item for item in found if (item.left in ours) != (item.right in ours))
    return next((in_words(item) for item in between if {item.left, item.right} & theirs), None)


def counted(connection: sa.Connection, record_ids: Sequence[int], model: Model) -> Counted:
    """The stored evidence among these records as it counts, with regard to others that hold the same numbers."""
    asked = set(record_ids)
    known, new, found = set(asked), set(asked), dict[tuple[int, int], Pair]()
    while new:
        around = pairs_of(lookups.pairs_touching(connection, sorted(new)), model)
        found |= {(pair.left, pair.right): pair for pair in around}
        new = {end for pair in around if pair.same_number for end in (pair.left, pair.right)} - known
        known |= new
    keys, numbers = _customers(lookups.versions_of(connection, sorted(known)))
    pairs, uncontested = as_they_count(keys, numbers, found.values())
    bought = [pair for ends, pair in found.items() if not keys.keys() >= set(ends)]
    ours = [pair for pair in (*pairs, *bought) if {pair.left, pair.right} <= asked]
    return Counted(sorted(ours, key=lambda pair: (-pair.weight, pair.left, pair.right)), uncontested)


def stored_pairs(connection: sa.Connection, record_ids: Sequence[int], model: Model) -> list[Pair]:
    """The stored pairs among these records, the strongest first, with what each shows against itself."""
    return pairs_of(lookups.pairs_among(connection, record_ids), model)


def pairs_of(rows: Iterable[Mapping[str, Any]], model: Model) -> list[Pair]:
    """Rows of stored pairs of the model's party type as the clustering takes them."""
    return [
        Pair(row["left_id"], row["right_id"], row["weight"], *against(tuple(row["levels"]), model))
        for row in rows
        if row["party"] == model.party
    ]


def _resolve(
    versions: Versions, evidence: Counted, judged: Sequence[Mapping[str, Any]], settings: Settings
) -> list[Open]:
    keys, _ = _customers(versions)
    verdicts = {
        verdict: [_two(row) for row in judged if row["verdict"] == verdict] for verdict in ("same", "different")
    }
    numbers = {record: texts for record, texts in evidence.numbers.items() if record in keys}
    return resolve_clusters(keys, numbers, evidence.pairs, Judgements(**verdicts), cluster_rules(settings)).open


def _customers(versions: Versions) -> tuple[dict[int, tuple[str, str]], dict[int, Sequence[str]]]:
    """Source keys and numbers of the records in the role of a customer."""
    customers = {number: row for number, row in versions.items() if row["role"] == "customer"}
    return (
        {number: (row["system"], row["local_id"]) for number, row in customers.items()},
        {number: features_of(row["cleansed"])["identifiers"] or () for number, row in customers.items()},
    )


def _two(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["left_id"], row["right_id"]


def in_words(item: Open) -> str:
    """A refused union as a person reads it."""
    head, separator, kind = item.words.partition("different numbers: ")
    if separator and not head:
        return f"the two customers hold different numbers of a kind that nobody has two of ({kind.replace('_', ' ')})"
    return item.words
