"""What writing a record needs of the application: the contracts, survivorship, numbers; made when first asked for."""

from __future__ import annotations

import difflib
import hashlib
import threading
from datetime import UTC, datetime

from fastapi import FastAPI, Request

from api.access import Caller
from api.audit import entry_of
from mdm.contracts import load_contracts
from mdm.errors import NotFound
from mdm.live.orders import Order, Writer, Written
from mdm.store.audit import put_entry
from mdm.store.once import Once

_MAKING = threading.Lock()


def writer_of(app: FastAPI) -> Writer:
    """The writer of a workspace. Raises ContractError when a contract is wrong."""
    with _MAKING:
        found: Writer | None = getattr(app.state, "writer", None)
        if found is None:
            settings = app.state.settings
            found = app.state.writer = Writer.of(app.state.store, settings, load_contracts(settings.sources))
        return found


def known_system(writer: Writer, system: str) -> str:
    """`system` if there is a contract of it. Raises NotFound that says which there are."""
    if system not in writer.contracts:
        near = difflib.get_close_matches(system, writer.contracts, n=1)
        remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(writer.contracts))}."
        raise NotFound(f"no source system is called {system!r}", remedy=remedy)
    return system


def order_of(
    request: Request, caller: Caller, body: bytes, *, key: str | None, if_match: str | None, if_none_match: str | None
) -> Order:
    """How a write was asked for, with its entry in the audit log."""
    once = None
    if key is not None:
        whole = b"|".join((request.method.encode(), request.url.path.encode(), (if_match or "").encode(), body))
        once = Once(caller.key_id, key, hashlib.sha256(whole).hexdigest())

    def note(connection: object, written: Written) -> None:
        caller.saw(written.pin, written.moved_from, fields=["record", written.outcome])
        put_entry(connection, entry_of(request, caller.trail.status))  # type: ignore[arg-type]

    expected = None if if_match is None or if_match == "*" else read_tag(if_match)
    return Order(
        caller.name, expected, expect_new=if_none_match == "*", expect_there=if_match == "*", once=once, note=note
    )


def tag_of(version: datetime) -> str:
    """The ETag of a version of a record: its recorded time."""
    return f'"{version.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"'


def read_tag(tag: str) -> datetime:
    """The version that an ETag names; one that is none of ours names a version that nobody has."""
    try:
        return datetime.strptime(tag.strip(), '"%Y%m%dT%H%M%S.%fZ"').replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
