"""Serve the API with uvicorn: one process, or several that share a port; SIGTERM lets open requests finish."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.metrics import SHARED
from mdm.settings import Settings
from mdm.store.database import open_database

GRACE_SECONDS = 10  # for open requests, at the end
NOT_STARTED = 3  # exit code, uvicorn's own


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serve until SIGINT or SIGTERM. Raises StoreError when the store cannot be opened at the start.

    The workspace's embedded PostgreSQL is joined by this process for as long as it serves, so that its workers find
    one server however they come and go.
    """
    with ExitStack() as stack:
        stack.enter_context(open_database(settings.database_url, settings.var))  # fails here rather than in each worker
        if workers > 1:  # they count together
            os.environ[SHARED] = stack.enter_context(tempfile.TemporaryDirectory(prefix="mdm-metrics-"))
        os.environ["MDM_WORKSPACE"] = str(settings.workspace)
        if settings.database_url is not None:
            os.environ["MDM_DATABASE_URL"] = settings.database_url
        signal.signal(signal.SIGTERM, _leave)  # uvicorn raises it again when it has finished
        config = uvicorn.Config(
            "api.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            access_log=False,  # paths hold PINs and source keys; api.trace logs the routes
            log_config=_logging(),
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with suppress(KeyboardInterrupt):
            _run(config)


def _run(config: uvicorn.Config) -> None:
    """Serve in this process, or in several on one socket."""
    if config.workers > 1:
        with Door.of(config) as door:
            Multiprocess(config, sockets=[door]).run()
        return
    server = uvicorn.Server(config)
    config.load_app()
    server.run()
    if not server.started:
        sys.exit(NOT_STARTED)


class Door(socket.socket):
    """A port that several processes share, each with a socket of its own: the one that is sent to a process is opened
    there, so that the kernel shares the connections out. Of one socket the process that wakes up first accepts all
    that wait: clients that keep their connections would all have the same process, and the others nothing to do.

    asyncio has what it accepts give each packet away at once only where a socket says that it speaks TCP: otherwise the
    body of an answer would wait 40 ms for the client to acknowledge its head.
    """

    @classmethod
    def of(cls, config: uvicorn.Config) -> Door:
        """Of a server, with nobody else on its port. Leaves as uvicorn does when somebody is."""
        with config.bind_socket() as alone:
            family, address = alone.family, alone.getsockname()
        return cls.at(family, address)

    @classmethod
    def at(cls, family: int, address: Any) -> Door:
        """At an address of this machine."""
        found = cls(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, True)
        found.bind(address)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Door.at, (self.family, self.getsockname())


def _leave(number: int, frame: FrameType | None) -> None:
    """End in good order, so that the store is left; the default would end the process on the spot."""
    sys.exit(0)


def _logging() -> dict[str, object]:
    """One line per event on standard error, uvicorn's and ours."""
    line = {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    stream = {"class": "logging.StreamHandler", "formatter": "line"}
    level = {"handlers": ["stream"], "level": logging.INFO, "propagate": False}
    loggers = {name: level for name in ("uvicorn", "mdm")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"stream": stream},
        "loggers": loggers,
    }
