"""The cleansed rows of a workspace, out of its store into one Parquet file: what the baselines start from.

python -m benchmarks.cleansed WORKSPACE OUT.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mdm.settings import Settings
from mdm.store import records
from mdm.store.database import open_database
from pipelines.documents import to_stored


def main() -> None:
    """Parse the arguments and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleansed", description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    pq.write_table(read_cleansed(arguments.workspace), arguments.out)


def read_cleansed(workspace: Path) -> pa.Table:
    """All current accepted records of the workspace: CLEANSED and record_id."""
    settings = Settings.load(workspace)
    with open_database(settings.database_url, settings.var) as database, duckdb.connect() as scratch:
        with database.begin() as connection:
            versions = records.all_current(connection)
        return to_stored(versions, scratch)


if __name__ == "__main__":
    main()
