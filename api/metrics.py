"""What the service tells of itself, for Prometheus: requests and how long they took, its connections, what waits.

One process counts in memory. Several that share a port count in files of a common directory (`SHARED`, made by
api.server), so that whichever is asked tells of all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mdm.store.database import Connections
from mdm.store.gauges import Gauges

SHARED = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds


@dataclass(slots=True)
class Meters:
    """The counters of a process."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _requests: Counter = field(init=False)
    _seconds: Histogram = field(init=False)

    def __post_init__(self) -> None:
        own = None if SHARED in os.environ else self.registry
        self._requests = Counter(
            "mdm_http_requests", "Answers by route and status", ("method", "route", "status"), registry=own
        )
        self._seconds = Histogram(
            "mdm_http_request_seconds", "Until the answer was sent", ("method", "route"), buckets=BUCKETS, registry=own
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, connections: Connections | None, gauges: Gauges | None) -> bytes:
        """Everything in the text format of Prometheus; None for what cannot be asked, as the store is away."""
        registry = self.registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        now = CollectorRegistry()
        now.register(_Now(connections, gauges))
        return generate_latest(registry) + generate_latest(now)


@dataclass(slots=True, eq=False)  # a registry keeps it in a dictionary
class _Now(Collector):
    """What is read when it is asked for."""

    connections: Connections | None
    gauges: Gauges | None

    def collect(self) -> Iterator[Metric]:
        """The families."""
        yield GaugeMetricFamily("mdm_store_up", "Whether the database can be read", float(self.gauges is not None))
        if self.connections is not None:
            held = {"used": self.connections.used, "free": self.connections.free}
            yield _family("mdm_pool_connections", "Connections of the process that answers", "state", held)
        if self.gauges is not None:
            yield _family("mdm_tasks_open", "Tasks that wait for a steward", "kind", self.gauges.tasks)
            yield _family("mdm_due", "What single writes left to the next run", "kind", self.gauges.due)
            words = "Since the latest run of a status began"
            yield _family("mdm_last_run_seconds", words, "status", self.gauges.last_run)
            if self.gauges.age is not None:
                yield GaugeMetricFamily("mdm_data_age_seconds", "Since a run was applied last", self.gauges.age)


def _family(name: str, words: str, label: str, values: dict[str, int] | dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), float(number))
    return family
