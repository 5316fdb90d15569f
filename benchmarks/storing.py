"""What storing a first night takes, beside PostgreSQL's own COPY and index build of the same rows in the same server.

Storing is the whole step apply, and what was loaded aside by then, although that cost no time of its own. The baseline
is one session that, for one table after the other, makes a table without an index, copies the same rows into it out of
a binary file, and builds the same indexes: no query, no conversion, no history, nothing of what the night decides.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.process import Took
from benchmarks.table import Figure
from mdm.settings import Settings
from mdm.store.bulk import index_definitions
from mdm.store.connection import driver_of
from mdm.store.database import open_database
from pipelines.steps.apply import LOADED

MOST_OF_COPY = 2.0
BLOCK = 1 << 20  # bytes


def measure_storing(workspace: Path, night: Took, scratch: Path, only_at: str) -> list[Figure]:
    """The figures of the first night of a workspace, whose rows are there as it left them."""
    settings, bare, rows = Settings.load(workspace), 0.0, 0
    with open_database(settings.database_url, settings.var) as database:
        for table in LOADED:
            with database.begin() as connection:
                seconds, count = _copied(connection, table, scratch / f"{table}.copy")
                connection.exec_driver_sql("drop schema bare cascade")
            bare, rows = bare + seconds, rows + count
    step = night.said["steps"]["apply"]
    apply, aside = step["seconds"], step["aside_seconds"]
    return [
        Figure("storing, rows", rows, "rows"),
        Figure("storing, of which aside", aside, "s"),
        Figure("storing, apply and aside", apply + aside, "s", None, None, bare, "COPY and index build"),
        Figure("storing, of COPY and index build", (apply + aside) / bare, "x", None, MOST_OF_COPY, only_at=only_at),
    ]  # fmt: skip


def _copied(connection: sa.Connection, table: str, file: Path) -> tuple[float, int]:
    """Seconds of COPY and index build of the rows of a table in another schema, and how many rows there are."""
    _written(connection, table, file)
    definitions = index_definitions(connection, table)
    connection.exec_driver_sql("create schema bare")
    began = time.monotonic()
    connection.exec_driver_sql(f'create table bare."{table}" (like "{table}" including all excluding indexes)')
    with driver_of(connection).cursor() as cursor, file.open("rb") as rows:
        with cursor.copy(f'copy bare."{table}" from stdin (format binary, freeze)'.encode()) as copy:
            while block := rows.read(BLOCK):
                copy.write(block)
        count = cursor.rowcount
    for definition in definitions.values():
        connection.exec_driver_sql(_in_bare(definition, table))
    seconds = time.monotonic() - began
    file.unlink()
    return seconds, count


def _written(connection: sa.Connection, table: str, file: Path) -> None:
    """All rows of a table in a file, as binary COPY has them."""
    statement: Any = f'copy "{table}" to stdout (format binary)'.encode()
    with driver_of(connection).cursor() as cursor, file.open("wb") as out, cursor.copy(statement) as copy:
        for block in copy:
            out.write(block)


def _in_bare(definition: str, table: str) -> str:
    """The statement that makes an index of a table, for the table of that name in the other schema."""
    return re.sub(rf'( ON | table )(\w+\.)?"?{table}"? ', rf'\1bare."{table}" ', definition, count=1)
