"""One attempt at one write, in its transaction: the record's new version, its pairs, and what becomes of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from mdm.live import locks
from mdm.live.echoes import with_echoes
from mdm.live.matching import Keyed, Matched, ask_generic, generic_suspects, keys_left, match_record
from mdm.live.orders import Outcome, Writer, Written
from mdm.live.outcome import Made, carry_out
from mdm.live.scene import Matchers, Scene, gather
from mdm.live.stored import from_version, to_document
from mdm.match.blocking import BlockLimits
from mdm.resolve.incarnation import is_new_incarnation
from mdm.resolve.lineage import Xref
from mdm.resolve.pins import mint_pins
from mdm.resolve.references import named_by
from mdm.store import live
from mdm.store.connection import at_once
from mdm.store.references import put_reference


class Attempt:
    """One attempt at one write, in its transaction. `pins`: known from a former attempt to be concerned."""

    def __init__(
        self, writer: Writer, connection: sa.Connection, actor: str, pins: set[str], *, run_id: str | None = None
    ) -> None:
        self.writer, self.connection, self.actor, self.pins = writer, connection, actor, pins
        self.run_id = run_id or f"api:{actor}"
        matching = writer.settings.matching
        self.limits = BlockLimits(matching.max_block, matching.max_weak_block)
        self.matchers = Matchers(connection)

    def put(self, before: Mapping[str, Any] | None, cleansed: dict[str, Any]) -> Written:
        """A new version of the key: of its holder, or of another one (a new incarnation), or its first."""
        cleansed = with_echoes(self.writer, self.connection, before, cleansed)
        with at_once(self.connection):
            return self._put(before, cleansed)

    def _put(self, before: Mapping[str, Any] | None, cleansed: dict[str, Any]) -> Written:
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
        new_keyed, old_keyed = Keyed.of(cleansed), Keyed.of(old) if old is not None and there else None
        old_keys = old_keyed.numbers if old_keyed is not None else set()
        locks.hold(connection, old_keys | new_keyed.numbers)
        locks.hold(connection, locks.of_pins(self.pins))
        matching = self.writer.settings.matching
        matched = match_record(
            connection, new_keyed, record_id, self.limits, review_weight=matching.review_weight, matchers=self.matchers
        )
        due = matched.due
        if old_keyed is not None and before is not None:
            due |= keys_left(connection, old_keyed, new_keyed, before["record_id"], self.limits)
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
        if cleansed["role"] == "enrichment":
            put_reference(connection, record_id, named_by(cleansed["relationships"]))
        seeds = {record_id, *(pair.left_id for pair in matched.pairs), *(pair.right_id for pair in matched.pairs)}
        if departed:
            seeds |= self._companions(departed)
        keyed = [one for one in (new_keyed, old_keyed) if one is not None]
        asked = ask_generic(connection, keyed, matching.generic_people)
        scene = self._gather(seeds, record_id, matched, cleansed["party"], departed, came_back=not there)
        due |= generic_suspects(asked, self.matchers)
        made = self._carry_out(scene, record_id, cleansed, old if there else None, due)
        return self._told(record_id, before if there and not reused else None, made, cleansed)

    def delete(self, before: Mapping[str, Any]) -> Written:
        """The key's holder is gone."""
        with at_once(self.connection):
            return self._delete(before)

    def _delete(self, before: Mapping[str, Any]) -> Written:
        connection, old = self.connection, from_version(before)
        keyed = Keyed.of(old)
        keys = keyed.numbers
        locks.hold(connection, keys)
        locks.hold(connection, locks.of_pins(self.pins))
        due = keys_left(connection, keyed, None, before["record_id"], self.limits)
        live.forget_matches(connection, before["record_id"], keys)
        departed = {before["record_id"]: Xref(before["pin"], before["home"])} if before["pin"] else {}
        seeds = self._companions(departed)
        live.end_states(connection, "record", "record_id", [before["record_id"]])
        old["extracted_at"] = datetime.now(UTC)
        version = self._version(before["record_id"], before["incarnation"], old, "deleted")
        live.insert_rows(connection, "record", [version])
        matching = self.writer.settings.matching
        scene = self._gather(seeds, None, Matched(), before["party"], departed, came_back=False)
        due |= generic_suspects(ask_generic(connection, [keyed], matching.generic_people), self.matchers)
        made = self._carry_out(scene, None, None, old, due, gone=before["record_id"])
        return Written("deleted", before["pin"], made.at, None, made.tasks)

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _gather(
        self, seeds: set[int], own: int | None, matched: Matched, party: str, departed: Mapping[int, Xref],
        *, came_back: bool,
    ) -> Scene:  # fmt: skip
        """The scene with all of its customers held, as it is then."""
        customers = locks.Customers(self.connection, self.pins)
        try:
            return gather(
                self.connection, seeds, own=own, scored=matched.pairs, party=party, departed=departed,
                came_back=came_back, least_weight=self.writer.settings.matching.review_weight, hold=customers.hold,
                matchers=self.matchers,
            )  # fmt: skip
        finally:
            self.pins |= customers.held

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
        outcome: Outcome = "linked" if pin not in made.minted else "possible_match" if made.tasks else "created"
        return Written(outcome, pin, made.at, cleansed, made.tasks, was if was and was != pin else None)
