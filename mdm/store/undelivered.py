"""Tasks about rows that a target never took: closed when it takes one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa


def close(connection: sa.Connection, target: str, keys: Sequence[str]) -> int:
    """Close the open tasks about rows of a target that it has accepted; how many."""
    if not keys:
        return 0
    return connection.exec_driver_sql(
        "update task set status = 'closed', closed_run = 'sync', closed_at = now(), "
        "closed_reason = 'the target has accepted it' where kind = 'undelivered' and status <> 'closed' "
        "and detail ->> 'target' = %(target)s and detail ->> 'key' = any(%(keys)s)",
        {"target": target, "keys": list(keys)},
    ).rowcount
