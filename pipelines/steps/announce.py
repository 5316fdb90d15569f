"""What a run announces of what it applied: the customers and households of its files, if they are others now."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from mdm.store import changes
from pipelines.context import Night

PINS = {("resolve", "customers"): "pin", ("resolve", "xrefs"): "pin", ("golden", "golden"): "pin",
        ("golden", "ended"): "pin"}  # fmt: skip
CHIS = {("households", "households"): "chi", ("households", "memberships"): "chi", ("households", "ended"): "chi"}


def announce_applied(night: Night, connection: sa.Connection, actor: str) -> None:
    """Announce what the applying transaction changes, single writes in it included."""
    pins, chis = (_all(night, columns) for columns in (PINS, CHIS))
    changes.announce_run(connection, pins, chis, run_id=night.run_id, actor=actor)


def _all(night: Night, columns: dict[tuple[str, str], str]) -> pa.ChunkedArray:
    parts = [night.folder.read(step, name, columns=[column])[column] for (step, name), column in columns.items()]
    return pa.chunked_array([chunk for part in parts for chunk in part.cast(pa.string()).chunks], pa.string())
