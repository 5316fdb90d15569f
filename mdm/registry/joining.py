"""What the night would do with a record like the one in hand: the clustering itself, asked about the few concerned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.match.model import Model
from mdm.match.online import Score, contradiction
from mdm.registry.matchers import read_rows
from mdm.registry.refusals import in_words, stored_pairs
from mdm.resolve.clusters import ClusterRules, Judgements, Pair, resolve_clusters
from mdm.settings import Settings
from mdm.store import candidates_online, lookups

NEW = -1  # the record in hand; record ids are not negative
_LAST_KEY = ("\uffff", "")  # it loses every tie


@dataclass(frozen=True, slots=True)
class Joining:
    """pins: the customers that it would be joined with (several: it would merge them). refused: PIN -> why not."""

    pins: frozenset[str]
    refused: Mapping[str, str]


def would_join(
    connection: sa.Connection,
    row: Mapping[str, Any],
    scores: Mapping[int, Score],
    pins: Collection[str],
    model: Model,
    settings: Settings,
) -> Joining:
    """Whether a record with the feature row `row` would join the customers `pins`; scores: record id -> its score."""
    owners = candidates_online.records_of_pins(connection, sorted(pins))
    ids = sorted(owners)
    known = [one for one in read_rows(connection, ids) if one.stored.role == "customer"]
    judged = lookups.judgements_among(connection, ids)
    verdicts = {
        verdict: [(j["left_id"], j["right_id"]) for j in judged if j["verdict"] == verdict]
        for verdict in ("same", "different")
    }
    pairs = stored_pairs(connection, ids, model)
    pairs += [_pair(number, scores[number], model) for number in ids if number in scores]
    numbers: dict[int, Sequence[str]] = {one.stored.record_id: one.row["identifiers"] or () for one in known}
    resolution = resolve_clusters(
        {one.stored.record_id: (one.stored.system, one.stored.local_id) for one in known} | {NEW: _LAST_KEY},
        numbers | {NEW: row["identifiers"] or ()},
        pairs,
        Judgements(**verdicts),
        ClusterRules(
            match_weight=settings.matching.match_weight,
            review_weight=settings.matching.review_weight,
            max_records=settings.resolve.max_customer_records,
            weak_link_weight=settings.resolve.weak_link_weight,
        ),
    )
    mine = next(cluster for cluster in resolution.clusters if NEW in cluster)
    refused = {
        owners[item.right if item.left == NEW else item.left]: in_words(item)
        for item in resolution.open
        if NEW in (item.left, item.right)
    }
    return Joining(frozenset(owners[number] for number in mine if number != NEW), refused)


def _pair(number: int, score: Score, model: Model) -> Pair:
    rule = contradiction(score.levels, model)
    same_number = score.levels[[comparison.name for comparison in model.comparisons].index("identifiers")] == 0
    return Pair(
        NEW, number, score.weight, None if rule is None else rule.words, same_number,
        rule is not None and same_number and rule.ask_if_number,
    )  # fmt: skip
