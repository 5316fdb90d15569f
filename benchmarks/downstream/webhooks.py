"""`make bench-webhooks`: changes sent to a subscriber on this machine, beside a bare loop of the same posts.

    python -m benchmarks.downstream.webhooks [--events N] [--customers N] [--json OUT]

The subscriber is a process of its own that answers 204 to everything. The bare loop posts bodies of the same size over
one kept connection, one after the other, signs nothing and keeps no position. Beside the subscriber that is measured
stand one that is not there and one that never answers in time. Leaves with 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time

from benchmarks.api.stores import serving
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from mdm.settings import Settings
from mdm.store.database import Database, open_database
from pipelines.webhooks import desk
from pipelines.webhooks.sender import send

LEAST = 500.0  # events a second
SETTINGS = """
[instance]
pin_key = "a key for the benchmark"
[webhooks]
allow_http = true
allow_private = true
timeout_seconds = 2.0
"""
ANNOUNCE = """
insert into change (type, pin, run_id, actor)
select 'changed', (100000000000 + mod(n, %(customers)s))::text, 'benchmark', 'benchmark'
from generate_series(1, %(events)s) n
"""


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.downstream.webhooks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--events", type=int, default=10_000, help="changes that are sent (default 10,000)")
    parser.add_argument("--customers", type=int, default=1_000, help="whose changes they are (default 1,000)")
    add_json(parser)
    asked = parser.parse_args()
    receiver = [sys.executable, "-m", "benchmarks.downstream.receiver"]
    with scratch_directory() as scratch:
        (scratch / "mdm.toml").write_text(SETTINGS, encoding="utf-8")
        settings = Settings.load(scratch)
        with (
            open_database(None, settings.var) as database,
            serving(receiver) as port,
            serving([*receiver, "60"]) as mute,
        ):
            figures = measure(settings, database, port, mute, asked.events, asked.customers)
    finish(figures, asked.json)


def measure(settings: Settings, database: Database, port: int, mute: int, events: int, customers: int) -> list[Figure]:
    """All figures."""
    with database.begin() as connection:
        connection.exec_driver_sql(ANNOUNCE, {"events": events, "customers": customers})
    bare = _bare(port, events)
    told = {
        name: _told(settings, database, f"http://127.0.0.1:{port}/", events, batch)
        for name, batch in (("one by one", 1), ("in batches of 100", 100))
    }
    with_others = _beside_bad_ones(settings, database, port, mute, events)
    baseline = "a bare loop of posts"
    return [
        Figure("events", events, "events"),
        *(Figure(f"events told {name}", rate, "events/s", LEAST, None, bare, baseline) for name, rate in told.items()),
        Figure("of the bare loop, one by one", told["one by one"] / bare, "x"),
        Figure("events told beside one that is gone and one that is mute", with_others, "events/s", LEAST, None),
    ]


def _told(settings: Settings, database: Database, url: str, events: int, batch: int) -> float:
    """Events a second to one subscriber."""
    desk.add(settings, database, "one", url, actor="benchmark", batch=batch, since="start")
    began = time.monotonic()
    (sent,) = send(settings, database)
    seconds = time.monotonic() - began
    assert (sent["told"], sent["refused"]) == (events, 0), sent
    desk.remove(database, "one", actor="benchmark")
    return events / seconds


def _beside_bad_ones(settings: Settings, database: Database, port: int, mute: int, events: int) -> float:
    """Events a second to one subscriber, while others take nothing, until it has all."""
    import threading

    for name, there in (("gone", 9), ("mute", mute), ("one", port)):
        desk.add(settings, database, name, f"http://127.0.0.1:{there}/", actor="benchmark", since="start")
    stop, began = threading.Event(), time.monotonic()
    thread = threading.Thread(target=send, args=(settings, database), kwargs={"stop": stop})
    thread.start()
    while next(each for each in desk.listed(database) if each["name"] == "one")["behind"]:
        time.sleep(0.05)
    seconds = time.monotonic() - began
    stop.set()
    thread.join()
    return events / seconds


def _bare(port: int, events: int) -> float:
    """Posts a second over one connection."""
    connection, body = http.client.HTTPConnection("127.0.0.1", port), b"{" + b" " * 480 + b"}"
    began = time.monotonic()
    for _ in range(events):
        connection.request("POST", "/", body, {"content-type": "application/json"})
        connection.getresponse().read()
    return events / (time.monotonic() - began)


if __name__ == "__main__":
    main()
