"""Gathered records become customers: plain components in whole columns, the others one by one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mdm.resolve.clusters import ClusterRules, Open, Pair, Resolution, resolve_clusters
from mdm.resolve.plain import NumberColumns, PairColumns, plain_components
from pipelines.steps.gather import Gathered

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NOWHERE = -1


def partition(found: Gathered, rules: ClusterRules) -> tuple[Integers, list[Open]]:
    """For each of `found.records` the place of its customer's first record, and what is left for stewards."""
    ids = found.records["record_id"].to_numpy()
    left, right = (places_of(found.pairs[end].to_numpy(), ids) for end in ("left_id", "right_id"))
    between = (left != NOWHERE) & (right != NOWHERE)
    pairs, left, right = found.pairs.filter(pa.array(between)), left[between], right[between]
    against = pc.is_valid(pairs["contradiction"]).to_numpy()
    columns = PairColumns(left, right, pairs["weight"].to_numpy(), against, pairs["same_number"].to_numpy())
    owner, plain = plain_components(len(ids), columns, _numbers(found, ids), _judged(found, ids), rules)
    rest = _resolve(found, pairs.filter(pa.array(~plain[left])), pa.array(~plain), rules)
    members = places_of(np.array([record for cluster in rest.clusters for record in cluster], np.int64), ids)
    sizes = np.array([len(cluster) for cluster in rest.clusters], np.int64)
    owner[members] = np.repeat(members[np.cumsum(sizes) - sizes], sizes)
    return owner, rest.open


def places_of(records: Integers, ids: Integers) -> Integers:
    """Where in `ids` each of `records` is; NOWHERE when it is not there."""
    if not len(ids):
        return np.full(len(records), NOWHERE, np.int64)
    order = np.argsort(ids)
    ranked = ids[order]
    near = np.minimum(np.searchsorted(ranked, records), len(ids) - 1)
    return np.where(ranked[near] == records, order[near], NOWHERE)


def _numbers(found: Gathered, ids: Integers) -> NumberColumns:
    """Numbers of `type:issuer` and value, as codes."""
    place = places_of(found.numbers["record_id"].to_numpy(), ids)
    numbers, place = found.numbers["number"].filter(pa.array(place != NOWHERE)), place[place != NOWHERE]
    kinds = pc.replace_substring_regex(numbers, pattern=":[^:]*$", replacement="")
    return NumberColumns(place, _codes(kinds), _codes(numbers))


def _codes(texts: pa.ChunkedArray) -> Integers:
    codes: Integers = texts.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    return codes


def _judged(found: Gathered, ids: Integers) -> Integers:
    records = [record for two in (*found.judgements.same, *found.judgements.different) for record in two]
    place = places_of(np.array(records, np.int64), ids)
    named: Integers = place[place != NOWHERE]
    return named


def _resolve(found: Gathered, pairs: pa.Table, loose: pa.Array, rules: ClusterRules) -> Resolution:
    """Customers among the records that are not of a plain component."""
    records = found.records.filter(loose)
    names = ("record_id", "system", "local_id")
    keys = {record: (system, local) for record, system, local in zip(*(_list(records, n) for n in names), strict=True)}
    held = found.numbers.filter(pc.is_in(found.numbers["record_id"], records["record_id"].combine_chunks()))
    numbers: dict[int, list[str]] = defaultdict(list)
    for record, number in zip(_list(held, "record_id"), _list(held, "number"), strict=True):
        numbers[record].append(number)
    return resolve_clusters(keys, numbers, to_pairs(pairs), found.judgements, rules)


def to_pairs(table: pa.Table) -> list[Pair]:
    """PAIRS as the rules take them."""
    return [Pair(*row) for row in zip(*(_list(table, name) for name in table.column_names), strict=True)]


def _list(table: pa.Table, name: str) -> list[Any]:
    found: list[Any] = table[name].to_pylist()
    return found
