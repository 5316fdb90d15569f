"""One subscriber is sent changes, round after round, by a thread of its own."""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from mdm.errors import MdmError, UsageError
from mdm.events import BATCH, SINGLE, body_of, event_id, event_of
from mdm.settings import Settings
from mdm.store import subscribers
from mdm.store.database import Database
from mdm.store.subscribers import Subscriber
from mdm.webhooks import check_url, secret_of, signed
from pipelines.webhooks import round as rounds
from pipelines.webhooks.post import Failure, Line, Watch
from pipelines.webhooks.round import Change, Round

EVERY = 0.25  # seconds between two looks for new changes
PAUSED = 1.0  # seconds between two looks whether somebody has resumed it, or removed it
AGENT = "customer-master"


@dataclass(slots=True)
class Sent:
    """What a subscriber was told. told, refused: changes, each time that they were; error: why the sending ended."""

    name: str
    told: int = 0
    refused: int = 0
    error: str | None = None


class Sending(threading.Thread):
    """Sends to one subscriber until it is stopped, the subscriber is gone, or (until_idle) nothing is left to send."""

    def __init__(
        self, settings: Settings, database: Database, name: str, watch: Watch, *, until_idle: bool = False
    ) -> None:
        super().__init__(name=f"webhook-{name}", daemon=True)
        self._settings, self._database, self._watch, self._until_idle = settings, database, watch, until_idle
        self._sent, self._stop_asked = Sent(name), threading.Event()
        self._failed: BaseException | None = None
        self._lines: queue.LifoQueue[Line] = queue.LifoQueue()
        self._at: str | None = None  # the address that these lines lead to

    def stop(self) -> None:
        """Ask it to end with the requests that are under way."""
        self._stop_asked.set()

    def ended(self) -> Sent:
        """What was sent, when it has ended; waits for that. Raises what broke it."""
        self.join()
        if self._failed is not None:
            raise self._failed
        return self._sent

    def run(self) -> None:
        """Round after round."""
        try:
            with ThreadPoolExecutor(self._settings.webhooks.in_flight, thread_name_prefix=self.name) as pool:
                self._run(pool)
        except MdmError as error:
            self._sent.error = error.message
        except BaseException as error:  # noqa: BLE001  told to who asks how it ended
            self._failed = error
        finally:
            self._hang_up()

    def _run(self, pool: ThreadPoolExecutor) -> None:
        while not self._stop_asked.is_set():
            with self._database.read() as connection:
                subscriber = subscribers.find(connection, self._sent.name)
            if subscriber is None:
                return
            wait = self._round(subscriber, pool)
            if self._until_idle and wait:
                return
            self._stop_asked.wait(wait)

    def _round(self, subscriber: Subscriber, pool: ThreadPoolExecutor) -> float:
        """One round; seconds until the next, 0: there may be more to send."""
        if subscriber.paused_at is not None:
            return PAUSED
        if subscriber.next_at is not None and subscriber.next_at > datetime.now(UTC):
            return min(PAUSED, (subscriber.next_at - datetime.now(UTC)).total_seconds())
        planned = rounds.plan(self._database, subscriber)
        if planned.is_empty and planned.upto == subscriber.position:
            return EVERY
        if not planned.is_empty:
            if not rounds.begin(self._database, planned):
                return 0.0
            in_flight = self._settings.webhooks.in_flight
            rounds.carry_out(planned, self._teller(planned), pool, in_flight, lambda: not self._stop_asked.is_set())
            self._sent.told += len(planned.told)
            self._sent.refused += len(planned.refused)
        rounds.write_down(self._settings, self._database, planned)
        return EVERY if planned.is_empty else 0.0

    def _prepare(self, url: str) -> None:
        """Lines to the address of the subscriber, as many as may be used at once. Raises UsageError for a bad one."""
        if self._at != url:
            self._hang_up()
            parts = check_url(url, self._settings.webhooks)
            context = ssl.create_default_context()
            for _ in range(self._settings.webhooks.in_flight):
                line = Line(parts, self._settings.webhooks, context)
                self._watch.add(line)
                self._lines.put(line)
            self._at = url

    def _hang_up(self) -> None:
        while not self._lines.empty():
            line = self._lines.get()
            self._watch.leave(line)
            line.hang_up()
        self._at = None

    def _teller(self, planned: Round) -> rounds.Tell:
        """How changes of this round are told."""
        try:
            self._prepare(planned.subscriber.url)
        except UsageError as error:  # the settings are others than when it was added
            refusal = Failure(error.message)
            return lambda changes: refusal
        subscriber, instance = planned.subscriber, self._settings.instance
        in_force = [secret_of(instance.pin_key, subscriber.name, salt) for salt in _salts(subscriber)]
        batch = subscriber.batch > 1

        def tell(changes: Sequence[Change]) -> Failure | None:
            events = [
                event_of(
                    each, instance.code, repeated=each["position"] <= planned.sent_before, known=each.get("known"),
                    pii=subscriber.pii,
                )
                for each in changes
            ]  # fmt: skip
            body, first = body_of(events, batch=batch), event_id(changes[0])
            request_id, at = (f"{first}+{len(changes)}" if batch else first), int(time.time())
            headers = {
                "content-type": BATCH if batch else SINGLE, "user-agent": AGENT, "webhook-id": request_id,
                "webhook-timestamp": str(at), "webhook-signature": signed(in_force, request_id, at, body),
            }  # fmt: skip
            line = self._lines.get()
            try:
                return line.post(body, headers)
            finally:
                self._lines.put(line)

        return tell


def _salts(subscriber: Subscriber) -> list[str]:
    """Of the secrets that are in force: after a rotation the one before as well, for a while."""
    until = subscriber.former_until
    former = subscriber.former_salt if until is not None and until > datetime.now(UTC) else None
    return [subscriber.salt] if former is None else [subscriber.salt, former]
