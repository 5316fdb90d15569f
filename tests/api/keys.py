"""Keys for tests: made in the store as `mdm key create` makes them."""

from __future__ import annotations

from datetime import datetime

from mdm.access import SCOPES, new_key
from mdm.store import api_keys
from mdm.store.database import Database

EVERYTHING = tuple(SCOPES)


def add_key(
    database: Database,
    *scopes: str,
    name: str = "a test",
    rate: int | None = 1_000_000,
    expires_at: datetime | None = None,
) -> str:
    """A new key with these scopes; without any, with all of them. Its text, as it is sent."""
    made = new_key()
    with database.begin() as connection:
        api_keys.put_key(
            connection, made.key_id, made.digest, name=name, scopes=scopes or EVERYTHING, created_by="a test",
            rate=rate, expires_at=expires_at,
        )  # fmt: skip
    return made.text


def bearing(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def id_of(key: str) -> str:
    """The part of a key that is no secret."""
    return key.split("_")[1]
