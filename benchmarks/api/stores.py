"""The stores that are asked: a workspace with a night behind it, its people and a key, and servers on it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.api.requests import Drawn, draw
from benchmarks.process import ROOT, run_mdm, run_module
from mdm.access import new_key
from mdm.settings import Settings
from mdm.store import api_keys
from mdm.store.database import Database, open_database

SCOPES = ("lookup", "identify", "pii", "write")
GATE_STOPPED = 3
SERVE = (
    "import sys; from pathlib import Path; from mdm.settings import Settings; from api.server import serve; "
    "serve(Settings.load(Path(sys.argv[1])), workers=int(sys.argv[2]), port=int(sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A store that is open. key: of the API, with all that is measured; size: current records."""

    settings: Settings
    database: Database
    drawn: Drawn
    key: str
    size: int

    def service(self, workers: int = 1) -> Sequence[str]:
        """The command of the service, but for its port."""
        return [sys.executable, "-c", SERVE, str(self.settings.workspace), str(workers)]

    def bare(self) -> Sequence[str]:
        """The command of the bare endpoint, but for its port."""
        return [sys.executable, "-m", "benchmarks.api.bare", str(self.settings.workspace)]


@contextmanager
def opened(workspace: Path, requests: int) -> Iterator[Asked]:
    """The store of a workspace, with `requests` of each kind drawn from it."""
    settings, made = Settings.load(workspace), new_key()
    with open_database(settings.database_url, settings.var) as database:
        with database.begin() as connection:
            api_keys.put_key(
                connection, made.key_id, made.digest, name="benchmark", scopes=SCOPES, created_by="benchmark",
                rate=10**9, expires_at=None,
            )  # fmt: skip
        with database.read() as connection:
            size = connection.exec_driver_sql(
                "select count(*) from record where recorded_to = 'infinity' and status = 'accepted'"
            ).scalar_one()
            drawn = draw(connection, requests)
        yield Asked(settings, database, drawn, made.text, size)


@contextmanager
def store_made(rows: int, workspace: Path) -> Iterator[Path]:
    """A store of the sample operator's people, about so many rows, made by a night; removed at the end."""
    try:
        print(f"... making a store of about {rows:,} rows", file=sys.stderr, flush=True)
        run_module("benchmarks.operator", "--rows", str(rows), "--out", workspace)
        run_mdm("run", workspace=workspace, allow=(0, GATE_STOPPED))
        yield workspace
    finally:
        run_mdm("stop", workspace=workspace)
        shutil.rmtree(workspace, ignore_errors=True)


@contextmanager
def serving(command: Sequence[str]) -> Iterator[int]:
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
