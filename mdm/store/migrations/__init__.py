"""Alembic migrations, run from the program: no alembic.ini, no command line needed.

To add one after changing `mdm.store.tables`: `python -m mdm.store.migrations "what changes"` (on a scratch server).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import mart

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 0x6D646D01  # advisory lock number, "mdm" + 1
KNOWN = {file.name.partition("_")[0] for file in (Path(__file__).parent / "versions").glob("[0-9]*_*.py")}


def migrate(connection: sa.Connection) -> None:
    """Bring the tables up to date in the open transaction; processes that do so at once take turns.

    Raises StoreError when the database is of a later version of the product.
    """
    if _revision(connection) == max(KNOWN):
        return
    from alembic import command  # a quarter of a second that a lookup need not wait for

    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = _revision(connection)
    if found == max(KNOWN):  # somebody else was first
        return
    if found is not None and found not in KNOWN:
        raise StoreError(
            f"the database is at version {found}, which this program does not know",
            remedy="It was written by a later version of mdm: use that one.",
        )
    configuration = _config()
    configuration.attributes["connection"] = connection
    if found is not None:
        mart.drop_views(connection)
    command.upgrade(configuration, "head")
    mart.make_views(connection)


def _config() -> Config:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configuration


def _revision(connection: sa.Connection) -> str | None:
    """The version that the tables are at; None for an empty database."""
    if connection.exec_driver_sql("select to_regclass('alembic_version')").scalar() is None:
        return None
    found: str | None = connection.exec_driver_sql("select max(version_num) from alembic_version").scalar()
    return found
