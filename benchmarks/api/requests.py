"""What is asked: PINs, source keys, and identify requests made of the records of the store, typing errors and all."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

SEED = 7
POOL = 40_000  # records of which the names are counted
FLAT, STEEP = 20, 1.3  # of Zipf-Mandelbrot: a name of rank r is asked for with weight 1 / (r + FLAT) ** STEEP
KINDS = ("name + birth date", "name + phone with a typo", "name alone")


@dataclass(frozen=True, slots=True)
class Drawn:
    """PINs and source keys of customers, and of persons' records (documents) what a channel may have in hand."""

    pins: list[str]
    keys: list[tuple[str, str]]
    asked: dict[str, list[dict[str, Any]]]


def draw(connection: sa.Connection, count: int) -> Drawn:
    """`count` of each, the same ones each time from the same store.

    PINs and keys are drawn at random. Who is to be identified is drawn by name, and names by Zipf over their rank in
    this store: calls come from people of common names more often than not.
    """
    low, high = connection.exec_driver_sql("select min(record_id), max(record_id) from xref").one()
    chance = random.Random(SEED)
    numbers = chance.sample(range(low, high + 1), min(max(POOL, 4 * count), high - low + 1))
    rows = connection.exec_driver_sql(
        "select r.system, r.local_id, r.party, r.cleansed, x.pin from unnest(%s::bigint[]) with ordinality a(id, n) "
        "join record r on r.record_id = a.id and r.recorded_to = 'infinity' and r.status = 'accepted' "
        "join xref x on x.record_id = a.id and x.recorded_to = 'infinity' "
        "join customer c on c.pin = x.pin and c.recorded_to = 'infinity' and c.status = 'active' order by a.n",
        (numbers,),
    ).all()
    persons = [_in_hand(orjson.loads(cleansed)) for _, _, party, cleansed, _ in rows if party == "person"]
    asked = {kind: _by_name([bodies[kind] for bodies in persons if kind in bodies], count, chance) for kind in KINDS}
    return Drawn([pin for *_, pin in rows][:count], [(system, key) for system, key, *_ in rows][:count], asked)


def _by_name(bodies: list[dict[str, Any]], count: int, chance: random.Random) -> list[dict[str, Any]]:
    """`count` of the requests: names by Zipf over their rank, then one of those who bear the name."""
    named: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for body in bodies:
        named[body["name"]["given"], body["name"]["family"]].append(body)
    ranked = sorted(named.values(), key=len, reverse=True)
    weights = [1 / (rank + FLAT) ** STEEP for rank in range(1, len(ranked) + 1)]
    return [chance.choice(bearers) for bearers in chance.choices(ranked, weights, k=count)]


def _in_hand(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Kind of request -> body, for a record with both names."""
    if document.get("name_given") is None or document.get("name_family") is None:
        return {}
    name = {"name": {"given": document["name_given"], "family": document["name_family"]}}
    found = {"name alone": name}
    if document.get("birth_date") is not None:
        found["name + birth date"] = name | {"birth_date": document["birth_date"]}
    if document.get("phones"):
        found["name + phone with a typo"] = name | {"phones": [_mistyped(document["phones"][0]["number"])]}
    return found


def _mistyped(number: str) -> str:
    """Another third digit from the end."""
    return f"{number[:-3]}{(int(number[-3]) + 1) % 10}{number[-2:]}"
