"""The way of one record that a channel writes: validate, cleanse, match, link or create, survivorship, in one
transaction that does nothing that the night would not.

Who waits for whom: writers of one source key, of records that share a blocking key, and of one customer, do so one
after the other; nobody else. Locks are taken in the order source key, blocking keys, PINs, each by rising number; the
PINs are known only when the candidates are, so somebody else may have changed a customer meanwhile: then it is looked
at again. Deadlocks are left to the server to find, and the write begins anew.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal

import psycopg
import sqlalchemy as sa

from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.contracts import SourceContract
from mdm.errors import StoreError
from mdm.golden.policy import Policy
from mdm.live import locks
from mdm.live.matching import Matched, all_keys, generic_suspects, keys_left, match_record
from mdm.live.numbers import Numbers
from mdm.live.outcome import Made, carry_out
from mdm.live.scene import Scene, gather
from mdm.live.stored import from_version, to_document
from mdm.match.blocking import BlockLimits
from mdm.resolve.incarnation import is_new_incarnation
from mdm.resolve.lineage import Xref
from mdm.resolve.pins import mint_pins
from mdm.settings import Settings
from mdm.store import live
from mdm.store.database import Database

ATTEMPTS = 12
_AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.UniqueViolation)


@dataclass(frozen=True, slots=True)
class Writer:
    """What writing needs besides the record. `policy`: survivorship; `contracts`: by source."""

    database: Database
    settings: Settings
    contracts: Mapping[str, SourceContract]
    policy: Policy
    numbers: Numbers

    @property
    def business_date(self) -> date:
        """The date by which overrides expire."""
        return self.settings.run.business_date or datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Written:
    """outcome: what became of it. possible: open tasks with the record. cleansed: as it stands now, with its issues."""

    outcome: Literal["created", "linked", "unchanged", "deleted", "unknown"]
    pin: str | None
    version: datetime | None
    cleansed: dict[str, Any] | None
    tasks: tuple[int, ...] = ()
    moved_from: str | None = None  # the PIN that it had before, if it has another now


class Changed(Exception):
    """The record is not the version that the writer saw (`If-Match`)."""


def put_record(
    writer: Writer,
    system: str,
    local_id: str,
    mapped: Mapping[str, Any],
    *,
    actor: str,
    content_hash: int,
    expected: datetime | None = None,
    expect_new: bool = False,
    at: datetime | None = None,
) -> Written:
    """Make `mapped` (MAPPED) the record of a source key of a known system.

    expected: the version that it must have now; expect_new: it must not be there. Raises Changed if it is otherwise,
    Unusable when nothing of it can be used, StoreError when the database is gone or too busy.
    """
    contract = writer.contracts[system]
    context = CleanseContext(
        region=contract.region or writer.settings.cleanse.region,
        area_code=contract.area_code,
        role=contract.role,
        extracted_at=at or datetime.now(UTC),
    )
    row = {**mapped, "system": system, "local_id": local_id, "row_hash": content_hash}
    cleansed = cleanse_record(row, context=context)

    def write(connection: sa.Connection, pins: set[str]) -> Written:
        before = live.find_version(connection, system, local_id)
        _check(before, expected, expect_new)
        if before is not None and before["status"] == "accepted" and before["content_hash"] == content_hash:
            return Written("unchanged", before["pin"], before["recorded_from"], from_version(before))
        return _Write(writer, connection, actor, pins).put(before, cleansed)

    return _attempt(writer, system, local_id, write)


def delete_record(
    writer: Writer, system: str, local_id: str, *, actor: str, expected: datetime | None = None
) -> Written:
    """Delete the record of a source key; a key that nobody has is not an error (outcome `unknown`)."""

    def write(connection: sa.Connection, pins: set[str]) -> Written:
        before = live.find_version(connection, system, local_id)
        _check(before, expected, expect_new=False)
        if before is None or before["status"] != "accepted":
            return Written("unknown", None, None, None)
        return _Write(writer, connection, actor, pins).delete(before)

    return _attempt(writer, system, local_id, write)


def _check(before: Mapping[str, Any] | None, expected: datetime | None, expect_new: bool) -> None:
    there = before is not None and before["status"] == "accepted"
    if expect_new and there:
        raise Changed("the record is there already")
    if expected is not None and (before is None or not there or before["recorded_from"] != expected):
        raise Changed("the record has been changed since" if there else "there is no such record")


def _attempt(writer: Writer, system: str, local_id: str, write: Any) -> Written:
    pins: set[str] = set()
    for attempt in range(ATTEMPTS):
        try:
            with writer.database.begin() as connection:
                locks.enter(connection)
                live.hold(connection, [locks.of_source_key(system, local_id)])
                found: Written = write(connection, pins)
                return found
        except (locks.Moved, *_AGAIN):
            time.sleep(random.uniform(0, 0.005 * 2 ** min(attempt, 6)))
    raise StoreError(
        f"{ATTEMPTS} others changed the same customers at the same time", where=f"{system}:{local_id}",
        remedy="Send it again.",
    )  # fmt: skip


class _Write:
    """One attempt at one write, in its transaction. `pins`: known from a former attempt to be concerned."""

    def __init__(self, writer: Writer, connection: sa.Connection, actor: str, pins: set[str]) -> None:
        self.writer, self.connection, self.actor, self.pins = writer, connection, actor, pins
        self.run_id = f"api:{actor}"
        matching = writer.settings.matching
        self.limits = BlockLimits(matching.max_block, matching.max_weak_block)

    def put(self, before: Mapping[str, Any] | None, cleansed: dict[str, Any]) -> Written:
        """A new version of the key: of its holder, or of another one (a new incarnation), or its first."""
        connection = self.connection
        old = from_version(before) if before is not None else None
        there = before is not None and before["status"] == "accepted"
        reused = old is not None and is_new_incarnation(old, cleansed)
        if before is None or reused:
            record_id, incarnation = (
                self.writer.numbers.one("record"),
                1 if before is None else before["incarnation"] + 1,
            )
        else:
            record_id, incarnation = before["record_id"], before["incarnation"]
        old_keys = all_keys(old) if old is not None and there else set()
        live.hold(connection, old_keys | all_keys(cleansed))
        live.hold(connection, locks.of_pins(self.pins))
        matching = self.writer.settings.matching
        matched = match_record(connection, cleansed, record_id, self.limits, review_weight=matching.review_weight)
        due = matched.due
        if old is not None and before is not None and there:
            due |= keys_left(connection, old, cleansed, before["record_id"], self.limits)
        departed = {}
        if before is not None and there:
            live.forget_matches(connection, before["record_id"], old_keys)
            if reused and before["pin"]:
                departed[before["record_id"]] = Xref(before["pin"], before["home"])
        version = self._version(record_id, incarnation, cleansed, "accepted")
        live.end_states(connection, "record", "record_id", [before["record_id"]] if before is not None else [])
        live.insert_rows(connection, "record", [version])
        live.add_keys(connection, [(key, record_id) for key in matched.keys] + list(matched.late))
        live.insert_rows(connection, "pair", self._pairs(matched, cleansed["party"]))
        seeds = {record_id, *(pair.left_id for pair in matched.pairs), *(pair.right_id for pair in matched.pairs)}
        if departed:
            seeds |= self._companions(departed)
        due |= generic_suspects(connection, [cleansed, *([old] if old and there else [])], matching.generic_people)
        scene = self._gather(seeds, record_id, matched, cleansed["party"], departed, came_back=not there)
        made = self._carry_out(scene, record_id, cleansed, old if there else None, due)
        return self._told(record_id, before if there and not reused else None, made, cleansed)

    def delete(self, before: Mapping[str, Any]) -> Written:
        """The key's holder is gone."""
        connection, old = self.connection, from_version(before)
        keys = all_keys(old)
        live.hold(connection, keys)
        live.hold(connection, locks.of_pins(self.pins))
        due = keys_left(connection, old, None, before["record_id"], self.limits)
        live.forget_matches(connection, before["record_id"], keys)
        departed = {before["record_id"]: Xref(before["pin"], before["home"])} if before["pin"] else {}
        seeds = self._companions(departed)
        live.end_states(connection, "record", "record_id", [before["record_id"]])
        old["extracted_at"] = datetime.now(UTC)
        version = self._version(before["record_id"], before["incarnation"], old, "deleted")
        live.insert_rows(connection, "record", [version])
        scene = self._gather(seeds, None, Matched(), before["party"], departed, came_back=False)
        due |= generic_suspects(connection, [old], self.writer.settings.matching.generic_people)
        made = self._carry_out(scene, None, None, old, due, gone=before["record_id"])
        return Written("deleted", before["pin"], made.at, None, made.tasks)

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _gather(
        self, seeds: set[int], own: int | None, matched: Matched, party: str, departed: Mapping[int, Xref],
        *, came_back: bool,
    ) -> Scene:  # fmt: skip
        """The scene with all of its customers held, as it is then."""
        held = set(self.pins)
        while True:
            scene = gather(
                self.connection, seeds, own=own, scored=matched.pairs, party=party, departed=departed,
                came_back=came_back, least_weight=self.writer.settings.matching.review_weight,
            )  # fmt: skip
            wanted = scene.pins - held
            if not wanted:
                return scene
            self.pins |= wanted
            if held and not live.try_hold(self.connection, locks.of_pins(wanted)):
                raise locks.Moved
            if not held:
                live.hold(self.connection, locks.of_pins(wanted))
            held |= wanted

    def _companions(self, departed: Mapping[int, Xref]) -> set[int]:
        """The records that share a customer with those that have gone."""
        found: set[int] = set()
        for xref in departed.values():
            found |= live.records_of_pin(self.connection, xref.pin)
        return found - departed.keys()

    def _carry_out(
        self, scene: Scene, own: int | None, cleansed: dict[str, Any] | None, old: dict[str, Any] | None,
        due: frozenset[tuple[str, str]], gone: int | None = None,
    ) -> Made:  # fmt: skip
        writer = self.writer
        mint = partial(mint_pins, instance=writer.settings.instance.code, key=writer.settings.instance.pin_key)
        return carry_out(
            self.connection, scene, writer=writer, mint=mint, actor=self.actor, run_id=self.run_id, own=own,
            cleansed=cleansed, old=old, due=due, gone=gone,
        )  # fmt: skip

    def _version(self, record_id: int, incarnation: int, cleansed: Mapping[str, Any], status: str) -> dict[str, Any]:
        names = ("system", "local_id", "party", "role", "content_hash", "extracted_at", "changed_at", "original")
        return {
            "record_id": record_id, "incarnation": incarnation, "status": status, "run_id": self.run_id,
            "cleansed": to_document(cleansed), **{name: cleansed[name] for name in names},
        }  # fmt: skip

    def _pairs(self, matched: Matched, party: str) -> Sequence[dict[str, Any]]:
        return [
            {
                "left_id": pair.left_id, "right_id": pair.right_id, "party": party, "weight": pair.weight,
                "levels": list(pair.levels), "evidence": list(pair.evidence), "model_id": matched.model_id,
            }
            for pair in matched.pairs
        ]  # fmt: skip

    def _told(self, record_id: int, before: Mapping[str, Any] | None, made: Made, cleansed: dict[str, Any]) -> Written:
        pin = made.pins.get(record_id)
        was = before["pin"] if before is not None else None
        created = pin in made.minted
        return Written(
            "created" if created else "linked", pin, made.at, cleansed, made.tasks, was if was and was != pin else None
        )
