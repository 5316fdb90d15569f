"""What writing a record takes: one client, eight at once on unrelated people, against identifying in the same run.

Written are new records of a system of the workspace: names and birth dates as channels ask for them (`requests.py`),
with a phone number of their own. Every write is matched, linked or made a customer, golden, audited and committed.
"""

from __future__ import annotations

import random
from typing import Any

import orjson

from benchmarks.api.load import Load, Request, put_load
from benchmarks.api.requests import Drawn
from benchmarks.table import Figure
from mdm.contracts import load_contracts
from mdm.settings import Settings

MOST_OF_IDENTIFY = 4.0  # times its p50
LEAST_OF_ONE = 1.5  # times the rate of one client
AT_ONCE = 8


def measure_write(
    settings: Settings, drawn: Drawn, port: int, key: str, identify_p50: float, only_at: str
) -> list[Figure]:
    """The figures of one store; `identify_p50` in milliseconds."""
    system = next(
        c.source for c in load_contracts(settings.sources) if c.role == "customer" and c.party.party != "organisation"
    )
    bodies = drawn.asked["name + birth date"]
    chance = random.Random(11)
    third = max(1, len(bodies) // 3)
    parts = [bodies[:third], bodies[third : 2 * third], bodies[2 * third :]]
    _write(system, parts[0], port, key, chance, "warm", 1)
    one = _write(system, parts[1], port, key, chance, "one", 1)
    eight = _write(system, parts[2], port, key, chance, "eight", AT_ONCE)
    return [
        Figure("write a record, p50", one.at(0.5), "ms", None, None, identify_p50, "identify by name + birth date"),
        Figure("write a record, p99", one.at(0.99), "ms"),
        Figure("write, p50 times identify", one.at(0.5) / identify_p50, "x", None, MOST_OF_IDENTIFY, only_at=only_at),
        Figure("write, rate of one client", one.rate, "/s"),
        Figure(f"write, rate of {AT_ONCE} clients", eight.rate, "/s", None, None, one.rate, "one client"),
        Figure(f"write, {AT_ONCE} clients times one", eight.rate / one.rate, "x", LEAST_OF_ONE, only_at=only_at),
    ]  # fmt: skip


def _write(
    system: str, bodies: list[dict[str, Any]], port: int, key: str, chance: random.Random, name: str, connections: int
) -> Load:
    run = chance.randrange(10**9)
    requests: list[Request] = [
        ("PUT", f"/v1/records/{system}/bench-{name}-{run}-{number}", orjson.dumps(_body(body, chance)))
        for number, body in enumerate(bodies)
    ]
    load = put_load(port, requests, connections=connections, key=key)
    if load.refused:
        raise SystemExit(f"{load.refused} of {len(requests)} writes were refused")
    return load


def _body(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {**body, "phones": [f"+1 204 {chance.randrange(200, 1000)} {chance.randrange(10_000):04}"]}
