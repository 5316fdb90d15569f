"""Why the clustering keeps two customers apart: the very function that decides, asked about just these records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mdm.match.features import features_of
from mdm.match.model import Model
from mdm.match.online import against
from mdm.resolve.clusters import Judgements, Open, Pair, resolve_clusters
from mdm.resolve.configured import cluster_rules
from mdm.settings import Settings
from mdm.store import lookups

Versions = Mapping[int, Mapping[str, Any]]


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
    found = _resolve(lookups.versions_of(connection, ids), stored_pairs(connection, ids, model), judged, settings)
    between = (item for item in found if (item.left in ours) != (item.right in ours))
    return next((in_words(item) for item in between if {item.left, item.right} & theirs), None)


def stored_pairs(connection: sa.Connection, record_ids: Sequence[int], model: Model) -> list[Pair]:
    """The stored pairs among these records, the strongest first, with what speaks against each."""
    return pairs_of(lookups.pairs_among(connection, record_ids), model)


def pairs_of(rows: Iterable[Mapping[str, Any]], model: Model) -> list[Pair]:
    """Rows of stored pairs of the model's party type as the clustering takes them."""
    return [
        Pair(row["left_id"], row["right_id"], row["weight"], *against(tuple(row["levels"]), model))
        for row in rows
        if row["party"] == model.party
    ]


def _resolve(
    versions: Versions, pairs: Sequence[Pair], judged: Sequence[Mapping[str, Any]], settings: Settings
) -> list[Open]:
    customers = {number: row for number, row in versions.items() if row["role"] == "customer"}
    rules = cluster_rules(settings)
    verdicts = {
        verdict: [_two(row) for row in judged if row["verdict"] == verdict] for verdict in ("same", "different")
    }
    return resolve_clusters(
        {number: (row["system"], row["local_id"]) for number, row in customers.items()},
        {number: features_of(row["cleansed"])["identifiers"] or () for number, row in customers.items()},
        pairs,
        Judgements(**verdicts),
        rules,
    ).open


def _two(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["left_id"], row["right_id"]


def in_words(item: Open) -> str:
    """A refused union as a person reads it."""
    head, separator, kind = item.words.partition("different numbers: ")
    if separator and not head:
        return f"the two customers hold different numbers of a kind that nobody has two of ({kind.replace('_', ' ')})"
    return item.words
