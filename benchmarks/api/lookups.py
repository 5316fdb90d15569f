"""What looking up takes: against a bare endpoint that reads the same documents, and against a small store.

All servers are there at once and are asked in turn, round after round, so that a machine that others use as well slows
all of them alike; a ratio is the median of those of the rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import median
from urllib.parse import quote

from benchmarks.api.load import Load, Request, put_load
from benchmarks.api.requests import Drawn
from benchmarks.api.stores import Asked, serving
from benchmarks.table import Figure

LEAST_OF_BARE = 0.5
MOST_P99 = 8.0  # times p50
MOST_OF_SMALL = 1.15  # times what it takes in a small store
KINDS = ("PIN", "source key")
Loads = Sequence[Load]


def measure_lookups(large: Asked, small: Asked, *, connections: int, rounds: int, only_at: str) -> list[Figure]:
    """Rates, tails, and what each look-up takes of the bare endpoint and of the small store."""
    with ExitStack() as servers:
        bare, ours, theirs = (
            servers.enter_context(serving(command)) for command in (large.bare(), large.service(), small.service())
        )
        documents: list[Request] = [("GET", f"/document/{pin}", None) for pin in large.drawn.pins]
        constant: list[Request] = [("GET", "/constant", None)] * len(documents)
        asked = {"constant": (bare, constant, None), "bare": (bare, documents, None)}
        for kind in KINDS:
            asked[kind] = (ours, _requests(large.drawn, kind), large.key)
            asked[f"small {kind}"] = (theirs, _requests(small.drawn, kind), small.key)
        found: dict[str, list[Load]] = {name: [] for name in asked}
        for turn in range(rounds + 1):
            for name, (port, requests, key) in asked.items():
                load = put_load(port, requests, connections=connections, key=key)
                assert load.refused == 0, name
                if turn:  # the first round fills caches
                    found[name].append(load)
        alone = put_load(bare, constant, connections=1)
    return [
        Figure("constant endpoint, rate", _rate(found["constant"]), "/s"),
        Figure("constant endpoint, p50 alone", alone.at(0.5), "ms"),
        Figure("bare document endpoint, rate", _rate(found["bare"]), "/s"),
        *(figure for kind in KINDS for figure in _of_kind(kind, found, small.size, only_at)),
    ]


def _of_kind(kind: str, found: Mapping[str, Loads], small: int, only_at: str) -> list[Figure]:
    what, ours, bare, theirs = f"look up by {kind}", found[kind], found["bare"], found[f"small {kind}"]
    tail = median(load.at(0.99) / load.at(0.5) for load in ours)
    return [
        Figure(f"{what}, rate", _rate(ours), "/s", None, None, _rate(bare), "bare document endpoint"),
        Figure(f"{what}, of the bare endpoint", _times(ours, bare), "%", LEAST_OF_BARE, only_at=only_at),
        Figure(f"{what}, p50", median(load.at(0.5) for load in ours), "ms"),
        Figure(f"{what}, p99, times p50", tail, "x", None, MOST_P99, only_at=only_at),
        Figure(f"{what}, times a small store", _times(theirs, ours), "x", None, MOST_OF_SMALL,
               baseline_is=f"{_rate(theirs):,.0f}/s in a store of {small:,} records", only_at=only_at),
    ]  # fmt: skip


def _rate(loads: Loads) -> float:
    return median(load.rate for load in loads)


def _times(loads: Loads, others: Loads) -> float:
    """How often as many answers a second as the others of the same round."""
    return median(load.rate / other.rate for load, other in zip(loads, others, strict=True))


def _requests(drawn: Drawn, kind: str) -> list[Request]:
    if kind == "PIN":
        return [("GET", f"/v1/customers/{pin}", None) for pin in drawn.pins]
    return [("GET", f"/v1/customers?key={system}:{quote(local, safe='')}", None) for system, local in drawn.keys]
