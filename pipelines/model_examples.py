"""Examples of what a candidate model would change, so that a steward can judge them: keys, PINs, evidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.evidence import Version, compare, weigh
from mdm.registry.models import model_in_use
from mdm.registry.words import compared_sentence, odds_sentence
from mdm.store import lookups
from pipelines.context import Night

# Which pair of two former customers says most for one, now or afterwards.
_MERGES = """
WITH merged AS (SELECT new, count(*) AS records FROM moves GROUP BY new HAVING count(DISTINCT old) > 1),
     best AS (SELECT l.new, l.party, p.left_id, p.right_id, p.weight,
                     row_number() OVER (PARTITION BY l.new ORDER BY p.weight DESC, p.left_id, p.right_id) AS place
              FROM {pairs} p JOIN moves l ON l.record_id = p.left_id JOIN moves r ON r.record_id = p.right_id
              WHERE l.new = r.new AND l.old <> r.old AND p.weight >= {least})
SELECT m.new AS pin, b.party, b.left_id, b.right_id, b.weight FROM merged m JOIN best b USING (new)
WHERE b.place = 1 ORDER BY m.records DESC, m.new LIMIT {most}
"""
_SPLITS = """
WITH parted AS (SELECT old, count(*) AS records FROM moves GROUP BY old HAVING count(DISTINCT new) > 1),
     best AS (SELECT l.old, l.party, p.left_id, p.right_id, p.weight,
                     row_number() OVER (PARTITION BY l.old ORDER BY p.weight DESC, p.left_id, p.right_id) AS place
              FROM old_pairs p JOIN moves l ON l.record_id = p.left_id JOIN moves r ON r.record_id = p.right_id
              WHERE l.old = r.old AND l.new <> r.new)
SELECT m.old AS pin, b.party, b.left_id, b.right_id, b.weight FROM parted m JOIN best b USING (old)
WHERE b.place = 1 ORDER BY m.records DESC, m.old LIMIT {most}
"""
_MEMBERS = """
SELECT {side}, system || ':' || local_id FROM moves WHERE {whole} = ? ORDER BY ALL
"""
_HOMES = """
SELECT kind, chi, dwelling, status, redirect_to, before, after FROM homes
WHERE old_status = 'active' AND (status <> 'active' OR before IS DISTINCT FROM after) ORDER BY kind, chi LIMIT {most}
"""
NOUNS: Mapping[PartyType, str] = {"person": "person", "organisation": "organisation"}


def examples_of(
    night: Night, scratch: duckdb.DuckDBPyConnection, connection: sa.Connection, most: int
) -> dict[str, list[dict[str, Any]]]:
    """`merges`, `splits` and `households`, at most so many each; merges and splits of the largest customers first.

    A merge or split: `pin` (afterwards, today), `records` by their PIN on the other side, and the one pair that says
    most: keys, weight with the candidate and now (bits), what agrees and differs, what that means.
    """
    least = night.settings.matching.match_weight
    found = _MERGES.format(pairs=night.folder.sql("match", "pairs"), least=least, most=most)
    merges, splits = scratch.sql(found).fetchall(), scratch.sql(_SPLITS.format(most=most)).fetchall()
    versions = lookups.versions_of(connection, sorted({record for row in (*merges, *splits) for record in row[2:4]}))
    models = {party: _models(night, connection, party) for party in NOUNS}
    homes = scratch.sql(_HOMES.format(most=most))
    return {
        "merges": [_example(scratch, row, "old", "new", versions, models) for row in merges],
        "splits": [_example(scratch, row, "new", "old", versions, models) for row in splits],
        "households": [dict(zip(homes.columns, row, strict=True)) for row in homes.fetchall()],
    }


def _models(night: Night, connection: sa.Connection, party: PartyType) -> tuple[Model | None, Model | None]:
    """The model afterwards and today's; of a party without a candidate they are one. None: it cannot be read."""
    try:
        today = model_in_use(connection, party)
    except StoreError:
        today = None
    return night.models.get(party, today), today


def _example(
    scratch: duckdb.DuckDBPyConnection,
    row: tuple[Any, ...],
    side: str,
    whole: str,
    versions: Mapping[int, Version],
    models: Mapping[PartyType, tuple[Model | None, Model | None]],
) -> dict[str, Any]:
    pin, party, left, right, stored = row
    candidate, today = models[party]
    records: dict[str, list[str]] = {}
    for other, key in scratch.execute(_MEMBERS.format(side=side, whole=whole), [pin]).fetchall():
        records.setdefault(other, []).append(key)
    ends = versions[left], versions[right]
    pair = {"left": _key(ends[0]), "right": _key(ends[1])}
    if candidate is None:  # pragma: no cover  the run would have stopped
        return {"party": party, "pin": pin, "records": records, **pair}
    evidence = compare(*ends, candidate)
    weight = evidence.score.weight
    now = None if today is None else weigh(*ends, today).weight
    told = compared_sentence(evidence.said)
    return {
        "party": party,
        "pin": pin,
        "records": records,
        **pair,
        "weight": weight,
        "weight_now": stored if side == "new" else now,
        "in_words": " ".join([told, *(f"Speaks against it: {words}." for words in evidence.against)]),
        "means": odds_sentence(weight, NOUNS[party]),
    }


def _key(version: Version) -> str:
    return f"{version['system']}:{version['local_id']}"
