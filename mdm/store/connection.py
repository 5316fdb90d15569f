"""From SQLAlchemy's connection to the psycopg connection under it."""

from __future__ import annotations

from typing import Any

import psycopg
import sqlalchemy as sa


def driver_of(connection: sa.Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The psycopg connection under `connection`, in the same transaction: for COPY."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
