"""A mail server for tests: it takes every mail, in the clear or encrypted, and gives it to the test."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# of this machine (127.0.0.1), for a hundred years, signed by nobody but itself; with its key, which opens nothing else
CERTIFICATE = Path(__file__).with_name("here.pem")


@dataclass
class Mailbox:
    """What came: mails, and with each whether it was encrypted; logins: user and password."""

    port: int = 0
    mails: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    secure: ssl.SSLContext | None = None
    at_once: bool = False  # encrypted from the first byte, not after STARTTLS


class _Session(socketserver.StreamRequestHandler):
    """RFC 5321, 3207 (STARTTLS) and 4954 (AUTH PLAIN), as far as a client that sends one mail needs them."""

    box: Mailbox

    def setup(self) -> None:
        if self.box.at_once:
            self._encrypt()
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the server knows only the socket below it

    def _encrypt(self) -> None:
        assert self.box.secure is not None
        self.request = self.box.secure.wrap_socket(self.request, server_side=True)

    @property
    def _is_encrypted(self) -> bool:
        return isinstance(self.request, ssl.SSLSocket)

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"QUIT":
                self._say("221 bye")
                return
            answer: Any = getattr(self, f"_{word.decode().lower()}", None)
            if answer is None:
                self._say("250 ok")
            else:
                answer(line.decode().split())

    def _ehlo(self, words: list[str]) -> None:
        offered = ["AUTH PLAIN"] if self._is_encrypted else ["STARTTLS"] if self.box.secure else []
        for name in ("here", *offered):
            self._say(f"250-{name}")
        self._say("250 HELP")

    def _starttls(self, words: list[str]) -> None:
        self._say("220 go on")
        self._encrypt()
        super().setup()

    def _auth(self, words: list[str]) -> None:
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        self.box.logins.append((user, password))
        self._say("235 welcome")

    def _data(self, words: list[str]) -> None:
        self._say("354 go on")
        body = []
        while (part := self.rfile.readline()) != b".\r\n":
            body.append(part.decode())
        self.box.encrypted.append(self._is_encrypted)
        self.box.mails.append("".join(body))
        self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Somebody has hung up."""


@contextmanager
def mail_server(certificate: Path | None = None, *, at_once: bool = False) -> Iterator[Mailbox]:
    """A server on this machine. certificate: with which it can encrypt."""
    box = Mailbox(at_once=at_once)
    if certificate is not None:
        box.secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        box.secure.load_cert_chain(certificate)
    with _Server(("127.0.0.1", 0), type("Session", (_Session,), {"box": box})) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield box
        server.shutdown()
