"""GET /v1/changes"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import Caller, needs
from api.answers import json_answer
from api.feed import Changes, Types
from api.masking import seen_by
from api.problems import Problem, Wrong
from api.store import Store, reading
from mdm.store import feed

router = APIRouter(prefix="/v1", tags=["changes"])

MOST = 1000  # on one page
LONGEST_WAIT = 30  # seconds
EVERY = 0.25  # seconds between two looks while a caller waits
ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "`after` is no position that was given, or a parameter is not valid"},
    503: {"model": Problem, "description": "the database cannot be reached; try again"},
}


@router.get("/changes", response_model=Changes, response_model_exclude_none=True, responses=ANSWERS)
async def listed(
    caller: Annotated[Caller, needs("lookup")],
    request: Request,
    types: Types,
    after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the answer before; 0: from the first")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST, description="changes in an answer")] = 100,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT, description="seconds to wait for the first one when there is none")
    ] = 0,
    include: Annotated[
        Literal["values"] | None, Query(description="values: what was known before and after each change")
    ] = None,
) -> Response:
    """What changed after a position, in order: every committed change once, those of one customer as they happened.

    Go on with `next`: no change is ever added before it.
    """
    until, store = time.monotonic() + wait, request.app.state.store
    upto = await run_in_threadpool(_look, store, after, types)
    while upto is None and time.monotonic() < until and not await request.is_disconnected():
        await asyncio.sleep(EVERY)
        upto = await run_in_threadpool(_look, store, after, types)
    return await run_in_threadpool(_answer, request, caller, after, types, limit, include == "values")


def _look(store: Store, after: int, types: Sequence[str] | None) -> int | None:
    """The position of the first change after one, if there is any. Raises Wrong when `after` was never given."""
    with store.read() as connection:
        upto, last = feed.horizon(connection), feed.last_given(connection)
    if after > last:
        words = f"no change has the position {after}: the last one given is {last}"
        raise Wrong(
            "invalid-request", words, "Go on with `next` of an answer; after a restore begin again at 0.", "after"
        )
    with store.read() as connection:
        found = feed.read_changes(connection, after, upto, 1, types)
    return found[0]["position"] if found else None


def _answer(
    request: Request, caller: Caller, after: int, types: Sequence[str] | None, limit: int, values: bool
) -> Response:
    with request.app.state.store.read() as connection:
        upto = max(after, feed.horizon(connection))  # in a transaction before the one that reads: see there
    with reading(request) as connection:
        rows = feed.read_changes(connection, after, upto, limit, types)
        known = feed.values_of(connection, [row["position"] for row in rows]) if values else {}
        pins = (pin for row in rows for pin in (row["pin"], *(row["related"] or ())))
        caller.saw(*pins, fields=["changes", *(["golden"] if values else [])])
    document = {
        "changes": [_shown(row, known.get(row["position"], (None, None))) for row in rows],
        "next": rows[-1]["position"] if len(rows) == limit else upto,
    }
    if values:
        document = seen_by(caller, orjson.loads(orjson.dumps(document, option=orjson.OPT_UTC_Z)))
    return json_answer(document)


def _shown(row: dict[str, Any], known: tuple[Any, Any]) -> dict[str, Any]:
    said = {
        "position": row["position"], "type": row["type"], "pin": row["pin"], "chi": row["chi"],
        "related": row["related"] or [], "run": row["run_id"], "by": row["actor"], "at": row["at"],
        "before": known[0], "after": known[1],
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}
