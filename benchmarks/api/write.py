"""What writing a record takes: one client, eight at once on unrelated people, against identifying in the same run.

Written are new records of a system of the workspace: names and birth dates as channels ask for them (`requests.py`),
with a phone number of their own. Every write is matched, linked or made a customer, golden, audited and committed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import orjson

from api.attributes import InHand
from api.records import RecordBody
from benchmarks.api.load import Load, Request, percentile, put_load
from benchmarks.api.stores import Asked
from benchmarks.table import Figure
from mdm.contracts import load_contracts
from mdm.live.orders import Order, Writer
from mdm.live.write import put_record
from mdm.registry.identify import identify

MOST_OF_IDENTIFY = 4.0  # times its p50
LEAST_OF_ONE = 1.5  # times the rate of one client
AT_ONCE = 8


@dataclass(slots=True)
class Bodies:
    """New records of a system, of people whom channels ask for; each has a phone number of its own."""

    system: str
    drawn: list[dict[str, Any]]
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def requests(self, name: str, numbers: Iterable[int]) -> Iterator[Request]:
        """One PUT for each of `numbers`."""
        run = self.chance.randrange(10**9)
        for number, body in zip(numbers, cycle(self.drawn), strict=False):
            yield "PUT", f"/v1/records/{self.system}/bench-{name}-{run}-{number}", orjson.dumps(self.new(body))

    def new(self, body: dict[str, Any]) -> dict[str, Any]:
        """The record of somebody who is asked for so."""
        phone = f"+1 204 {self.chance.randrange(200, 1000)} {self.chance.randrange(10_000):04}"
        return {**body, "phones": [phone]}


def bodies_of(asked: Asked) -> Bodies:
    """Records of the first system that may have persons."""
    contracts = load_contracts(asked.settings.sources)
    system = next(c.source for c in contracts if c.role == "customer" and c.party.party != "organisation")
    return Bodies(system, asked.drawn.asked["name + birth date"])


def measure_write(
    asked: Asked, port: int, bodies: Bodies, identify_p50: float, only_at: str
) -> tuple[list[Figure], Load]:
    """The figures of one store, and what one client saw; `identify_p50` in milliseconds, of the same requests."""
    count = max(40, len(bodies.drawn) // 3)
    _write(asked, port, bodies, "warm", count, AT_ONCE)  # all processes that serve
    one = _write(asked, port, bodies, "one", count, 1)
    eight = _write(asked, port, bodies, "eight", 2 * count, AT_ONCE)
    identified, written = _in_process(asked, bodies, count)
    figures = [
        Figure("write a record, p50", one.at(0.5), "ms", None, None, identify_p50, "identify by name + birth date"),
        Figure("write a record, p99", one.at(0.99), "ms"),
        Figure("write, p50 times identify", one.at(0.5) / identify_p50, "x", None, MOST_OF_IDENTIFY, only_at=only_at),
        Figure("write in process, p50", written, "ms", None, None, identified, "identify in process"),
        Figure("write in process, p50 times identify", written / identified, "x", None, MOST_OF_IDENTIFY,
               only_at=only_at),
        Figure("write, rate of one client", one.rate, "/s"),
        Figure(f"write, rate of {AT_ONCE} clients", eight.rate, "/s", None, None, one.rate, "one client"),
        Figure(f"write, {AT_ONCE} clients times one", eight.rate / one.rate, "x", LEAST_OF_ONE, only_at=only_at),
    ]  # fmt: skip
    return figures, one


def _write(asked: Asked, port: int, bodies: Bodies, name: str, count: int, connections: int) -> Load:
    load = put_load(port, bodies.requests(name, range(count)), connections=connections, key=asked.key)
    if load.refused:
        raise SystemExit(f"{load.refused} of {count} writes were refused")
    return load


def _in_process(asked: Asked, bodies: Bodies, count: int) -> tuple[float, float]:
    """What identifying and writing take without HTTP and the audit, p50 in milliseconds, in turn."""
    writer = Writer.of(asked.database, asked.settings, load_contracts(asked.settings.sources))
    run = bodies.chance.randrange(10**9)
    identified: list[float] = []
    written: list[float] = []
    for number, body in zip(range(count), cycle(bodies.drawn), strict=False):
        mapped = InHand.model_validate(body).to_mapped()
        record = RecordBody.model_validate(bodies.new(body)).to_mapped() | {"party": "person"}

        def ask(mapped: dict[str, Any] = mapped) -> None:
            with asked.database.read() as connection:
                identify(connection, mapped, settings=asked.settings)

        def put(record: dict[str, Any] = record, local_id: str = f"bench-within-{run}-{number}") -> None:
            put_record(writer, bodies.system, local_id, record, Order("benchmark"))

        identified.append(_seconds(ask))
        written.append(_seconds(put))
    return tuple(percentile(sorted(seconds), 0.5) * 1000 for seconds in (identified, written))  # type: ignore[return-value]


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
