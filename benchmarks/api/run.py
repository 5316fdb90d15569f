"""`make bench-api`: what looking up and identifying take, beside baselines of the same run.

    python -m benchmarks.api [--rows N | --workspace DIR] [--requests N] [--connections N] [--scratch DIR] [--json OUT]

A store of the sample operator's people is made by a night, or one that is there is used. Server, database and load
generator share the machine. Leaves with 1 when a target was missed at the size that the target is for.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from benchmarks.api.identify import measure_identify
from benchmarks.api.load import Request, put_load
from benchmarks.api.requests import Drawn, draw
from benchmarks.api.write import measure_write
from benchmarks.process import ROOT, run_mdm, run_module
from benchmarks.table import Figure, show
from mdm.access import new_key
from mdm.settings import Settings
from mdm.store import api_keys
from mdm.store.database import open_database

FULL_SIZE = 1_000_000  # records that the targets are for
LEAST_OF_BARE = 0.5
MOST_P99 = 8.0  # times p50
GATE_STOPPED = 3
SERVE = (
    "import sys; from pathlib import Path; from mdm.settings import Settings; from api.server import serve; "
    "serve(Settings.load(Path(sys.argv[1])), port=int(sys.argv[2]))"
)


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the store that is made (default 100,000)")
    parser.add_argument("--workspace", type=Path, help="a workspace whose store is there: nothing is made")
    parser.add_argument("--requests", type=int, default=2000, help="requests of each kind (default 2,000)")
    parser.add_argument("--connections", type=int, default=16, help="at once, for look-ups (default 16)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    with _store(asked) as workspace:
        figures = measure(Settings.load(workspace), asked.requests, asked.connections)
    print(f"\n{show(figures)}\n")
    if asked.json is not None:
        document = {"figures": [figure.to_json() for figure in figures]}
        asked.json.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    sys.exit(any(figure.reached is False for figure in figures))


def measure(settings: Settings, requests: int, connections: int) -> list[Figure]:
    """All figures of one store."""
    made = new_key()
    with open_database(settings.database_url, settings.var) as database:
        with database.begin() as connection:
            api_keys.put_key(
                connection, made.key_id, made.digest, name="benchmark", scopes=("lookup", "identify", "pii", "write"),
                created_by="benchmark", rate=10**9, expires_at=None,
            )  # fmt: skip
        with database.read() as connection:
            drawn = draw(connection, requests)
            size = connection.exec_driver_sql(
                "select count(*) from record where recorded_to = 'infinity' and status = 'accepted'"
            ).scalar_one()
        only_at = "" if size >= FULL_SIZE * 0.95 else f"{FULL_SIZE:,} records"
        figures = [Figure("records in the store", size, "records")]
        figures += _look_up(settings, drawn, connections, made.text, only_at)
        with serving([sys.executable, "-c", SERVE, str(settings.workspace)]) as port:
            figures += measure_identify(database, settings, drawn, port, made.text, only_at)
            identify = next(f.measured for f in figures if f.what == "identify by name + birth date, p50")
            figures += measure_write(settings, drawn, port, made.text, identify, only_at)
    return figures


def _look_up(settings: Settings, drawn: Drawn, connections: int, key: str, only_at: str) -> list[Figure]:
    """Rates of looking up, against a bare endpoint that reads the same documents."""
    count = len(drawn.pins)
    bare: list[Request] = [("GET", f"/document/{pin}", None) for pin in drawn.pins]
    with serving([sys.executable, "-m", "benchmarks.api.bare", str(settings.workspace)]) as port:
        put_load(port, bare, connections=connections)
        constant = put_load(port, [("GET", "/constant", None)] * count, connections=connections)
        alone = put_load(port, [("GET", "/constant", None)] * count, connections=1)
        document = put_load(port, bare, connections=connections)
    figures = [
        Figure("constant endpoint, rate", constant.rate, "/s"),
        Figure("constant endpoint, p50 alone", alone.at(0.5), "ms"),
        Figure("bare document endpoint, rate", document.rate, "/s"),
    ]
    paths = {
        "look up by PIN": [f"/v1/customers/{pin}" for pin in drawn.pins],
        "look up by source key": [f"/v1/customers?key={system}:{_quoted(local)}" for system, local in drawn.keys],
    }
    with serving([sys.executable, "-c", SERVE, str(settings.workspace)]) as port:
        for what, asked in paths.items():
            requests: list[Request] = [("GET", path, None) for path in asked]
            put_load(port, requests[: count // 4], connections=connections, key=key)
            load = put_load(port, requests, connections=connections, key=key)
            assert load.refused == 0, what
            figures += [
                Figure(f"{what}, rate", load.rate, "/s", None, None, document.rate, "bare document endpoint"),
                Figure(f"{what}, of the bare endpoint", load.rate / document.rate, "%", LEAST_OF_BARE, only_at=only_at),
                Figure(f"{what}, p50", load.at(0.5), "ms"),
                Figure(f"{what}, p99, times p50", load.at(0.99) / load.at(0.5), "x", None, MOST_P99, only_at=only_at),
            ]
    return figures


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


@contextmanager
def serving(command: list[str]) -> Iterator[int]:
    """A server that is ready: `command` with the port behind it. It is ended when the block is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([*command, str(port)], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{' '.join(command)} does not serve") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _store(asked: argparse.Namespace) -> Iterator[Path]:
    """The workspace that was named, or a new one with a night behind it, removed at the end."""
    if asked.workspace is not None:
        yield asked.workspace
        return
    scratch = Path(tempfile.mkdtemp(prefix="mdm-bench-"))
    scratch.chmod(0o711)
    workspace = scratch / "operator"
    try:
        print(f"... making a store of about {asked.rows:,} rows", file=sys.stderr, flush=True)
        run_module("benchmarks.operator", "--rows", str(asked.rows), "--out", workspace)
        run_mdm("run", workspace=workspace, allow=(0, GATE_STOPPED))
        yield workspace
    finally:
        run_mdm("stop", workspace=workspace)
        shutil.rmtree(scratch, ignore_errors=True)
