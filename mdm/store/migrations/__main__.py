"""`python -m mdm.store.migrations "what changes"`: write a migration for what differs between models and migrations."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from mdm.store import embedded
from mdm.store.database import open_database
from mdm.store.migrations import _config


def main(message: str) -> None:
    """Compare on a scratch server and write the difference to `versions/`."""
    with tempfile.TemporaryDirectory() as scratch:
        var = Path(scratch) / "var"
        with open_database(None, var) as database, database.begin() as connection:
            configuration = _config()
            configuration.attributes["connection"] = connection
            number = 1 + sum(1 for _ in ScriptDirectory.from_config(configuration).walk_revisions())
            command.revision(configuration, message=message, autogenerate=True, rev_id=f"{number:04}")
        embedded.remove(var)


if __name__ == "__main__":
    main(sys.argv[1])
