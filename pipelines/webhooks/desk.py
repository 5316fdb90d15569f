"""What is done about subscribers: added, listed, paused, resumed, given another secret, told again, removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, StoreError, UsageError
from mdm.settings import Settings
from mdm.store import audit, feed, subscribers
from mdm.store.changes import TYPES
from mdm.store.database import Database
from mdm.store.subscribers import Subscriber
from mdm.webhooks import check_url, new_salt, secret_of, written
from pipelines.webhooks.post import address_of

MOST = 1000  # changes in one request
OK = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_SECRETS = {"salt", "former_salt", "turn"}  # what nobody is shown


def add(
    settings: Settings,
    database: Database,
    name: str,
    url: str,
    *,
    actor: str,
    types: Sequence[str] = (),
    values: bool = False,
    pii: bool = False,
    batch: int = 1,
    since: str = "now",
) -> dict[str, Any]:
    """Add a subscriber: its secret, and the position after which it is told.

    since: now, start, or a position. Raises UsageError for what cannot be, and for a name that is taken.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a subscriber", remedy="Letters, digits, - _ . in lower case.")
    _check_address(url, settings)
    if unknown := [each for each in types if each not in TYPES]:
        raise UsageError(f"no change is of the type {unknown[0]!r}", remedy=f"There are {', '.join(TYPES)}.")
    if pii and not values:
        raise UsageError("--pii says that values are not masked, and none are sent", remedy="Add --values.")
    if not 1 <= batch <= MOST:
        raise UsageError(f"{batch} changes in one request", where="--batch", remedy=f"1 to {MOST}.")
    with database.begin() as connection:
        position = _position(connection, since)
        row = {
            "name": name, "url": url, "types": list(types) or None, "with_values": values, "pii": pii, "batch": batch,
            "salt": new_salt(), "position": position, "sending": position, "created_by": actor,
        }  # fmt: skip
        secret = secret_of(settings.instance.pin_key, name, str(row["salt"]))
        if not subscribers.add(connection, row):
            raise UsageError(
                f"there is a subscriber {name!r} already", remedy="Another name, or mdm webhook remove first."
            )
        _note(connection, actor, f"mdm webhook add {name}", ["golden"] if values else [])
    return {"name": name, "url": url, "position": position, "secret": written(secret)}


def listed(database: Database) -> list[dict[str, Any]]:
    """All subscribers, how far each was told, what is held and given up; no secrets."""
    with database.begin() as connection:
        upto = feed.horizon(connection)
        held = subscribers.counts(connection)
        found = []
        for each in subscribers.every(connection):
            row = {name: value for name, value in asdict(each).items() if name not in _SECRETS}
            waiting, dead = held.get(each.name, (0, 0))
            found.append({**row, "behind": max(0, upto - each.position), "held": waiting, "dead_letters": dead})
        return found


def pause(database: Database, name: str, *, actor: str) -> None:
    """Send nothing more until it is resumed; what happens meanwhile is sent then."""
    with database.begin() as connection:
        _find(connection, name)
        subscribers.put(connection, name, {"paused_at": datetime.now(UTC), "paused_by": actor})
        _note(connection, actor, f"mdm webhook pause {name}")


def resume(database: Database, name: str, *, actor: str) -> None:
    """Send again, at once: also to one that waits because it has failed."""
    with database.begin() as connection:
        _find(connection, name)
        subscribers.put(connection, name, {"paused_at": None, "paused_by": None, "next_at": None})
        _note(connection, actor, f"mdm webhook resume {name}")


def rotate(settings: Settings, database: Database, name: str, *, actor: str) -> dict[str, Any]:
    """Give it another secret; for a while requests are signed with the one before as well."""
    with database.begin() as connection:
        found = _find(connection, name)
        salt, until = new_salt(), datetime.now(UTC) + timedelta(hours=settings.webhooks.rotate_hours)
        secret = secret_of(settings.instance.pin_key, name, salt)
        subscribers.put(connection, name, {"salt": salt, "former_salt": found.salt, "former_until": until})
        _note(connection, actor, f"mdm webhook rotate {name}")
    return {"name": name, "secret": written(secret), "former_until": until}


def replay(database: Database, name: str, since: str, *, actor: str) -> int:
    """Tell everything after a position again (marked as repeated), or from there on for the first time; the position.

    Raises StoreError when the sender writes at just this moment.
    """
    with database.begin() as connection:
        position, found = _position(connection, since), _find(connection, name)
        if not subscribers.save(connection, found, {"position": position, "ahead": [], "failures": 0, "next_at": None}):
            raise StoreError(f"{name} was told something just now", remedy="Run the command again.")
        subscribers.forget_held(connection, name, position)
        _note(connection, actor, f"mdm webhook replay {name} --after {position}")
    return position


def dead_letters(database: Database, name: str) -> list[dict[str, Any]]:
    """What it refused for so long that it was given up."""
    with database.begin() as connection:
        _find(connection, name)
        return subscribers.dead_letters(connection, name)


def revive(database: Database, name: str, *, actor: str) -> int:
    """Try its dead letters again; how many there are."""
    with database.begin() as connection:
        _find(connection, name)
        _note(connection, actor, f"mdm webhook dead-letters {name} --again")
        return subscribers.revive(connection, name)


def remove(database: Database, name: str, *, actor: str) -> None:
    """Remove it, with all that is known of how far it was told."""
    with database.begin() as connection:
        _find(connection, name)
        subscribers.remove(connection, name)
        _note(connection, actor, f"mdm webhook remove {name}")


def _check_address(url: str, settings: Settings) -> None:
    """Raises UsageError for what may not be sent to; a host that is not known today is looked at when it is sent to."""
    parts = check_url(url, settings.webhooks)
    try:
        address_of(str(parts.hostname), parts.port or 443, settings.webhooks)
    except PermissionError as error:
        remedy = "Name a public one, or set [webhooks] allow_private = true in mdm.toml."
        raise UsageError(str(error), where=url, remedy=remedy) from None
    except OSError:
        return


def _find(connection: sa.Connection, name: str) -> Subscriber:
    found = subscribers.find(connection, name)
    if found is None:
        names = ", ".join(each.name for each in subscribers.every(connection)) or "nobody yet"
        raise NotFound(f"there is no subscriber {name!r}", remedy=f"Subscribed: {names}.")
    return found


def _position(connection: sa.Connection, text: str) -> int:
    """now, start, or a position that was given. Raises UsageError."""
    if text == "now":
        return feed.horizon(connection)
    if text == "start":
        return 0
    last = feed.last_given(connection)
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) > last:
        raise UsageError(
            f"{text!r} is no position", remedy=f"now, start, or a number up to {last}, the last one given."
        )
    return int(text)


def _note(connection: sa.Connection, actor: str, action: str, fields: Sequence[str] = ()) -> None:
    audit.put_entry(connection, audit.Entry(actor, action, OK, [], [], list(fields), masked=False))
