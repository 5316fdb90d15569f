"""The way of one record that a channel writes: validate, cleanse, match, link or create, survivorship, in one
transaction that does nothing that the night would not.

Who waits for whom: writers of one source key, of records that share a blocking key, and of one customer, do so one
after the other; nobody else. Locks are taken in the order source key, blocking keys, PINs, each by rising number; the
PINs are known only when the candidates are, so somebody else may have changed a customer meanwhile: then it is looked
at again. Deadlocks are left to the server to find, and the write begins anew.

Statements are planned once, and go to the server many in one message (`at_once`): a lock with what is read under it,
for each statement sees what was committed when it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.live import locks
from mdm.live.again import attempt
from mdm.live.attempt import Attempt
from mdm.live.orders import Order, Refused, Writer, Written, cleanse
from mdm.live.stored import from_version
from mdm.store import live, once
from mdm.store.connection import at_once
from mdm.store.suppression import ask_suppressed, read_suppressed
from mdm.suppression import Hasher, Identifier, Suppressed

_Step = Callable[[sa.Connection, set[str]], Written]


def put_record(writer: Writer, system: str, local_id: str, mapped: Mapping[str, Any], order: Order) -> Written:
    """Make `mapped` (MAPPED) the record of a source key of a known system.

    Raises Refused; StoreError when the database is gone, or too many change the same customers.
    """
    cleansed = cleanse(writer, system, local_id, mapped, order.at or datetime.now(UTC))

    def write(connection: sa.Connection, pins: set[str]) -> Written:
        with at_once(connection):
            suppressed = ask_suppressed(connection, system)
            before = live.find_version(connection, system, local_id)
        _check(before, order)
        there = before is not None and before["status"] == "accepted"
        if there and before is not None and before["content_hash"] == cleansed["content_hash"]:
            return Written("unchanged", before["pin"], before["recorded_from"], from_version(before))
        _check_erased(writer, read_suppressed(suppressed), cleansed, there)
        return Attempt(writer, connection, order.actor, pins).put(before, cleansed)

    return _attempt(writer, system, local_id, order, write)


def patch_record(writer: Writer, system: str, local_id: str, changes: Mapping[str, Any], order: Order) -> Written:
    """Change some columns of MAPPED of a record, and leave the others; Raises as `put_record`, NotFound besides."""
    while True:
        with writer.database.begin() as connection:
            before = live.find_version(connection, system, local_id)
        if before is None or before["status"] != "accepted":
            raise NotFound(f"no record {system}:{local_id}", remedy="PUT the whole record.")
        _check(before, order)
        mapped = {**orjson.loads(before["original"] or "{}"), "party": before["party"], **changes}
        try:
            return put_record(writer, system, local_id, mapped, replace(order, expected=before["recorded_from"]))
        except Refused as refused:
            if refused.kind != "changed" or order.expected is not None:
                raise


def delete_record(writer: Writer, system: str, local_id: str, order: Order) -> Written:
    """Delete the record of a source key; a key that nobody has is not an error (outcome `unknown`)."""

    def write(connection: sa.Connection, pins: set[str]) -> Written:
        before = live.find_version(connection, system, local_id)
        _check(before, order)
        if before is None or before["status"] != "accepted":
            return Written("unknown")
        return Attempt(writer, connection, order.actor, pins).delete(before)

    return _attempt(writer, system, local_id, order, write)


def _check_erased(writer: Writer, suppressed: Suppressed, cleansed: Mapping[str, Any], there: bool) -> None:
    """Nobody who was erased comes back by a channel."""
    if not suppressed:
        return
    found = [Identifier(one["type"], one["issuer"], one["value"]) for one in cleansed["identifiers"] or ()]
    key = (cleansed["system"], None if there else cleansed["local_id"])
    if suppressed.holds(Hasher(writer.settings.instance.pin_key), key, found):
        raise Refused("erased", "the record is that of a customer who was erased")


def _check(before: Mapping[str, Any] | None, order: Order) -> None:
    there = before is not None and before["status"] == "accepted"
    if order.expect_new and there:
        raise Refused("changed", "the record is there already")
    if order.expect_there and not there:
        raise Refused("changed", "there is no such record")
    if order.expected is not None and (before is None or not there or before["recorded_from"] != order.expected):
        raise Refused("changed", "the record has been changed since" if there else "there is no such record")


def _attempt(writer: Writer, system: str, local_id: str, order: Order, write: _Step) -> Written:
    pins: set[str] = set()

    def act(connection: sa.Connection) -> Written:
        with at_once(connection):
            live.plan_once(connection)
            locks.hold(connection, [locks.of_source_key(system, local_id)])
            told = once.told_before(connection, order.once) if order.once is not None else None
        if told is not None:
            return _again(connection, system, local_id, told)
        found = write(connection, pins)
        if order.once is not None:
            once.remember(connection, order.once, _kept(found))
        if order.note is not None:  # by itself: it may ask, and how many rows it changed
            order.note(connection, found)
        return found

    return attempt(writer, act, where=f"{system}:{local_id}")


def _kept(found: Written) -> dict[str, Any]:
    """What is remembered of an answer: nothing personal."""
    version = None if found.version is None else found.version.isoformat()
    return {"outcome": found.outcome, "pin": found.pin, "version": version, "tasks": list(found.tasks),
            "moved_from": found.moved_from}  # fmt: skip


def _again(connection: sa.Connection, system: str, local_id: str, told: Mapping[str, Any]) -> Written:
    """The answer that was given before; the record with it if it is still the same version."""
    version = None if told["version"] is None else datetime.fromisoformat(told["version"])
    now = live.find_version(connection, system, local_id)
    same = now is not None and now["recorded_from"] == version and now["status"] == "accepted"
    cleansed = from_version(now) if same and now is not None else None
    return Written(told["outcome"], told["pin"], version, cleansed, tuple(told["tasks"]), told["moved_from"], True)
