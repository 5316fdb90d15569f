"""From SQLAlchemy's connection to the psycopg connection under it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa


def driver_of(connection: sa.Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The psycopg connection under `connection`, in the same transaction: for COPY."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@contextmanager
def at_once(connection: sa.Connection) -> Iterator[None]:
    """Statements of the driver go to the server one behind the other: only who fetches an answer waits for it, and for
    those before it.

    An error is raised where the next answer is fetched, or at the end. Within another such block it is a part of that.
    There is no COPY within, and what SQLAlchemy itself executes gives no rows.
    """
    driver = driver_of(connection)
    if driver.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF:
        yield
        return
    with driver.pipeline():
        yield


def wait_within(connection: sa.Connection) -> None:
    """Let the transaction wait for what comes next as long as that takes, where the server ends idle ones."""
    connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")
