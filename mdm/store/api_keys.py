"""Keys of the API: their digests, what they may do, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

_COLUMNS = "key_id, name, scopes, rate, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at"


@dataclass(frozen=True, slots=True)
class KeyState:
    """What a request with this key is judged by."""

    key_id: str
    name: str
    digest: str
    scopes: frozenset[str]
    rate: int | None
    expires_at: datetime | None
    revoked_at: datetime | None


def put_key(
    connection: sa.Connection,
    key_id: str,
    digest: str,
    *,
    name: str,
    scopes: Sequence[str],
    created_by: str,
    rate: int | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Keep a new key."""
    connection.exec_driver_sql(
        "insert into api_key (key_id, digest, name, scopes, created_by, rate, expires_at) values "
        "(%(key_id)s, %(digest)s, %(name)s, %(scopes)s, %(created_by)s, %(rate)s, %(expires_at)s)",
        {
            "key_id": key_id, "digest": digest, "name": name, "scopes": list(scopes), "created_by": created_by,
            "rate": rate, "expires_at": expires_at,
        },
    )  # fmt: skip


def find_key(connection: sa.Connection, key_id: str) -> KeyState | None:
    """The state of a key, revoked and expired ones too."""
    row = connection.exec_driver_sql(
        "select key_id, name, digest, scopes, rate, expires_at, revoked_at from api_key where key_id = %(key_id)s",
        {"key_id": key_id},
    ).first()
    if row is None:
        return None
    key_id, name, digest, scopes, rate, expires_at, revoked_at = row
    return KeyState(key_id, name, digest, frozenset(scopes), rate, expires_at, revoked_at)


def note_use(connection: sa.Connection, key_id: str) -> None:
    """Note that a key is in use, once a minute; what a crash of the machine may lose of that is no loss."""
    connection.exec_driver_sql(
        "update api_key set last_used_at = now() from (select set_config('synchronous_commit', 'off', true)) as s "
        "where key_id = %(key_id)s and (last_used_at is null or last_used_at < now() - interval '1 minute')",
        {"key_id": key_id},
    )


def list_keys(connection: sa.Connection) -> list[dict[str, Any]]:
    """All keys, the newest first; without their digests."""
    rows = connection.exec_driver_sql(f"select {_COLUMNS} from api_key order by created_at desc, key_id").mappings()
    return [dict(row) for row in rows]


def revoke_key(connection: sa.Connection, key_id: str, *, revoked_by: str) -> dict[str, Any] | None:
    """Revoke a key; one that was revoked before stays as it was. None: there is no such key."""
    connection.exec_driver_sql(
        "update api_key set revoked_at = now(), revoked_by = %(by)s where key_id = %(key_id)s and revoked_at is null",
        {"key_id": key_id, "by": revoked_by},
    )
    row = connection.exec_driver_sql(
        f"select {_COLUMNS} from api_key where key_id = %(key_id)s", {"key_id": key_id}
    ).mappings().first()  # fmt: skip
    return None if row is None else dict(row)
