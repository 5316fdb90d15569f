"""Alembic migrations, run from the program: no alembic.ini, no command line needed.

To add one after changing `mdm.store.tables`: `python -m mdm.store.migrations "what changes"` (on a scratch server).
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mdm.errors import StoreError

LOCK = 0x6D646D01  # advisory lock number, "mdm" + 1


def migrate(connection: sa.Connection) -> None:
    """Bring the tables up to date in the open transaction; processes that do so at once take turns.

    Raises StoreError when the database is of a later version of the product.
    """
    script = ScriptDirectory.from_config(_config())
    if _revision(connection) == script.get_current_head():
        return
    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = _revision(connection)
    if found is not None and found not in {known.revision for known in script.walk_revisions()}:
        raise StoreError(
            f"the database is at version {found}, which this program does not know",
            remedy="It was written by a later version of mdm: use that one.",
        )
    configuration = _config()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _config() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configuration


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
