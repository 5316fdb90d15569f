"""A subscriber: a real HTTP server in a thread, which notes what it was sent and answers as the test says."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[list[dict[str, Any]]], int]  # events of a request -> status


@dataclass
class Receiver:
    """What a subscriber has heard. events: those that it accepted, in order; requests: (status, headers, body)."""

    secret: bytes = b""
    answer: Answer = lambda events: 204
    slow: float = 0.0
    events: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    url: str = ""
    lock: Any = field(default_factory=threading.Lock)
    done: Any = field(default_factory=threading.Event)

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Subject and type of what it accepted."""
        return [(event["subject"], event["data"]["type"]) for event in self.events]

    @property
    def first_time(self) -> list[str]:
        """Ids of what it accepted for the first time, in order."""
        return list(dict.fromkeys(event["id"] for event in self.events))

    def positions(self, key: str) -> list[int]:
        """Where the changes of a customer stand, in the order in which it first accepted them."""
        found = [event["data"]["position"] for event in self.events if event["subject"] == key]
        return list(dict.fromkeys(found))

    def verify(self, secret: str) -> None:
        """From now on requests must be signed with a secret as it was printed."""
        self.secret = base64.b64decode(secret.removeprefix("whsec_"))

    def is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        """As the specification says that a subscriber verifies."""
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.digest(self.secret, message, "sha256")).decode()
        fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
        return fresh and any(hmac.compare_digest(each, f"v1,{wanted}") for each in headers["webhook-signature"].split())

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """What it answers."""
        if self.slow:
            self.done.wait(self.slow)
        found = json.loads(body)
        events = found if isinstance(found, list) else [found]
        with self.lock:
            status = self.answer(events) if not self.secret or self.is_signed(headers, body) else 401
            self.requests.append((status, headers, body))
            if status < 300:
                self.events += events
        return status


@contextmanager
def receiving(**how: Any) -> Iterator[Receiver]:
    """A subscriber that listens on this machine."""
    receiver = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            receiver.connections.add(self.client_address)
            length = int(self.headers["content-length"])
            if len(body := self.rfile.read(length)) < length:  # whoever sent it is dead
                return
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Somebody has hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        receiver.done.set()
        server.shutdown()
        server.server_close()
