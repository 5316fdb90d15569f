"""One request to a subscriber: a connection that is kept, to an address that was looked at, with an end in time.

A host name is resolved here, and the connection goes to the address that was judged, not to what the name says a moment
later. Redirects are failures: they could lead anywhere. Of an answer only its status counts; what it says is read, up
to a limit, and forgotten.
"""

from __future__ import annotations

import http.client
import ipaddress
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import SplitResult

from mdm.webhooks import WebhookSettings, may_send_to

MOST_READ = 65_536  # bytes of an answer; one with more costs its connection
IDLE = 3.0  # seconds after which a connection is not used again: many servers close theirs after five
_OK, _GONE, _SLOW_DOWN = range(200, 300), 410, (429, 503)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed, in words without a word of the answer. answered: by the subscriber, not by the network;
    gone: it wants no more; wait: seconds that it asks for.
    """

    words: str
    answered: bool = False
    gone: bool = False
    wait: float = 0.0


class Line:
    """A connection to a subscriber, made when it is needed. For one thread; `hang_up` is for others too."""

    def __init__(self, parts: SplitResult, settings: WebhookSettings, context: ssl.SSLContext) -> None:
        self._parts, self._settings, self._context = parts, settings, context
        self._http: http.client.HTTPConnection | None = None
        self._used_at = 0.0
        self.ends_at: float | None = None  # of the request that is under way

    def post(self, body: bytes, headers: dict[str, str]) -> Failure | None:
        """Send a request and wait for its answer; None when the subscriber has accepted it."""
        self.ends_at = time.monotonic() + self._settings.timeout_seconds
        try:
            return self._post(body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.hang_up()
            late = isinstance(error, TimeoutError) or time.monotonic() >= (self.ends_at or 0.0)
            words = f"no answer within {self._settings.timeout_seconds:g} s" if late else _words(error)
            return Failure(words)
        finally:
            self.ends_at = None

    def _post(self, body: bytes, headers: dict[str, str]) -> Failure | None:
        connection = self._connected()
        connection.request("POST", self._path, body, headers)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        if not answer.isclosed():  # there is more of it
            self.hang_up()
        self._used_at = time.monotonic()
        if answer.status in _OK:
            return None
        wait = answer.getheader("retry-after", "") if answer.status in _SLOW_DOWN else ""
        seconds = min(float(wait), 3600.0) if wait.isascii() and wait.isdigit() else 0.0
        return Failure(f"answered {answer.status}", True, answer.status == _GONE, seconds)

    @property
    def _path(self) -> str:
        query = f"?{self._parts.query}" if self._parts.query else ""
        return (self._parts.path or "/") + query

    def _connected(self) -> http.client.HTTPConnection:
        if self._http is not None and not self._is_stale(self._http):
            return self._http
        self.hang_up()
        self._http = self._connect()
        return self._http

    def _is_stale(self, connection: http.client.HTTPConnection) -> bool:
        """Whether the other side may have closed it: something is there to read, or it was idle for long."""
        if connection.sock is None or time.monotonic() - self._used_at > IDLE:
            return True
        return bool(select.select([connection.sock], [], [], 0)[0])

    def _connect(self) -> http.client.HTTPConnection:
        secure, host = self._parts.scheme == "https", str(self._parts.hostname)
        port = self._parts.port or (443 if secure else 80)
        connection = http.client.HTTPConnection(host, port, timeout=self._settings.timeout_seconds)
        connection.auto_open = 0  # it would resolve the name once more
        connection.default_port = 443 if secure else 80
        plain = socket.create_connection((address_of(host, port, self._settings), port), self._settings.timeout_seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.sock = self._context.wrap_socket(plain, server_hostname=host) if secure else plain
        except BaseException:
            plain.close()
            raise
        return connection

    def hang_up(self) -> None:
        """Close the connection."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def break_off(self) -> None:
        """End what another thread waits for here."""
        connection = self._http
        if connection is not None and connection.sock is not None:
            try:
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # not that of TLS, which is not for threads
            except OSError:
                return


def address_of(host: str, port: int, settings: WebhookSettings) -> str:
    """An address of a host that changes may be sent to. Raises PermissionError when it has none, OSError if unknown."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if may_send_to(ipaddress.ip_address(address.partition("%")[0]), settings):
            return address
    raise PermissionError("its address is not public, and [webhooks] allow_private is false")


class Watch(threading.Thread):
    """Breaks off requests whose time is over: an answer that drips byte by byte never runs into a timeout."""

    def __init__(self) -> None:
        super().__init__(name="webhook-watch", daemon=True)
        self._lines: set[Line] = set()
        self._lock, self._done = threading.Lock(), threading.Event()

    def add(self, line: Line) -> None:
        """Watch a connection."""
        with self._lock:
            self._lines.add(line)

    def leave(self, line: Line) -> None:
        """Watch it no more."""
        with self._lock:
            self._lines.discard(line)

    def run(self) -> None:
        """Look again and again."""
        while not self._done.wait(0.2):
            with self._lock:
                lines = list(self._lines)
            now = time.monotonic()
            for line in lines:
                ends_at = line.ends_at
                if ends_at is not None and now > ends_at:
                    line.break_off()

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self.join()


def _words(error: Exception) -> str:
    """What went wrong, without what a server said."""
    if isinstance(error, PermissionError) and error.errno is None:
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection could be made"
    if isinstance(error, socket.gaierror):
        return "its host name is not known"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"no answer that could be read ({type(error).__name__})"
