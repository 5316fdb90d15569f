"""What the night would do with a record like the one in hand: the clustering itself, asked about the few concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from mdm.match.features import features_of
from mdm.match.model import Model
from mdm.match.online import Score, against
from mdm.match.predicates import Row
from mdm.registry.refusals import in_words, pairs_of
from mdm.resolve.clusters import Judgements, Pair, resolve_clusters
from mdm.resolve.configured import cluster_rules
from mdm.settings import Settings
from mdm.store.candidates_online import Customers, Stored

NEW = -1  # the record in hand; record ids are not negative
_LAST_KEY = ("\uffff", "")  # it loses every tie


@dataclass(frozen=True, slots=True)
class Joining:
    """pins: the customers that it would be joined with (several: it would merge them). refused: PIN -> why not."""

    pins: frozenset[str]
    refused: Mapping[str, str]


def would_join(
    row: Row, found: Mapping[int, tuple[Row, Score]], there: Customers, model: Model, settings: Settings
) -> Joining:
    """Which of the customers `there` a record with the feature row `row` would join.

    found: record id -> feature row and score, of those that it was compared with.
    """
    owners = {one.record_id: one.pin for one in there.members if one.pin is not None}
    known = [one for one in there.members if one.role == "customer"]
    verdicts = {
        verdict: [(left, right) for left, right, said in there.judgements if said == verdict]
        for verdict in ("same", "different")
    }
    pairs = pairs_of(there.pairs, model)
    pairs += [_pair(number, found[number][1], model) for number in owners if number in found]
    numbers = {one.record_id: _numbers(one, found) for one in known}
    resolution = resolve_clusters(
        {one.record_id: (one.system, one.local_id) for one in known} | {NEW: _LAST_KEY},
        numbers | {NEW: row["identifiers"] or ()},
        pairs,
        Judgements(**verdicts),
        cluster_rules(settings),
    )
    mine = next(cluster for cluster in resolution.clusters if NEW in cluster)
    refused = {
        owners[item.right if item.left == NEW else item.left]: in_words(item)
        for item in resolution.open
        if NEW in (item.left, item.right)
    }
    return Joining(frozenset(owners[number] for number in mine if number != NEW), refused)


def _numbers(one: Stored, found: Mapping[int, tuple[Row, Score]]) -> Sequence[str]:
    """The numbers of a record that can contradict."""
    row = found[one.record_id][0] if one.cleansed is None else features_of(orjson.loads(one.cleansed))
    return row["identifiers"] or ()


def _pair(number: int, score: Score, model: Model) -> Pair:
    return Pair(NEW, number, score.weight, *against(score.levels, model))
