"""What identifying takes over HTTP, one request after the other, against Splink's scoring of the same candidates."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from api.attributes import InHand
from benchmarks.api.load import Load, Request, percentile, put_load
from benchmarks.api.realtime import Realtime
from benchmarks.api.requests import KINDS, Drawn
from benchmarks.table import Figure
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.match.blocking import BlockLimits
from mdm.registry.candidates import find_candidates
from mdm.registry.matchers import matcher_in_use, row_of
from mdm.settings import Settings
from mdm.store.database import Database

PATH = "/v1/customers:identify"
MOST_OF_SPLINK = 0.2
MOST_P99 = 10.0  # times p50
LEAST_MEDIAN, LEAST_P95 = 20.0, 100.0  # candidates: fewer would be too easy
SCORED = 150  # requests of each kind that Splink scores, too, at most
WARM = 50


def measure_identify(
    database: Database, settings: Settings, drawn: Drawn, port: int, key: str, only_at: str
) -> list[Figure]:
    """The figures of each kind of request, and of all together."""
    figures: list[Figure] = []
    everything: list[float] = []
    compared: list[int] = []
    splink: list[float] = []
    with database.read() as connection:
        matcher = matcher_in_use(connection, "person")
        assert matcher is not None
        realtime = Realtime(matcher.model)
        for kind in KINDS:
            bodies = drawn.asked[kind]
            requests: list[Request] = [("POST", PATH, orjson.dumps(body)) for body in bodies]
            put_load(port, requests[:WARM], connections=1, key=key)
            load = put_load(port, requests[WARM:], connections=1, key=key)
            assert load.refused == 0, kind
            found = [_candidates(connection, body, settings) for body in bodies]
            counts = sorted(len(others) for _, others in found)
            some = [(row, others) for row, others in found if others][: min(SCORED, len(bodies) // 3) + 5]
            took = sorted([realtime.seconds(row, others) for row, others in some][5:])
            figures += _of(f"identify by {kind}", load, counts, took)
            everything, compared, splink = everything + load.seconds, compared + counts, splink + took
        whole = Load(sorted(everything), sum(everything), 0)
        compared.sort()
        splink.sort()
    return [
        *figures,
        *_of("identify, all", whole, compared, splink, only_at),
        Figure(
            "identify, all: candidates, median", percentile(compared, 0.5), "records", LEAST_MEDIAN, only_at=only_at
        ),
        Figure("identify, all: candidates, p95", percentile(compared, 0.95), "records", LEAST_P95, only_at=only_at),
    ]


def _of(what: str, load: Load, counts: list[int], splink: list[float], only_at: str | None = None) -> list[Figure]:
    shares = ", ".join(f"p{share * 100:.0f} {percentile(counts, share):,.0f}" for share in (0.05, 0.5, 0.95, 0.99))
    middle = percentile(splink, 0.5) * 1000
    binding = only_at is not None
    return [
        Figure(f"{what}, p50", load.at(0.5), "ms", None, None, middle, f"compare_records alone; candidates {shares}"),
        Figure(f"{what}, p95", load.at(0.95), "ms"),
        Figure(f"{what}, p99", load.at(0.99), "ms"),
        Figure(f"{what}, p50 of compare_records", load.at(0.5) / middle, "%", None,
               MOST_OF_SPLINK if binding else None, only_at=only_at or ""),
        Figure(f"{what}, p99, times p50", load.at(0.99) / load.at(0.5), "x", None, MOST_P99 if binding else None,
               only_at=only_at or ""),
    ]  # fmt: skip


def _candidates(
    connection: sa.Connection, body: dict[str, Any], settings: Settings
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The features of a request and of the records that the service compares with it."""
    mapped = InHand.model_validate(body).to_mapped()
    row = row_of(cleanse_record(mapped, context=CleanseContext(region=settings.cleanse.region)))
    most = settings.identify.max_block
    found = find_candidates(connection, row, "person", limits=BlockLimits(most, most))
    return row, [candidate.row for candidate in found.found]
