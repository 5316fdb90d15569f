"""A round of one subscriber: what it is to be told next, told, and what came of it written down.

Everything is planned from what the store says, and written in one transaction at the end, so that a kill at any moment
loses nothing: what was told meanwhile is told once more, marked as repeated. Before the first request the store notes
how far this round may get (`sending`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mdm.events import key_of
from mdm.settings import Settings
from mdm.store import audit, feed, subscribers
from mdm.store.database import Database
from mdm.store.subscribers import Held, Subscriber
from mdm.webhooks import LONGEST_EVENT_WAIT, wait_after
from pipelines.webhooks.post import Failure

WINDOW = 500  # changes looked at in one round
HELD = 100  # refused ones tried again in one round
PROBES = 3  # requests at once to a subscriber that took nothing the last time
SINGLY_FROM = 3  # failures in a row after which a subscriber that takes batches is told changes one by one
OK = 200

Change = dict[str, Any]
Tell = Callable[[Sequence[Change]], Failure | None]


@dataclass
class Round:
    """What is to be done, and what came of it. upto: what can be read now; rows: new changes; held: refused before;
    sent_before: up to here changes may have been sent before.
    """

    subscriber: Subscriber
    upto: int
    sent_before: int
    rows: list[Change]
    held: list[Held] = field(default_factory=list)
    behind: set[str] = field(default_factory=set)  # keys whose new changes wait behind a refused one
    changes: dict[int, Change] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    refused: dict[int, Failure] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.rows and not self.held

    def chains(self) -> list[list[list[Change]]]:
        """What can be told at once: lists of requests, each of which waits for the one before it."""
        rows = [row for row in self.rows if key_of(row) not in self.behind]
        again = [[[self.changes[each.position]]] for each in self.held if each.position in self.changes]
        size = self.subscriber.batch >> self.subscriber.failures
        if self.subscriber.batch > 1 and self.subscriber.failures < SINGLY_FROM and rows:
            size = max(1, size)
            return [[rows[first : first + size] for first in range(0, len(rows), size)], *again]
        by_key: dict[str, list[list[Change]]] = {}
        for row in rows:
            by_key.setdefault(key_of(row), []).append([row])
        found = [*by_key.values(), *again]
        if self.subscriber.failures:  # whoever is first may be the one that it refuses
            random.shuffle(found)
        return found


def plan(database: Database, subscriber: Subscriber) -> Round:
    """What a subscriber is to be told now."""
    with database.read() as connection:
        upto = feed.horizon(connection)
    with database.read() as connection:
        found = feed.read_changes(connection, subscriber.position, upto, WINDOW, subscriber.types)
        whole = len(found) < WINDOW
        ahead = set(subscriber.ahead)
        rows = [row for row in found if row["position"] not in ahead]
        held = subscribers.due_held(connection, subscriber.name, HELD)
        behind = subscribers.held_keys(connection, subscriber.name)
        changes = feed.changes_at(connection, [each.position for each in held])
        _add_values(connection, subscriber, [*rows, *changes.values()])
    upto = upto if whole else found[-1]["position"]
    return Round(subscriber, upto, subscriber.sending, rows, held, behind, changes)


def _add_values(connection: sa.Connection, subscriber: Subscriber, rows: Sequence[Change]) -> None:
    """Give changes what was known before and after, for one who hears of it."""
    if subscriber.with_values and rows:
        known = feed.values_of(connection, [row["position"] for row in rows])
        for row in rows:
            row["known"] = known.get(row["position"], (None, None))


def begin(database: Database, planned: Round) -> bool:
    """Note how far this round may get; False when somebody else has changed the subscriber meanwhile."""
    seen = planned.subscriber
    sending = max([seen.sending, *(row["position"] for row in planned.rows)])
    if sending == seen.sending:
        return True
    with database.begin() as connection:
        noted = subscribers.save(connection, seen, {"sending": sending})
    planned.subscriber = replace(seen, sending=sending, turn=seen.turn + 1)
    return noted


def carry_out(planned: Round, tell: Tell, pool: ThreadPoolExecutor, in_flight: int, go_on: Callable[[], bool]) -> None:
    """Tell: several customers at once, those of one in order; a subscriber that takes nothing is left in peace."""
    chains = deque(planned.chains())
    at_once = min(PROBES, in_flight) if planned.subscriber.failures else in_flight

    def work() -> None:
        while go_on() and (planned.told or len(planned.refused) < at_once):
            try:
                chain = chains.popleft()
            except IndexError:
                return
            for request in chain:
                if not go_on():
                    return
                failure = tell(request)
                positions = [row["position"] for row in request]
                if failure is None:
                    planned.told.update(positions)
                else:
                    planned.refused.update(dict.fromkeys(positions, failure))
                    break

    for each in [pool.submit(work) for _ in range(min(at_once, len(chains)))]:
        each.result()


def write_down(settings: Settings, database: Database, planned: Round) -> bool:
    """Write what came of a round; False when somebody else has changed the subscriber meanwhile: it is told anew."""
    outcome = _Outcome(settings, planned)
    with database.begin() as connection:
        if not subscribers.save(connection, planned.subscriber, outcome.changes()):
            return False
        name = planned.subscriber.name
        subscribers.hold(connection, name, outcome.to_hold)
        subscribers.let_go(connection, name, [each.position for each in planned.held if outcome.is_over(each)])
        for row in outcome.refused_again():
            subscribers.refused_again(connection, name, row)
        if planned.subscriber.with_values and planned.told:
            audit.put_entry(connection, _entry(planned))
    return True


def _entry(planned: Round) -> audit.Entry:
    """Of the audit log: whose values a subscriber was sent."""
    rows = [row for row in (*planned.rows, *planned.changes.values()) if row["position"] in planned.told]
    pins = sorted({str(row["pin"]) for row in rows if row["pin"] is not None})
    seen = planned.subscriber
    return audit.Entry(f"webhook:{seen.name}", "webhook", OK, pins, [], ["golden"], masked=not seen.pii)


class _Outcome:
    """What a round means for what the store keeps of the subscriber."""

    def __init__(self, settings: Settings, planned: Round) -> None:
        self.settings, self.planned, self.now = settings.webhooks, planned, datetime.now(UTC)
        refused = planned.refused.values()
        # It takes nothing at all: the subscriber is at fault, not a change. One that was refused before tells nothing.
        new = {row["position"] for row in planned.rows}
        at_fault = [each for place, each in planned.refused.items() if place in new or not each.answered]
        self.fails = bool(at_fault) and not planned.told
        self.gone = any(each.gone for each in refused)
        self.failure = next(iter(refused), None)
        self.to_hold = [] if self.fails else list(self._to_hold())

    def changes(self) -> dict[str, Any]:
        """Of the row of the subscriber."""
        seen, planned = self.planned.subscriber, self.planned
        over = planned.told | {row["position"] for row in self.to_hold}
        left = [row["position"] for row in planned.rows if row["position"] not in over]
        position = min(left) - 1 if left else planned.upto
        position = max(position, seen.position)
        found: dict[str, Any] = {
            "position": position, "ahead": sorted(each for each in {*seen.ahead, *over} if each > position),
        }  # fmt: skip
        if planned.told:
            found |= {"told_at": self.now}
        if self.gone:
            found |= {"paused_at": self.now, "paused_by": "the subscriber, who answered 410"}
        if self.fails and self.failure is not None:
            failures = seen.failures + 1
            wait = wait_after(failures, self.settings.longest_wait_seconds, self.failure.wait)
            return found | {
                "failures": failures, "failing_since": seen.failing_since or self.now, "error": self.failure.words,
                "next_at": self.now + timedelta(seconds=wait),
            }  # fmt: skip
        if planned.told:
            found |= {"failures": 0, "failing_since": None, "next_at": None, "error": None}
        return found

    def _to_hold(self) -> Iterable[dict[str, Any]]:
        """New changes that were refused while others were taken, and what waits behind such."""
        behind = set(self.planned.behind)
        for row in self.planned.rows:
            place, key = row["position"], key_of(row)
            if place in self.planned.told:
                continue
            failure = self.planned.refused.get(place)
            if failure is not None:
                behind.add(key)
                yield self._held(place, key, 1, failure)
            elif key in behind:
                yield {"position": place, "key": key, "attempts": 0, "next_at": None, "error": None}

    def _held(self, place: int, key: str, attempts: int, failure: Failure) -> dict[str, Any]:
        wait = wait_after(attempts, LONGEST_EVENT_WAIT, failure.wait)
        return {
            "position": place, "key": key, "attempts": attempts, "next_at": self.now + timedelta(seconds=wait),
            "error": failure.words,
        }  # fmt: skip

    def is_over(self, held: Held) -> bool:
        """Whether one that was refused before was taken now, or is a change no more."""
        return held.position in self.planned.told or held.position not in self.planned.changes

    def refused_again(self) -> Iterable[dict[str, Any]]:
        """Those that were refused once more, or are given up by now."""
        for each in self.planned.held:
            failure = self.planned.refused.get(each.position)
            if failure is None or self.fails:
                continue
            row = self._held(each.position, each.key, each.attempts + 1, failure)
            late = each.attempts > 0 and self.now - each.first_at > timedelta(hours=self.settings.give_up_hours)
            yield {**row, "dead_at": self.now if late else None}
