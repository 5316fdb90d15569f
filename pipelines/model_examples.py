"""Examples of what a candidate model would change, so that a steward can judge them: keys, PINs, evidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.match.generic import Generic
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.evidence import Version, compare, weigh
from mdm.registry.models import current_model, model_in_use
from mdm.registry.words import compared_sentence, odds_sentence
from mdm.store import lookups
from mdm.store.generic import generic_by_kind
from pipelines.context import Night

# Which pair of two former customers says most for one, now or afterwards.
_MERGES = """
WITH merged AS (SELECT new, count(*) AS records FROM moves GROUP BY new HAVING count(DISTINCT old) > 1),
     best AS (SELECT l.new, l.party, p.left_id, p.right_id, p.weight,
                     row_number() OVER (PARTITION BY l.new ORDER BY p.weight DESC, p.left_id, p.right_id) AS place
              FROM {pairs} p JOIN moves l ON l.record_id = p.left_id JOIN moves r ON r.record_id = p.right_id
              WHERE l.new = r.new AND l.old <> r.old AND p.weight >= {least})
SELECT m.new AS pin, b.party, b.left_id, b.right_id, b.weight, o.weight AS weight_now
FROM merged m JOIN best b USING (new) LEFT JOIN old_pairs o USING (left_id, right_id)
WHERE b.place = 1 ORDER BY m.records DESC, m.new LIMIT {most}
"""
_SPLITS = """
WITH parted AS (SELECT old, count(*) AS records FROM moves GROUP BY old HAVING count(DISTINCT new) > 1),
     best AS (SELECT l.old, l.party, p.left_id, p.right_id, p.weight,
                     row_number() OVER (PARTITION BY l.old ORDER BY p.weight DESC, p.left_id, p.right_id) AS place
              FROM old_pairs p JOIN moves l ON l.record_id = p.left_id JOIN moves r ON r.record_id = p.right_id
              WHERE l.old = r.old AND l.new <> r.new)
SELECT m.old AS pin, b.party, b.left_id, b.right_id, n.weight, b.weight AS weight_now
FROM parted m JOIN best b USING (old) LEFT JOIN {pairs} n USING (left_id, right_id)
WHERE b.place = 1 ORDER BY m.records DESC, m.old LIMIT {most}
"""
_MEMBERS = """
SELECT {side}, system || ':' || local_id FROM moves WHERE {whole} = ? ORDER BY ALL
"""
_HOMES = """
SELECT kind, chi, dwelling, status, redirect_to, before, after FROM homes
WHERE old_status = 'active' AND (status <> 'active' OR before IS DISTINCT FROM after) ORDER BY kind, chi LIMIT {most}
"""


def examples_of(
    night: Night, scratch: duckdb.DuckDBPyConnection, connection: sa.Connection, most: int
) -> dict[str, list[dict[str, Any]]]:
    """`merges`, `splits` and `households`, at most so many each; merges and splits of the largest customers first.

    A merge or split: `pin` (afterwards, today), `records` by their PIN on the other side, and the one pair that says
    most: keys, weight with the candidate and now (bits), what agrees and differs, what that means.
    """
    least = night.settings.matching.match_weight
    pairs = night.folder.sql("match", "pairs")
    merges, splits = (
        scratch.sql(query.format(pairs=pairs, least=least, most=most)).fetchall() for query in (_MERGES, _SPLITS)
    )
    versions = lookups.versions_of(connection, sorted({record for row in (*merges, *splits) for record in row[2:4]}))
    weighed = {party: _weighing(night, connection, party) for party in {row[1] for row in (*merges, *splits)}}
    homes = scratch.sql(_HOMES.format(most=most))
    return {
        "merges": [_example(scratch, row, "old", "new", versions, weighed) for row in merges],
        "splits": [_example(scratch, row, "new", "old", versions, weighed) for row in splits],
        "households": [dict(zip(homes.columns, row, strict=True)) for row in homes.fetchall()],
    }


Weighing = tuple[Model, Model | None, Generic]


def _weighing(night: Night, connection: sa.Connection, party: PartyType) -> Weighing:
    """The model afterwards, today's (None: of another version of mdm), and what is generic. Without a candidate both
    models are one.
    """
    generic = generic_by_kind(connection, party)
    if party not in night.models:
        today = current_model(connection, party)
        return today, today, generic
    try:
        return night.models[party], model_in_use(connection, party), generic
    except StoreError:
        return night.models[party], None, generic


def _example(
    scratch: duckdb.DuckDBPyConnection,
    row: tuple[Any, ...],
    side: str,
    whole: str,
    versions: Mapping[int, Version],
    weighed: Mapping[PartyType, Weighing],
) -> dict[str, Any]:
    pin, party, left, right, weight, weight_now = row
    candidate, today, generic = weighed[party]
    records: dict[str, list[str]] = {}
    for other, key in scratch.execute(_MEMBERS.format(side=side, whole=whole), [pin]).fetchall():
        records.setdefault(other, []).append(key)
    ends = versions[left], versions[right]
    evidence = compare(*ends, candidate, generic)
    weight = evidence.score.weight if weight is None else weight
    if weight_now is None and today is not None:
        weight_now = weigh(*ends, today, generic).weight
    told = compared_sentence(evidence.said)
    return {
        "party": party,
        "pin": pin,
        "records": records,
        "left": _key(ends[0]),
        "right": _key(ends[1]),
        "weight": weight,
        "weight_now": weight_now,
        "in_words": " ".join([told, *(f"Speaks against it: {words}." for words in evidence.against)]),
        "means": odds_sentence(weight, party),
    }


def _key(version: Version) -> str:
    return f"{version['system']}:{version['local_id']}"
